"""Judges what a trial left behind, from the host's files, the start records and Redis alone. It shares no code with the
agent and believes nothing that the agent says unless the files say it too."""

import time
from collections import Counter

from lablib.stack import CHECKOUT, SERVICES

from . import cells
from .bench import STARTS, STATE, Bench
from .releases import Release
from .trial import Attempt

SERVICES_LIMIT_S = 10
LOOK = f"""
sh /usr/local/lib/qtlab/digest.sh
git -c safe.directory='*' -C {CHECKOUT} rev-parse HEAD || echo none
find {CHECKOUT}/.git -name '*.lock' -printf '%f '
echo
systemctl show -p Id -p ActiveState -p InvocationID {" ".join(service.unit for service in SERVICES)}
"""

GOOD_ENDS = {"verified": "target", "reverted": "before", "failed": "before", "refused": "before", "unreachable": "before"}

# Who stands still here until the lease has run out has no right to the first restart any more.
FENCED = ("granted", "claimed", "checkout_begun", "checkout_moved", "checkout_done", "prepared")


class Start:
    """A line of the start records."""

    def __init__(self, line: str) -> None:
        words = line.split(" ")
        self.boot, self.unit, self.invocation, self.uptime, self.digest = words[:5]


class Look:
    """How the host stands: the files, HEAD, lock files of git, and the services."""

    def __init__(self, bench: Bench) -> None:
        self.digest, self.head, locks, shown = bench.sh(LOOK).split("\n", 3)
        self.locks = locks.split()
        blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip().split("\n\n")]
        self.units = {block["Id"]: block for block in blocks}

    @property
    def are_active(self) -> bool:
        return all(unit["ActiveState"] == "active" for unit in self.units.values())


