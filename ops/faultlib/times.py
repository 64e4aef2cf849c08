"""How long it took until the rollout went on, and until the host had a whole version again."""

import os

from .bench import STATE, Bench
from .trial import Attempt, Away

# What is measured, in the words of the report, and exactly what that is.
WHOLE = "agent start to whole version"
GOING_ON = "Redis back to rollout going on"
ALONE = "Redis flushed to the host's end"
ABOUT = {
    WHOLE: "from the start of the agent's new process to the verdict of the job that the former one had left open",
    GOING_ON: "from Redis' first PONG, the network's healing or the thaw to the next thing that the host tells of the rollout",
    ALONE: "from FLUSHALL to the end in the host's journal, for Redis never hears of that rollout again",
}


def measure(bench: Bench, attempt: Attempt) -> tuple[str, float] | None:
    """What was measured and the seconds, or None: nothing was left to be done when the fault struck."""
    if not attempt.is_reached or attempt.trouble:
        return None
    if attempt.trial.is_killing or attempt.trial.fault == "power":
        what, seconds = WHOLE, _whole(bench)
    elif attempt.away is None or attempt.trial.fault == "services-killed":
        return None
    elif attempt.is_flushed:
        what, seconds = ALONE, _alone(bench, attempt.rollout, attempt.away)
    else:
        what, seconds = GOING_ON, _going_on(bench, attempt.rollout, attempt.away)
    return None if seconds is None else (what, seconds)


def _whole(bench: Bench) -> float | None:
    shown = bench.sh(
        "pid=$(systemctl show -p MainPID --value qtagent); systemctl show -p ExecMainStartTimestampMonotonic --value qtagent;"
        "journalctl -q -o short-monotonic -u qtagent -b _PID=$pid"
    )
    start, *log = shown.splitlines()
    ends = [line for line in log if "job ends" in line]
    if not ends or not any("recovering" in line for line in log):
        return None
    return float(ends[0].split("]")[0].lstrip("[").strip()) - int(start) / 1e6


def _going_on(bench: Bench, rollout: str, away: Away) -> float | None:
    """Nothing that was told after `begun` can have passed before `ended`."""
    for at, event in bench.fleet.entries(f"rollout:{rollout}:events"):
        # That the host is silent is not told by it, but by the fleet's timers.
        if at >= away.begun and event.get("host") == bench.name and event.get("state") != "silent":
            return max(0.0, at - away.ended)
    return None


def _alone(bench: Bench, rollout: str, away: Away) -> float | None:
    try:
        end = os.stat(bench.path(f"{STATE}/jobs/{rollout}-deploy-1")).st_mtime
    except FileNotFoundError:
        return None
    return end - away.ended if end >= away.begun else None
