"""The text of `ops/lab help`."""

import textwrap

from . import origin, partition

VERBS = """\
ops/lab: real systemd hosts on one Linux machine, with Redis, a git origin and the trading stack

  up [--hosts N] [--small H,H]   boot the hub and hosts h1..hN (default 3); more hosts may be added later;
                                 small ones are a bare Debian: no toolchain, no hiredis, none of the machine's files
  down [--purge]                 end everything and remove its disks; --purge removes the logs too
  status                         what is up; exit code 3 when the lab is down
  provision [--stack-only]       Redis and the git origin in the hub; on each host the stack, the agent, enrolled

  exec HOST -- CMD               a command as root in the host's namespaces (quick; not frozen with the host)
  run HOST -- CMD                a command as a transient unit of the host (its limits and its cgroup)
  start|poweroff|crash HOST      boot; orderly shutdown; power loss (see QTLAB_UPPER)
  freeze|thaw HOST               stop all of the host's processes in place; let them go on
  partition HOST [MODE]          cut the host's network; heal HOST undoes it
  heal HOST
  hubexec CMD                    a command in the hub's network
  redis start|stop|kill          Redis itself: start it again after stop (orderly) or kill (a crash)
  redis lose|spoil|relieve       a crash that loses all data; saving fails (MISCONF) until relieve
  redis keep|rewind              a copy of what is on the disk; a crash that comes back from that copy
  redis-cli ARGS                 redis-cli on the lab's Redis

  commit [--message M] [--break KIND]
                                 a new release on the origin's main; prints its commit
  origin                         print the path of the origin's bare repository
  qtctl ARGS                     qtctl on the lab's fleet
  help                           this text
"""

SETTINGS = """\
Settings, from the environment:
  QTLAB_NAME        the lab's name (qtlab); labs with different names run side by side
  QTLAB_DIR         its folder (/var/tmp/NAME); /dev/shm/NAME is faster
  QTLAB_NET         its network's first three numbers (10.77.0); visible inside the lab only
  QTLAB_BASE        the hosts' root file system (/)
  QTLAB_UPPER       where hosts write: disk (the machine's; a crash loses nothing that was written), image[:SIZE] (a file
                    system of its own; a crash loses what was not synced) or tmpfs[:SIZE] (in memory; a crash loses all);
                    a small SIZE tests a full disk
  QTLAB_TARBALL     a release (make dist) that hosts install; small hosts need one
  QTLAB_BIN         else the folder of qtagent and qtctl (the newest of .build/release and .build/debug)
  QTLAB_ACCESS      open: no users and no TLS in Redis, hosts take unsigned orders; what a lab was made as it stays (closed)
  QTLAB_STABLE_FOR  how long the agent watches a restarted service, for example 3s (the agent's default)
"""


def text() -> str:
    """Everything that `help` prints."""
    return "\n".join(
        [
            VERBS,
            "Modes of partition:\n" + _table(partition.MODES),
            "Kinds of broken releases (a good commit afterwards, or going back, heals them):\n"
            + _table(origin.break_kinds()),
            SETTINGS,
        ]
    )


def _table(entries: dict[str, str]) -> str:
    lines = []
    for name, meaning in entries.items():
        indent = " " * 20
        words = textwrap.fill(" ".join(meaning.split()), 110, initial_indent=indent, subsequent_indent=indent)
        lines.append(f"  {name:<18}{words[20:]}" if len(name) < 18 else f"  {name}\n{words}")
    return "\n".join(lines) + "\n"
