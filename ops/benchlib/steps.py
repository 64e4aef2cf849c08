"""The git and systemctl steps of a deployment, as a shell script: what the agent itself ran for one, recorded on a host, so that
the comparison is with the same work and not with less."""

import re
import shlex
import time

from .lab import SERVICES, TREE, Lab

# What the agent starts; what those start in turn is theirs.
PROGRAMS = ("/usr/bin/setpriv", "/usr/bin/git", "/usr/bin/systemctl", "/usr/bin/sync")
# What a person would write, without a question asked before or a look taken after.
SHORTEST = "\n".join(
    [
        f"setpriv --reuid=qt --regid=qt --init-groups git -C {TREE} fetch --quiet origin main",
        f"setpriv --reuid=qt --regid=qt --init-groups git -C {TREE} merge --quiet --ff-only $new",
        f"systemctl restart {' '.join(SERVICES)}",
    ]
)
_EXEC = re.compile(r'execve\("([^"]*)", \[(.*)\], 0x[0-9a-f]+ /\* \d+ vars \*/\) = 0$')


def record(lab: Lab) -> str:
    """Deploys a new commit to the first host and returns its steps up to the end of the restarts, as a script in which
    `$old` and `$new` stand for the commits. The observation is not among them."""
    host, shell = lab.hosts[0], lab.shells[lab.hosts[0]]
    old = shell.ask(f"git -c safe.directory='*' -C {TREE} rev-parse HEAD")
    new = lab.commit()
    shell.ask(
        "systemd-run --quiet --collect --unit=tracer strace -f -qq -s 4000 -e trace=execve -o /run/steps "
        "-p $(systemctl show -P MainPID qtagent) && echo started"
    )
    end = time.monotonic() + 30
    while shell.ask("grep -c '^TracerPid:[[:space:]]*[1-9]' /proc/$(systemctl show -P MainPID qtagent)/status") != "1":
        if time.monotonic() > end:
            raise RuntimeError("strace did not attach to the agent")
    lab.deploy("--host", host)
    shell.ask("systemctl stop tracer; echo over")
    lines = lab.run("exec", host, "--", "cat", "/run/steps").split("\n")
    return _script(lines, old, new)


def _script(lines: list[str], old: str, new: str) -> str:
    commands: list[list[str]] = []
    # A program that another one of them has become: setpriv becomes git.
    seen: set[str] = set()
    for line in lines:
        process, _, call = line.partition(" ")
        found = _EXEC.fullmatch(call.strip())
        if not found or found[1] not in PROGRAMS or process in seen:
            continue
        seen.add(process)
        commands.append([found[1], *_words(found[2])[1:]])
    last = max(index for index, words in enumerate(commands) if "restart" in words and "--no-block" in words)
    kept = commands[: last + 2]
    quoted = [" ".join(_quote(word, old, new) for word in _blocking(words)) for words in kept]
    return "\n".join(f"{line} </dev/null || :" for line in quoted)


def _words(text: str) -> list[str]:
    words = re.findall(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?', text)
    return [word.encode().decode("unicode_escape") for word in words]


def _blocking(words: list[str]) -> list[str]:
    """A script has nothing better to do than to wait for the restart, which the agent polls for."""
    return [word for word in words if word not in ("--no-block", "--show-transaction", "--job-mode=fail")]


def _quote(word: str, old: str, new: str) -> str:
    return shlex.quote(word).replace(old, "'$old'").replace(new, "'$new'")