class Checker:
    """All that is wrong after one trial; an empty list when nothing is."""

    def __init__(self, bench: Bench, attempt: Attempt) -> None:
        self.bench = bench
        self.attempt = attempt
        self.wrong: list[str] = []
        self.look = self._look()
        self.history, self.starts = self._records()

    def judge(self) -> tuple[list[str], Release | None]:
        """What is wrong, and the release at rest."""
        if self.attempt.trouble:
            self.wrong.append(self.attempt.trouble)
        if not self.attempt.is_reached:
            self.wrong.append("the boundary was not reached")
        rest = self._whole()
        if rest is not None:
            self._runs(rest)
        self._each_start_saw_a_whole_tree()
        self._one_verdict(rest)
        self._one_restart()
        self._kept_down()
        self._fenced(rest)
        self._nothing_left()
        return self.wrong, rest

    def _records(self) -> tuple[list[Start], list[Start]]:
        """The starts before the trial, and those in it."""
        starts = [Start(line) for line in self.bench.read(STARTS).splitlines()]
        return starts[: self.attempt.starts_before], starts[self.attempt.starts_before :]

    def _look(self) -> Look:
        """The host at rest. A service that was killed at the very end is just being started by systemd."""
        deadline = time.monotonic() + SERVICES_LIMIT_S
        while not (look := Look(self.bench)).are_active and time.monotonic() < deadline:
            time.sleep(0.05)
        return look

    def _whole(self) -> Release | None:
        """The tree is exactly one of the two releases, and HEAD says which."""
        digest, head = self.look.digest, self.look.head
        for release in (self.attempt.before, self.attempt.target):
            if release.digest == digest:
                if release.commit != head:
                    self.wrong.append(f"the files are {release.commit[:10]}, HEAD is {head[:10]}")
                return release
        self.wrong.append(f"the tree is no release: digest {digest[:10]}, HEAD {head[:10]}")
        return None

    def _each_start_saw_a_whole_tree(self) -> None:
        whole = {self.attempt.before.digest, self.attempt.target.digest}
        for start in self.starts:
            if start.digest not in whole:
                self.wrong.append(f"{start.unit} started at {start.uptime} on a mixed tree ({start.digest[:10]})")

    def _runs(self, rest: Release) -> None:
        """Every service runs, and its process began on the files that are there now."""
        for service in SERVICES:
            unit = f"{service.unit}.service"
            facts = self.look.units[unit]
            if facts["ActiveState"] != "active":
                self.wrong.append(f"{unit} is {facts['ActiveState']}")
                continue
            mine = [start for start in self.history + self.starts if start.invocation == facts["InvocationID"]]
            if not mine or mine[-1].digest != rest.digest:
                seen = mine[-1].digest[:10] if mine else "nothing"
                self.wrong.append(f"{unit} runs from {seen}, the files are {rest.digest[:10]}")

    def _one_verdict(self, rest: Release | None) -> None:
        """Exactly one verdict per service, in the journal, in the results and on the disk the same."""
        journal = self.bench.journal(self.attempt.rollout)
        ends = [line.split("verdict=")[1] for line in journal.splitlines() if line.startswith("ended ")]
        if len(ends) > 1:
            self.wrong.append(f"the journal ends {len(ends)} times")
        results = self._results()
        for service in SERVICES:
            verdicts = [entry["verdict"] for entry in results if entry.get("service") == service.unit]
            if self.attempt.is_flushed and not verdicts:
                verdicts = ends
            if len(verdicts) != 1:
                # An attempt that Redis forgot before the host had heard of it has no verdict at all.
                if not (self.attempt.is_flushed and not journal):
                    self.wrong.append(f"{service.unit} has {len(verdicts)} verdicts: {verdicts}")
                continue
            # A host that is silent before its claim has begun nothing: the fleet calls it unreachable and goes on, whatever
            # it says when it is back.
            is_given_up = verdicts[0] == "unreachable" and "\nclaimed " not in journal
            if ends and ends[0] not in (verdicts[0], "skipped") and not is_given_up:
                self.wrong.append(f"{service.unit}: the journal says {ends[0]}, the results say {verdicts[0]}")
            self._is_true(service.unit, verdicts[0], rest)

    def _is_true(self, unit: str, verdict: str, rest: Release | None) -> None:
        wanted = GOOD_ENDS.get(verdict)
        if verdict == "revert_failed" and self.attempt.trial.name.split(":")[1:3] == ["revert_restarted", "services-killed"]:
            # The service of the previous release died under its proof: a person is needed, and the tree is that release.
            wanted = "before"
        if wanted is None and verdict != "skipped":
            self.wrong.append(f"{unit} ended {verdict}")
        if rest is not None and rest is not getattr(self.attempt, wanted or "before"):
            self.wrong.append(f"{unit} is called {verdict}, but {rest.commit[:10]} is checked out")

    def _results(self) -> list[dict[str, str]]:
        entries = self.bench.fleet.entries("results")
        return [fields for _, fields in entries if fields.get("rollout") == self.attempt.rollout]

    def _one_restart(self) -> None:
        """At most one start of each service on the target; the first of a boot is the boot's."""
        boots = {(start.boot, start.unit) for start in self.history}
        counted: Counter[str] = Counter()
        for start in self.starts:
            is_first = (start.boot, start.unit) not in boots
            boots.add((start.boot, start.unit))
            if start.digest == self.attempt.target.digest and not is_first:
                counted[start.unit] += 1
        # A release that fails, and a service that is killed, are started again by systemd itself.
        if self.attempt.trial.is_going_back or self.attempt.trial.fault == "services-killed":
            return
        for unit, count in counted.items():
            if count > 1:
                self.wrong.append(f"{unit} was restarted {count} times to the target")

    def _kept_down(self) -> None:
        trial, away = self.attempt.trial, self.attempt.away
        if trial.fault == "services-killed" and trial.point in cells.KEPT_DOWN and away and away.starts:
            self.wrong.append(f"{away.starts} starts while the checkout was not proven whole")

    def _fenced(self, rest: Release | None) -> None:
        trial, target = self.attempt.trial, self.attempt.target
        if trial.fault != "frozen" or trial.point not in FENCED or not self.attempt.is_reached:
            return
        for start in self.starts:
            if start.digest == target.digest:
                self.wrong.append(f"{start.unit} was started on the target after the lease had run out")
        if rest is target:
            self.wrong.append("the target is checked out, although the lease had run out before the first restart")

    def _nothing_left(self) -> None:
        engaged = self.bench.names(f"{STATE}/interlock")
        leases = [service.unit for service in SERVICES if self._holds(service.unit)]
        for what, found in (("lock files", self.look.locks), ("interlock", engaged), ("leases", leases)):
            if found:
                self.wrong.append(f"left behind: {what}: {' '.join(found)}")

    def _holds(self, service: str) -> bool:
        return bool(self.bench.fleet.call("EXISTS", self.bench.fleet.key(f"lease:{service}")) == 1)
