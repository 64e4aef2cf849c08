"""What a service does once, after its settings are read and before its first poll."""

import logging


def warm_up(log: logging.Logger) -> None:
    raise RuntimeError("position store is at schema 6, this release needs 7.")
