"""One trial: a release, a fault at a boundary of its deployment, and the wait until the host has come to rest."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from lablib.errors import LabError
from lablib.stack import SERVICES

from . import cells
from .bench import LEASE_MS, STARTS, STATE, Bench
from .releases import Release, Releases
from .waiting import POLL_S, wait_for

FAILPOINT = f"{STATE}/failpoint"
REST_LIMIT_S = 60
BREAK = "crash-at-start"
OUTLAST_S = LEASE_MS / 1000 + 0.5
TERMINAL = ("succeeded", "failed", "aborted", "expired", "reverted")


class Away(NamedTuple):
    """While something that the rollout needs was gone, by the wall clock: from when nothing could pass, to when it could
    again."""

    begun: float
    ended: float
    # Starts of services meanwhile.
    starts: int = 0


class Attempt(NamedTuple):
    """What a trial did, for the checker."""

    trial: cells.Trial
    before: Release
    target: Release
    rollout: str
    starts_before: int
    is_reached: bool
    is_flushed: bool
    away: Away | None
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
        bench.plant(cells.plan(trial))
        starts = self._starts()
        rollout, trouble = self._submit()
        is_reached, away = False, None
        if not trouble:
            is_reached = self._is_reached(trial, rollout)
            if is_reached and not trial.is_killing:
                away = self._strike(trial)
            trouble = self._rest(trial, rollout)
        is_flushed = trial.fault == "redis-flushed" and is_reached
        return Attempt(trial, before, target, rollout, starts, is_reached, is_flushed, away, trouble)

    def _submit(self) -> tuple[str, str]:
        answer = self.bench.qtctl("deploy", "--all", "--yes", "--detach", "--json", "-m", "fault test")
        if answer.returncode != 0:
            return "", f"not submitted (exit {answer.returncode}): {answer.stdout[-600:]} {answer.stderr[-300:]}"
        return str(json.loads(answer.stdout.splitlines()[-1])["rollout"]), ""

    def _starts(self) -> int:
        return len(self.bench.read(STARTS).splitlines())

    # ---- the boundary

    def _is_reached(self, trial: cells.Trial, rollout: str) -> bool:
        """Waits for the boundary. At a fault that kills the agent, the agent itself has struck."""
        if trial.is_killing:
            return self._until(self.bench.is_agent_dead, rollout)
        return self._until(lambda: os.path.exists(self.bench.path(FAILPOINT)), rollout)

    def _until(self, condition: Callable[[], bool], rollout: str) -> bool:
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
            time.sleep(POLL_S)
        return False

    # ---- the fault

    def _strike(self, trial: cells.Trial) -> Away | None:
        """Does what the fault's name says, while the agent waits at the boundary, and lets the agent go on."""
        away: Away | None = getattr(self, "_" + trial.fault.replace("-", "_"))(trial)
        return away

    def _go_on(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.bench.path(FAILPOINT))

    def _power(self, _: cells.Trial) -> None:
        self.bench.host.crash()
        self.bench.boot()

    def _services_killed(self, trial: cells.Trial) -> Away:
        units = " ".join(service.unit for service in SERVICES)
        before = self._starts()
        begun = time.time()
        self.bench.sh(f"systemctl kill -s KILL {units}", check=False)
        # Longer than RestartSec=, so that systemd has tried; and where it must not start them, long enough to see it.
        time.sleep(0.15 + trial.random().random() * 0.3 + (1 if trial.point in cells.KEPT_DOWN else 0))
        starts = self._starts() - before
        self._go_on()
        return Away(begun, time.time(), starts)

    def _redis_killed(self, trial: cells.Trial) -> Away:
        self.bench.fleet.kill()
        begun = time.time()
        self._go_on()
        time.sleep(trial.random().random())
        return Away(begun, self.bench.fleet.start())

    def _redis_flushed(self, _: cells.Trial) -> Away:
        self.bench.fleet.call("FLUSHALL")
        flushed = time.time()
        self._go_on()
        return Away(flushed, flushed)

    def _cut_off(self, _: cells.Trial) -> Away:
        self.bench.cut_off()
        begun = time.time()
        self._go_on()
        time.sleep(OUTLAST_S)
        ended = time.time()
        self.bench.heal()
        return Away(begun, ended)

    def _frozen(self, _: cells.Trial) -> Away:
        self.bench.host.freeze()
        begun = time.time()
        time.sleep(OUTLAST_S)
        self._go_on()
        ended = time.time()
        self.bench.host.thaw()
        return Away(begun, ended)

    # ---- the end

    def _is_over(self, rollout: str) -> bool:
        """Whether the host has nothing more to do for the rollout, as its journal says."""
        return "\nended " in self.bench.journal(rollout)

    def _rest(self, trial: cells.Trial, rollout: str) -> str:
        """Waits until the host has ended the attempt and told it, or never will. Returns what is wrong."""
        try:
            wait_for("rest", lambda: self._is_at_rest(trial, rollout), REST_LIMIT_S)
        except LabError:
            end = self.bench.journal(rollout)[-200:]
            state = self.bench.fleet.state(rollout) or "gone"
            return f"not at rest after {REST_LIMIT_S} s: rollout {state}, journal ends {end!r}"
        return ""

    def _is_at_rest(self, trial: cells.Trial, rollout: str) -> bool:
        is_flushed = trial.fault == "redis-flushed"
        # The report of a rollout that Redis forgot is kept.
        if not is_flushed and any(name.startswith(rollout) for name in self.bench.names(f"{STATE}/spool")):
            return False
        state = self.bench.fleet.state(rollout)
        if f"{rollout}-deploy-1" in self.bench.names(f"{STATE}/jobs"):
            return self._is_over(rollout) and (state in TERMINAL or is_flushed)
        # Never begun: Redis said so in time, or forgot the order before the host had it.
        return state in TERMINAL or (is_flushed and state is None)
