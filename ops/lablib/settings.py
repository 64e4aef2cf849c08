"""What a lab is called, where it lives and which addresses it uses: all of it from QTLAB_* variables."""

import os
import re
from typing import NamedTuple

from .errors import LabError, UsageError

OPS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(OPS)
FLEET = "lab"
MAX_HOSTS = 99
# The path of a unix socket has 107 bytes at most, and the longest one here is STATE/sock/redis.sock.
MAX_STATE_PATH = 88


class Settings(NamedTuple):
    """One lab. Two labs with different names run side by side, also with the same addresses."""

    name: str
    state: str
    base: str
    upper: str
    net: str
    tarball: str

    @staticmethod
    def from_environment() -> "Settings":
        name = os.environ.get("QTLAB_NAME", "qtlab")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
            raise LabError(f"QTLAB_NAME={name!r}: use a-z, 0-9 and '-', beginning with a letter")
        state = os.environ.get("QTLAB_DIR", f"/var/tmp/{name}")
        if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", state):
            raise LabError(f"QTLAB_DIR={state!r}: use an absolute path of plain names")
        if len(state) > MAX_STATE_PATH:
            raise LabError(f"QTLAB_DIR={state!r}: use at most {MAX_STATE_PATH} characters, sockets need short paths")
        net = os.environ.get("QTLAB_NET", "10.77.0")
        if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,3}", net):
            raise LabError(f"QTLAB_NET={net!r}: use the first three numbers of a /24, for example 10.77.0")
        upper = os.environ.get("QTLAB_UPPER", "")
        if not re.fullmatch(r"|disk|(tmpfs|image)(:\d+[kmg])?", upper):
            raise LabError(f"QTLAB_UPPER={upper!r}: use disk, image[:SIZE] or tmpfs[:SIZE], for example tmpfs:48m")
        tarball = os.environ.get("QTLAB_TARBALL", "")
        return Settings(
            name=name,
            state=state,
            base=os.environ.get("QTLAB_BASE", "/"),
            upper=upper,
            net=net,
            tarball=os.path.abspath(tarball) if tarball else "",
        )

    def path(self, *parts: str) -> str:
        return os.path.join(self.state, *parts)

    def log(self, name: str) -> str:
        return self.path("log", name + ".log")

    @property
    def redis_socket(self) -> str:
        return self.path("sock", "redis.sock")

    @property
    def origin(self) -> str:
        return self.path("origin.git")

    @property
    def hub_address(self) -> str:
        return f"{self.net}.1"

    def address(self, host: str) -> str:
        return f"{self.net}.{10 + host_number(host)}"

    def hosts(self) -> list[str]:
        """The hosts that have a disk, up or down, h2 before h10."""
        try:
            return sorted(os.listdir(self.path("h")), key=host_number)
        except FileNotFoundError:
            return []


def host_number(host: str) -> int:
    if not re.fullmatch(r"h[1-9][0-9]?", host):
        raise UsageError(f"no host can be called {host!r}: hosts are h1 to h{MAX_HOSTS}")
    return int(host[1:])
