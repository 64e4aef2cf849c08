"""Reconcile engine (P3.4), a stand-in: compares no positions, but reads, logs and counts as the service does."""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from shared import service, settings  # noqa: E402  (the path above comes first)
from shared.metrics import Metrics  # noqa: E402
from shared.version import VERSION  # noqa: E402


def load(metrics: Metrics, log: logging.Logger) -> service.Service:
    settings.text("REDIS_HOST")
    settings.port("REDIS_PORT")
    settings.text("BINANCE_TESTNET_API_KEY")
    settings.text("BINANCE_TESTNET_API_SECRET")
    symbols = settings.names("P34_SYMBOLS")
    hold = settings.number("P34_RECONCILE_HOLD_LEASE_SEC", 1, 86400)

    def begin() -> None:
        log.info("symbols %s, a mismatch holds a symbol for %g s", ",".join(symbols), hold)
        metrics.set("reconcile_up", 1)
        metrics.set("reconcile_release_info", 1, version=VERSION)
        for symbol in symbols:
            metrics.set("reconcile_close_total", 0, symbol=symbol, result="ok")
            metrics.set("reconcile_hold_active", 0, symbol=symbol)

    def poll() -> None:
        for symbol in symbols:
            metrics.add("reconcile_close_total", symbol=symbol, result="ok")

    return service.Service(
        metrics_port=settings.port("P34_METRICS_PORT"),
        interval_s=settings.number("P34_CHECK_INTERVAL_SEC", 0.1, 3600),
        begin=begin,
        poll=poll,
    )


if __name__ == "__main__":
    service.run("reconcile_engine", load)
