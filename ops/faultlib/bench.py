"""The lab for fault tests: N hosts, and for each a fleet, a branch and a Redis of its own, so that trials on different hosts
know nothing of each other."""

import os
import subprocess

from lablib import agent, partition
from lablib.daemons import CLEAN_ENVIRONMENT
from lablib.errors import LabError
from lablib.host import Host
from lablib.lab import Lab
from lablib.stack import CHECKOUT, SERVICES

from .fleet import Fleet
from .waiting import wait_for

HERE = os.path.dirname(__file__)
STATE = "/var/lib/qtagent"
# Written by guest/record-start.sh.
STARTS = "/var/log/qtlab/starts"
COMMAND_LIMIT_S = 60
BEAT_LIMIT_S = 20
# Short, so that a trial can outlast a lease. The agent renews as often as the lease's time says.
LEASE_MS = 2000
META = {"lease_ttl_ms": LEASE_MS, "accept_ms": 10000, "silence_ms": 4000, "unknown_ms": 60000}
# The least that the agent takes.
STABLE_FOR = "1s"

PREPARE = f"""
mkdir -p /usr/local/lib/qtlab
for unit in {" ".join(service.unit for service in SERVICES)}; do
    mkdir -p /etc/systemd/system/$unit.service.d
    printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRestartSec=100ms\\nExecStartPre=+/usr/local/lib/qtlab/record-start.sh %%n\\n' \\
        >/etc/systemd/system/$unit.service.d/10-faults.conf
done
mkdir -p /etc/systemd/system/qtagent.service.d
printf '[Service]\\nRestartSec=100ms\\n' >/etc/systemd/system/qtagent.service.d/10-faults.conf
runuser -u qt -- git -C {CHECKOUT} fetch -q origin $BRANCH
runuser -u qt -- git -C {CHECKOUT} checkout -q -B $BRANCH origin/$BRANCH
systemctl daemon-reload
systemctl restart qtagent {" ".join(service.unit for service in SERVICES)}
"""

# A new life of the agent with a fault planted. What trials of long ago left is removed: each start of the agent reads every
# journal, and a forgotten report is offered again and again. The last twenty stay, so that an old attempt which comes to life
# would show.
PLANT = f"""
systemctl stop qtagent
for folder in jobs spool; do
    cd {STATE}/$folder
    ls -t | tail -n +21 | xargs -r rm --
done
touch {STARTS}
tail -n 100 {STARTS} >{STARTS}.new
mv {STARTS}.new {STARTS}
rm -f {STATE}/failpoint
systemctl set-environment QT_FAILPOINT=$PLAN
systemctl start qtagent
systemctl unset-environment QT_FAILPOINT
systemctl show -p MainPID --value qtagent
"""


class Bench:
    """One host with its fleet."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.host: Host = lab.host(name)
        self.name = name
        self.fleet = Fleet(lab, name)
        self.environment = agent.qtctl_environment(lab.settings) | {
            "QTCTL_FLEET": name,
            "QTCTL_REDIS": f"unix:{self.fleet.socket}",
            "QTCTL_OPERATOR": "faults",
            "XDG_STATE_HOME": lab.settings.path("operator", name),
        }

    # ---- the host

    def sh(self, script: str, check: bool = True, **variables: str) -> str:
        """Runs a script on the host as root."""
        answer = subprocess.run(
            self.host.enter(["/bin/sh", "-euc", script]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=CLEAN_ENVIRONMENT | variables,
            timeout=COMMAND_LIMIT_S,
            # A run that is told to stop ends its trials first: Ctrl-C is not for what they have started.
            start_new_session=True,
            check=False,
        )
        if check and answer.returncode != 0:
            raise LabError(f"{self.name}: {answer.stderr.strip() or answer.stdout.strip() or script}")
        return answer.stdout

    def path(self, path: str) -> str:
        """A file of the host, seen from here; for a host that is up."""
        return f"/proc/{self.host.require_leader()}/root{path}"

    def read(self, path: str) -> str:
        try:
            with open(self.path(path), encoding="utf-8", errors="replace") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def names(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(self.path(path)))
        except FileNotFoundError:
            return []

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(path), mode)

    def boot(self) -> None:
        self.host.start()
        self.host.wait_until_ready()

    def cut_off(self) -> None:
        partition.partition(self.lab.hub, self.host, "drop")

    def heal(self) -> None:
        partition.heal(self.lab.hub, self.host)

    # ---- its agent

    def plant(self, plan: str) -> None:
        """Starts the agent anew with this `QT_FAILPOINT`, and waits until the fleet has heard of it: a host that was never
        heard of gets no order."""
        self.agent = self.sh(PLANT, PLAN=plan).strip()
        wait_for(f"a beat of {self.name}", self._is_heard, BEAT_LIMIT_S)

    def _is_heard(self) -> bool:
        return bool(self.fleet.call("HEXISTS", self.fleet.key(f"host:{self.name}"), "beat_ms") == 1)

    def is_agent_dead(self) -> bool:
        """Whether the process that `plant` started is gone."""
        return not os.path.exists(self.path(f"/proc/{self.agent}"))

    def journal(self, rollout: str) -> str:
        """The agent's journal of a rollout's job."""
        return self.read(f"{STATE}/jobs/{rollout}-deploy-1")

    # ---- its fleet

    def qtctl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [f"{agent.binaries(self.lab.settings)}/qtctl", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=self.environment,
            timeout=COMMAND_LIMIT_S,
            start_new_session=True,
            check=False,
        )

    def prepare(self) -> None:
        """Takes a provisioned host over: fleet, branch, start records, short times."""
        self.fleet.start()
        configuration = self.read(agent.CONFIGURATION)
        for old, new in (
            (next(line for line in configuration.splitlines() if line.startswith("fleet:")), f"fleet: {self.name}"),
            ("address: redis:6379", f"address: redis:{self.fleet.port}"),
            ("branches: [main]", f"branches: [{self.name}]"),
        ):
            configuration = configuration.replace(old, new, 1)
        self.write(agent.CONFIGURATION, configuration)
        self.sh("mkdir -p /usr/local/lib/qtlab")
        for name in ("digest.sh", "record-start.sh"):
            with open(f"{HERE}/guest/{name}", encoding="utf-8") as script:
                self.write(f"/usr/local/lib/qtlab/{name}", script.read(), 0o755)
        self.sh(PREPARE, BRANCH=self.name)
        self.host.settle()
        self.enrol()

    def reset(self) -> None:
        """An empty Redis with the fleet anew, after a trial that left something in it."""
        self.fleet.call("FLUSHALL")
        self.sh("systemctl restart qtagent")
        self.enrol()

    def enrol(self) -> None:
        """Makes the fleet anew in an empty Redis, or leaves it as it is."""
        self.fleet.call("HSET", self.fleet.key("meta"), *(str(word) for pair in META.items() for word in pair))
        if not str(self.fleet.call("HGET", self.fleet.key("hosts"), self.name)).startswith("enrolled "):
            wait_for(f"enrolment of {self.name}", self._enrol, 20)

    def _enrol(self) -> bool:
        return self.qtctl("agents", "enrol", self.name, "--yes").returncode == 0
