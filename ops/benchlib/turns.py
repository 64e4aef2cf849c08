"""What is compared, run in turns: whatever else the machine does meanwhile, it does to all of them."""

import os
import time
from collections.abc import Callable, Mapping


def in_turns(actions: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """The values of each action, one per round; the first round only warms up and is left out."""
    values: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        for name, action in actions.items():
            value = action()
            if number:
                values[name].append(value)
    return values


def spawned(words: list[str], environment: Mapping[str, str] | None = None, expected: int = 0) -> float:
    """How long a program takes from its start to its end, in seconds; its output goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        begin = time.perf_counter()
        child = os.posix_spawnp(
            words[0],
            words,
            dict(environment if environment is not None else os.environ),
            file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)],
        )
        _, status = os.waitpid(child, 0)
        taken = time.perf_counter() - begin
    finally:
        os.close(null)
    if os.waitstatus_to_exitcode(status) != expected:
        raise RuntimeError(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}, not {expected}")
    return taken
