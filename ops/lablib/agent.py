"""The agent on the hosts, and qtctl on this machine."""

import glob
import os
import re
import subprocess
import time

from . import stack
from .errors import LabError
from .host import Host
from .payload import Payload, deliver
from .settings import FLEET, REPOSITORY, Settings

AGENT = f"{REPOSITORY}/agent"
CONFIGURATION = "/etc/qtagent/agent.yaml"
ENROL_LIMIT_S = 15


def binaries() -> str:
    """The folder with qtagent and qtctl: QTLAB_BIN, or the newest build of this repository."""
    wanted = os.environ.get("QTLAB_BIN")
    folders = [wanted] if wanted else [f"{REPOSITORY}/.build/release", f"{REPOSITORY}/.build/debug"]
    found = [folder for folder in folders if all(map(os.path.exists, (f"{folder}/qtagent", f"{folder}/qtctl")))]
    if not found:
        raise LabError(
            f"no qtagent and qtctl in {' or '.join(folders)}: run swift build, or set QTLAB_BIN, "
            "or provision --stack-only"
        )
    return max(found, key=lambda folder: os.path.getmtime(f"{folder}/qtagent"))


def qtctl_environment(settings: Settings) -> dict[str, str]:
    """What makes qtctl speak to this lab's fleet; the operator is who called sudo."""
    fleet = {
        "QTCTL_FLEET": FLEET,
        "QTCTL_REDIS": f"unix:{settings.redis_socket}",
        "QTCTL_SIGNATURES": "off",
    }
    operator = os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"
    return {"QTCTL_OPERATOR": operator} | dict(os.environ) | fleet


def require_files() -> None:
    """Refuses before anything is touched when the agent can't be installed."""
    binaries()
    if not os.path.exists(f"{AGENT}/qtagent.service"):
        raise LabError(f"{AGENT}/qtagent.service is missing: check the repository, or provision --stack-only")


def provision(settings: Settings, host: Host) -> None:
    payload = Payload()
    folder = binaries()
    executable = _executable()
    payload.add_file(executable, f"{folder}/qtagent", mode=0o755)
    payload.add_file(f"{os.path.dirname(executable)}/qtctl", f"{folder}/qtctl", mode=0o755)
    for source, target in _installed_files():
        payload.add_file(target, source)
    payload.add(CONFIGURATION, configuration(host.name).encode())
    deliver(host, payload, "provision-agent.sh", [])
    _enrol(settings, host)


def configuration(host: str) -> str:
    """agent.yaml for a host of the lab."""
    head = f"""\
fleet: {FLEET}
host: {host}
labels:
  role: trading
redis:
  address: redis:6379
signatures: off
sources:
  quantum_trader:
    remote: origin
    branches: [main]
services:
"""
    stable_for = os.environ.get("QTLAB_STABLE_FOR")
    if stable_for and not re.fullmatch(r"[0-9]+(ms|s|m)", stable_for):
        raise LabError(f"QTLAB_STABLE_FOR={stable_for!r}: use a duration, for example 3s")
    tail = f"timings:\n  stable_for: {stable_for}\n" if stable_for else ""
    expected = ("apply_up 1", "reconcile_close")
    services = (
        f"""\
  - unit: {service.unit}
    source: quantum_trader
    order: {position * 10}
    checks:
      metrics:
        mode: require
        port_from: {service.port_key}
        path: /metrics
        expect: {text}
"""
        for position, (service, text) in enumerate(zip(stack.SERVICES, expected, strict=True), start=1)
    )
    return head + "".join(services) + tail


def _executable() -> str:
    """Where the agent's own unit expects it."""
    with open(f"{AGENT}/qtagent.service", encoding="utf-8") as unit:
        for line in unit:
            if line.startswith("ExecStart="):
                return line.partition("=")[2].split()[0].lstrip("-@:+!")
    raise LabError(f"{AGENT}/qtagent.service has no ExecStart=")


def _installed_files() -> list[tuple[str, str]]:
    """The agent's units, users and folders: each file of agent/ with its place on a host."""
    places = {
        "*.service": "/usr/lib/systemd/system/{name}",
        "*sysusers*": "/usr/lib/sysusers.d/qtagent.conf",
        "*tmpfiles*": "/usr/lib/tmpfiles.d/qtagent.conf",
    }
    return [
        (source, target.format(name=os.path.basename(source)))
        for pattern, target in places.items()
        for source in sorted(glob.glob(f"{AGENT}/{pattern}") + glob.glob(f"{AGENT}/{pattern}/*.conf"))
        if os.path.isfile(source)
    ]


def _enrol(settings: Settings, host: Host) -> None:
    """Enrolment binds the name to the host's machine-id, so the agent must have reported it: tried until it has."""
    command = [f"{binaries()}/qtctl", "agents", "enrol", host.name, "--yes"]
    environment = qtctl_environment(settings)
    deadline = time.monotonic() + ENROL_LIMIT_S
    while True:
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False)
        if answer.returncode == 0:
            return
        if time.monotonic() > deadline:
            words = (answer.stdout + answer.stderr).decode(errors="replace").rstrip()
            raise LabError(f"{host.name} could not be enrolled (exit code {answer.returncode}):\n{words}")
        time.sleep(0.1)
