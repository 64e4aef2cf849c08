"""Opens the port that the metrics are served on."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def open_listener(port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """Raises OSError when the port is taken: a service that nobody can watch must not trade."""
    return ThreadingHTTPServer(("0.0.0.0", port), handler)
