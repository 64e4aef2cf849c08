"""A host's disk of its own: an ext4 file system in a sparse file on a loop device, so that its power can be cut."""

import fcntl
import glob
import os
import struct
import subprocess
import time

from .errors import LabError

NAME = "disk.img"
DEFAULT_SIZE = "8g"
RELEASE_LIMIT_S = 10
LOOP_MAJOR = 7

OPTIONS = (
    # The device goes with its last mount, however that ends.
    "loop",
    # Nothing reaches the disk but what somebody syncs: no commit from time to time, and none because a file was renamed
    # over another one, which other file systems don't do either.
    "commit=86400",
    "noauto_da_alloc",
    # The image is the disk, and the machine keeps its power: what was written to the image is there.
    "barrier=0",
    "noinit_itable",
)
FORMAT = ["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"]

# EXT4_IOC_SHUTDOWN and its "no log flush": from this moment on the file system writes nothing more, as at a loss of power.
IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = struct.pack("I", 2)


def exists(folder: str) -> bool:
    """Whether the host of this folder has its disk in an image."""
    return os.path.exists(f"{folder}/{NAME}")


def mount(folder: str, size: str) -> str:
    """Mounts the host's image, which is made where it is missing, and returns the mount point."""
    path, store = f"{folder}/{NAME}", f"{folder}/disk"
    if not os.path.exists(path):
        # Whoever is killed here leaves no image that is not a file system.
        subprocess.run(["truncate", f"--size={size.upper()}", path + ".new"], check=True)
        subprocess.run([*FORMAT, path + ".new"], check=True)
        os.rename(path + ".new", path)
    os.makedirs(store, exist_ok=True)
    subprocess.run(["mount", "-t", "ext4", "-o", ",".join(OPTIONS), path, store], check=True)
    return store


def sync(path: str) -> None:
    """Writes all of a host's file system to its disk: what the lab puts there itself must outlast a loss of power."""
    subprocess.run(["sync", "--file-system", "--", path], check=True)


def cut_power(folder: str, pid: int) -> None:
    """Takes the image's power away; `pid` sees it mounted. What was not synced to it is lost."""
    try:
        store = os.open(f"/proc/{pid}/root{folder}/disk", os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return  # The host had not come to mount it.
    try:
        # Before the mount this is a folder of the machine's own file system, which must keep its power.
        if _backing_file(os.fstat(store).st_dev) == f"{folder}/{NAME}":
            fcntl.ioctl(store, IOC_SHUTDOWN, NO_LOG_FLUSH)
    finally:
        os.close(store)


def wait_until_released(folder: str) -> None:
    """Waits until no loop device has an image under the folder; the kernel lets go after the last process' end."""
    deadline = time.monotonic() + RELEASE_LIMIT_S
    while held := [image for image in _images() if image.startswith(folder + "/")]:
        if time.monotonic() > deadline:
            raise LabError(f"{held[0]} is still mounted, or has a loop device: see losetup --all and findmnt")
        time.sleep(0.005)


def _images() -> list[str]:
    found = []
    for path in glob.glob("/sys/block/loop*/loop/backing_file"):
        try:
            with open(path, encoding="utf-8") as file:
                found.append(file.read().rstrip("\n"))
        except OSError:
            continue  # Released while we looked.
    return found


def _backing_file(device: int) -> str:
    """The file behind a loop device; empty for any other device."""
    if os.major(device) != LOOP_MAJOR:
        return ""
    with open(f"/sys/dev/block/{LOOP_MAJOR}:{os.minor(device)}/loop/backing_file", encoding="utf-8") as file:
        return file.read().rstrip("\n")
