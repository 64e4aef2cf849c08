"""What a service does once, after its settings are read and before its first poll."""

import logging
import threading
import time

DRAIN_EVERY_S = 1


def warm_up(log: logging.Logger) -> None:
    """Starts the writer of fills. It is no daemon thread, so that no fill is lost: the interpreter waits for it."""

    def drain() -> None:
        while True:
            time.sleep(DRAIN_EVERY_S)

    threading.Thread(target=drain, name="fills").start()
