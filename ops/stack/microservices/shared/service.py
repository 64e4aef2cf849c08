"""How a service runs: logging, settings, metrics, then a poll at a steady interval until SIGTERM."""

import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from shared.metrics import Metrics
from shared.settings import SettingsError
from shared.version import VERSION
from shared.warmup import warm_up

BAD_SETTINGS = 2
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


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
    # Before the first thread starts, which inherits it: the signals wait until the loop below takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
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
    service.poll()
    while not _told_to_stop(service.interval_s):
        service.poll()
    log.info("stopped")


def _told_to_stop(seconds: float) -> bool:
    """Waits for a signal. Where the host stood still meanwhile, Python's call may return one that nobody sent."""
    received = signal.sigtimedwait(STOP_SIGNALS, seconds)
    return received is not None and received.si_signo in STOP_SIGNALS
