"""What is tried: boundaries of the host job times faults, each trial with a name from which it can be repeated."""

import random
from typing import NamedTuple

# As in Sources/DeployAgent/Faults/Failpoint.swift; the agent refuses a name that it does not know.
FORWARD = (
    "offered admitted journaled accepted inspected locked fetching fetched granted claimed checkout_begun checkout_moved "
    "checkout_done prepared restart_begun restarted restart_done verifying verified reported spooled ended published"
).split()
# Reached only by a release that fails.
BACK = "revert_begun revert_checkout_done revert_restart_begun revert_restarted".split()
POINTS = FORWARD + BACK
# While the agent stands here, no service may start: its checkout is not proven whole.
KEPT_DOWN = ("checkout_begun", "checkout_moved", "checkout_done", "prepared", "revert_checkout_done")

FAULTS = {
    "kill": "SIGKILL to the agent",
    "kill-later": "SIGKILL to the agent up to 80 ms later, at a random moment",
    "power": "loss of power of the host, which then boots",
    "services-killed": "SIGKILL to both services, which systemd restarts by itself",
    "redis-killed": "SIGKILL to Redis, which comes back with its data within a second",
    "redis-flushed": "FLUSHALL",
    "cut-off": "the host is cut off until its lease has run out",
    "frozen": "the host stands still until its lease has run out",
}
LATER_MS = 80


class Trial(NamedTuple):
    """One trial. The same name gives the same faults, delays and releases."""

    seed: str
    point: str
    fault: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.seed}:{self.point}:{self.fault}:{self.number}"

    @property
    def is_going_back(self) -> bool:
        return self.point in BACK

    @property
    def is_killing(self) -> bool:
        """Whether the agent kills itself, at the boundary or a moment later."""
        return self.fault.startswith("kill")

    def random(self) -> random.Random:
        return random.Random(self.name)

    @staticmethod
    def parse(name: str) -> "Trial | None":
        words = name.split(":")
        if len(words) != 4 or words[1] not in POINTS or words[2] not in FAULTS or not words[3].isdecimal():
            return None
        return Trial(words[0], words[1], words[2], int(words[3]))


def trials(seed: str, points: list[str], faults: list[str], each: int) -> list[Trial]:
    """All trials in a random order, so that a run that is cut short has tried a bit of everything."""
    every = [Trial(seed, point, fault, number) for number in range(each) for point in points for fault in faults]
    random.Random(seed).shuffle(every)
    return every


def plan(trial: Trial) -> str:
    """What QT_FAILPOINT says for a trial."""
    if trial.fault == "kill":
        return f"{trial.point}:kill"
    if trial.fault == "kill-later":
        return f"{trial.point}:kill:1:{trial.random().randrange(1, LATER_MS)}"
    return f"{trial.point}:wait"
