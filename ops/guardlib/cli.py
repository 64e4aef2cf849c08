"""The verbs of `ops/guards`. Exit codes: 0 every guard is seen, 1 one is not, 2 usage."""

import os
import sys

from . import checks
from .copy import run_in_copy
from .guard import FOLDER, REPOSITORY, Check, Guard, GuardError, every

HELP = """\
ops/guards run [GUARD...]
    Takes one guard after the other away, in a copy of this tree, builds, and runs what must turn red; prints a table.
    Before that the same checks run with every guard in place: there none may be red. Root, and minutes for each guard.
ops/guards check [FOLDER]
    Whether every guard's patch still applies; seconds.
ops/guards list
    The guards, and what must turn red without each.
"""


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["run", *names]:
                return _run(names)
            case ["_run", *names]:
                return _table(_named(names))
            case ["check", *folder] if len(folder) <= 1:
                return _check(every(*folder))
            case ["list"]:
                for guard in every():
                    print(f"{guard.name}: {guard.without}", *guard.checks, sep="\n    ")
                return 0
            case [] | ["help"] | ["--help"] | ["-h"]:
                print(HELP, end="")
                return 0
        print(f"guards: {' '.join(arguments)} is not what it can do: see ops/guards help", file=sys.stderr)
        return 2
    except GuardError as error:
        print(f"guards: {error}", file=sys.stderr)
        return 1


def _named(names: list[str]) -> list[Guard]:
    guards = every()
    unknown = set(names) - {guard.name for guard in guards}
    if unknown:
        raise GuardError(f"no guard is called {' '.join(sorted(unknown))}: see ops/guards list")
    by_name = {guard.name: guard for guard in guards}
    return [by_name[name] for name in names] if names else guards


def _check(guards: list[Guard]) -> int:
    for guard in guards:
        guard.apply(REPOSITORY, "--check")
    print(f"guards: {len(guards)} patches apply")
    return 0


def _run(names: list[str]) -> int:
    if os.geteuid() != 0:
        raise GuardError("root needed (sudo)")
    _check(_named(names))
    return run_in_copy(["_run", *names])


def _table(guards: list[Guard]) -> int:
    """In the copy: everything in place first, then without one guard after the other."""
    checks.build()
    bad = sum(_row("(none)", check, wanted=False) for check in _together(guards))
    for guard in guards:
        guard.apply(REPOSITORY)
        try:
            checks.build()
            for check in guard.checks:
                bad += _row(guard.name, check, wanted=True)
        except GuardError as error:
            print(f"{guard.name}: {error}")
            bad += 1
        finally:
            guard.apply(REPOSITORY, "--reverse")
    print(f"guards: {len(guards)} taken away, " + (f"{bad} results are not what they must be" if bad else "each was seen"))
    return 1 if bad else 0


def _together(guards: list[Guard]) -> list[Check]:
    """The checks of all guards, the tests in one run."""
    every_check = list(dict.fromkeys(check for guard in guards for check in guard.checks))
    tests = [check.words for check in every_check if check.kind == "test"]
    return [Check("test", " ".join(tests))] * bool(tests) + [check for check in every_check if check.kind != "test"]


def _row(name: str, check: Check, wanted: bool) -> int:
    """Prints a row; 1 when it is not as it must be."""
    try:
        result = checks.see(check)
    except GuardError as error:
        print(f"{name:<16} {check}: {error}", flush=True)
        return 1
    word = "red" if result.is_red else "green"
    is_right = result.is_red == wanted
    print(f"{name:<16} {word:<6}{'' if is_right else '<-- WRONG  '}{check}: {result.words}", flush=True)
    return 0 if is_right else 1
