"""The command line of `ops/bench/run`. Exit codes: 0 measured (whether targets were hit is printed), 1 failed, 2 usage."""

import sys
import time

from . import dispatch, idle, machine, memory, neighbour, noop, rollout, scripts, signed, startup

PARTS = {
    "startup": startup.run,
    "idle": idle.run,
    "dispatch": dispatch.run,
    "noop": noop.run,
    "scripts": scripts.run,
    "signed": signed.run,
    "memory": memory.run,
    "neighbour": neighbour.run,
    "rollout": rollout.run,
}
HELP = f"""ops/bench/run [PART...] [--rounds N]

Measures on this machine, with the release build (make bench builds it), and prints tables. Without a part: all of them.
What is compared is run in turns. dispatch needs root; idle and rollout need it too, and the lab, openssh-server and sudo.
--rounds multiplies how often (default 5).

parts: {", ".join(PARTS)}
"""


def main(arguments: list[str]) -> int:
    rounds, parts = 5, []
    words = iter(arguments)
    for word in words:
        if word in ("help", "-h", "--help"):
            print(HELP, end="")
            return 0
        if word == "--rounds":
            number = next(words, "")
            if not number.isdecimal() or not 1 <= int(number) <= 1000:
                return _usage(f"--rounds {number}: use a number from 1 to 1000")
            rounds = int(number)
        elif word in PARTS:
            parts.append(word)
        else:
            return _usage(f"no part is called {word!r}: {', '.join(PARTS)}")
    missing = machine.missing()
    if missing:
        print(f"bench: {', '.join(missing)}: not built; run: make bench", file=sys.stderr)
        return 1
    machine.describe()
    for part in parts or PARTS:
        begin = time.monotonic()
        try:
            PARTS[part](rounds)
        except (RuntimeError, OSError) as error:
            print(f"bench: {part}: {error}", file=sys.stderr)
            return 1
        print(f"({part}: {time.monotonic() - begin:.0f} s)")
    return 0


def _usage(problem: str) -> int:
    print(f"bench: {problem}; see ops/bench/run help", file=sys.stderr)
    return 2
