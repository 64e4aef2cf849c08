"""From the submission of an order to the moment in which its host has read it, admitted it and written it down, beside the least
that a Redis stream can do: an entry that wakes a blocked reader, which then says one word. Of both it is the time between two
packets to Redis: the one that begins it all, and the first word of who was woken. With the journal in memory it shows what the
disk has part in it."""

import threading
import time

from faultlib.resp import Connection

from . import stage, stats, table
from .wire import Wire

RATIO = 3
ORDERS = 40
BARE, ON_DISK, IN_MEMORY = "XADD to a blocked XREAD", "submit to admitted", "the same, journal in memory"


def run(rounds: int) -> None:
    with stage.stage(1, by_tcp=True) as it, stage.stage(1, by_tcp=True, in_memory=True) as other:
        it.deploy()
        other.deploy()
        wire, other_wire = Wire(it.port), Wire(other.port)
        values: dict[str, list[float]] = {BARE: [], ON_DISK: [], IN_MEMORY: []}
        for _ in range(rounds * ORDERS):
            values[BARE].append(_bare(it, wire))
            values[ON_DISK].append(_order(it, wire))
            values[IN_MEMORY].append(_order(other, other_wire))
        wire.close()
        other_wire.close()
    rows = [
        [name, stats.shown(all_, digits=2), f"{stats.quantile(all_, 0.99) * 1000:.2f}"] for name, all_ in values.items()
    ]
    table.show(f"Dispatch, {len(values[BARE])} times in turns", ["what", "ms, median [quartiles]", "p99 ms"], rows)
    ratio = stats.quantile(values[ON_DISK], 0.99) / stats.quantile(values[BARE], 0.99)
    median = stats.median(values[ON_DISK]) / stats.median(values[BARE])
    print(f"\nratio of the medians {median:.2f}, of the p99 {ratio:.2f}")
    print(f"target: p99 at most {RATIO} x the bare stream's: {table.verdict(ratio, RATIO)}")


def _order(it: stage.Stage, wire: Wire) -> float:
    wire.forget()
    it.deploy("--detach")
    begin, qtctl = wire.moment_of(b"qtorder1")
    # The first call that names the job is `accept`; the journal was written before it.
    end, _ = wire.moment_of(b"$6\r\ndeploy\r\n", not_from=qtctl)
    # The next order must find the service free.
    it.qtctl("follow", "@last", "--progress", "lines")
    return end - begin


def _bare(it: stage.Stage, wire: Wire) -> float:
    reader, writer = (Connection(("127.0.0.1", it.port)) for _ in range(2))
    wire.forget()
    reader.call("PING", "reader is there")
    writer.call("PING", "writer is there")

    def read() -> None:
        reader.call("XREAD", "BLOCK", "5000", "STREAMS", "bare", "$")
        reader.call("PING", "bare reader is awake")

    thread = threading.Thread(target=read)
    thread.start()
    # It must be blocked before it can be woken; the agent is the other one.
    while int(it.info("clients")["blocked_clients"]) < 2:
        time.sleep(0.001)
    writer.call("XADD", "bare", "MAXLEN", "~", "100", "*", "v", "1")
    begin, _ = wire.moment_of(b"XADD")
    end, _ = wire.moment_of(b"bare reader is awake")
    thread.join()
    reader.close()
    writer.close()
    return end - begin
