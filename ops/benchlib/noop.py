"""An order that finds everything as it should be, over fleets of several sizes: its time, and who needs the processor for it. All
agents share this machine with Redis and qtctl; on hosts of their own only the latter two would be left of the sum."""

import resource

from . import stage, stats, table

SIZES = (8, 100, 1000)
TARGETS_S = {8: 0.100, 1000: 2.0}
HEAD = [
    "hosts", "ms, median [quartiles]", "ms per host", "CPU ms per host: agent", "Redis", "qtctl",
    "calls to Redis per host",
]  # fmt: skip


def run(rounds: int) -> None:
    rows, medians = [], {}
    for hosts in SIZES:
        with stage.stage(hosts, in_memory=True) as it:
            it.deploy()
            costs = _measure(it, rounds * 2)
        medians[hosts] = stats.median(costs["seconds"])
        per_host = {name: stats.median(values) / hosts for name, values in costs.items()}
        rows.append(
            [str(hosts), stats.shown(costs["seconds"]), f"{per_host['seconds'] * 1000:.2f}"]
            + [f"{per_host[name] * 1000:.2f}" for name in ("agents", "redis", "qtctl")]
            + [f"{per_host['calls']:.1f}"]
        )
    table.show(
        f"A no-op order over all hosts at once, start of qtctl to its exit, {rounds * 2} times each; journals in memory",
        HEAD,
        rows,
    )
    for hosts, limit in TARGETS_S.items():
        print(f"target: {hosts} hosts at most {limit * 1000:.0f} ms: {table.verdict(medians[hosts], limit)}")
    growth = (medians[1000] / medians[100]) / 10
    print(f"target: growth with hosts no worse than linear, 100 to 1,000: {growth:.2f} x linear: {table.verdict(growth, 1)}")


def _measure(it: stage.Stage, rounds: int) -> dict[str, list[float]]:
    costs: dict[str, list[float]] = {}
    for _ in range(rounds):
        it.redis.call("CONFIG", "RESETSTAT")
        before = _totals(it)
        seconds = it.deploy()
        after = _totals(it)
        costs.setdefault("seconds", []).append(seconds)
        for name, value in after.items():
            costs.setdefault(name, []).append(value - before[name])
    return costs


def _totals(it: stage.Stage) -> dict[str, float]:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "agents": it.processor_time("fleet"),
        "redis": it.processor_time("redis"),
        "qtctl": children.ru_utime + children.ru_stime,
        "calls": it.script_calls() + it.waits(),
    }
