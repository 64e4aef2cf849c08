"""Who may what in the lab: the operator's key, which the hosts demand, Redis' users with their passwords, and its certificate.
QTLAB_ACCESS=open makes a lab without all that: unsigned orders, one user, no TLS."""

import os
import shutil
import subprocess

from .errors import LabError
from .settings import FLEET, Settings

ALLOWED_SIGNERS = "/etc/qtagent/allowed_signers"
PASSWORD_FILE = "/etc/qtagent/redis-password"
CA_FILE = "/etc/qtagent/redis-ca.pem"
DAYS = "3650"


def prepare(settings: Settings) -> None:
    """Makes keys and certificate, unless they are there. What a lab was made as it stays."""
    wanted = os.environ.get("QTLAB_ACCESS", "closed")
    if wanted not in ("closed", "open"):
        raise LabError(f"QTLAB_ACCESS={wanted!r}: use closed or open")
    folder = settings.path("access")
    if os.path.isdir(folder) or wanted == "open":
        return
    making = f"{folder}.making"
    shutil.rmtree(making, ignore_errors=True)
    os.makedirs(f"{making}/passwords", mode=0o700)
    _make_key(making)
    _make_certificate(making)
    with open(f"{making}/users.acl", "w", encoding="utf-8"):
        pass
    os.rename(making, folder)


def is_closed(settings: Settings) -> bool:
    return os.path.isdir(settings.path("access"))


def operator() -> str:
    """Who called sudo."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def signers(settings: Settings) -> str:
    return settings.path("access", "allowed_signers")


def agent_password(settings: Settings, host: str) -> str:
    return settings.path("access", "passwords", f"qt-{FLEET}-agent-{host}")


def redis_configuration(settings: Settings, port: int) -> str:
    """Redis' own lines: how it speaks, and whom it knows."""
    if not is_closed(settings):
        return f"port {port}\n"
    access = settings.path("access")
    return f"""\
port 0
tls-port {port}
tls-cert-file {access}/redis.pem
tls-key-file {access}/redis-key.pem
tls-ca-cert-file {access}/ca.pem
tls-auth-clients no
aclfile {access}/users.acl
"""


def agent_configuration(settings: Settings, host: str) -> str:
    """The lines of agent.yaml that say how Redis is reached, and whose orders count."""
    if not is_closed(settings):
        return "redis:\n  address: redis:6379\nsignatures: off\n"
    return f"""\
redis:
  address: redis:6379
  username: qt-{FLEET}-agent-{host}
  password_file: {PASSWORD_FILE}
  tls: {{ca_file: {CA_FILE}}}
signatures: required
"""


def agent_files(settings: Settings, host: str) -> list[tuple[str, str, int]]:
    """What a host needs for that: path, source, mode."""
    if not is_closed(settings):
        return []
    return [
        (ALLOWED_SIGNERS, signers(settings), 0o644),
        (CA_FILE, settings.path("access", "ca.pem"), 0o644),
        (PASSWORD_FILE, agent_password(settings, host), 0o600),
    ]


def qtctl_environment(settings: Settings) -> dict[str, str]:
    """What makes qtctl sign and sign in, or say in words that it does not."""
    if not is_closed(settings):
        return {"QTCTL_SIGNATURES": "off"}
    user = f"qt-{FLEET}-operator-{operator()}"
    return {
        "QTCTL_SIGNING_KEY": settings.path("access", "operator"),
        "QTCTL_ALLOWED_SIGNERS": signers(settings),
        "QTCTL_REDIS_USERNAME": user,
        "QTCTL_REDIS_PASSWORD_FILE": settings.path("access", "passwords", user),
    }


def admit(settings: Settings, qtctl: str, hosts: list[str]) -> None:
    """Makes the agents, the operator and the viewer users of Redis. The default user stays: it is the lab's own administrator."""
    if not is_closed(settings):
        return
    words = [qtctl, "acl", "print", "--passwords", settings.path("access", "passwords"), "--operator", operator()]
    words += [word for host in hosts for word in ("--agent", host)]
    fleet = {"QTCTL_FLEET": FLEET, "QTCTL_REDIS": f"unix:{settings.redis_socket}"}
    made = subprocess.run(words, env=dict(os.environ) | fleet, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if made.returncode != 0:
        raise LabError(f"qtctl acl print ended with {made.returncode}:\n{made.stderr.decode(errors='replace')}")
    with open(settings.path("access", "users.acl"), "wb") as file:
        file.write(made.stdout)
    load = ["redis-cli", "-e", "-s", settings.redis_socket, "ACL", "LOAD"]
    subprocess.run(load, check=True, capture_output=True)


def _make_key(folder: str) -> None:
    generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", operator(), "-f", f"{folder}/operator"]
    subprocess.run(generate, stdin=subprocess.DEVNULL, check=True)
    with open(f"{folder}/operator.pub", encoding="utf-8") as file:
        kind, public = file.read().split()[:2]
    with open(f"{folder}/allowed_signers", "w", encoding="utf-8") as file:
        file.write(f'{operator()} namespaces="qtdeploy" {kind} {public}\n')


def _make_certificate(folder: str) -> None:
    """An authority of the lab's own, and what it says of the name that hosts know Redis by."""
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS]
    authority = ["-keyout", f"{folder}/ca-key.pem", "-out", f"{folder}/ca.pem", "-subj", "/CN=the lab's authority"]
    server = ["-keyout", f"{folder}/redis-key.pem", "-out", f"{folder}/redis.pem", "-subj", "/CN=redis"]
    signed = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca-key.pem", "-addext", "subjectAltName=DNS:redis"]
    for words in (authority, server + signed + ["-addext", "basicConstraints=critical,CA:FALSE"]):
        subprocess.run([*new, *words], stdin=subprocess.DEVNULL, capture_output=True, check=True)
