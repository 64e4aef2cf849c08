"""The old process that keeps the metrics port. Usage: left-behind.py VERSION VERSION_FILE PORT

While another release than VERSION is checked out it only remembers what the port answers. From the moment VERSION is
checked out it takes the port as soon as the service lets go of it, and answers what was answered before. When
VERSION is no longer checked out it lets go.
"""

import http.server
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

LOOK_EVERY_S = 0.02
ASK_EVERY_S = 1


def main(version: str, version_file: str, port: int) -> None:
    def checked_out() -> bool:
        try:
            with open(version_file, encoding="utf-8") as file:
                return f'"{version}"' in file.read()
        except FileNotFoundError:  # in the middle of a checkout
            return False

    page, asked_at = ask(port) or b"", time.monotonic()
    tell_systemd("READY=1")
    while True:
        if checked_out():
            keep(port, page, checked_out)
        elif time.monotonic() > asked_at + ASK_EVERY_S:
            page, asked_at = ask(port) or page, time.monotonic()
        time.sleep(LOOK_EVERY_S)


def ask(port: int) -> bytes | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError):
        return None


def keep(port: int, page: bytes, wanted: Callable[[], bool]) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

    try:
        server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
    except OSError:  # the service still has it
        return
    print(f"took port {port}", flush=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": LOOK_EVERY_S}, daemon=True).start()
    while wanted():
        time.sleep(LOOK_EVERY_S)
    server.shutdown()
    server.server_close()
    print(f"let go of port {port}", flush=True)


def tell_systemd(message: str) -> None:
    """The commit that starts this waits until it knows what to answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(message.encode(), os.environ["NOTIFY_SOCKET"])


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
