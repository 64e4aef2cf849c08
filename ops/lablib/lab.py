"""One lab: its settings with the hub and the hosts that stand on them, and the verbs that concern several of these."""

import os
import time
from collections.abc import Callable

from . import image, statedir
from .cgroups import CgroupTree
from .errors import LabError
from .host import Host
from .hub import Hub
from .settings import Settings

# Some modules are imported where they are used: every `exec` would pay for loading them here.


class Lab:
    def __init__(self) -> None:
        self.settings = Settings.from_environment()
        self.cgroups = CgroupTree(self.settings.name)
        self.hub = Hub(self.settings, self.cgroups)

    def host(self, name: str) -> Host:
        return Host(self.settings, self.cgroups, name)

    def known_host(self, name: str) -> Host:
        host = self.host(name)
        if not host.exists():
            hosts = " ".join(self.settings.hosts()) or "none"
            raise LabError(f"there is no host {name} in this lab (there is: {hosts}): run ops/lab up --hosts N")
        return host

    def running_hosts(self) -> list[Host]:
        return [host for host in map(self.host, self.settings.hosts()) if host.leader() is not None]

    def up(self, count: int, small: set[str]) -> None:
        """Boots the hub and so many hosts; those of `small` from a Debian that has nothing but what hosts need."""
        from . import preflight, smalltree

        began = time.monotonic()
        require_root()
        preflight.require_machine()
        preflight.require_loop_devices(self.settings)
        statedir.prepare(self.settings)
        with statedir.locked(self.settings):
            preflight.require_cgroups(self.settings)
            self.hub.up()
            hosts = [self.host(f"h{number}") for number in range(1, count + 1)]
            tree = smalltree.find() if small else ""
            for host in hosts:
                if host.name in small:
                    host.choose_base(tree)
                host.start()
            for host in hosts:
                host.wait_until_ready()
        self._close(f"{_hosts(count)} up", began)

    def down(self, purge: bool) -> None:
        began = time.monotonic()
        require_root()
        if os.path.exists(self.settings.path(statedir.MARKER)):
            with statedir.locked(self.settings):
                self.cgroups.kill()
                self.cgroups.remove()
                image.wait_until_released(self.settings.state)
                statedir.remove_contents(self.settings)
                if purge:
                    statedir.remove_all(self.settings)
        self._close("down", began)

    def provision(self, with_agent: bool) -> None:
        from . import access, agent, origin, preflight, redis, stack

        began = time.monotonic()
        require_root()
        preflight.require_machine()
        if with_agent:
            agent.require_files(self.settings)
        with statedir.locked(self.settings):
            # A lab of the stack alone has nobody who would sign or sign in.
            if with_agent:
                access.prepare(self.settings)
            redis.start(self.settings, self.hub)
            redis.shorten_lease(self.settings)
            origin.create(self.settings)
            origin.serve(self.settings, self.hub)

            release = agent.release(self.settings) if with_agent else ""
            hosts = self.running_hosts()
            if with_agent:
                names = [host.name for host in hosts]
                access.admit(self.settings, f"{agent.binaries(self.settings)}/qtctl", names)

            def provision_host(host: Host) -> None:
                stack.provision(host)
                if with_agent:
                    agent.provision(self.settings, host, release)
                host.settle()

            _on_all(hosts, provision_host)
        self._close(f"{_hosts(len(hosts))} provisioned", began)

    def commit(self, message: str | None, kind: str | None) -> str:
        from . import origin, stack

        require_root()
        with statedir.locked(self.settings):
            leaves_behind = kind is not None and os.path.exists(f"{origin.BREAKS}/{kind}/left-behind.py")
            hosts = self.running_hosts() if leaves_behind else []
            if leaves_behind and not hosts:
                raise LabError(f"{kind} needs hosts that are up: run ops/lab up")
            release = origin.commit(self.settings, message, kind)
            if leaves_behind:
                _on_all(hosts, lambda host: stack.leave_behind(host, kind, release))
        return release.commit

    def status(self) -> bool:
        """Prints the lab's state and returns whether it is up."""
        require_root()
        hub = self.hub.pid()
        print(f"lab {self.settings.name} in {self.settings.state}: {'up' if hub else 'down'}")
        if hub is None:
            return False
        from concurrent.futures import ThreadPoolExecutor

        from . import redis

        answers = "answers" if redis.answers(self.settings) else "does not answer"
        print(f"  hub   {self.settings.hub_address:<15} Redis {answers}")
        hosts = [self.host(name) for name in self.settings.hosts()]
        with ThreadPoolExecutor() as pool:
            for host, state in zip(hosts, pool.map(Host.state, hosts), strict=True):
                print(f"  {host.name:<5} {self.settings.address(host.name):<15} {state}")
        return True

    def _close(self, what: str, began: float) -> None:
        print(f"lab {self.settings.name}: {what} in {time.monotonic() - began:.1f} s")


def require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("root needed (sudo)")


def _on_all(hosts: list[Host], action: Callable[[Host], None]) -> None:
    """Does it on all hosts at once; every host is tried, then the first error counts."""
    if not hosts:
        raise LabError("no host is up: run ops/lab up")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        for result in [pool.submit(action, host) for host in hosts]:
            result.result()


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"
