"""A Redis of our own, and a fleet of scripted hosts on it."""

import contextlib
import os
import resource
import shutil
import signal
import socket
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

    def __init__(self, folder: str, hosts: int, stable_for: str, port: int, is_pinned: bool) -> None:
        self.socket = os.path.join(folder, "redis.sock")
        self.port = port
        self.address = f"127.0.0.1:{port}" if port else f"unix:{self.socket}"
        self.is_pinned = is_pinned
        self.hosts = hosts
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "QTCTL_FLEET": FLEET,
            "QTCTL_REDIS": self.address,
            "QTCTL_SIGNATURES": "off",
            "QTCTL_OPERATOR": "bench",
        }
        self.redis = Connection(self.socket)
        self.processes: dict[str, subprocess.Popen] = {}
        self.stable_for = stable_for
        self.folder = folder

    def key(self, name: str) -> str:
        return f"{{qt:{FLEET}}}:{name}"

    def qtctl(self, *words: str, expected: int = 0) -> float:
        """Runs qtctl to its end; seconds."""
        return turns.spawned([*_on(FLEET_CPU, self.is_pinned), machine.QTCTL, *words], self.environment, expected)

    def deploy(self, *words: str) -> float:
        """One order over all hosts at once."""
        return self.qtctl("deploy", "--all", "--yes", "--batch", "1000", *words)

    def processor_time(self, name: str) -> float:
        """Seconds of processor time that `redis` or the `fleet` has used so far."""
        with open(f"/proc/{self.processes[name].pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def script_calls(self) -> float:
        """How many scripts were called since the server's counts began."""
        return sum(self._count(f"{verb}{ending}") for verb in ("eval", "evalsha") for ending in ("", "_ro"))

    def waits(self) -> float:
        """How many reads of a stream, waiting ones among them."""
        return self._count("xread")

    def _count(self, command: str) -> float:
        fields = self.info("commandstats").get(f"cmdstat_{command}", "calls=0,").split(",")
        return float(fields[0].removeprefix("calls="))

    def info(self, section: str) -> dict[str, str]:
        lines = str(self.redis.call("INFO", section)).split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)


def _wait(what: str, condition) -> None:  # noqa: ANN001
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come in {LIMIT_S} s")
        time.sleep(0.05)


def _on(cpu: str, is_pinned: bool) -> list[str]:
    return ["/usr/bin/taskset", "-c", cpu] if is_pinned else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(connection: Connection) -> bool:
    with contextlib.suppress(RespError):
        return connection.call("PING") == "PONG"
    return False


@contextlib.contextmanager
def stage(
    hosts: int,
    stable_for: str = "1s",
    pinned: bool = False,
    failing: int = 0,
    in_memory: bool = False,
    by_tcp: bool = False,
    is_signed: bool = False,
) -> Iterator[Stage]:
    """A server and as many scripted hosts; both are gone afterwards. `in_memory` keeps the hosts' journals off the disk: a
    thousand hosts on one of them would measure that disk. `by_tcp`: through the loopback, not through a unix socket. `pinned`:
    the server has a processor of its own. `is_signed`: the hosts demand signatures, and qtctl signs."""
    folder = tempfile.mkdtemp(prefix="qtbench-", dir="/dev/shm" if in_memory else None)
    it = Stage(folder, hosts, stable_for, _free_port() if by_tcp else 0, pinned)
    try:
        server = ["redis-server", "--port", str(it.port), "--unixsocket", it.socket, "--save", "", "--dir", folder]
        it.processes["redis"] = subprocess.Popen([*_on(REDIS_CPU, pinned), *server], stdout=subprocess.DEVNULL)
        _wait("Redis", lambda: _answers(it.redis))
        if is_signed:
            _make_key(it)
        if hosts:
            _start_fleet(it, failing)
        yield it
    finally:
        for process in reversed(it.processes.values()):
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_S)
        it.redis.close()
        shutil.rmtree(folder)


def _make_key(it: Stage) -> None:
    folder = os.path.join(it.folder, "access")
    os.mkdir(folder, 0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/key"], check=True)
    with open(f"{folder}/key.pub", encoding="utf-8") as key, open(f"{folder}/allowed_signers", "w", encoding="utf-8") as signers:
        signers.write(f"bench {key.read()}")
    with open(f"{folder}/revoked_keys", "w", encoding="utf-8"):
        pass
    del it.environment["QTCTL_SIGNATURES"], it.environment["QTCTL_OPERATOR"]
    it.environment |= {"QTCTL_SIGNING_KEY": f"{folder}/key", "QTCTL_ALLOWED_SIGNERS": f"{folder}/allowed_signers"}


def _start_fleet(it: Stage, failing: int) -> None:
    # Many connections: each host has three.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    words = [machine.QTFLEET, "--redis", it.address, "--fleet", FLEET, "--hosts", str(it.hosts)]
    words += ["--directory", os.path.join(it.folder, "fleet"), "--stable-for", it.stable_for, "--failing", str(failing)]
    if "QTCTL_SIGNING_KEY" in it.environment:
        words += ["--signers", os.path.join(it.folder, "access")]
    fleet = subprocess.Popen([*_on(FLEET_CPU, it.is_pinned), *words], stdout=subprocess.PIPE, text=True)
    it.processes["fleet"] = fleet
    line = fleet.stdout.readline() if fleet.stdout else ""
    if line.strip() != "ready":
        raise RuntimeError(f"the fleet said {line!r} instead of ready")
    # The fleet is new to this Redis: nothing is held for it here.
    it.redis.call("HSET", it.key("meta"), "hold_until", "0", "away_ms", "1000000000")
