"""What an agent costs a host and Redis while nothing is deployed: a real one, with its two services, on a host of the lab."""

import os
import time

from . import table
from .lab import Lab
from .monitor import Monitor

LIMIT_MIB, LIMIT_COMMANDS_S = 20, 1
MINUTE_S = 60
_FACTS = (
    "pid=$(systemctl show -P MainPID qtagent); "
    "echo $(awk '/^VmRSS|^RssAnon/ {print $2}' /proc/$pid/status) $(cut -d' ' -f14,15 /proc/$pid/stat)"
)


def run(rounds: int) -> None:
    with Lab(1, in_memory=False) as lab:
        lab.deploy()
        monitor = Monitor(lab.socket)
        shell = lab.shells["h1"]
        rows, resident, commands = [], 0.0, 0.0
        before = _facts(shell.ask(_FACTS))
        monitor.from_clients()
        for minute in range(1, max(2, rounds // 2) + 1):
            # The time itself is what is measured over.
            time.sleep(MINUTE_S)
            sent = monitor.from_clients()
            after = _facts(shell.ask(_FACTS))
            resident, commands = max(resident, after[0]), max(commands, sent / MINUTE_S)
            rows.append(
                [str(minute), f"{after[0]:.1f}", f"{after[1]:.1f}", f"{(after[2] - before[2]) * 1000:.0f}", str(sent)]
            )
            before = after
        monitor.close()
    table.show("An agent that has nothing to do", ["minute", "MiB resident", "of it its own, no file's", "CPU ms", "Redis commands"], rows)
    print(f"target: at most {LIMIT_MIB} MiB resident: {table.verdict(resident, LIMIT_MIB)}")
    print(f"target: at most {LIMIT_COMMANDS_S} Redis command a second: {table.verdict(commands, LIMIT_COMMANDS_S)}")


def _facts(line: str) -> tuple[float, float, float]:
    """MiB that are resident, MiB of them that no file backs, and seconds of processor time."""
    resident, anonymous, user, system = map(int, line.split())
    return resident / 1024, anonymous / 1024, (user + system) / os.sysconf("SC_CLK_TCK")
