"""A lab of real systemd hosts for the rollouts, with a shell on each that is there before anything is timed."""

import os
import shlex
import subprocess
import time

from . import machine

OPS = os.path.join(machine.ROOT, "ops")
NAME = "qtbench"
SERVICES = ("quantum-apply-layer", "quantum-reconcile-engine")
TREE = "/home/qt/quantum_trader"
LIMIT_S = 600
SETTLED_S = 3


class Shell:
    """A root shell on a host: what it is told to do costs no start of anything."""

    def __init__(self, lab: "Lab", host: str) -> None:
        self.process = subprocess.Popen(
            [f"{OPS}/lab", "exec", host, "--", "sh"],
            env=lab.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, script: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{{ {script}\n}} >/dev/null 2>/run/bench.err; echo $?\n")
        self.process.stdin.flush()

    def end(self) -> None:
        assert self.process.stdout
        code = self.process.stdout.readline().strip()
        if code != "0":
            raise RuntimeError(f"the script on a host ended with {code}")

    def ask(self, script: str) -> str:
        """What a script of one line prints."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(script + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Lab:
    """Hosts with the release on them. In memory one disk does not stand for many; on it a program's pages count as they do on a
    real host, and not all of them from the start."""

    def __init__(self, hosts: int, in_memory: bool = True) -> None:
        self.hosts = [f"h{number}" for number in range(1, hosts + 1)]
        state = os.environ.get("QTLAB_DIR", f"/var/tmp/{NAME}")
        self.socket = os.path.join(state, "sock/redis.sock")
        self.environment = os.environ | {
            "QTLAB_NAME": NAME,
            "QTLAB_DIR": state,
            "QTLAB_BIN": machine.RELEASE,
            "QTLAB_UPPER": "tmpfs" if in_memory else "disk",
            "QTLAB_STABLE_FOR": "1s",
            "QTLAB_ACCESS": "open",
            "XDG_STATE_HOME": f"{state}-state",
            "QTCTL_FLEET": "lab",
            "QTCTL_REDIS": f"unix:{self.socket}",
            "QTCTL_SIGNATURES": "off",
            "QTCTL_OPERATOR": "bench",
        }

    def __enter__(self) -> "Lab":
        self.run("down", "--purge")
        self.run("up", "--hosts", str(len(self.hosts)))
        self.run("provision")
        self.shells = {host: Shell(self, host) for host in self.hosts}
        self.commit()
        end = time.monotonic() + LIMIT_S
        while self.qtctl("plan", "--all").returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError("the lab's hosts are not fit for a rollout")
        return self

    def __exit__(self, *_: object) -> None:
        for shell in self.shells.values():
            shell.close()
        self.run("down", "--purge")

    def run(self, *words: str) -> str:
        """A command of ops/lab; what it prints."""
        done = subprocess.run(
            [f"{OPS}/lab", *words], env=self.environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        if done.returncode:
            raise RuntimeError(f"ops/lab {shlex.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def qtctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """qtctl itself, without the lab's own script around it: whoever is timed must not pay for that."""
        return subprocess.run(
            [machine.QTCTL, *words], env=self.environment, capture_output=True, text=True, check=False
        )

    def deploy(self, *words: str) -> str:
        """One order over all hosts; what qtctl prints."""
        done = self.qtctl("deploy", "--all", "--yes", *words)
        if done.returncode:
            raise RuntimeError(f"qtctl: {done.stderr[-2000:]}")
        return done.stdout

    def settle(self) -> None:
        """Waits until every service has run for a while. An agent lets a process that has only just been started come of age
        before it changes the files below it; nobody deploys twice in two seconds, and a benchmark should not either."""
        ages = "; ".join(
            f"systemctl show -P ExecMainStartTimestampMonotonic {service}" for service in SERVICES
        )
        end = time.monotonic() + LIMIT_S
        for shell in self.shells.values():
            while True:
                started = shell.ask(f"echo $({ages}) $(cut -d. -f1 /proc/uptime)").split()
                if len(started) == 3 and int(started[2]) - max(map(int, started[:2])) / 1e6 > SETTLED_S:
                    break
                if time.monotonic() > end:
                    raise RuntimeError(f"a service of the lab does not stay up: {started}")
                time.sleep(0.1)

    def commit(self) -> str:
        """A new commit on the origin's main."""
        return self.run("commit", "--message", "a release to measure")
