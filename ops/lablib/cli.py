"""The verbs of `ops/lab`: what each takes from the command line, and who does it. Exit codes: 0, 1 failed, 2 usage."""

import os
import subprocess
import sys
from collections.abc import Callable, Collection

from . import partition, statedir
from .daemons import CLEAN_ENVIRONMENT
from .errors import LabError, UsageError
from .host import Host
from .hub import Hub
from .lab import Lab, require_root
from .settings import MAX_HOSTS

NOT_UP = 3


def main(arguments: list[str]) -> int:
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    action = VERBS.get({"-h": "help", "--help": "help"}.get(verb, verb))
    try:
        if action is None:
            raise UsageError(f"no verb is called {verb!r}: see ops/lab help")
        return action(Lab(), rest) or 0
    except UsageError as error:
        return _complain(error, 2)
    except LabError as error:
        return _complain(error, 1)
    except subprocess.CalledProcessError as error:
        return _complain(LabError(f"{' '.join(error.cmd)} ended with {error.returncode}"), 1)
    except subprocess.TimeoutExpired as error:
        return _complain(LabError(f"{' '.join(error.cmd)} did not end in {error.timeout:g} s"), 1)
    except OSError as error:
        return _complain(LabError(str(error)), 1)
    except KeyboardInterrupt:
        return 130


def _complain(error: LabError, code: int) -> int:
    print(f"lab: {error}", file=sys.stderr)
    return code


# ---- the lab as a whole


def up(lab: Lab, arguments: list[str]) -> None:
    options = _options("up", arguments, values={"--hosts", "--small"})
    count = options.get("--hosts", "3")
    if not count.isdecimal() or not 1 <= int(count) <= MAX_HOSTS:
        raise UsageError(f"--hosts {count}: use a number from 1 to {MAX_HOSTS}")
    small = set(filter(None, options.get("--small", "").split(",")))
    unknown = small - {f"h{number}" for number in range(1, int(count) + 1)}
    if unknown:
        raise UsageError(f"--small {','.join(sorted(unknown))}: not among the {count} hosts")
    lab.up(int(count), small)


def down(lab: Lab, arguments: list[str]) -> None:
    lab.down(purge="--purge" in _options("down", arguments, flags={"--purge"}))


def status(lab: Lab, arguments: list[str]) -> int:
    _options("status", arguments)
    return 0 if lab.status() else NOT_UP


def provision(lab: Lab, arguments: list[str]) -> None:
    lab.provision(with_agent="--stack-only" not in _options("provision", arguments, flags={"--stack-only"}))


def commit(lab: Lab, arguments: list[str]) -> None:
    options = _options("commit", arguments, values={"--message", "--break"})
    print(lab.commit(message=options.get("--message"), kind=options.get("--break")))


def origin_path(lab: Lab, arguments: list[str]) -> None:
    _options("origin", arguments)
    print(lab.settings.origin)


def help_text(_: Lab, arguments: list[str]) -> None:
    from . import usage

    print(usage.text(), end="")


def redis_daemon(lab: Lab, arguments: list[str]) -> None:
    from . import redis

    actions: dict[str, Callable[[], None]] = {
        "start": lambda: redis.start(lab.settings, lab.hub),
        "stop": lambda: redis.stop(lab.settings, "stop"),
        "kill": lambda: redis.stop(lab.settings, "kill"),
        "lose": lambda: redis.lose(lab.settings, lab.hub),
        "keep": lambda: redis.keep(lab.settings),
        "rewind": lambda: redis.rewind(lab.settings, lab.hub),
        "spoil": lambda: redis.spoil(lab.settings),
        "relieve": lambda: redis.relieve(lab.settings),
    }
    action = actions.get(arguments[0]) if len(arguments) == 1 else None
    if action is None:
        raise UsageError(f"usage: ops/lab redis {'|'.join(actions)}")
    require_root()
    with statedir.locked(lab.settings):
        action()


# ---- one host


def on_host(act: Callable[[Host], None], lock: bool = True) -> Callable[[Lab, list[str]], None]:
    """A verb that takes a host and nothing else."""

    def verb(lab: Lab, arguments: list[str]) -> None:
        if len(arguments) != 1:
            raise UsageError("give one host, for example h1")
        require_root()
        host = lab.known_host(arguments[0])
        if not lock:
            return act(host)
        with statedir.locked(lab.settings):
            act(host)

    return verb


