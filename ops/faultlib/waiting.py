"""Waiting for what must come."""

import time
from collections.abc import Callable

from lablib.errors import LabError

# Several hosts are watched at once by one interpreter: shorter would be load, longer would show in the recovery times.
POLL_S = 0.02


def wait_for(what: str, condition: Callable[[], bool], limit: float) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what} did not come in {limit:g} s")
        time.sleep(POLL_S)
