"""How long a script call holds Redis. The slow log counts the time of the wall: what the machine takes away from Redis meanwhile
is in it, so Redis has a processor of its own here, and the longest plain command, of a few microseconds' work, shows what is
left of that."""

from . import stage, table

HOSTS = 1000
LIMIT_US = 2000
ORDERS = 2
# One key, one field: whatever takes these longer than this is not their own work.
PLAIN = ("HGET", "HSET", "XADD", "ZCARD", "ZADD", "ZREM", "HDEL", "HINCRBY", "XLEN")
WITNESS_US = 200


def run(rounds: int) -> None:
    calls, slow_calls, plain = 0, [], 0.0
    with stage.stage(HOSTS, in_memory=True, pinned=True) as it:
        it.deploy()
        it.redis.call("CONFIG", "SET", "slowlog-log-slower-than", str(WITNESS_US), "slowlog-max-len", "100000")
        for _ in range(rounds * ORDERS):
            it.redis.call("SLOWLOG", "RESET")
            before = it.script_calls()
            it.deploy()
            calls += int(it.script_calls() - before)
            for entry in it.redis.call("SLOWLOG", "GET", "-1"):
                if entry[3][0].startswith("EVAL"):
                    slow_calls.append(entry[2])
                elif entry[3][0] in PLAIN:
                    plain = max(plain, entry[2])
    slow_calls.sort(reverse=True)
    over = sum(taken > LIMIT_US for taken in slow_calls)
    quantiles = [slow_calls[int(calls * share)] for share in (0.001, 0.0001, 0)]
    table.show(
        f"Script calls of {rounds * ORDERS} no-op orders over {HOSTS:,} hosts, Redis on a processor of its own",
        ["calls", "p99.9 ms", "p99.99 ms", "longest ms", "over 2 ms", "longest plain command ms"],
        [[f"{calls:,}", *(f"{value / 1000:.2f}" for value in quantiles), str(over), f"{plain / 1000:.2f}"]],
    )
    verdict = table.verdict(quantiles[-1], LIMIT_US)
    print(f"target: no script over {LIMIT_US / 1000:.0f} ms: {verdict} ({over} of {calls:,} calls)")
