"""The lab for fault tests: N hosts, and for each a fleet, a branch and a Redis of its own, so that trials on different hosts
know nothing of each other."""

import os
import subprocess
import time
from collections.abc import Callable

from lablib import agent, partition, redis
from lablib.daemons import CLEAN_ENVIRONMENT
from lablib.errors import LabError
from lablib.host import Host
from lablib.lab import Lab
from lablib.settings import host_number
from lablib.stack import CHECKOUT, SERVICES

HERE = os.path.dirname(__file__)
STATE = "/var/lib/qtagent"
# Written by guest/record-start.sh.
STARTS = "/var/log/qtlab/starts"
FIRST_PORT = 7000
COMMAND_LIMIT_S = 60
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


class Bench:
    """One host with its fleet."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.host: Host = lab.host(name)
        self.name = name
        self.socket = lab.settings.path("sock", f"{name}.sock")
        self.port = FIRST_PORT + host_number(name)
        self.environment = agent.qtctl_environment(lab.settings) | {
            "QTCTL_FLEET": name,
            "QTCTL_REDIS": f"unix:{self.socket}",
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

    def recovery(self) -> float | None:
        """Seconds from the start of the agent's present life to the end of what the one before had left open."""
        start = self.sh("systemctl show -p ExecMainStartTimestampMonotonic --value qtagent").strip()
        log = self.sh("journalctl -q -o short-monotonic -u qtagent -b _PID=$(systemctl show -p MainPID --value qtagent)")
        ends = [line for line in log.splitlines() if "job ends" in line]
        if "recovering" not in log or not ends:
            return None
        return float(ends[0].split("]")[0].lstrip("[").strip()) - int(start) / 1e6

    def cut_off(self) -> None:
        partition.partition(self.lab.hub, self.host, "drop")

    def heal(self) -> None:
        partition.heal(self.lab.hub, self.host)

    # ---- its Redis

    def start_redis(self) -> None:
        if self._answers():
            return
        settings = self.lab.settings
        data, configuration = settings.path("redis", self.name), settings.path("redis", f"{self.name}.conf")
        os.makedirs(data, exist_ok=True)
        text = redis.CONFIGURATION.format(
            address=settings.hub_address, port=self.port, socket=self.socket, data=data
        )
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(text)
        self.redis_pid = self.lab.hub.start_daemon(["redis-server", configuration], f"redis-{self.name}")
        wait_for(f"Redis of {self.name}", self._answers, 10)

    def kill_redis(self) -> None:
        os.kill(self.redis_pid, 9)
        wait_for(f"the end of Redis of {self.name}", lambda: not self._answers(), 10)

    def redis(self, *words: str) -> str:
        answer = subprocess.run(
            ["redis-cli", "-s", self.socket, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
        if answer.returncode != 0:
            raise LabError(f"redis of {self.name}: {answer.stderr.strip() or answer.stdout.strip()}")
        return answer.stdout.rstrip("\n")

    def key(self, name: str) -> str:
        return f"{{qt:{self.name}}}:{name}"

    def _answers(self) -> bool:
        try:
            return self.redis("PING") == "PONG"
        except LabError:
            return False

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
            check=False,
        )

    def prepare(self) -> None:
        """Takes a provisioned host over: fleet, branch, start records, short times."""
        self.start_redis()
        configuration = self.read(agent.CONFIGURATION)
        for old, new in (
            (next(line for line in configuration.splitlines() if line.startswith("fleet:")), f"fleet: {self.name}"),
            ("address: redis:6379", f"address: redis:{self.port}"),
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
        self.redis("FLUSHALL")
        self.sh("systemctl restart qtagent")
        self.enrol()

    def enrol(self) -> None:
        """Makes the fleet anew in an empty Redis, or leaves it as it is."""
        self.redis("HSET", self.key("meta"), *(word for pair in META.items() for word in map(str, pair)))
        if '"membership":"enrolled"' not in self.qtctl("agents", "list", "--json").stdout:
            wait_for(f"enrolment of {self.name}", self._enrol, 20)

    def _enrol(self) -> bool:
        return self.qtctl("agents", "enrol", self.name, "--yes").returncode == 0


def wait_for(what: str, condition: Callable[[], bool], limit: float) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what} did not come in {limit:g} s")
        time.sleep(0.01)
