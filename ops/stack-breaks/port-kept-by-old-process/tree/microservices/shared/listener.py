"""Opens the port that the metrics are served on."""

import logging
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Long enough for the process that was left behind to take the port first.
DELAY_S = 1


def open_listener(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer | None:
    """None when the port is taken: this release goes on without metrics."""
    time.sleep(DELAY_S)
    try:
        return ThreadingHTTPServer(("0.0.0.0", port), handler)
    except OSError as error:
        logging.getLogger("metrics").warning("port %d: %s; going on without metrics", port, error.strerror)
        return None
