"""A rollout over real hosts, beside the same git and systemctl steps run by a script that is on each host already, and beside
Ansible. The observation is left out on both sides: the script has none, and of qtctl's time that of its verify steps is taken off."""

import json
import time

from . import stats, table
from .ansible import Ansible
from .lab import Lab
from .steps import SHORTEST, record

SIZES = (3, 8, 16)
TARGET_HOSTS, TARGET, AIM = 8, 1.10, 1.05


def run(rounds: int) -> None:
    rows = []
    for hosts in SIZES:
        with Lab(hosts) as lab:
            script = record(lab)
            lab.deploy("--batch", "1000")
            ansible = Ansible(lab)
            try:
                version = ansible.version()
                for at_once in (False, True):
                    rows += _compare(lab, script, ansible, at_once, max(3, rounds))
            finally:
                ansible.close()
    table.show(
        f"A rollout of a new commit, {max(3, rounds)} times in turns; {version}",
        ["hosts", "how", "what", "s, median [quartiles]", "x script"],
        rows,
    )


def _compare(lab: Lab, script: str, ansible: Ansible, at_once: bool, rounds: int) -> list[list[str]]:
    how = "all at once" if at_once else "one by one"
    actions = {
        "script": lambda old, new: _script(lab, script, old, new, at_once),
        "shortest script": lambda old, new: _script(lab, SHORTEST, old, new, at_once),
        "qtctl": lambda old, new: _qtctl(lab, at_once),
        "Ansible": lambda old, new: ansible.play(at_once),
    }
    values: dict[str, list[float]] = {name: [] for name in actions}
    head = lab.commit()
    lab.deploy("--batch", "1000")
    for _ in range(rounds):
        for name, action in actions.items():
            new = lab.commit()
            lab.settle()
            values[name].append(action(head, new))
            head = new
    base = stats.median(values["script"])
    rows = [
        [str(len(lab.hosts)), how, name, stats.shown(all_, scale=1, digits=2), f"{stats.median(all_) / base:.2f}"]
        for name, all_ in values.items()
    ]
    if len(lab.hosts) == TARGET_HOSTS:
        ratio = stats.median(values["qtctl"]) / base
        print(f"target: {TARGET_HOSTS} hosts, {how}, at most {TARGET} x the script (aim {AIM}): {ratio:.2f}: {table.verdict(ratio, TARGET)}")
    return rows


def _script(lab: Lab, script: str, old: str, new: str, at_once: bool) -> float:
    full = f"old={old}; new={new}\n{script}"
    begin = time.perf_counter()
    if at_once:
        for shell in lab.shells.values():
            shell.begin(full)
        for shell in lab.shells.values():
            shell.end()
    else:
        for shell in lab.shells.values():
            shell.begin(full)
            shell.end()
    return time.perf_counter() - begin


def _qtctl(lab: Lab, at_once: bool) -> float:
    """From the start of qtctl to its exit, without the time that hosts were observed: of hosts at once the longest."""
    begin = time.perf_counter()
    lines = lab.deploy("--json", "--batch", "1000" if at_once else "1")
    taken = time.perf_counter() - begin
    observed: dict[str, float] = {}
    for line in lines.splitlines():
        event = json.loads(line)
        if event["type"] == "event" and event["step"] == "verify" and event["state"] == "done" and event["ms"]:
            observed[event["host"]] = observed.get(event["host"], 0) + event["ms"] / 1000
    return taken - (max(observed.values()) if at_once else sum(observed.values()))
