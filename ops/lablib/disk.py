"""A host's disk: an overlay over the machine's own root (or another base), and the few files that make it a host."""

import hashlib
import os
import shutil
import subprocess

from . import image
from .settings import MAX_HOSTS, Settings

# Not multi-user.target: that would start whatever the machine itself has enabled.
TARGET = """\
[Unit]
Description=Lab host: the base system, D-Bus and what the lab installs
Requires=sysinit.target dbus.socket
Wants=dbus.service
After=sysinit.target dbus.socket dbus.service
AllowIsolate=yes
"""

# The stack's units want a Redis; on a machine that has Debian's, each host would start one of its own.
MASKED = ("redis.service", "redis-server.service")


def machine_id(settings: Settings, host: str) -> str:
    """Distinct per host and lab, and the same again after a restart, as on a real machine."""
    return hashlib.md5(f"{settings.name}-{host}".encode(), usedforsecurity=False).hexdigest()


def seed(settings: Settings, host: str, upper: str) -> None:
    """Writes the host's identity into the upper layer of a new disk."""
    identity = machine_id(settings, host) + "\n"
    names = ["127.0.0.1 localhost", f"{settings.hub_address} hub redis origin"]
    names += [f"{settings.address(f'h{n}')} h{n}" for n in range(1, MAX_HOSTS + 1)]
    files = {
        # Both, or D-Bus gives every host the machine's own id.
        "etc/machine-id": identity,
        "var/lib/dbus/machine-id": identity,
        "etc/hostname": host + "\n",
        "etc/hosts": "\n".join(names) + "\n",
        "etc/fstab": "",
        "etc/resolv.conf": "",
        "etc/systemd/system/qtlab.target": TARGET,
    }
    for path, text in files.items():
        target = os.path.join(upper, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
    for unit in MASKED:
        os.symlink("/dev/null", f"{upper}/etc/systemd/system/{unit}")


def mount(settings: Settings, host: str, base: str) -> str:
    """Mounts the host's root, visible in the caller's private mount namespace only, and returns its path."""
    folder = settings.path("h", host)
    store, root = _store(settings, host, folder), f"{folder}/root"
    upper, work = f"{store}/upper", f"{store}/work"
    new = not os.path.isdir(upper)
    for path in (upper, work, root):
        os.makedirs(path, exist_ok=True)
    if new:
        seed(settings, host, upper)
        if image.exists(folder):
            image.sync(store)
    # Left by an overlay that was not unmounted (a crash); the kernel refuses to mount over it.
    shutil.rmtree(f"{work}/work/incompat", ignore_errors=True)
    layers = f"lowerdir={base},upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", f"{settings.name}-{host}", "-o", layers, root], check=True)
    return root


def _store(settings: Settings, host: str, folder: str) -> str:
    """Where the upper layer is kept: on disk, on a disk of the host's own, or in memory (lost at a crash)."""
    kind = settings.upper or ("tmpfs" if _is_overlay(folder) else "disk")
    # A host keeps its disk, also where a later command has other settings.
    if image.exists(folder) or kind.startswith("image"):
        return image.mount(folder, kind.partition(":")[2] or image.DEFAULT_SIZE)
    if kind == "disk":
        return f"{folder}/disk"
    size = kind.partition(":")[2] or "1g"
    memory = f"{folder}/memory"
    os.makedirs(memory, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", f"{settings.name}-{host}", memory, "-o", f"size={size}"], check=True)
    return memory


def _is_overlay(folder: str) -> bool:
    """An overlay's upper layer can't lie on another overlay, which is what a Docker container has."""
    answer = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True)
    return answer.stdout.strip() == "overlayfs"
