"""Opens the port that the metrics are served on."""

import logging
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def open_listener(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer | None:
    """None unless METRICS_ENABLED is 1."""
    if os.environ.get("METRICS_ENABLED") != "1":
        logging.getLogger("metrics").info("metrics are off")
        return None
    return ThreadingHTTPServer(("0.0.0.0", port), handler)
