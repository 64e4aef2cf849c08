"""One connection to a Redis, as far as a fault test needs it: commands out, replies in."""

import socket
from typing import Any

LIMIT_S = 10


class RespError(Exception):
    """Redis is away, or said no."""


class Connection:
    """Opened when it is first needed and after each trouble. A trial asks hundreds of times; a redis-cli for each would be most
    of its load."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        """`address`: the path of a unix socket, or a host and a port."""
        self.address = address
        self.socket: socket.socket | None = None

    def call(self, *words: str) -> Any:
        """The reply: a text, a number, None or a list of these."""
        try:
            if self.socket is None:
                self.socket = socket.socket(socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET)
                self.socket.settimeout(LIMIT_S)
                self.socket.connect(self.address)
                self.buffer = self.socket.makefile("rb")
            self.socket.sendall(_encode(words))
            return self._reply()
        except (OSError, ValueError) as error:
            self.close()
            raise RespError(f"{words[0]}: {error}") from error

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _reply(self) -> Any:
        line = self.buffer.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the connection ended")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        match kind:
            case b"+":
                return rest
            case b"-":
                raise RespError(rest)
            case b":":
                return int(rest)
            case b"$":
                return None if rest == "-1" else self._bytes(int(rest))
            case b"*":
                return None if rest == "-1" else [self._reply() for _ in range(int(rest))]
        raise OSError(f"not a reply: {line[:80]!r}")

    def _bytes(self, count: int) -> str:
        text = self.buffer.read(count + 2)
        if len(text) != count + 2:
            raise OSError("the connection ended")
        return text[:-2].decode(errors="replace")


def _encode(words: tuple[str, ...]) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in map(str.encode, words):
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)
