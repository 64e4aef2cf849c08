"""A Redis of our own, and a fleet of scripted hosts on it."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator

from faultlib.resp import Connection, RespError

from . import machine, turns

FLEET = "bench"
LIMIT_S = 120
# Where the processes run when one must not take the processor from the other.
REDIS_CPU, FLEET_CPU = "0", "1"


class Stage:
    """A server, hosts, and qtctl to both."""

    def __init__(self, folder: str, hosts: int, stable_for: str) -> None:
        self.socket = os.path.join(folder, "redis.sock")
        self.hosts = hosts
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "QTCTL_FLEET": FLEET,
            "QTCTL_REDIS": f"unix:{self.socket}",
            "QTCTL_SIGNATURES": "off",
            "QTCTL_OPERATOR": "bench",
        }
        self.redis = Connection(self.socket)
        self.stable_for = stable_for
        self.folder = folder

    def key(self, name: str) -> str:
        return f"{{qt:{FLEET}}}:{name}"

    def qtctl(self, *words: str, expected: int = 0) -> float:
        """Runs qtctl to its end; seconds."""
        return turns.spawned([machine.QTCTL, *words], self.environment, expected)

    def deploy(self, *words: str) -> float:
        """One order over all hosts at once."""
        return self.qtctl("deploy", "--all", "--yes", "--batch", "1000", *words)

    def info(self, section: str) -> dict[str, str]:
        lines = str(self.redis.call("INFO", section)).split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)


def _wait(what: str, condition) -> None:  # noqa: ANN001
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come in {LIMIT_S} s")
        time.sleep(0.05)


def _answers(connection: Connection) -> bool:
    with contextlib.suppress(RespError):
        return connection.call("PING") == "PONG"
    return False


@contextlib.contextmanager
def stage(
    hosts: int, stable_for: str = "1s", pinned: bool = False, failing: int = 0, in_memory: bool = False
) -> Iterator[Stage]:
    """A server and as many scripted hosts; both are gone afterwards. `in_memory` keeps the hosts' journals off the disk: a
    thousand hosts on one of them would measure that disk."""
    folder = tempfile.mkdtemp(prefix="qtbench-", dir="/dev/shm" if in_memory else None)
    processes: list[subprocess.Popen] = []
    it = Stage(folder, hosts, stable_for)
    try:
        server = ["redis-server", "--port", "0", "--unixsocket", it.socket, "--save", "", "--dir", folder]
        fleet = [machine.QTFLEET, "--redis", f"unix:{it.socket}", "--fleet", FLEET, "--hosts", str(hosts)]
        fleet += ["--directory", os.path.join(folder, "fleet"), "--stable-for", stable_for, "--failing", str(failing)]
        if pinned:
            server, fleet = ["taskset", "-c", REDIS_CPU, *server], ["taskset", "-c", FLEET_CPU, *fleet]
        processes.append(subprocess.Popen(server, stdout=subprocess.DEVNULL))
        _wait("Redis", lambda: _answers(it.redis))
        if hosts:
            # Many connections: each host has three.
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            agents = subprocess.Popen(fleet, stdout=subprocess.PIPE, text=True)
            processes.append(agents)
            line = agents.stdout.readline() if agents.stdout else ""
            if line.strip() != "ready":
                raise RuntimeError(f"the fleet said {line!r} instead of ready")
            # The fleet is new to this Redis: nothing is held for it here.
            it.redis.call("HSET", it.key("meta"), "hold_until", "0", "away_ms", "1000000000")
        yield it
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_S)
        it.redis.close()
        shutil.rmtree(folder)
