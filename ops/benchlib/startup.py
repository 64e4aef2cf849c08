"""How long qtctl takes to start, beside two programs that everybody knows."""

from . import machine, stats, table, turns

LIMIT_S = 0.020


def run(rounds: int) -> None:
    words = {
        "qtctl version": [machine.QTCTL, "version"],
        "redis-cli --version": ["redis-cli", "--version"],
        "/usr/bin/python3 -c pass": ["/usr/bin/python3", "-c", "pass"],
    }
    values = turns.in_turns({name: lambda it=it: turns.spawned(it) for name, it in words.items()}, rounds * 10)
    base = stats.median(values["redis-cli --version"])
    rows = [
        [name, stats.shown(all_), f"{stats.median(all_) / base:.2f}"] for name, all_ in values.items()
    ]
    table.show(
        f"Start of a program, {rounds * 10} times in turns", ["program", "ms, median [quartiles]", "x redis-cli"], rows
    )
    own = stats.median(values["qtctl version"])
    print(f"\ntarget: qtctl version at most {LIMIT_S * 1000:.0f} ms: {table.verdict(own, LIMIT_S)}")
