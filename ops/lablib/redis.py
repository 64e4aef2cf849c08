"""The fleet's Redis: over TCP in the hub's network for the hosts, over a unix socket for this machine."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

from . import access
from .daemons import tail
from .errors import LabError
from .hub import Hub
from .settings import FLEET, Settings

START_LIMIT_S = 10
PORT = 6379
SPOILT = "spoilt.rdb"
# Half of production's: a Redis that is new, or came back, grants nothing for as long.
LEASE_MS = 15000

CONFIGURATION = """\
bind {address} 127.0.0.1
# Over TCP only the hub's own network namespace reaches it, over the socket root on this machine.
{access}protected-mode no
unixsocket {socket}
unixsocketperm 700
daemonize no
dir {data}
save ""
appendonly yes
# For `spoil`, over the unix socket only: where the dump goes is a setting that Redis protects.
enable-protected-configs local
"""


def start(settings: Settings, hub: Hub) -> None:
    """Starts Redis unless it runs as it shall, and waits until it answers."""
    data, configuration = settings.path("redis", "data"), settings.path("redis", "redis.conf")
    os.makedirs(data, exist_ok=True)
    os.makedirs(os.path.dirname(settings.redis_socket), exist_ok=True)
    text = CONFIGURATION.format(
        address=settings.hub_address,
        access=access.redis_configuration(settings, PORT),
        socket=settings.redis_socket,
        data=data,
    )
    if answers(settings):
        with open(configuration, encoding="utf-8") as file:
            if file.read() == text:
                return
        stop(settings, "stop")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(text)
    hub.start_daemon(["redis-server", configuration], "redis")
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(settings):
        if time.monotonic() > deadline:
            raise LabError(f"redis-server did not start:\n{tail(settings.log('redis'))}")
        time.sleep(0.01)


def shorten_lease(settings: Settings) -> None:
    """Where nobody has set the lease's time yet."""
    _tell(settings, "HSETNX", f"{{qt:{FLEET}}}:meta", "lease_ttl_ms", str(LEASE_MS))


def answers(settings: Settings) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(settings.redis_socket)
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def stop(settings: Settings, how: str) -> None:
    """`stop` lets it write everything first; `kill` is a crash: up to a second of writes is lost."""
    try:
        pid = _pid(settings)
    except OSError:
        return
    subprocess.run(["kill", "-KILL" if how == "kill" else "-TERM", str(pid)], check=True)
    deadline = time.monotonic() + START_LIMIT_S
    while os.path.exists(f"/proc/{pid}"):
        if time.monotonic() > deadline:
            raise LabError(f"redis-server (pid {pid}) did not stop in {START_LIMIT_S} s")
        time.sleep(0.01)


def lose(settings: Settings, hub: Hub) -> None:
    """A crash that took the disk along: it comes back empty."""
    stop(settings, "kill")
    shutil.rmtree(settings.path("redis", "data"), ignore_errors=True)
    start(settings, hub)


def keep(settings: Settings) -> None:
    """Copies what is on the disk now; Redis has handed every write that it answered to the kernel by then."""
    kept = settings.path("redis", "kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(settings.path("redis", "data"), kept)


def rewind(settings: Settings, hub: Hub) -> None:
    """A crash, and a start from the copy that `keep` made: everything since then never was."""
    kept, data = settings.path("redis", "kept"), settings.path("redis", "data")
    if not os.path.isdir(kept):
        raise LabError("there is no copy to go back to: ops/lab redis keep makes one")
    stop(settings, "kill")
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(kept, data)
    start(settings, hub)


def spoil(settings: Settings) -> None:
    """Saving fails, so that every write is answered with MISCONF: a folder stands where the dump would."""
    os.makedirs(settings.path("redis", "data", SPOILT), exist_ok=True)
    _configure(settings, "dbfilename", SPOILT)
    # A point that is never reached: Redis refuses writes after a failed save only where saving is configured.
    _configure(settings, "save", "86400 1000000000")
    _tell(settings, "BGSAVE")
    _await(settings, "rdb_last_bgsave_status:err")


def relieve(settings: Settings) -> None:
    """Ends what `spoil` began."""
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(settings.path("redis", "data", SPOILT))
    _tell(settings, "BGSAVE")
    _await(settings, "rdb_last_bgsave_status:ok")
    _configure(settings, "save", "")


def _configure(settings: Settings, name: str, value: str) -> None:
    _tell(settings, "CONFIG", "SET", name, value)


def _await(settings: Settings, line: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while line not in _tell(settings, "INFO", "persistence").split():
        if time.monotonic() > deadline:
            raise LabError(f"redis did not come to say {line} in {START_LIMIT_S} s: see ops/lab redis-cli INFO persistence")
        time.sleep(0.01)


def _tell(settings: Settings, *words: str) -> str:
    command = ["redis-cli", "-e", "-s", settings.redis_socket, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _pid(settings: Settings) -> int:
    """Asked of the kernel: who listens on the socket. A pid file could name somebody else's process."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(settings.redis_socket)
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], "little")
