"""The hub: a network namespace with a bridge that joins the hosts. Redis and the git origin live in it."""

import os
import subprocess
import time
from collections.abc import Mapping

from .cgroups import CgroupTree
from .daemons import lab_variables, spawn, tail
from .errors import LabError
from .settings import OPS, Settings

GROUP = "hub"
START_LIMIT_S = 10


class Hub:
    def __init__(self, settings: Settings, cgroups: CgroupTree) -> None:
        self.settings = settings
        self.cgroups = cgroups
        self.pid_file = settings.path("hub.pid")

    def pid(self) -> int | None:
        """The process that holds the namespace, or None when the hub is down."""
        return live_pid(self.pid_file, self.cgroups, GROUP)

    def require_pid(self) -> int:
        pid = self.pid()
        if pid is None:
            raise LabError("the hub is down: run ops/lab up")
        return pid

    def up(self) -> None:
        if self.pid() is not None:
            return
        argv = ["unshare", "--net", "--mount", "--propagation", "slave", f"{OPS}/lab", "_hub"]
        spawn(self.cgroups, GROUP, argv, self.settings.log("hub"), lab_variables())
        deadline = time.monotonic() + START_LIMIT_S
        while self.pid() is None:
            if time.monotonic() > deadline:
                raise LabError(f"the hub did not start:\n{tail(self.settings.log('hub'))}")
            time.sleep(0.01)

    def hold(self) -> None:
        """What the hub's process does: sets up its new namespace, then only keeps it alive."""
        commands = [
            "link set lo up",
            "link add br0 type bridge",
            f"address add {self.settings.hub_address}/24 dev br0",
            "link set br0 up",
        ]
        ip_batch(commands)
        write_file(self.pid_file, f"{os.getpid()}\n")
        os.execvp("sleep", ["sleep", "infinity"])

    def enter(self, command: list[str]) -> list[str]:
        """The command line that runs a command in the hub's network."""
        return ["nsenter", f"--net=/proc/{self.require_pid()}/ns/net", "--", *command]

    def start_daemon(self, command: list[str], log: str, keep: Mapping[str, str] | None = None) -> int:
        return spawn(self.cgroups, GROUP, self.enter(command), self.settings.log(log), dict(keep or {}))


def ip_batch(commands: list[str], namespace: str | None = None) -> None:
    """Runs several `ip` commands in one process, in this network namespace or in the one at the given path."""
    enter = ["nsenter", f"--net={namespace}", "--"] if namespace else []
    subprocess.run([*enter, "ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


def live_pid(path: str, cgroups: CgroupTree, group: str) -> int | None:
    """The process id in the file, if that process lives and is in the group; a file may outlive its process."""
    try:
        with open(path, encoding="ascii") as file:
            pid = int(file.read())
    except (FileNotFoundError, ValueError):
        return None
    return pid if cgroups.contains(pid, group) else None


def write_file(path: str, text: str) -> None:
    """Writes so that a reader sees all of it or nothing."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)
