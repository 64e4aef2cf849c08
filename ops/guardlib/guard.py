"""A guard: a file of ops/guards.d. A head that says what is taken away and what must turn red, then the patch."""

import os
import subprocess
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
OPS = os.path.dirname(HERE)
REPOSITORY = os.path.dirname(OPS)
FOLDER = f"{OPS}/guards.d"
KINDS = ("test", "faults")


class GuardError(Exception):
    """What is wrong with a guard, with its file's name."""


class Check(NamedTuple):
    """What must turn red: a filter of `ops/test`, or arguments of `ops/faults run`."""

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind} {self.words}"


class Guard(NamedTuple):
    name: str
    path: str
    without: str
    checks: list[Check]

    def apply(self, tree: str, *options: str) -> None:
        """Applies the patch to a tree, or with `--check` only tries, or with `--reverse` takes it back."""
        command = ["git", "apply", "--whitespace=nowarn", *options, self.path]
        # Not as a part of a repository around the tree: there, git would leave out what lies outside of its folder.
        environment = os.environ | {"GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.abspath(tree))}
        answer = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise GuardError(f"{self.path}: does not apply any more:\n{answer.stderr.rstrip()}")


def read(path: str) -> Guard:
    """Reads one file; what is missing in its head is an error."""
    with open(path, encoding="utf-8") as file:
        head, _, patch = file.read().partition("\ndiff --git ")
    if not patch:
        raise GuardError(f"{path}: has no patch; add one as `git diff` prints it")
    fields = [line.split(": ", 1) for line in head.splitlines() if ": " in line]
    without = [value for name, value in fields if name == "Without"]
    checks = [Check(*value.split(" ", 1)) for name, value in fields if name == "Red" and " " in value]
    if len(without) != 1:
        raise GuardError(f"{path}: needs one line `Without: what is taken away`")
    if not checks or any(check.kind not in KINDS for check in checks):
        raise GuardError(f"{path}: needs lines `Red: test FILTER` or `Red: faults ARGUMENTS`")
    return Guard(os.path.basename(path).removesuffix(".patch"), path, without[0], checks)


def every(folder: str = FOLDER) -> list[Guard]:
    """The guards of a folder, by name."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".patch"))
    if not names:
        raise GuardError(f"{folder}: has no guards")
    return [read(os.path.join(folder, name)) for name in names]
