"""One host as the machine sees it: start, stop, crash, freeze, and run commands inside."""

import os
import signal
import subprocess
import time

from . import image
from .cgroups import CgroupTree
from .daemons import CLEAN_ENVIRONMENT, lab_variables, spawn, tail
from .errors import LabError
from .hub import live_pid, write_file
from .settings import OPS, Settings, host_number

READY_LIMIT_S = 60
POWEROFF_LIMIT_S = 30
# systemd's signal for "power off", see systemd(1).
SIGNAL_POWEROFF = signal.SIGRTMIN + 4


class Host:
    def __init__(self, settings: Settings, cgroups: CgroupTree, name: str) -> None:
        host_number(name)
        self.settings = settings
        self.cgroups = cgroups
        self.name = name
        self.folder = settings.path("h", name)

    @property
    def payload(self) -> str:
        """The guest alone, without nspawn and the supervisor."""
        return f"{self.name}/payload"

    def leader(self) -> int | None:
        """The guest's PID 1 as this machine numbers it; None while the host is down."""
        return live_pid(f"{self.folder}/leader", self.cgroups, self.payload)

    def require_leader(self) -> int:
        leader = self.leader()
        if leader is None:
            raise LabError(f"{self.name} is down: run ops/lab start {self.name}")
        return leader

    def exists(self) -> bool:
        return os.path.isdir(self.folder)

    def choose_base(self, base: str) -> None:
        """Gives the host another root file system than the lab's; only before it has a disk."""
        if self.base() == base:
            return
        if self.exists():
            raise LabError(f"{self.name} has a disk on another root file system: run ops/lab down first")
        os.makedirs(self.folder)
        write_file(f"{self.folder}/base", base + "\n")

    def base(self) -> str:
        """The root file system that the host's disk lies on."""
        try:
            with open(f"{self.folder}/base", encoding="utf-8") as file:
                return file.read().rstrip("\n")
        except FileNotFoundError:
            return self.settings.base

    def start(self) -> None:
        """Begins to boot; `wait_until_ready` waits for the end. A host that runs is left alone."""
        if self.leader() is not None:
            return
        self._clear()
        os.makedirs(self.folder, exist_ok=True)
        argv = ["unshare", "--net", "--mount", "--propagation", "slave", f"{OPS}/lab", "_host", self.name]
        spawn(self.cgroups, self.name, argv, self.settings.log(self.name), lab_variables())

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_LIMIT_S
        while not os.path.exists(f"{self.folder}/ready") or self.leader() is None:
            if not self.cgroups.populated(self.name):
                raise LabError(f"{self.name} stopped while it booted:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise LabError(f"{self.name} is not ready after {READY_LIMIT_S} s:\n{self._last_words()}")
            time.sleep(0.01)

    def crash(self) -> None:
        """As if the power went: every process ends at once, nothing is told, the disk stays.

        Of a disk in an image only what was synced stays. The host stands still meanwhile, so that the disk is that of one
        moment and nobody hears from a process that can't write any more.
        """
        supervisor = live_pid(f"{self.folder}/supervisor", self.cgroups, self.name)
        if supervisor is not None and image.exists(self.folder):
            self.cgroups.freeze(self.name, True)
            image.cut_power(self.folder, supervisor)
        self._clear()

    def settle(self) -> None:
        """Lets what was put on the host outlast a loss of power."""
        if image.exists(self.folder):
            image.sync(f"/proc/{self.require_leader()}/root/")

    def poweroff(self) -> None:
        """An orderly shutdown; a host that does not come to an end (a frozen one) is crashed."""
        leader = self.leader()
        if leader is not None and not self.cgroups.frozen(self.payload):
            os.kill(leader, SIGNAL_POWEROFF)
            deadline = time.monotonic() + POWEROFF_LIMIT_S
            while self.cgroups.populated(self.name) and time.monotonic() < deadline:
                time.sleep(0.01)
        self.crash()

    def freeze(self) -> None:
        self.require_leader()
        self.cgroups.freeze(self.payload, True)

    def thaw(self) -> None:
        self.require_leader()
        self.cgroups.freeze(self.payload, False)

    def state(self) -> str:
        if self.leader() is None:
            return "down"
        if self.cgroups.frozen(self.payload):
            return "frozen"
        try:
            answer = self.ask(["systemctl", "is-system-running"], limit=5)
        except subprocess.TimeoutExpired:
            return "no answer"
        return answer.stdout.strip() or "no answer"

    def enter(self, command: list[str]) -> list[str]:
        """The command line that runs a command inside, as root, in the guest's namespaces.

        Such a process has more rights than the guest's own and is not frozen with it; `run` is the faithful way.
        """
        # Not nsenter's own fork: a guest that shuts down stops every process before it ends them, nsenter then stops
        # itself with its child, and nobody ever wakes it to collect the child. A shell stays awake.
        wait = ["--no-fork", "--", "/bin/sh", "-c", '"$@"; exit "$?"', "exec"]
        return ["nsenter", "--target", str(self.require_leader()), "--all", *wait, *command]

    def run(self, command: list[str]) -> list[str]:
        """As `enter`, but as a transient unit of the guest's systemd: its limits, its cgroup, its exit code."""
        unit = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--", *command]
        return self.enter(unit)

    def ask(self, command: list[str], limit: float) -> "subprocess.CompletedProcess[str]":
        """Runs a command inside and returns what it said; raises TimeoutExpired, for a guest may hang."""
        return subprocess.run(
            self.enter(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=CLEAN_ENVIRONMENT,
            timeout=limit,
            check=False,
        )

    def _clear(self) -> None:
        self.cgroups.kill(self.name)
        self.cgroups.remove(self.name)
        image.wait_until_released(self.folder)
        for name in ("supervisor", "leader", "ready"):
            try:
                os.unlink(f"{self.folder}/{name}")
            except FileNotFoundError:
                continue

    def _last_words(self) -> str:
        logs = (self.settings.log(self.name), self.settings.log(f"{self.name}.console"))
        return "\n".join(words for words in map(tail, logs) if words)
