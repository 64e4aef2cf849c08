"""What a person needs to understand a violation, taken while the host still has it."""

import contextlib

from lablib.errors import LabError

from .bench import STARTS, Bench
from .trial import Attempt

LOG_LINES = 200


def take(bench: Bench, attempt: Attempt) -> dict[str, str]:
    """Texts by name; what can't be had any more is left out."""
    found = {"journal": bench.journal(attempt.rollout), "starts": _tail(bench.read(STARTS), attempt.starts_before)}
    with contextlib.suppress(LabError):
        found["log"] = bench.sh(f"journalctl -q -o short-monotonic -n {LOG_LINES} -u qtagent -u qtagent-recover -u 'quantum-*'")
    with contextlib.suppress(LabError):
        events = bench.fleet.entries(f"rollout:{attempt.rollout}:events")
        found["events"] = "\n".join(f"{at:.3f} {' '.join(fields.values())}" for at, fields in events)
    return found


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.splitlines()[lines:])
