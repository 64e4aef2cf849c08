"""How a service runs: logging, settings, metrics, then a poll at a steady interval until SIGTERM."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from shared.metrics import Metrics
from shared.settings import SettingsError
from shared.version import VERSION
from shared.warmup import warm_up

BAD_SETTINGS = 2


@dataclass(frozen=True)
class Service:
    """What a service's `load` makes of its settings."""

    metrics_port: int
    interval_s: float
    begin: Callable[[], None]
    poll: Callable[[], None]


def run(name: str, load: Callable[[Metrics, logging.Logger], Service]) -> None:
    """Runs until SIGTERM or SIGINT; never returns otherwise."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    log = logging.getLogger(name)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    metrics = Metrics()
    try:
        service = load(metrics, log)
    except SettingsError as error:
        log.error("%s", error)
        sys.exit(BAD_SETTINGS)
    log.info("release %s starts", VERSION)
    warm_up(log)
    service.begin()
    metrics.serve(service.metrics_port)
    log.info("polling every %g s", service.interval_s)
    while not stopped.is_set():
        service.poll()
        stopped.wait(service.interval_s)
    log.info("stopped")
