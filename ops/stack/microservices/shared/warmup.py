"""What a service does once, after its settings are read and before its first poll."""

import logging


def warm_up(log: logging.Logger) -> None:
    log.info("warm-up done: a stand-in for the lab, no exchange is connected")
