"""The git origin of the trading stack: a bare repository on this machine, served read-only inside the lab."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

from .daemons import CLEAN_ENVIRONMENT, tail
from .errors import LabError, UsageError
from .hub import Hub
from .settings import OPS, Settings

STACK = f"{OPS}/stack"
BREAKS = f"{OPS}/stack-breaks"
VERSION_FILE = "microservices/shared/version.py"
BRANCH = "main"
GIT_PORT = 9418
START_LIMIT_S = 10
AUTHOR = ("Quantum Trader Developers", "developers@quantum-trader.example")


@dataclass(frozen=True)
class Release:
    commit: str
    version: str


def create(settings: Settings) -> None:
    """Makes the repository with the stack's first release, unless it is there."""
    if os.path.exists(settings.origin):
        return
    building = settings.origin + ".new"
    shutil.rmtree(building, ignore_errors=True)
    _git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", building)
    _commit(building, message="Quantum Trader 1.0.0", kind=None)
    os.rename(building, settings.origin)


def serve(settings: Settings, hub: Hub) -> None:
    """git://origin/origin.git for the hosts."""
    if _is_served(settings, hub):
        return
    command = ["git", "daemon", "--reuseaddr", f"--listen={settings.hub_address}", f"--port={GIT_PORT}"]
    command += ["--export-all", f"--base-path={settings.state}", settings.origin]
    hub.start_daemon(command, "git-daemon")
    deadline = time.monotonic() + START_LIMIT_S
    while not _is_served(settings, hub):
        if time.monotonic() > deadline:
            raise LabError(f"git daemon did not start:\n{tail(settings.log('git-daemon'))}")
        time.sleep(0.02)


def commit(settings: Settings, message: str | None, kind: str | None) -> Release:
    """A new release on the origin's main branch: a good one, or one that misbehaves as the kind says."""
    if kind is not None and kind not in break_kinds():
        kinds = "\n".join(f"  {name}" for name in break_kinds())
        raise UsageError(f"no way to break a release is called {kind!r}; these are:\n{kinds}")
    if not os.path.exists(settings.origin):
        raise LabError("there is no origin yet: run ops/lab provision")
    return _commit(settings.origin, message, kind)


def break_kinds() -> dict[str, str]:
    """Every way to break a release with what it does: a folder each under ops/stack-breaks."""
    kinds = {}
    for name in sorted(os.listdir(BREAKS)):
        about = f"{BREAKS}/{name}/about.txt"
        if os.path.exists(about):
            with open(about, encoding="utf-8") as file:
                kinds[name] = file.read().strip()
    return kinds


def _commit(repository: str, message: str | None, kind: str | None) -> Release:
    with tempfile.TemporaryDirectory(dir=os.path.dirname(repository), prefix="commit.") as tree:
        _git("clone", "--quiet", repository, tree)
        _git("-C", tree, "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        version = _next_version(tree, kind)
        # The whole tree anew: so a good release after a broken one is whole again.
        _git("-C", tree, "rm", "-r", "-q", "--ignore-unmatch", ".")
        shutil.copytree(STACK, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        if kind is not None:
            shutil.copytree(f"{BREAKS}/{kind}/tree", tree, dirs_exist_ok=True)
        _write_version(tree, version)
        _git("-C", tree, "add", "--all")
        _git("-C", tree, "commit", "--quiet", f"--message={message or f'Quantum Trader {version}'}")
        _git("-C", tree, "push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
        return Release(commit=_git("-C", tree, "rev-parse", "HEAD").strip(), version=version)


def _next_version(tree: str, kind: str | None) -> str:
    releases = _git("-C", tree, "rev-list", "--count", "--all").strip()
    return f"1.0.{releases}" + (f"+{kind}" if kind else "")


def _write_version(tree: str, version: str) -> None:
    path = f"{tree}/{VERSION_FILE}"
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    lines = [f'VERSION = "{version}"' if line.startswith("VERSION = ") else line for line in lines]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _git(*arguments: str) -> str:
    name, email = AUTHOR
    environment = CLEAN_ENVIRONMENT | {
        # The machine's own git configuration (hooks, signing, templates) is none of the origin's business.
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True, env=environment, check=False)
    if answer.returncode != 0:
        raise LabError(f"git {' '.join(arguments)} failed:\n{answer.stderr.rstrip()}")
    return answer.stdout


def _is_served(settings: Settings, hub: Hub) -> bool:
    """Asks for the branch as a host would."""
    url = f"git://{settings.hub_address}/{os.path.basename(settings.origin)}"
    command = hub.enter(["git", "ls-remote", "--exit-code", url, BRANCH])
    answer = subprocess.run(command, capture_output=True, env=CLEAN_ENVIRONMENT, timeout=START_LIMIT_S, check=False)
    return answer.returncode == 0
