"""MONITOR: what a Redis is told, as it is told."""

import queue
import re
import socket
import threading

_LINE = re.compile(rb"\+\d+\.\d+ \[\d+ ([^\]]*)\] .*\r\n")


class Monitor:
    """Counts what the server is told."""

    def __init__(self, path: str) -> None:
        # Of each line: whether a script said it.
        self.lines: queue.Queue[bool] = queue.Queue()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(b"MONITOR\r\n")
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for line in self.file:
            if match := _LINE.fullmatch(line):
                self.lines.put(match[1] == b"lua")

    def from_clients(self) -> int:
        """How many commands clients have sent since the last time; what scripts called in turn is not among them."""
        count = 0
        while not self.lines.empty():
            count += not self.lines.get()
        return count

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
