"""Tries, from inside the agent's sandbox, what the sandbox must stop, and what the agent must be able to do.

Prints one line per try: its name, a colon, and `open` or the error that stopped it. Run as a copy of the agent's unit.
Arguments: the tree's owner, and a checkout of that user.
"""

import ctypes
import errno
import mmap
import os
import pwd
import socket
import stat
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
OWNER, CHECKOUT = pwd.getpwnam(sys.argv[1]), sys.argv[2]
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000
ADDR_NO_RANDOMIZE = 0x0040000
PR_CAPBSET_READ = 23
# linux/capability.h: those that the agent is for.
WANTED = {2: "DAC_READ_SEARCH", 5: "KILL", 6: "SETGID", 7: "SETUID", 19: "SYS_PTRACE"}


def call(name, *arguments):
    """A function of the C library; its error is raised."""
    ctypes.set_errno(0)
    answer = getattr(LIBC, name)(*arguments)
    if answer == -1:
        raise OSError(ctypes.get_errno(), name)
    return answer


def write(path):
    with open(path, "w", encoding="ascii"):
        pass
    os.unlink(path)


def listen_at(path):
    """As the agent does for its metrics."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        os.chmod(path, 0o660)
        listener.listen()
    os.unlink(path)


def in_child(action):
    """Where it changes nothing for what is tried next."""
    child = os.fork()
    if child == 0:
        code = 0
        try:
            action()
        except OSError as error:
            code = error.errno
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise OSError(code, "in the child")


def as_owner(action):
    """As the tree's owner: what git does."""

    def become_and_act():
        os.initgroups(OWNER.pw_name, OWNER.pw_gid)
        os.setgid(OWNER.pw_gid)
        os.setuid(OWNER.pw_uid)
        action()

    in_child(become_and_act)


def execute_from(folder):
    path = f"{folder}/probe"
    try:
        with open("/usr/bin/true", "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        os.chmod(path, 0o755)
        os.access(path, os.R_OK)
        if os.spawnv(os.P_WAIT, path, [path]) == 127:
            raise OSError(errno.EACCES, "not executed")
    finally:
        os.unlink(path)


def set_user_id_bit():
    path = f"{CHECKOUT}/.git/probe-suid"
    write_descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)
    try:
        os.fchmod(write_descriptor, 0o644 | stat.S_ISUID)
    finally:
        os.close(write_descriptor)
        os.unlink(path)


def write_and_execute_memory():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def other_capabilities():
    extra = [n for n in range(41) if call("prctl", PR_CAPBSET_READ, n, 0, 0, 0) == 1 and n not in WANTED]
    if not extra:
        raise OSError(errno.EPERM, "none")


def own_capabilities():
    missing = [name for n, name in WANTED.items() if call("prctl", PR_CAPBSET_READ, n, 0, 0, 0) != 1]
    if missing:
        raise OSError(errno.EPERM, " ".join(missing))


def same_as_init(kind):
    if os.readlink(f"/proc/self/ns/{kind}") != os.readlink(f"/proc/1/ns/{kind}"):
        raise OSError(errno.EACCES, "another namespace")


def socket_of(family, kind):
    socket.socket(family, kind).close()


def realtime():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def make_device():
    path = "/var/lib/qtagent/probe-null"
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink(path)


def seccomp_errno(name, *arguments):
    """A call that would fail anyhow with another error than EPERM: only EPERM is the filter's."""
    try:
        call(name, *arguments)
    except OSError as error:
        if error.errno == errno.EPERM:
            raise


MUST_BE_STOPPED = {
    "write /usr": lambda: write("/usr/probe"),
    "write /etc": lambda: write("/etc/probe"),
    "write /root": lambda: write("/root/probe"),
    "write /var": lambda: write("/var/probe"),
    "write /run": lambda: write("/run/probe"),
    "write another's home": lambda: write(f"{CHECKOUT}/probe"),
    "execute from a checkout": lambda: as_owner(lambda: execute_from(f"{CHECKOUT}/.git")),
    "execute from /tmp": lambda: execute_from("/tmp"),
    "execute from the state": lambda: execute_from("/var/lib/qtagent"),
    "execute from /run/qtagent": lambda: execute_from("/run/qtagent"),
    "set-user-id": lambda: as_owner(set_user_id_bit),
    "sysctl": lambda: open("/proc/sys/kernel/hostname", "w", encoding="ascii").close(),
    "cgroups": lambda: os.mkdir("/sys/fs/cgroup/probe"),
    "kernel log": lambda: seccomp_errno("klogctl", 99, None, 0),
    "kernel modules": lambda: seccomp_errno("delete_module", b"", 0),
    "clock": lambda: seccomp_errno("clock_settime", 99, bytes(16)),
    "hostname": lambda: seccomp_errno("sethostname", None, ctypes.c_size_t(4096)),
    "mount": lambda: seccomp_errno("mount", None, None, None, 0, None),
    "user namespace": lambda: in_child(lambda: call("unshare", CLONE_NEWUSER)),
    "mount namespace": lambda: in_child(lambda: call("unshare", CLONE_NEWNS)),
    "netlink": lambda: socket_of(socket.AF_NETLINK, socket.SOCK_RAW),
    "packets": lambda: socket_of(socket.AF_PACKET, socket.SOCK_RAW),
    "write unit files": lambda: write("/etc/systemd/system/probe.conf"),
    "real time": realtime,
    "personality": lambda: call("personality", ADDR_NO_RANDOMIZE),
    "writable code": write_and_execute_memory,
    "devices": lambda: os.stat("/dev/console"),
    "make a device": make_device,
    "change an owner": lambda: seccomp_errno("chown", b"/nonexistent", 0, 0),
    "other capabilities": other_capabilities,
    "the host's /tmp": lambda: os.stat("/tmp/of-the-host"),
    "the host's ipc": lambda: same_as_init("ipc"),
    "the host's name": lambda: same_as_init("uts"),
    "the host's mounts": lambda: same_as_init("mnt"),
    "processes, for git": lambda: as_owner(lambda: os.stat("/proc/1/stat")),
    "new privileges": lambda: open("/proc/self/status", encoding="ascii").read().index("NoNewPrivs:\t0"),
}

MUST_WORK = {
    "write the state": lambda: write("/var/lib/qtagent/probe"),
    "offer metrics": lambda: listen_at("/run/qtagent/probe.sock"),
    "write the checkout, as its owner": lambda: as_owner(lambda: write(f"{CHECKOUT}/.git/probe")),
    "see where services run": lambda: os.readlink(f"/proc/{sys.argv[3]}/cwd"),
    "see services' sockets": lambda: os.listdir(f"/proc/{sys.argv[3]}/fd"),
    "read files of others": lambda: os.listdir(f"{CHECKOUT}/.git"),
    "signal others": lambda: os.kill(int(sys.argv[3]), 0),
    "reach systemd": lambda: os.stat("/run/systemd/private"),
    "TCP": lambda: socket_of(socket.AF_INET, socket.SOCK_STREAM),
    "own capabilities": own_capabilities,
}


def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    except ValueError:
        return "not found"
    return "open"


for name, action in MUST_BE_STOPPED.items():
    print(f"stop {name}: {attempt(action)}")
for name, action in MUST_WORK.items():
    print(f"work {name}: {attempt(action)}")
