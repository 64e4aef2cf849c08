"""The table of a run, the recovery times, and what went wrong in words."""

import json
import os
import statistics
import sys
import threading
import time
from collections import Counter
from typing import NamedTuple

from . import times
from .cells import Trial
from .trial import Attempt


class Outcome(NamedTuple):
    trial: Trial
    wrong: list[str]
    attempt: Attempt
    # What was measured, and the seconds.
    time: tuple[str, float] | None
    # What a person needs to understand a violation; empty without one.
    evidence: dict[str, str]


class Report:
    def __init__(self, points: list[str], faults: list[str], planned: int, path: str | None) -> None:
        self.points = points
        self.faults = faults
        self.planned = planned
        self.tried: Counter[tuple[str, str]] = Counter()
        self.violated: Counter[tuple[str, str]] = Counter()
        self.times: dict[tuple[str, str], list[float]] = {}
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
                print(f"VIOLATION {outcome.trial.name} rollout {outcome.attempt.rollout}")
                for line in outcome.wrong:
                    print(f"    {line}")
                print(f"    again: ops/faults replay {outcome.trial.name}", flush=True)
            if outcome.time:
                self.times.setdefault((outcome.time[0], outcome.trial.fault), []).append(outcome.time[1])
            if self.file:
                line = {"trial": outcome.trial.name, "wrong": outcome.wrong, "time": outcome.time}
                print(json.dumps(line | outcome.evidence), file=self.file, flush=True)
            done = sum(self.tried.values())
            if done % 50 == 0:
                print(f"{done} of {self.planned} trials, {self._violations()} violations", file=sys.stderr)

    def broken(self, host: str, error: Exception) -> None:
        with self.lock:
            self.troubles.append(f"{host}: {type(error).__name__}: {error}")
            print(f"BROKEN {self.troubles[-1]}", flush=True)

    def close(self) -> int:
        """Prints the tables; 0 when every planned trial was made and nothing was wrong."""
        self._print_cells()
        self._print_times()
        done, wrong = sum(self.tried.values()), self._violations()
        used = len([cell for cell in self.tried if self.tried[cell]])
        seconds = time.monotonic() - self.began
        print(f"{done} of {self.planned} trials in {used} cells, {wrong} with violations, {seconds:.0f} s, {_machine()}")
        if self.file:
            self.file.close()
        return 0 if done == self.planned and not wrong and not self.troubles else 1

    def _violations(self) -> int:
        return sum(self.violated.values())

    def _print_cells(self) -> None:
        width = max(map(len, self.faults + ["100/100"]))
        print(f"{'violations/trials':<24}" + "".join(f"{fault:>{width + 2}}" for fault in self.faults))
        for point in self.points:
            cells = [f"{self.violated[point, fault]}/{self.tried[point, fault]}" for fault in self.faults]
            print(f"{point:<24}" + "".join(f"{cell:>{width + 2}}" for cell in cells))

    def _print_times(self) -> None:
        for what, about in times.ABOUT.items():
            measured = {fault: self.times[what, fault] for fault in self.faults if (what, fault) in self.times}
            if measured:
                print(f"{what} ({about})")
            for fault, seconds in measured.items():
                print(
                    f"    {fault:<16} median {statistics.median(seconds):6.2f} s   worst {max(seconds):6.2f} s   "
                    f"{len(seconds)} trials"
                )


def _machine() -> str:
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
