"""From the submission of an order to the moment in which its host has read it (it admits it then, and
writes it down, which is not measured here), beside the least that a Redis stream can do: an
entry that wakes a blocked reader, which then says one word. Both by the server's own clock, through MONITOR."""

import queue
import re
import socket
import threading
import time

from faultlib.resp import Connection

from . import stage, stats, table

RATIO = 3
ORDERS = 40
_LINE = re.compile(rb"\+(\d+\.\d+) \[\d+ [^\]]*\] (.*)\r\n")


class Monitor:
    """Everything that the server is told, with the moment in which it was told."""

    def __init__(self, path: str) -> None:
        self.lines: queue.Queue[tuple[float, bytes]] = queue.Queue()
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
                self.lines.put((float(match[1]), match[2]))

    def until(self, first: bytes, last: bytes) -> float:
        """The seconds from a line with `first` to the next one with `last`."""
        begin = None
        while True:
            moment, words = self.lines.get(timeout=30)
            if begin is None:
                begin = moment if first in words else None
            elif last in words:
                return moment - begin

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def run(rounds: int) -> None:
    with stage.stage(1) as it:
        it.deploy()
        monitor = Monitor(it.socket)
        values: dict[str, list[float]] = {"submit to the order read": [], "XADD to a blocked XREAD": []}
        for _ in range(rounds * ORDERS):
            values["XADD to a blocked XREAD"].append(_bare(it, monitor))
            values["submit to the order read"].append(_order(it, monitor))
        monitor.close()
    bare, own = values["XADD to a blocked XREAD"], values["submit to the order read"]
    rows = [
        [name, stats.shown(all_, digits=2), f"{stats.quantile(all_, 0.99) * 1000:.2f}"] for name, all_ in values.items()
    ]
    table.show(
        f"Dispatch, {len(own)} times in turns", ["what", "ms, median [quartiles]", "p99 ms"], rows
    )
    ratio = stats.quantile(own, 0.99) / stats.quantile(bare, 0.99)
    median = stats.median(own) / stats.median(bare)
    print(f"\nratio of the medians {median:.2f}, of the p99 {ratio:.2f}")
    print(f"target: p99 at most {RATIO} x the bare stream's: {table.verdict(ratio, RATIO)}")


def _order(it: stage.Stage, monitor: Monitor) -> float:
    it.deploy("--detach")
    taken = monitor.until(b"qtorder1", b'"order" "signature"')
    # The next order must find the service free.
    it.qtctl("follow", "@last", "--progress", "lines")
    return taken


def _bare(it: stage.Stage, monitor: Monitor) -> float:
    reader, writer = Connection(it.socket), Connection(it.socket)
    reader.call("PING", "reader is there")

    def read() -> None:
        reader.call("XREAD", "BLOCK", "5000", "STREAMS", "bare", "$")
        reader.call("PING", "bare reader is awake")

    thread = threading.Thread(target=read)
    thread.start()
    # It must be blocked before it can be woken.
    while int(it.info("clients")["blocked_clients"]) < 2:
        time.sleep(0.001)
    writer.call("XADD", "bare", "MAXLEN", "~", "100", "*", "v", "1")
    taken = monitor.until(b'"XADD" "bare"', b"bare reader is awake")
    thread.join()
    reader.close()
    writer.close()
    return taken
