"""The root file system of small hosts: the machine's own Debian release with nothing but what a host of the product needs.

Made by mmdebstrap from the machine's package sources, once; a tree that other packages were asked for is another one.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess

from .errors import LabError

CACHE = "/var/cache/qtlab"
# systemd to boot, D-Bus for systemctl, git and ssh-keygen for the agent; python3, iproute2 and certificates for the stack.
PACKAGES = ("ca-certificates", "dbus", "git", "iproute2", "openssh-client", "python3", "systemd")


def find() -> str:
    """The tree's path; it is made where it is missing, which takes a minute. Call it with the lab's lock held."""
    release = _release()
    key = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:8]
    tree = f"{CACHE}/{release}-{key}"
    if os.path.isdir(tree):
        return tree
    if shutil.which("mmdebstrap") is None:
        raise LabError("small hosts need mmdebstrap: run apt-get install -y --no-install-recommends mmdebstrap")
    os.makedirs(CACHE, exist_ok=True)
    # Two labs may make one at once: each makes its own, and the first name wins.
    new = f"{tree}.{os.getpid()}"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", release, new]
    answer = subprocess.run(
        [*command, *_sources(release)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        if answer.returncode != 0:
            raise LabError(f"mmdebstrap ended with {answer.returncode}:\n{answer.stderr.rstrip()}")
        if not os.path.isdir(tree):
            os.rename(new, tree)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return tree


def _release() -> str:
    with open("/etc/os-release", encoding="utf-8") as file:
        found = re.search(r"^VERSION_CODENAME=\"?([a-z]+)\"?$", file.read(), re.MULTILINE)
    if found is None:
        raise LabError("/etc/os-release has no VERSION_CODENAME: small hosts need Debian or Ubuntu")
    return found[1]


def _sources(release: str) -> list[str]:
    """The machine's own package sources of this release, and none of other vendors."""
    found = []
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        try:
            with open(path, encoding="utf-8") as file:
                if re.search(rf"(?m)^(deb|Suites:)(\s.*)?\s{release}(\s|$)", file.read()):
                    found.append(path)
        except FileNotFoundError:
            continue
    if not found:
        raise LabError(f"no package source of {release} in /etc/apt: small hosts are made from those")
    return found
