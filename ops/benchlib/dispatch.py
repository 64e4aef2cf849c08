"""From the submission of an order to the moment in which its host has it, and has admitted it and written it down, beside the least that a Redis stream can do: an
entry that wakes a blocked reader, which then says one word. Both by the server's own clock, through MONITOR."""

import threading
import time

from faultlib.resp import Connection

from . import stage, stats, table
from .monitor import Monitor

RATIO = 3
ORDERS = 40
BARE, READ, ADMITTED = "XADD to a blocked XREAD", "submit to the order read", "submit to admitted and on the disk"


def run(rounds: int) -> None:
    with stage.stage(1) as it:
        it.deploy()
        monitor = Monitor(it.socket)
        values: dict[str, list[float]] = {BARE: [], READ: [], ADMITTED: []}
        for _ in range(rounds * ORDERS):
            values[BARE].append(_bare(it, monitor))
            read, admitted = _order(it, monitor)
            values[READ].append(read)
            values[ADMITTED].append(admitted)
        monitor.close()
    bare, own = values[BARE], values[ADMITTED]
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


def _order(it: stage.Stage, monitor: Monitor) -> tuple[float, float]:
    it.deploy("--detach")
    begin = monitor.moment_of(b"qtorder1")
    read = monitor.moment_of(b'"order" "signature"') - begin
    # What `accept` does first.
    admitted = monitor.moment_of(f'"HDEL" "{it.key("pending:h1")}"'.encode()) - begin
    # The next order must find the service free.
    it.qtctl("follow", "@last", "--progress", "lines")
    return read, admitted


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
    begin = monitor.moment_of(b'"XADD" "bare"')
    taken = monitor.moment_of(b"bare reader is awake") - begin
    thread.join()
    reader.close()
    writer.close()
    return taken
