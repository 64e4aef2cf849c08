"""What a fleet keeps in Redis: memory by what it is kept for, as MEMORY USAGE counts it."""

import re
from collections.abc import Callable

from . import stage, table

HOSTS = 100
_ROLLOUT = re.compile(r"rollout:([0-9a-f]{32})")
_HOST = re.compile(r"(host|commands|pending):")


def run(rounds: int) -> None:
    with stage.stage(HOSTS, in_memory=True) as it:
        for _ in range(rounds):
            it.deploy()
        sizes = _sizes(it)
    rollouts = {match[1] for name in sizes if (match := _ROLLOUT.match(name))}
    if len(rollouts) != rounds:
        raise RuntimeError(f"{len(rollouts)} rollouts are kept, not {rounds}")
    groups: list[tuple[str, int, Callable[[str], object]]] = [
        ("a host: its beat, its bell, what is dispatched to it", HOSTS, _HOST.match),
        ("a kept rollout, per host: order, verdicts, evidence, events", rounds * HOSTS, _ROLLOUT.match),
        ("results and audit (bounded), per rollout and host", rounds * HOSTS, lambda name: name in ("results", "audit")),
    ]
    rows, counted = [], set()
    for what, divisor, belongs in groups:
        names = {name for name in sizes if belongs(name)}
        counted |= names
        rows.append(_row(what, sizes, names, divisor))
    rows.append(_row("everything else", sizes, set(sizes) - counted, 1))
    table.show(
        f"Memory of Redis after {rounds} no-op rollouts over {HOSTS} hosts", ["what", "keys", "KiB", "KiB each"], rows
    )


def _sizes(it: stage.Stage) -> dict[str, int]:
    """Bytes of each key of the fleet, by its name without the prefix."""
    prefix, cursor, sizes = it.key(""), "0", {}
    while True:
        cursor, names = it.redis.call("SCAN", cursor, "MATCH", prefix + "*", "COUNT", "1000")
        for name in names:
            # Every element is counted: the usual sample would estimate.
            sizes[name.removeprefix(prefix)] = it.redis.call("MEMORY", "USAGE", name, "SAMPLES", "0") or 0
        if cursor == "0":
            return sizes


def _row(what: str, sizes: dict[str, int], names: set[str], divisor: int) -> list[str]:
    kib = sum(sizes[name] for name in names) / 1024
    return [what, str(len(names)), f"{kib:.0f}", f"{kib / divisor:.2f}" if divisor > 1 else "-"]
