"""One trial: a release, a fault at a boundary of its deployment, and the wait until the host has come to rest."""

import json
import os
import time
from typing import NamedTuple

from lablib.errors import LabError
from lablib.stack import SERVICES

from . import cells
from .bench import LEASE_MS, STARTS, STATE, Bench, wait_for
from .releases import Release, Releases

FAILPOINT = f"{STATE}/failpoint"
REST_LIMIT_S = 60
BREAK = "crash-at-start"
OUTLAST_S = LEASE_MS / 1000 + 0.5


class Attempt(NamedTuple):
    """What a trial did, for the checker."""

    trial: cells.Trial
    before: Release
    target: Release
    rollout: str
    starts_before: int
    is_reached: bool
    is_flushed: bool
    trouble: str


class Runner:
    """Runs trials on one host, one after the other."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.releases = Releases(bench.lab.settings, bench.name)
        self.current = self.releases.make(None)

    def begin(self) -> None:
        """The first release, without a fault."""
        self.bench.prepare()

    def run(self, trial: cells.Trial) -> Attempt:
        bench = self.bench
        bench.enrol()
        before = self.current
        target = self.releases.make(BREAK if trial.is_going_back else None)
        starts = len(bench.read(STARTS).splitlines())
        self._plant(cells.plan(trial))
        rollout, trouble = self._submit()
        is_reached = False
        if not trouble:
            is_reached = self._strike(trial, rollout)
            trouble = self._rest(trial, rollout)
        is_flushed = trial.fault == "redis-flushed" and is_reached
        return Attempt(trial, before, target, rollout, starts, is_reached, is_flushed, trouble)

    def _plant(self, plan: str) -> None:
        self.bench.sh(
            f"rm -f {FAILPOINT}; systemctl set-environment QT_FAILPOINT={plan}; systemctl restart qtagent;"
            "systemctl unset-environment QT_FAILPOINT"
        )
        self.agent = self._agent()

    def _agent(self) -> str:
        return self.bench.sh("systemctl show -p MainPID --value qtagent", check=False).strip()

    def _submit(self) -> tuple[str, str]:
        answer = self.bench.qtctl("deploy", "--all", "--yes", "--detach", "--json", "-m", "fault test")
        if answer.returncode != 0:
            return "", f"not submitted (exit {answer.returncode}): {answer.stdout[-600:]} {answer.stderr[-300:]}"
        return str(json.loads(answer.stdout.splitlines()[-1])["rollout"]), ""

    # ---- the fault

    def _strike(self, trial: cells.Trial, rollout: str) -> bool:
        """Waits for the boundary and does what the fault's name says. Whether the boundary was reached."""
        if trial.fault.startswith("kill"):
            return self._until(lambda: self._agent() != self.agent, rollout)
        if not self._until(lambda: os.path.exists(self.bench.path(FAILPOINT)), rollout):
            return False
        getattr(self, "_" + trial.fault.replace("-", "_"))(trial)
        return True

    def _until(self, condition, rollout: str) -> bool:  # type: ignore[no-untyped-def]
        """Whether it came to hold before the attempt was over, and a moment after."""
        deadline = time.monotonic() + REST_LIMIT_S
        over = None
        while time.monotonic() < deadline:
            if condition():
                return True
            if over is None and self._is_over(rollout):
                over = time.monotonic() + 1
            if over is not None and time.monotonic() > over:
                return False
            time.sleep(0.01)
        return False

    def _go_on(self) -> None:
        try:
            os.unlink(self.bench.path(FAILPOINT))
        except FileNotFoundError:
            pass

    def _power(self, _: cells.Trial) -> None:
        self.bench.host.crash()
        self.bench.boot()

    def _services_killed(self, trial: cells.Trial) -> None:
        units = " ".join(service.unit for service in SERVICES)
        self.bench.sh(f"systemctl kill -s KILL {units}", check=False)
        # Longer than RestartSec=, so that systemd has tried.
        time.sleep(0.15 + trial.random().random() * 0.3)
        self._go_on()

    def _redis_killed(self, trial: cells.Trial) -> None:
        self.bench.kill_redis()
        self._go_on()
        time.sleep(trial.random().random())
        self.bench.start_redis()

    def _redis_flushed(self, _: cells.Trial) -> None:
        self.bench.redis("FLUSHALL")
        self._go_on()

    def _cut_off(self, _: cells.Trial) -> None:
        self.bench.cut_off()
        self._go_on()
        time.sleep(OUTLAST_S)
        self.bench.heal()

    def _frozen(self, _: cells.Trial) -> None:
        self.bench.host.freeze()
        time.sleep(OUTLAST_S)
        self._go_on()
        self.bench.host.thaw()

    # ---- the end

    def _is_over(self, rollout: str) -> bool:
        """Whether the host has nothing more to do for the rollout, as its journal says."""
        return "\nended " in self.bench.read(f"{STATE}/jobs/{rollout}-deploy-1")

    def _rest(self, trial: cells.Trial, rollout: str) -> str:
        """Waits until the host has ended the attempt and told it, or never will. Returns what is wrong."""
        try:
            wait_for("rest", lambda: self._is_at_rest(trial, rollout), REST_LIMIT_S)
        except LabError:
            journal = self.bench.read(f"{STATE}/jobs/{rollout}-deploy-1")
            state = self.bench.redis("HGET", self.bench.key(f"rollout:{rollout}"), "state")
            return f"not at rest after {REST_LIMIT_S} s: rollout {state or 'gone'}, journal ends {journal[-200:]!r}"
        return ""

    def _is_at_rest(self, trial: cells.Trial, rollout: str) -> bool:
        is_flushed = trial.fault == "redis-flushed"
        # The report of a rollout that Redis forgot is kept.
        if not is_flushed and any(name.startswith(rollout) for name in self.bench.names(f"{STATE}/spool")):
            return False
        state = self.bench.redis("HGET", self.bench.key(f"rollout:{rollout}"), "state")
        is_terminal = state in ("succeeded", "failed", "aborted", "expired", "reverted")
        if f"{rollout}-deploy-1" in self.bench.names(f"{STATE}/jobs"):
            return self._is_over(rollout) and (is_terminal or is_flushed)
        # Never begun: Redis said so in time, or forgot the order before the host had it.
        return is_terminal or (is_flushed and state == "")
