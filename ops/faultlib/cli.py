"""The verbs of `ops/faults`. Exit codes: 0 nothing wrong, 1 something was found or the lab failed, 2 usage."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from lablib.errors import LabError, UsageError
from lablib.lab import Lab
from lablib.settings import REPOSITORY

from . import cells, evidence, times
from .bench import STABLE_FOR, Bench
from .checker import Checker
from .report import Outcome, Report
from .trial import Runner

HELP = """\
ops/faults run [--hosts N] [--each N] [--points P,...] [--faults F,...] [--limit N] [--seed S]
                [--json FILE | --resume FILE]
    Boots a lab of its own, tries every cell (boundary x fault) --each times (1), or --limit trials of them, and prints a
    table of violations and the recovery times. The same seed gives the same trials. --json writes a line per trial, with
    journal, log, events and starts where something was wrong. SIGTERM or SIGINT: the trials under way are the last.
    --resume goes on with a run that wrote FILE: what stands there is not tried again, and counts.
ops/faults replay TRIAL...
    Repeats trials by the names that a run printed, each on a host of its own.
ops/faults list
    The boundaries and the faults.

The agent comes from .build/debug, which has failpoints (another build: QTLAB_BIN). With QTFAULTS_KEEP=1 the lab (QTLAB_NAME, by default qtfaults) stays up afterwards, to be looked at.
"""


def main(arguments: list[str]) -> int:
    os.environ.setdefault("QTLAB_NAME", "qtfaults")
    # On such a disk a loss of power takes what nobody has synced.
    os.environ.setdefault("QTLAB_UPPER", "image")
    os.environ.setdefault("QTLAB_BIN", f"{REPOSITORY}/.build/debug")
    os.environ["QTLAB_STABLE_FOR"] = STABLE_FOR
    # Each host has a Redis, a fleet and an operator of its own.
    os.environ["QTLAB_ACCESS"] = "open"
    try:
        match arguments[:1]:
            case ["run"]:
                return _run(_options(arguments[1:]))
            case ["replay"]:
                return _replay(arguments[1:])
            case ["list"]:
                return _list()
            case [] | ["help"] | ["--help"] | ["-h"]:
                print(HELP, end="")
                return 0
        raise UsageError(f"no verb is called {arguments[0]!r}: see ops/faults help")
    except UsageError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 2
    except LabError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 1


def _list() -> int:
    print("boundaries, in the order of a job:\n  " + " ".join(cells.POINTS) + "\nfaults:")
    for name, about in cells.FAULTS.items():
        print(f"  {name:<16} {about}")
    return 0


def _options(arguments: list[str]) -> dict[str, str]:
    names = ("--hosts", "--each", "--points", "--faults", "--limit", "--seed", "--json", "--resume")
    found = {}
    for name, value in zip(arguments[::2], arguments[1::2], strict=False):
        found[name] = value
    unknown = [name for name in arguments[::2] if name not in names]
    if unknown or len(arguments) % 2:
        raise UsageError(f"run does not take {' '.join(unknown) or arguments[-1]}: see ops/faults help")
    return found


def _run(options: dict[str, str]) -> int:
    points = _words(options.get("--points"), cells.POINTS)
    faults = _words(options.get("--faults"), list(cells.FAULTS))
    seed = options.get("--seed", str(int(time.time())))
    trials = cells.trials(seed, points, faults, _number(options, "--each", 1))
    trials = trials[: _number(options, "--limit", len(trials))]
    report = Report(points, faults, len(trials), _version())
    if "--resume" in options:
        if "--seed" not in options or "--json" in options:
            raise UsageError("--resume goes with the --seed of the run that it goes on with, and without --json")
        trials = report.open(options["--resume"], trials)
    elif "--json" in options:
        report.open(options["--json"], None)
    return _try(trials, _number(options, "--hosts", 4), report)


def _version() -> str:
    try:
        command = [f"{os.environ['QTLAB_BIN']}/qtagent", "version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise LabError(f"no qtagent to try: {error}; make build, or QTLAB_BIN") from None


def _replay(names: list[str]) -> int:
    trials = [cells.Trial.parse(name) for name in names]
    wanted = [trial for trial in trials if trial is not None]
    if not wanted or len(wanted) != len(trials):
        raise UsageError("give trials as a run names them: SEED:BOUNDARY:FAULT:NUMBER")
    points = list(dict.fromkeys(trial.point for trial in wanted))
    faults = list(dict.fromkeys(trial.fault for trial in wanted))
    return _try(wanted, min(len(wanted), 4), Report(points, faults, len(wanted), _version()))


def _try(trials: list[cells.Trial], hosts: int, report: Report) -> int:
    lab = Lab()
    lab.down(purge=True)
    try:
        lab.up(hosts, small=set())
        lab.provision(with_agent=True)
        queue = _Queue(trials)
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: queue.end())
        workers = [_Worker(lab, f"h{number}", queue, report) for number in range(1, hosts + 1)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return report.close()
    finally:
        if "QTFAULTS_KEEP" not in os.environ:
            lab.down(purge=True)


class _Queue:
    """The trials that nobody has taken yet."""

    def __init__(self, trials: list[cells.Trial]) -> None:
        self.trials: Iterator[cells.Trial] = iter(trials)
        self.lock = threading.Lock()
        self.is_ended = False

    def take(self) -> cells.Trial | None:
        with self.lock:
            return None if self.is_ended else next(self.trials, None)

    def end(self) -> None:
        """Also called by a signal, so without the lock."""
        self.is_ended = True


class _Worker(threading.Thread):
    """Takes trials for one host until none is left."""

    def __init__(self, lab: Lab, host: str, queue: _Queue, report: Report) -> None:
        super().__init__(name=host)
        self.bench = Bench(lab, host)
        self.queue = queue
        self.report = report

    def run(self) -> None:
        try:
            runner = Runner(self.bench)
            runner.begin()
            while (trial := self.queue.take()) is not None:
                self._one(runner, trial)
        except Exception as error:  # A worker that dies silently would look like a run without violations.
            self.report.broken(self.name, error)

    def _one(self, runner: Runner, trial: cells.Trial) -> None:
        attempt = runner.run(trial)
        wrong, rest = Checker(self.bench, attempt).judge()
        found = evidence.take(self.bench, attempt) if wrong else {}
        self.report.add(Outcome(trial, wrong, attempt, times.measure(self.bench, attempt), found))
        if wrong:
            self.bench.reset()
        if rest is None:
            raise LabError(f"{self.name} can't go on after {trial.name}: {'; '.join(wrong)}")
        runner.current = rest


def _words(text: str | None, known: list[str]) -> list[str]:
    words = text.split(",") if text else list(known)
    for word in words:
        if word not in known:
            raise UsageError(f"{word!r} is not one of {' '.join(known)}")
    return words


def _number(options: dict[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{name} {text}: use a number from 1")
    return int(text)
