"""The agent on the hosts, and qtctl on this machine."""

import os
import re
import subprocess
import time

from . import access, stack
from .errors import LabError
from .host import Host
from .payload import Payload, deliver
from .settings import FLEET, OPS, REPOSITORY, Settings

CONFIGURATION = "/etc/qtagent/agent.yaml"
RELEASE = "/var/lib/qtlab/release.tar"
RUNTIME = "/etc/systemd/system/qtagent.service.d/runtime.conf"
ENROL_LIMIT_S = 15


def binaries(settings: Settings) -> str:
    """The folder with qtagent and qtctl: the tarball's, QTLAB_BIN, or the newest build of this repository."""
    if settings.tarball:
        return settings.path("bin")
    wanted = os.environ.get("QTLAB_BIN")
    folders = [wanted] if wanted else [f"{REPOSITORY}/.build/release", f"{REPOSITORY}/.build/debug"]
    found = [folder for folder in folders if all(map(os.path.exists, (f"{folder}/qtagent", f"{folder}/qtctl")))]
    if not found:
        raise LabError(
            f"no qtagent and qtctl in {' or '.join(folders)}: run swift build, or set QTLAB_BIN or QTLAB_TARBALL, "
            "or provision --stack-only"
        )
    return max(found, key=lambda folder: os.path.getmtime(f"{folder}/qtagent"))


def qtctl_environment(settings: Settings) -> dict[str, str]:
    """What makes qtctl speak to this lab's fleet; the operator is who called sudo."""
    fleet = {"QTCTL_FLEET": FLEET, "QTCTL_REDIS": f"unix:{settings.redis_socket}"}
    return {"QTCTL_OPERATOR": access.operator()} | dict(os.environ) | fleet | access.qtctl_environment(settings)


def require_files(settings: Settings) -> None:
    """Refuses before anything is touched when the agent can't be installed."""
    if settings.tarball and not os.path.exists(settings.tarball):
        raise LabError(f"QTLAB_TARBALL={settings.tarball} is missing: run make dist")
    if not settings.tarball:
        binaries(settings)


def release(settings: Settings) -> str:
    """The release that the hosts install: the tarball, or one made from a build as it is."""
    if settings.tarball:
        folder = binaries(settings)
        os.makedirs(folder, exist_ok=True)
        unpack = ["tar", "-xf", settings.tarball, "-C", folder, "--strip-components=2", "--wildcards", "*/bin"]
        subprocess.run(unpack, check=True)
        return settings.tarball
    made = settings.path("release.tar")
    subprocess.run([f"{OPS}/dist", "--from", binaries(settings), "--to", made], stdin=subprocess.DEVNULL, check=True)
    return made


def provision(settings: Settings, host: Host, release_file: str) -> None:
    payload = Payload()
    payload.add_file(RELEASE, release_file)
    payload.add(CONFIGURATION, configuration(settings, host.name).encode())
    for path, source, mode in access.agent_files(settings, host.name):
        payload.add_file(path, source, mode)
    if not settings.tarball:
        payload.add(RUNTIME, _runtime(f"{binaries(settings)}/qtagent").encode())
    deliver(host, payload, "provision-agent.sh", [RELEASE])
    _enrol(settings, host)


def configuration(settings: Settings, host: str) -> str:
    """agent.yaml for a host of the lab."""
    head = f"""\
fleet: {FLEET}
host: {host}
labels:
  role: trading
{access.agent_configuration(settings, host)}sources:
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


def _runtime(executable: str) -> str:
    """A drop-in for a build that is no release: it loads Swift's libraries from where the sandbox lets nothing execute."""
    answer = subprocess.run(["ldd", executable], capture_output=True, text=True, check=True)
    folders = sorted(set(re.findall(r"=> (/.+)/libswift[^/]*\.so ", answer.stdout)))
    return "[Service]\n" + "".join(f"ExecPaths={folder}\n" for folder in folders)


def _enrol(settings: Settings, host: Host) -> None:
    """Enrolment binds the name to the host's machine-id, so the agent must have reported it: tried until it has."""
    command = [f"{binaries(settings)}/qtctl", "agents", "enrol", host.name, "--yes"]
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
