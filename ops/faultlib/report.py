"""The table of a run, and what went wrong in words."""

import json
import os
import statistics
import sys
import threading
import time
from collections import Counter
from typing import NamedTuple

from .cells import Trial
from .trial import Attempt


class Outcome(NamedTuple):
    trial: Trial
    wrong: list[str]
    attempt: Attempt
    # Seconds from the start of the agent's last life to whole trees, or None when there was nothing to recover.
    recovery: float | None


class Report:
    def __init__(self, points: list[str], faults: list[str], planned: int, path: str | None) -> None:
        self.points = points
        self.faults = faults
        self.planned = planned
        self.tried: Counter[tuple[str, str]] = Counter()
        self.violated: Counter[tuple[str, str]] = Counter()
        self.recoveries: dict[str, list[float]] = {}
        self.troubles: list[str] = []
        self.lock = threading.Lock()
        self.began = time.monotonic()
        self.file = open(path, "w", encoding="utf-8") if path else None

    def add(self, outcome: Outcome) -> None:
        with self.lock:
            cell = (outcome.trial.point, outcome.trial.fault)
            self.tried[cell] += 1
            if outcome.wrong:
                self.violated[cell] += 1
                print(f"VIOLATION {outcome.trial.name} rollout {outcome.attempt.rollout}", flush=True)
                for line in outcome.wrong:
                    print(f"    {line}", flush=True)
            if outcome.recovery is not None:
                self.recoveries.setdefault(outcome.trial.fault, []).append(outcome.recovery)
            if self.file:
                line = {"trial": outcome.trial.name, "wrong": outcome.wrong, "recovery_s": outcome.recovery}
                print(json.dumps(line), file=self.file, flush=True)
            done = sum(self.tried.values())
            if done % 50 == 0:
                print(f"{done} of {self.planned} trials, {sum(self.violated.values())} violations", file=sys.stderr)

    def broken(self, host: str, error: Exception) -> None:
        with self.lock:
            self.troubles.append(f"{host}: {type(error).__name__}: {error}")
            print(f"BROKEN {self.troubles[-1]}", flush=True)

    def close(self) -> int:
        """Prints the table; 0 when every planned trial was made and nothing was wrong."""
        width = max(map(len, self.faults + ["100/100"]))
        print(f"{'violations/trials':<24}" + "".join(f"{fault:>{width + 2}}" for fault in self.faults))
        for point in self.points:
            cells = [f"{self.violated[point, fault]}/{self.tried[point, fault]}" for fault in self.faults]
            print(f"{point:<24}" + "".join(f"{cell:>{width + 2}}" for cell in cells))
        for fault, times in sorted(self.recoveries.items()):
            print(
                f"agent start to whole trees after {fault}: median {statistics.median(times):.2f} s, "
                f"worst {max(times):.2f} s, {len(times)} trials"
            )
        done, wrong = sum(self.tried.values()), sum(self.violated.values())
        used = len([cell for cell in self.tried if self.tried[cell]])
        seconds = time.monotonic() - self.began
        print(f"{done} of {self.planned} trials in {used} cells, {wrong} with violations, {seconds:.0f} s, {_machine()}")
        if self.file:
            self.file.close()
        return 0 if done == self.planned and not wrong and not self.troubles else 1


def _machine() -> str:
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
