"""The table of a run, the recovery times, and what went wrong in words."""

import json
import os
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from lablib.errors import LabError

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
    """What came of the trials: told as it happens, a line each in a file where one is wanted, and as tables at the end."""

    def __init__(self, points: list[str], faults: list[str], planned: int, version: str) -> None:
        self.points = points
        self.faults = faults
        self.planned = planned
        # Of the agent on trial; a run that goes on may have had another one before.
        self.version = version
        self.versions: Counter[str] = Counter()
        self.tried: Counter[tuple[str, str]] = Counter()
        self.violated: Counter[tuple[str, str]] = Counter()
        self.times: dict[tuple[str, str], list[float]] = {}
        self.troubles: list[str] = []
        self.lock = threading.Lock()
        self.seconds = 0.0
        self.began = time.monotonic()
        self.file: IO[str] | None = None

    def open(self, path: str, trials: list[Trial] | None) -> list[Trial]:
        """Writes a line per trial to a file, anew; or behind what it holds, where those of `trials` that it knows count as made.

        Returns the trials that are left."""
        if trials is None:
            self.file = open(path, "w", encoding="utf-8")
            return []
        planned = {trial.name: trial for trial in trials}
        for line in _lines(path):
            trial = planned.pop(line["trial"], None)
            if trial is not None:
                self._count(trial, line["wrong"], line["time"], line["agent"], line["seconds"])
        self.file = open(path, "a", encoding="utf-8")
        return list(planned.values())

    def _count(self, trial: Trial, wrong: list[str], measured: tuple[str, float] | None, version: str, seconds: float) -> None:
        cell = (trial.point, trial.fault)
        self.tried[cell] += 1
        self.violated[cell] += bool(wrong)
        self.versions[version] += 1
        self.seconds += seconds
        if measured:
            self.times.setdefault((measured[0], trial.fault), []).append(measured[1])

    def add(self, outcome: Outcome) -> None:
        with self.lock:
            now = time.monotonic()
            seconds, self.began = now - self.began, now
            self._count(outcome.trial, outcome.wrong, outcome.time, self.version, seconds)
            if outcome.wrong:
                print(f"VIOLATION {outcome.trial.name} rollout {outcome.attempt.rollout}")
                for line in outcome.wrong:
                    print(f"    {line}")
                print(f"    again: ops/faults replay {outcome.trial.name}", flush=True)
            if self.file:
                line = {"trial": outcome.trial.name, "wrong": outcome.wrong, "time": outcome.time}
                line |= {"agent": self.version, "seconds": round(seconds, 2)}
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
        for version, number in self.versions.items():
            print(f"{number} trials of {version}")
        print(f"{done} of {self.planned} trials in {used} cells, {wrong} with violations, {self.seconds:.0f} s, {_machine()}")
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


def _lines(path: str) -> Iterator[dict[str, Any]]:
    """What a former run wrote; a last line that was cut off goes."""
    with open(path, "a+b") as file:
        file.seek(0)
        text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        file.truncate(len(whole))
    for number, words in enumerate(whole.splitlines(), 1):
        try:
            line = json.loads(words)
            yield {name: line[name] for name in ("trial", "wrong", "time", "agent", "seconds")}
        except (ValueError, KeyError, TypeError):
            raise LabError(f"{path}:{number} is not the line of a trial: give a file that a run wrote") from None


def _machine() -> str:
    return f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
