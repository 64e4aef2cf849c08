"""The Redis of one host's fleet: its process in the hub, and what the trials ask it."""

import os
import time
from typing import Any

from lablib import redis
from lablib.errors import LabError
from lablib.lab import Lab
from lablib.settings import host_number

from .resp import Connection, RespError
from .waiting import wait_for

FIRST_PORT = 7000


class Fleet:
    """A fleet of one host, called like it."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.socket = lab.settings.path("sock", f"{name}.sock")
        self.port = FIRST_PORT + host_number(name)
        self.connection = Connection(self.socket)

    def start(self) -> float:
        """Starts Redis unless it runs. Returns the wall clock's time of its first answer."""
        if not self._answers():
            settings = self.lab.settings
            data, configuration = settings.path("redis", self.name), settings.path("redis", f"{self.name}.conf")
            os.makedirs(data, exist_ok=True)
            text = redis.CONFIGURATION.format(
                address=settings.hub_address, access=f"port {self.port}\n", socket=self.socket, data=data
            )
            with open(configuration, "w", encoding="utf-8") as file:
                file.write(text)
            self.pid = self.lab.hub.start_daemon(["redis-server", configuration], f"redis-{self.name}")
            wait_for(f"Redis of {self.name}", self._answers, 10)
        return time.time()

    def kill(self) -> None:
        os.kill(self.pid, 9)
        wait_for(f"the end of Redis of {self.name}", lambda: not self._answers(), 10)

    def call(self, *words: str) -> Any:
        try:
            return self.connection.call(*words)
        except RespError as error:
            raise LabError(f"redis of {self.name}: {error}") from error

    def key(self, name: str) -> str:
        return f"{{qt:{self.name}}}:{name}"

    def state(self, rollout: str) -> str | None:
        """The state of a rollout; None when Redis does not know it."""
        found: str | None = self.call("HGET", self.key(f"rollout:{rollout}"), "state")
        return found

    def entries(self, stream: str) -> list[tuple[float, dict[str, str]]]:
        """A stream: of each entry the server's time in seconds, and its fields."""
        found = self.call("XRANGE", self.key(stream), "-", "+")
        return [(int(name.split("-")[0]) / 1000, dict(zip(it := iter(words), it))) for name, words in found]

    def _answers(self) -> bool:
        try:
            return bool(self.connection.call("PING") == "PONG")
        except RespError:
            return False
