"""The fleet's Redis: over TCP in the hub's network for the hosts, over a unix socket for this machine."""

import os
import socket
import subprocess
import time

from .daemons import tail
from .errors import LabError
from .hub import Hub
from .settings import Settings

START_LIMIT_S = 10
PORT = 6379

CONFIGURATION = """\
bind {address} 127.0.0.1
port {port}
# No password: only the hub's own network namespace and root on this machine reach it.
protected-mode no
unixsocket {socket}
unixsocketperm 700
daemonize no
dir {data}
save ""
appendonly yes
"""


def start(settings: Settings, hub: Hub) -> None:
    """Starts Redis unless it runs, and waits until it answers."""
    if answers(settings):
        return
    data, configuration = settings.path("redis", "data"), settings.path("redis", "redis.conf")
    os.makedirs(data, exist_ok=True)
    os.makedirs(os.path.dirname(settings.redis_socket), exist_ok=True)
    text = CONFIGURATION.format(address=settings.hub_address, port=PORT, socket=settings.redis_socket, data=data)
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(text)
    hub.start_daemon(["redis-server", configuration], "redis")
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(settings):
        if time.monotonic() > deadline:
            raise LabError(f"redis-server did not start:\n{tail(settings.log('redis'))}")
        time.sleep(0.01)


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


def _pid(settings: Settings) -> int:
    """Asked of the kernel: who listens on the socket. A pid file could name somebody else's process."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(settings.redis_socket)
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], "little")
