"""The old process that keeps the metrics port. Usage: left-behind.py VERSION PORT, in the checkout.

While another release than VERSION is checked out it only remembers what the port answers. From the moment VERSION is
checked out it takes the port as soon as the service lets go of it, and answers what was answered before. When
VERSION is no longer checked out it lets go.
"""

import http.server
import sys
import threading
import time
import urllib.error
import urllib.request

VERSION_FILE = "microservices/shared/version.py"
LOOK_EVERY_S = 0.02
ASK_EVERY_S = 1


def main(version: str, port: int) -> None:
    page, asked_at = b"", 0.0
    while True:
        if checked_out(version):
            keep(version, port, page)
        elif time.monotonic() > asked_at + ASK_EVERY_S:
            page, asked_at = ask(port) or page, time.monotonic()
        time.sleep(LOOK_EVERY_S)


def checked_out(version: str) -> bool:
    try:
        with open(VERSION_FILE, encoding="utf-8") as file:
            return f'"{version}"' in file.read()
    except FileNotFoundError:  # in the middle of a checkout
        return False


def ask(port: int) -> bytes | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError):
        return None


def keep(version: str, port: int, page: bytes) -> None:
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
    while checked_out(version):
        time.sleep(LOOK_EVERY_S)
    server.shutdown()
    server.server_close()
    print(f"let go of port {port}", flush=True)


main(sys.argv[1], int(sys.argv[2]))
