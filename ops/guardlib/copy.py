"""A copy of the tree, standing at the tree's own path for one process: so its build goes on where the tree's ended."""

import shutil
import subprocess
import sys
import tempfile

from .guard import OPS, REPOSITORY


def run_in_copy(arguments: list[str]) -> int:
    """Runs `ops/guards` with these arguments in a copy; the tree itself is never changed."""
    scratch = tempfile.mkdtemp(prefix="qtguards.", dir="/var/tmp")
    try:
        print(f"guards: copying {REPOSITORY} to {scratch}", file=sys.stderr)
        subprocess.run(["cp", "-a", "--reflink=auto", f"{REPOSITORY}/.", scratch], check=True)
        # The lab's lock, state and cgroups are elsewhere; the mount is gone with its last process.
        stand = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"'
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", stand, "sh", scratch, REPOSITORY]
        return subprocess.run([*command, f"{OPS}/guards", *arguments], cwd="/", check=False).returncode
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
