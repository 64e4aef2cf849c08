"""Apply layer (P3), a stand-in: applies no plan, but reads, logs and counts as the service does."""

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
    mode = settings.one_of("APPLY_MODE", ("testnet", "dry_run"))
    stopped_by_switch = settings.one_of("APPLY_KILL_SWITCH", ("true", "false")) == "true"
    critical = settings.number("K_BLOCK_CRITICAL", 0, 1)
    warning = settings.number("K_BLOCK_WARNING", 0, 1)
    symbols = settings.names("SYMBOLS")
    allowed = settings.names("APPLY_ALLOWLIST")

    def begin() -> None:
        log.info("mode %s, symbols %s, allowed %s", mode, ",".join(symbols), ",".join(allowed))
        log.info("blocks at %g, warns at %g", critical, warning)
        metrics.set("apply_up", 1)
        metrics.set("apply_release_info", 1, version=VERSION)
        metrics.set("apply_kill_switch", int(stopped_by_switch))
        metrics.set("apply_poll_total", 0)

    def poll() -> None:
        metrics.add("apply_poll_total")
        for symbol in symbols:
            result = "blocked" if stopped_by_switch or symbol not in allowed else "no_plan"
            metrics.add("apply_plan_total", symbol=symbol, result=result)

    return service.Service(
        metrics_port=settings.port("APPLY_METRICS_PORT"),
        interval_s=settings.number("APPLY_POLL_SEC", 0.1, 3600),
        begin=begin,
        poll=poll,
    )


if __name__ == "__main__":
    service.run("apply_layer", load)
