"""The trading stack on the hosts: units, environment files and the checkout; and what a broken release leaves there."""

from dataclasses import dataclass

from .host import Host
from .origin import BREAKS, VERSION_FILE, Release
from .payload import Payload, deliver
from .settings import OPS


CHECKOUT = "/home/qt/quantum_trader"


@dataclass(frozen=True)
class Service:
    """One of the stack's services as ops/units and ops/env define it."""

    unit: str
    env: str
    port_key: str

    @property
    def env_example(self) -> str:
        return f"{OPS}/env/{self.env}.example"

    @property
    def env_path(self) -> str:
        return f"/etc/quantum/{self.env}"


SERVICES = (
    Service("quantum-apply-layer", "apply-layer.env", "APPLY_METRICS_PORT"),
    Service("quantum-reconcile-engine", "reconcile-engine.env", "P34_METRICS_PORT"),
)


def provision(host: Host) -> None:
    payload = Payload()
    for service in SERVICES:
        payload.add_file(f"/etc/systemd/system/{service.unit}.service", f"{OPS}/units/{service.unit}.service")
        # Exchange keys live in these; systemd reads them as root.
        payload.add(service.env_path, _environment(service).encode(), mode=0o600)
    pairs = [f"{service.unit}={_port(service)}" for service in SERVICES]
    deliver(host, payload, "provision-stack.sh", pairs)


def leave_behind(host: Host, kind: str, release: Release) -> None:
    """Starts the kind's left-behind process on the host: once per service, as the stack's user, outside its unit."""
    payload = Payload()
    payload.add_file("/usr/local/lib/qtlab/left-behind.py", f"{BREAKS}/{kind}/left-behind.py")
    arguments = [release.version, f"{CHECKOUT}/{VERSION_FILE}", *(f"{service.unit}={_port(service)}" for service in SERVICES)]
    deliver(host, payload, "leave-behind.sh", arguments)


def _environment(service: Service) -> str:
    with open(service.env_example, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return "\n".join("REDIS_HOST=redis" if line.startswith("REDIS_HOST=") else line for line in lines) + "\n"


def _port(service: Service) -> str:
    lines = _environment(service).splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{service.port_key}="))
