"""The process that keeps one host: owns its namespaces, disk and network, runs systemd-nspawn, hears its messages."""

import os
import select
import socket
import subprocess
import time

from . import disk, image
from .cgroups import CgroupTree
from .daemons import CLEAN_ENVIRONMENT
from .host import Host
from .hub import Hub, ip_batch, write_file
from .settings import Settings

# systemd-nspawn's exit code when the guest asked for a reboot (with --keep-unit it does not do it itself).
REBOOT = 133


class Supervisor:
    """Runs inside the host's cgroup and its private mount and network namespaces."""

    def __init__(self, settings: Settings, host: str) -> None:
        self.settings = settings
        self.host = host
        self.folder = settings.path("h", host)
        cgroups = CgroupTree(settings.name)
        self.hub = Hub(settings, cgroups)
        self.base = Host(settings, cgroups, host).base()

    def run(self) -> None:
        write_file(f"{self.folder}/supervisor", f"{os.getpid()}\n")
        self._connect_network()
        root = disk.mount(self.settings, self.host, self.base)
        # nspawn's own lock files would otherwise be shared by all labs of the machine.
        os.makedirs("/run/systemd/nspawn", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "nspawn", "/run/systemd/nspawn", "-o", "size=1m"], check=True)
        os.makedirs(f"{self.folder}/witness", exist_ok=True)
        while self._boot(root) == REBOOT:
            pass

    def _connect_network(self) -> None:
        hub = f"/proc/{self.hub.require_pid()}/ns/net"
        enter = ["nsenter", f"--net={hub}", "--", "ip", "link", "delete", self.host]
        subprocess.run(enter, stderr=subprocess.DEVNULL, check=False)
        peer = f"link add host0 type veth peer name {self.host} netns {self.hub.require_pid()}"
        ip_batch(["link set lo up", peer])
        ip_batch([f"link set {self.host} master br0 up"], namespace=hub)
        address = self.settings.address(self.host)
        ip_batch(
            [
                f"address add {address}/24 dev host0",
                "link set host0 up",
                f"route add default via {self.settings.hub_address}",
            ]
        )

    def _boot(self, root: str) -> int:
        """One boot, from start to stop; returns nspawn's exit code."""
        self._forget()
        notify = f"{self.folder}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messages:
            # Relative, because a socket's path may have 107 bytes at most.
            os.chdir(self.folder)
            messages.bind("notify")
            with open(self.settings.log(f"{self.host}.console"), "ab") as console:
                nspawn = subprocess.Popen(
                    self._command(root),
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=console,
                    env=CLEAN_ENVIRONMENT | {"NOTIFY_SOCKET": notify},
                )
            self._listen(messages, nspawn)
            code = nspawn.wait()
        self._forget()
        self._note(f"nspawn ended with {code}")
        return code

    def _command(self, root: str) -> list[str]:
        return [
            "systemd-nspawn",
            "--quiet",
            # Both are needed where systemd is not PID 1 or no machined runs.
            "--register=no",
            "--keep-unit",
            f"--machine={self.host}",
            f"--directory={root}",
            # For what tells of a host and must not be lost with its disk.
            f"--bind={self.folder}/witness:/var/log/qtlab",
            f"--uuid={disk.machine_id(self.settings, self.host)}",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=read-only",
            "--notify-ready=yes",
            "--kill-signal=SIGRTMIN+3",
            # Nobody can tell whether a host on the machine's own file system has synced, and it takes its time.
            f"--suppress-sync={'no' if image.exists(self.folder) else 'yes'}",
            "--capability=CAP_NET_ADMIN",
            "--boot",
            "systemd.unit=qtlab.target",
            "systemd.log_color=0",
        ]

    def _listen(self, messages: socket.socket, nspawn: "subprocess.Popen[bytes]") -> None:
        """Writes the files that the lab's verbs wait for, until nspawn ends."""
        ended = os.pidfd_open(nspawn.pid)
        try:
            while True:
                readable, _, _ = select.select([messages, ended], [], [])
                if messages not in readable:
                    return
                for line in messages.recv(8192).decode(errors="replace").splitlines():
                    self._note(line)
                    if line.startswith("X_NSPAWN_LEADER_PID="):
                        write_file(f"{self.folder}/leader", line.partition("=")[2] + "\n")
                    elif line == "READY=1":
                        write_file(f"{self.folder}/ready", "")
        finally:
            os.close(ended)

    def _forget(self) -> None:
        for name in ("leader", "ready", "notify"):
            try:
                os.unlink(f"{self.folder}/{name}")
            except FileNotFoundError:
                continue

    def _note(self, line: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with open(self.settings.log(f"{self.host}.events"), "a", encoding="utf-8") as events:
            events.write(f"{stamp} {line}\n")
