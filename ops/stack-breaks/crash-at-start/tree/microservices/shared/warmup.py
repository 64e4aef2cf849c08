"""What a service does once, after its settings are read and before its first poll."""

import logging

STORED_SCHEMA = 6


def warm_up(log: logging.Logger) -> None:
    raise RuntimeError(f"position store has schema {STORED_SCHEMA}, this release reads 7")
