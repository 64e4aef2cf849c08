"""The lab's folder: made with a marker, locked by every verb that changes something, removed only with the marker."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import LabError
from .settings import Settings

MARKER = ".qtlab"
LOCK_LIMIT_S = 120


def prepare(settings: Settings) -> None:
    """Makes the folder. Refuses one that holds somebody's files: `down --purge` would remove them."""
    marker = settings.path(MARKER)
    if os.path.isdir(settings.state) and os.listdir(settings.state) and not os.path.exists(marker):
        raise LabError(f"{settings.state} holds files that are not a lab's: set QTLAB_DIR to a new folder")
    os.makedirs(settings.path("log"), exist_ok=True)
    with open(marker, "w", encoding="ascii") as file:
        file.write("made by ops/lab; `ops/lab down --purge` removes this folder\n")


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """One changing verb at a time. Children never hold the lock past their exec (see daemons.spawn)."""
    if not os.path.exists(settings.path(MARKER)):
        raise LabError(f"no lab in {settings.state}: run ops/lab up")
    deadline = time.monotonic() + LOCK_LIMIT_S
    with open(settings.path("lock"), "a", encoding="ascii") as lock:
        while not _take(lock.fileno()):
            if time.monotonic() > deadline:
                raise LabError(f"another lab command has held {lock.name} for {LOCK_LIMIT_S} s")
            time.sleep(0.02)
        if os.fstat(lock.fileno()).st_nlink == 0:
            raise LabError(f"the lab in {settings.state} was purged meanwhile: run ops/lab up")
        yield


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove_contents(settings: Settings) -> None:
    """Removes disks, sockets and repositories. Logs stay: they tell why something went wrong."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        if any(line.split(" ")[4].startswith(settings.state + "/") for line in mounts):
            raise LabError(f"something is mounted under {settings.state}: unmount it (see findmnt), then try again")
    keep = {MARKER, "lock", "log"}
    _remove([settings.path(name) for name in os.listdir(settings.state) if name not in keep])


def remove_all(settings: Settings) -> None:
    _remove([settings.state])


def _remove(paths: list[str]) -> None:
    # rm, because a host's disk may hold anything, and because it can be told to stay on this file system.
    if paths:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", *paths], check=True)
