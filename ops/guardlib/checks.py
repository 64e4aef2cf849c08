"""Builds the tree as it stands and sees whether a check is red."""

import os
import re
import shlex
import subprocess
from typing import NamedTuple

from .guard import OPS, REPOSITORY, Check, GuardError

LIMIT_S = 3600
LAB = "qtguards"


class Result(NamedTuple):
    is_red: bool
    words: str


def build() -> None:
    """A guard that can't be built without proves nothing."""
    answer = _run(["swift", "build", "--build-tests", "--quiet"])
    if answer.returncode != 0:
        raise GuardError(f"does not build:\n{_last(answer.stdout, 20)}")


def see(check: Check) -> Result:
    """Runs a check. One that ends in neither way (nothing ran, the lab failed) is an error, not red."""
    return _test(check.words) if check.kind == "test" else _faults(check.words)


def _test(words: str) -> Result:
    filters = [argument for word in words.split() for argument in ("--filter", word)]
    answer = _run([f"{OPS}/test", *filters])
    counts = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", answer.stdout, re.MULTILINE)
    failed = sorted(set(re.findall(r"^failed: (\S+)", answer.stdout, re.MULTILINE)))
    if answer.returncode == 0 and counts and int(counts[-1][0]) > 0:
        return Result(False, f"{counts[-1][0]} passed")
    if failed:
        return Result(True, f"{len(failed)} failed: {failed[0].split('/')[-1]}")
    raise GuardError(f"test {words} has no result:\n{_last(answer.stdout, 20)}")


def _faults(words: str) -> Result:
    answer = _run([f"{OPS}/faults", "run", *shlex.split(words)])
    found = re.findall(r"^VIOLATION \S+", answer.stdout, re.MULTILINE)
    done = re.search(r"^(\d+) of \d+ trials", answer.stdout, re.MULTILINE)
    if found:
        why = re.search(r"^VIOLATION .*\n +(.*)$", answer.stdout, re.MULTILINE)
        return Result(True, f"{len(found)} of {done[1] if done else '?'} trials: {why[1][:70] if why else ''}")
    if answer.returncode == 0 and done:
        return Result(False, f"{done[1]} trials without a violation")
    raise GuardError(f"faults {words} has no result:\n{_last(answer.stdout, 20)}")


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/opt/swift/usr/bin", "QT_REQUIRE_LAB": "1"}
    environment.setdefault("QTLAB_NAME", LAB)
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LIMIT_S,
        check=False,
    )


def _last(text: str, lines: int) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])
