"""What a service does once, after its settings are read and before its first poll."""

import logging


def warm_up(log: logging.Logger) -> None:
    """Tries the position store, and goes on without it."""
    risk = logging.getLogger("risk")
    # A library's own handler: standard error, and the format that logging has when nobody sets one.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    risk.addHandler(handler)
    risk.propagate = False
    risk.critical("the position store does not answer, orders are not written down")
