"""The operator's key, which the lab's hosts demand; QTLAB_SIGNATURES=off gives hosts that take unsigned orders."""

import os
import shutil
import subprocess

from .errors import LabError
from .settings import Settings

NAMESPACE = "qtdeploy"
ALLOWED_SIGNERS = "/etc/qtagent/allowed_signers"
REVOKED_KEYS = "/etc/qtagent/revoked_keys"


def prepare(settings: Settings) -> None:
    """Makes the key, unless there is one; or takes it away, when signatures are off."""
    wanted = os.environ.get("QTLAB_SIGNATURES", "required")
    if wanted not in ("required", "off"):
        raise LabError(f"QTLAB_SIGNATURES={wanted!r}: use required or off")
    if wanted == "off":
        shutil.rmtree(settings.path("keys"), ignore_errors=True)
        return
    if are_demanded(settings):
        return
    os.makedirs(settings.path("keys"), mode=0o700, exist_ok=True)
    generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", operator(), "-f", key(settings)]
    subprocess.run(generate, stdin=subprocess.DEVNULL, check=True)
    with open(f"{key(settings)}.pub", encoding="utf-8") as file:
        kind, public = file.read().split()[:2]
    with open(signers(settings), "w", encoding="utf-8") as file:
        file.write(f'{operator()} namespaces="{NAMESPACE}" {kind} {public}\n')


def are_demanded(settings: Settings) -> bool:
    """Whether this lab's hosts take signed orders alone."""
    return os.path.exists(signers(settings))


def operator() -> str:
    """Who called sudo."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def key(settings: Settings) -> str:
    return settings.path("keys", "operator")


def signers(settings: Settings) -> str:
    return settings.path("keys", "allowed_signers")


def qtctl_environment(settings: Settings) -> dict[str, str]:
    """What makes qtctl sign, or say in words that it does not."""
    if not are_demanded(settings):
        return {"QTCTL_SIGNATURES": "off"}
    return {"QTCTL_SIGNING_KEY": key(settings), "QTCTL_ALLOWED_SIGNERS": signers(settings)}
