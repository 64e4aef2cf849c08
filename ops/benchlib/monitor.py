"""MONITOR: what a Redis is told, as it is told."""

import queue
import re
import socket
import threading

_LINE = re.compile(rb"\+(\d+\.\d+) \[\d+ ([^\]]*)\] (.*)\r\n")


class Monitor:
    """Everything that the server is told, with the moment in which it was told."""

    def __init__(self, path: str) -> None:
        self.lines: queue.Queue[tuple[float, bytes, bool]] = queue.Queue()
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
                self.lines.put((float(match[1]), match[3], match[2] == b"lua"))

    def moment_of(self, wanted: bytes) -> float:
        """The moment of the next line with these words, in seconds by the server's clock."""
        while True:
            moment, words, _ = self.lines.get(timeout=30)
            if wanted in words:
                return moment

    def from_clients(self) -> int:
        """How many commands clients have sent since the last time; what scripts called in turn is not among them."""
        count = 0
        while not self.lines.empty():
            count += not self.lines.get()[2]
        return count

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
