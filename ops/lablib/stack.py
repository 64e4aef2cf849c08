"""The trading stack on the hosts: units, environment files and the checkout; and what a broken release leaves there."""

from dataclasses import dataclass

from .errors import LabError
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
    deliver(host, payload, "provision-stack.sh", _ports())


def leave_behind(host: Host, kind: str, release: Release) -> None:
    """Starts the kind's left-behind process on the host: once per service, as the stack's user, outside its unit."""
    payload = Payload()
    payload.add_file("/usr/local/lib/qtlab/left-behind.py", f"{BREAKS}/{kind}/left-behind.py")
    deliver(host, payload, "leave-behind.sh", [release.version, f"{CHECKOUT}/{VERSION_FILE}", *_ports()])


def _environment(service: Service) -> str:
    with open(service.env_example, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return "\n".join("REDIS_HOST=redis" if line.startswith("REDIS_HOST=") else line for line in lines) + "\n"


def _ports() -> list[str]:
    """UNIT=PORT for each service, in the order in which they start."""
    return [f"{service.unit}={_setting(service, service.port_key)}" for service in SERVICES]


def _setting(service: Service, key: str) -> str:
    values = dict(line.split("=", 1) for line in _environment(service).splitlines() if "=" in line)
    if key not in values:
        raise LabError(f"{service.env_example} does not set {key}")
    return values[key]
