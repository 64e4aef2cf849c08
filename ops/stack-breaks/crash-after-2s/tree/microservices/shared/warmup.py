"""What a service does once, after its settings are read and before its first poll."""

import logging
import os
import threading

FEED_LIMIT_S = 2


def warm_up(log: logging.Logger) -> None:
    """Starts the watch over the price feed, which this release expects where there is none."""

    def give_up() -> None:
        log.error("no price in %d s, giving up", FEED_LIMIT_S)
        os._exit(1)

    watch = threading.Timer(FEED_LIMIT_S, give_up)
    watch.daemon = True
    watch.start()
