"""Releases for fault tests: the trading stack and a few hundred files that differ in every release, so that a checkout
takes long enough to be cut in two."""

import hashlib
import os
import subprocess
from typing import NamedTuple

from lablib.daemons import CLEAN_ENVIRONMENT
from lablib.errors import LabError
from lablib.origin import BREAKS, STACK
from lablib.settings import Settings

BULK = 400
# Every so many releases both repositories are packed anew: a pack per release would make git slow, and the agent never
# packs.
PACK_EVERY = 40


class Release(NamedTuple):
    commit: str
    digest: str


def _stack_files(kind: str | None) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for root in [STACK] + ([f"{BREAKS}/{kind}/tree"] if kind else []):
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if "__pycache__" not in path:
                    with open(path, "rb") as file:
                        files[os.path.relpath(path, root)] = file.read()
    return files


def digest(files: dict[str, bytes]) -> str:
    """The same as guest/digest.sh computes of a tree."""
    lines = [f"{hashlib.sha1(text).hexdigest()}  ./{path}\n" for path, text in files.items()]
    return hashlib.sha1("".join(sorted(lines, key=lambda line: line[42:].encode())).encode()).hexdigest()


class Releases:
    """The releases of one host, on a branch of the host's name in the lab's origin."""

    def __init__(self, settings: Settings, host: str) -> None:
        self.origin = settings.origin
        self.branch = f"refs/heads/{host}"
        self.number = 0
        self.by_commit: dict[str, Release] = {}

    def make(self, kind: str | None) -> Release:
        self.number += 1
        files = _stack_files(kind)
        for index in range(BULK):
            files[f"bulk/{index:03}"] = f"{self.branch} release {self.number} file {index}\n".encode() * 20
        # A file that no other release has: one that is left behind shows.
        files[f"bulk/only-in-{self.number}"] = b"\n"
        files[f"only-{self.number}/file"] = b"\n"
        commit = self._import(files)
        release = Release(commit, digest(files))
        self.by_commit[commit] = release
        if self.number % PACK_EVERY == 0:
            self._git(["repack", "-adq"])
        return release

    def _import(self, files: dict[str, bytes]) -> str:
        parts = [f"commit {self.branch}\ncommitter Fault Tests <faults@quantum-trader.example> now\ndata 1\n.\n".encode()]
        if self.number > 1 or self._exists():
            parts.append(f"from {self.branch}^0\n".encode())
        parts.append(b"deleteall\n")
        for path, text in files.items():
            parts.append(f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n")
        self._git(["fast-import", "--quiet", "--date-format=now", "--force"], b"".join(parts))
        return self._git(["rev-parse", self.branch]).strip()

    def _exists(self) -> bool:
        command = ["git", "-C", self.origin, "rev-parse", "--verify", "-q", self.branch]
        return subprocess.run(command, capture_output=True, env=CLEAN_ENVIRONMENT, check=False).returncode == 0

    def _git(self, arguments: list[str], text: bytes | None = None) -> str:
        answer = subprocess.run(
            ["git", "-C", self.origin, *arguments], input=text, capture_output=True, env=CLEAN_ENVIRONMENT, check=False
        )
        if answer.returncode != 0:
            raise LabError(f"git {arguments[0]} failed: {answer.stderr.decode(errors='replace')}")
        return answer.stdout.decode()
