"""What the machine must have before a lab can stand on it."""

import os
import shutil
import subprocess

from .cgroups import unified_root
from .errors import LabError
from .settings import Settings

# Debian's and Ubuntu's package for each program that the lab starts.
PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "systemctl": "systemd",
    "dbus-daemon": "dbus",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "nft": "nftables",
    "git": "git",
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "useradd": "passwd",
    "mkfs.ext4": "e2fsprogs",
}


def require_machine() -> None:
    """Packages and rights; changes nothing."""
    _require_packages()
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise LabError("cannot make namespaces: no CAP_SYS_ADMIN (in Docker: --privileged)")


def _require_packages() -> None:
    missing = sorted({package for program, package in PACKAGES.items() if shutil.which(program) is None})
    if missing:
        names = " ".join(missing)
        raise LabError(f"missing packages: {names}\nrun: apt-get install -y --no-install-recommends {names}")


def require_loop_devices(settings: Settings) -> None:
    """For hosts with disks of their own."""
    if settings.upper.startswith("image") and not os.path.exists("/dev/loop-control"):
        raise LabError(f"QTLAB_UPPER={settings.upper}: no loop devices here (in Docker: --privileged)")


def require_cgroups(settings: Settings) -> None:
    """Makes the lab's group. Call it with the lock held: so `down` finds what is made here."""
    root = unified_root()
    if not os.path.exists(f"{root}/cgroup.procs"):
        raise LabError("no cgroup2 tree at /sys/fs/cgroup or /sys/fs/cgroup/unified: mount one")
    group = f"{root}/{settings.name}"
    try:
        os.makedirs(group, exist_ok=True)
    except OSError:
        # Docker mounts the tree read-only; with enough rights that can be undone.
        subprocess.run(["mount", "-o", "remount,rw", root], stderr=subprocess.DEVNULL, check=False)
        try:
            os.makedirs(group, exist_ok=True)
        except OSError as error:
            raise LabError(f"cannot create {group}: {error.strerror} (in Docker: --privileged)") from error
