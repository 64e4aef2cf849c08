"""The lab's one cgroup subtree. Every process of the lab is in it, so killing it is the whole teardown."""

import os
import signal
import time

from .errors import LabError

ROOT = "/sys/fs/cgroup"
KILL_LIMIT_S = 10


def unified_root() -> str:
    """The cgroup2 tree: the mount itself, or beside the v1 controllers on a hybrid machine."""
    return ROOT if os.path.exists(f"{ROOT}/cgroup.procs") else f"{ROOT}/unified"


class CgroupTree:
    """The groups of one lab. A group is named relative to the lab's own: "" is all of it, "h1" a host."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unified = unified_root()
        # On a hybrid machine the guests' systemd also writes to these v1 trees; a host that has no group of its own
        # there would share it with the other hosts and leave it behind.
        hybrid = [f"{ROOT}/{tree}" for tree in ("systemd", "memory", "pids")]
        self.trees = [self.unified] + [tree for tree in hybrid if os.path.exists(f"{tree}/cgroup.procs")]

    def _path(self, group: str, tree: str | None = None) -> str:
        return os.path.join(tree or self.unified, self.name, group).rstrip("/")

    def enter(self, group: str) -> None:
        """Moves this process into the group, which is made where it is missing."""
        for tree in self.trees:
            path = self._path(group, tree)
            os.makedirs(path, exist_ok=True)
            with open(f"{path}/cgroup.procs", "w", encoding="ascii") as procs:
                procs.write(str(os.getpid()))

    def contains(self, pid: int, group: str) -> bool:
        """Whether the process is in the group; a process id alone may meanwhile be somebody else's."""
        try:
            with open(f"/proc/{pid}/cgroup", encoding="utf-8") as lines:
                own = next((line.rstrip("\n")[3:] for line in lines if line.startswith("0::")), "")
        except OSError:
            return False
        return f"/{self.name}/{group}/" in own + "/"

    def populated(self, group: str) -> bool:
        return self._event(group, "populated 1")

    def freeze(self, group: str, frozen: bool) -> None:
        state = "1" if frozen else "0"
        try:
            with open(f"{self._path(group)}/cgroup.freeze", "w", encoding="ascii") as switch:
                switch.write(state)
        except OSError as error:
            raise LabError(f"cannot freeze or thaw {group}: {error.strerror}; is the host up?") from error
        deadline = time.monotonic() + KILL_LIMIT_S
        while not self._event(group, f"frozen {state}"):
            if time.monotonic() > deadline:
                raise LabError(f"{group} did not {'freeze' if frozen else 'thaw'} in {KILL_LIMIT_S} s")
            time.sleep(0.005)

    def frozen(self, group: str) -> bool:
        return self._event(group, "frozen 1")

    def kill(self, group: str = "") -> None:
        """SIGKILL for every process of the group, frozen ones too, and waits until the group is empty."""
        deadline = time.monotonic() + KILL_LIMIT_S
        while self.populated(group):
            if time.monotonic() > deadline:
                raise LabError(f"processes in {self._path(group)} refuse to die: see its cgroup.procs")
            self._kill_once(group)
            time.sleep(0.01)

    def remove(self, group: str = "") -> None:
        """Removes the emptied group in every tree; the kernel may hold it for a moment after the last exit."""
        deadline = time.monotonic() + KILL_LIMIT_S
        for tree in self.trees:
            path = self._path(group, tree)
            while os.path.isdir(path):
                for folder, _, _ in os.walk(path, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        continue
                if not os.path.isdir(path):
                    break
                if time.monotonic() > deadline:
                    raise LabError(f"cannot remove {path}: a process is left in it, see its cgroup.procs")
                time.sleep(0.01)

    def _event(self, group: str, line: str) -> bool:
        try:
            with open(f"{self._path(group)}/cgroup.events", encoding="ascii") as events:
                return line in events.read().split("\n")
        except OSError:
            return False

    def _kill_once(self, group: str) -> None:
        path = self._path(group)
        try:
            with open(f"{path}/cgroup.kill", "w", encoding="ascii") as switch:
                switch.write("1")
        except FileNotFoundError:  # Linux before 5.14
            for folder, _, _ in os.walk(path):
                _kill_listed(f"{folder}/cgroup.procs")


def _kill_listed(procs: str) -> None:
    try:
        with open(procs, encoding="ascii") as pids:
            for pid in pids:
                os.kill(int(pid), signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return
