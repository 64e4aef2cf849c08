"""What the trading stack's own commands feel of orders over a hundred hosts on the same Redis. Redis and the loop have one
processor, the agents and qtctl the other: what is measured is Redis, not the machine."""

import os
import subprocess
import time

from faultlib.resp import Connection

from . import machine, stage, stats, table

HOSTS = 100
SECONDS = 5


def run(rounds: int) -> None:
    with stage.stage(HOSTS, pinned=True, in_memory=True) as it:
        it.deploy()
        loop = Connection(it.socket)
        os.sched_setaffinity(0, {int(stage.REDIS_CPU)})
        values: dict[str, list[float]] = {"the fleet idle": [], "beside no-op orders": []}
        try:
            for _ in range(rounds):
                values["the fleet idle"] += _loop(loop)
                orders = subprocess.Popen(
                    ["taskset", "-c", stage.FLEET_CPU, "sh", "-c", f'while :; do "{machine.QTCTL}" deploy --all --yes --batch 1000; done'],
                    env=it.environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                try:
                    values["beside no-op orders"] += _loop(loop)
                finally:
                    os.killpg(orders.pid, 15)
                    orders.wait()
        finally:
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
            loop.close()
    rows = [
        [
            name,
            f"{len(all_):,}",
            stats.shown(all_, scale=1e6, digits=0),
            f"{stats.quantile(all_, 0.99) * 1e6:.0f}",
            f"{max(all_) * 1e3:.2f}",
        ]
        for name, all_ in values.items()
    ]
    table.show(
        f"A loop of GET and SET beside {HOSTS} agents, {rounds} times {SECONDS} s in turns",
        ["while", "commands", "us, median [quartiles]", "p99 us", "worst ms"],
        rows,
    )
    gain = stats.quantile(values["beside no-op orders"], 0.99) - stats.quantile(values["the fleet idle"], 0.99)
    print(f"\np99 gains {gain * 1e6:.0f} us")


def _loop(connection: Connection) -> list[float]:
    taken = []
    end = time.perf_counter() + SECONDS
    while (begin := time.perf_counter()) < end:
        connection.call("SET", "trading:price", "1.0")
        middle = time.perf_counter()
        connection.call("GET", "trading:price")
        taken += [middle - begin, time.perf_counter() - middle]
    return taken
