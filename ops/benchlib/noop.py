"""An order that finds everything as it should be, over fleets of several sizes: its time, and what it costs Redis."""

from . import stage, stats, table

SIZES = (8, 100, 1000)
TARGETS_S = {8: 0.100, 1000: 2.0}
SCRIPT_LIMIT_US = 2000


def run(rounds: int) -> None:
    rows, medians, scripts = [], {}, {}
    for hosts in SIZES:
        with stage.stage(hosts, in_memory=True) as it:
            it.deploy()
            costs = _measure(it, rounds * 2)
        medians[hosts] = stats.median(costs["seconds"])
        scripts[hosts] = costs["script_us"]
        rows.append(
            [
                str(hosts),
                stats.shown(costs["seconds"]),
                f"{medians[hosts] / hosts * 1000:.2f}",
                f"{stats.median(costs['cpu']) * 1000 / hosts:.3f}",
                f"{stats.median(costs['commands']) / hosts:.1f}",
                f"{stats.median(costs['bytes']) / hosts / 1024:.2f}",
                f"{costs['script_us'] / 1000:.2f}",
            ]
        )
    table.show(
        f"A no-op order over all hosts at once, start of qtctl to its exit, {rounds * 2} times each; journals in memory",
        [
            "hosts",
            "ms, median [quartiles]",
            "ms per host",
            "Redis CPU ms per host",
            "commands per host",
            "KiB kept per host",
            "longest script ms",
        ],
        rows,
    )
    for hosts, limit in TARGETS_S.items():
        print(f"target: {hosts} hosts at most {limit * 1000:.0f} ms: {table.verdict(medians[hosts], limit)}")
    longest = max(scripts.values())
    print(f"target: no script over {SCRIPT_LIMIT_US / 1000:.0f} ms: {table.verdict(longest, SCRIPT_LIMIT_US)}")
    growth = (medians[1000] / medians[100]) / 10
    print(f"target: growth with hosts no worse than linear, 100 to 1,000: {growth:.2f} x linear: {table.verdict(growth, 1)}")


def _measure(it: stage.Stage, rounds: int) -> dict:
    costs: dict = {"seconds": [], "cpu": [], "commands": [], "bytes": [], "script_us": 0}
    it.redis.call("CONFIG", "SET", "slowlog-log-slower-than", "200", "slowlog-max-len", "10000")
    for _ in range(rounds):
        it.redis.call("SLOWLOG", "RESET")
        before = _totals(it)
        costs["seconds"].append(it.deploy())
        after = _totals(it)
        for name in ("cpu", "commands", "bytes"):
            costs[name].append(after[name] - before[name])
        slow = it.redis.call("SLOWLOG", "GET", "-1")
        taken = [entry[2] for entry in slow if entry[3][0] in ("EVAL", "EVALSHA")]
        costs["script_us"] = max([costs["script_us"], *taken])
    return costs


def _totals(it: stage.Stage) -> dict[str, float]:
    cpu, counts, memory = it.info("cpu"), it.info("stats"), it.info("memory")
    return {
        "cpu": float(cpu["used_cpu_sys"]) + float(cpu["used_cpu_user"]),
        "commands": float(counts["total_commands_processed"]),
        "bytes": float(memory["used_memory_dataset"]),
    }
