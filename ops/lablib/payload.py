"""Files on their way into a host, as one tar that a script inside unpacks. The overlay's own layers stay untouched."""

import io
import os
import subprocess
import tarfile

from .daemons import CLEAN_ENVIRONMENT
from .errors import LabError
from .host import Host

GUEST_SCRIPTS = os.path.join(os.path.dirname(__file__), "guest")
DELIVERY_LIMIT_S = 60


class Payload:
    """Files by their path on the host; all belong to root."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.GNU_FORMAT)

    def add(self, path: str, content: bytes, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.mode = mode
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))

    def add_file(self, path: str, source: str, mode: int = 0o644) -> None:
        with open(source, "rb") as file:
            self.add(path, file.read(), mode)

    def bytes(self) -> memoryview:
        self._tar.close()
        return self._buffer.getbuffer()


def deliver(host: Host, payload: Payload, script: str, arguments: list[str]) -> None:
    """Puts the files in place and runs one of the guest scripts inside."""
    text = "".join(_guest_script(name) for name in ("install-changed.sh", script))
    command = host.enter(["sh", "-c", text, script, *arguments])
    try:
        answer = subprocess.run(
            command,
            input=payload.bytes(),
            capture_output=True,
            env=CLEAN_ENVIRONMENT,
            timeout=DELIVERY_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{host.name}: {script} did not end in {DELIVERY_LIMIT_S} s; is the host frozen?") from error
    if answer.returncode != 0:
        raise LabError(f"{host.name}: {script} failed:\n{answer.stderr.decode(errors='replace').rstrip()}")


def _guest_script(name: str) -> str:
    with open(f"{GUEST_SCRIPTS}/{name}", encoding="utf-8") as file:
        return file.read()
