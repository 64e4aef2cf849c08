"""Starts the lab's long-lived processes so that none can ever be lost."""

import os
import subprocess

from .cgroups import CgroupTree

CLEAN_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}


def spawn(cgroups: CgroupTree, group: str, argv: list[str], log: str, keep: dict[str, str] | None = None) -> int:
    """Starts a process in a session of its own, in the lab's cgroup, and returns its id.

    The child enters the cgroup before exec, while it still shares the lock's open file with us. So whoever holds the
    lock later finds every process of the lab inside the cgroup, even if we are killed in between.
    """
    with open(log, "ab") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=CLEAN_ENVIRONMENT | (keep or {}),
            start_new_session=True,
            preexec_fn=lambda: cgroups.enter(group),
        )
    # The child outlives us by intent; without this Popen would warn about it.
    process.returncode = 0
    return process.pid


def lab_variables() -> dict[str, str]:
    """The settings that a process of the lab needs when it runs `ops/lab` itself."""
    return {key: value for key, value in os.environ.items() if key.startswith("QTLAB_")}


def tail(path: str, lines: int = 5) -> str:
    """The end of a log, for an error message; empty when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:]).rstrip()
    except FileNotFoundError:
        return ""