def start(host: Host) -> None:
    Hub(host.settings, host.cgroups).require_pid()
    host.start()
    host.wait_until_ready()


def cut(lab: Lab, arguments: list[str]) -> None:
    if len(arguments) not in (1, 2):
        raise UsageError(f"usage: ops/lab partition HOST [{'|'.join(partition.MODES)}]")
    require_root()
    mode = arguments[1] if len(arguments) == 2 else "drop"
    partition.partition(lab.hub, lab.known_host(arguments[0]), mode)


def heal(lab: Lab, arguments: list[str]) -> None:
    on_host(lambda host: partition.heal(lab.hub, host), lock=False)(lab, arguments)


# ---- commands that take this process's place, so that input, output and exit code are theirs


def execute(lab: Lab, arguments: list[str]) -> None:
    host, command = _command_for(lab, "exec", arguments)
    _become(host.enter(command), _guest_environment())


def run(lab: Lab, arguments: list[str]) -> None:
    host, command = _command_for(lab, "run", arguments)
    _become(host.run(command), _guest_environment())


def hubexec(lab: Lab, arguments: list[str]) -> None:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise UsageError("usage: ops/lab hubexec CMD")
    require_root()
    _become(lab.hub.enter(command), dict(os.environ))


def redis_cli(lab: Lab, arguments: list[str]) -> None:
    require_root()
    _become(["redis-cli", "-s", lab.settings.redis_socket, *arguments], dict(os.environ))


def qtctl(lab: Lab, arguments: list[str]) -> None:
    from . import agent

    require_root()
    _become([f"{agent.binaries(lab.settings)}/qtctl", *arguments], agent.qtctl_environment(lab.settings))


def _command_for(lab: Lab, verb: str, arguments: list[str]) -> tuple[Host, list[str]]:
    require_root()
    if not arguments:
        raise UsageError(f"usage: ops/lab {verb} HOST -- CMD")
    command = arguments[2:] if arguments[1:2] == ["--"] else arguments[1:]
    if not command:
        raise UsageError(f"usage: ops/lab {verb} HOST -- CMD")
    return lab.known_host(arguments[0]), command


def _guest_environment() -> dict[str, str]:
    return CLEAN_ENVIRONMENT | {key: os.environ[key] for key in ("TERM", "NO_COLOR") if key in os.environ}


def _become(command: list[str], environment: dict[str, str]) -> None:
    sys.stdout.flush()
    os.execvpe(command[0], command, environment)


# ---- the lab's own processes, started by the verbs above


def _hub(lab: Lab, _: list[str]) -> None:
    lab.hub.hold()


def _host(lab: Lab, arguments: list[str]) -> None:
    from .supervisor import Supervisor

    Supervisor(lab.settings, arguments[0]).run()


def _options(
    verb: str, arguments: list[str], flags: Collection[str] = (), values: Collection[str] = ()
) -> dict[str, str]:
    """The options by name; anything else on the command line is an error."""
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name in flags and not equals:
            found[name] = ""
        elif name in values and (equals or rest):
            found[name] = value if equals else rest.pop(0)
        elif name in values:
            raise UsageError(f"{name} needs a value")
        else:
            raise UsageError(f"ops/lab {verb} does not take {name!r}: see ops/lab help")
    return found


VERBS: dict[str, Callable[[Lab, list[str]], int | None]] = {
    "up": up,
    "down": down,
    "status": status,
    "provision": provision,
    "exec": execute,
    "run": run,
    "start": on_host(start),
    "poweroff": on_host(Host.poweroff),
    "crash": on_host(Host.crash),
    "freeze": on_host(Host.freeze, lock=False),
    "thaw": on_host(Host.thaw, lock=False),
    "partition": cut,
    "heal": heal,
    "hubexec": hubexec,
    "redis": redis_daemon,
    "redis-cli": redis_cli,
    "commit": commit,
    "origin": origin_path,
    "qtctl": qtctl,
    "help": help_text,
    "_hub": _hub,
    "_host": _host,
}
