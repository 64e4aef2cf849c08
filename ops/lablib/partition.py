"""Cuts a host off from the hub and from the other hosts, in the ways that networks really fail."""

import re
import subprocess

from .errors import UsageError
from .host import Host
from .hub import Hub

MODES = {
    "cable": "the link is down; what was sent arrives after heal",
    "drop": "nothing passes in either direction (the default)",
    "deaf": "the host's packets leave, answers never arrive: commands run, replies are lost",
    "mute": "the host hears, but nothing that it sends arrives",
    "reject": "connections are refused at once",
    "loss:N": "N percent of what arrives is lost",
}

_INPUT = 'chain input { type filter hook input priority -300; iifname "host0" %s; }'
_OUTPUT = 'chain output { type filter hook output priority %d; oifname "host0" %s; }'


def partition(hub: Hub, host: Host, mode: str) -> None:
    """Replaces any partition the host had. It ends with `heal`, or when the host is crashed and started."""
    rules = None if mode == "cable" else _rules(mode)
    host.require_leader()
    heal(hub, host)
    if rules is None:
        _set_link(hub, host, "down")
    else:
        _nft(host, "table inet lab {\n" + "\n".join(rules) + "\n}\n")


def heal(hub: Hub, host: Host) -> None:
    host.require_leader()
    _set_link(hub, host, "up")
    # Declared first, so that deleting it is right whether or not it was there.
    _nft(host, "table inet lab\ndelete table inet lab\n")


def _rules(mode: str) -> list[str]:
    loss = re.fullmatch(r"loss:([1-9][0-9]?)", mode)
    if loss:
        return [_INPUT % f"numgen random mod 100 < {loss[1]} drop"]
    match mode:
        case "drop":
            return [_INPUT % "drop", _OUTPUT % (-300, "drop")]
        case "deaf":
            return [_INPUT % "drop"]
        case "mute":
            return [_OUTPUT % (-300, "drop")]
        case "reject":
            reset = _OUTPUT % (0, 'meta l4proto tcp reject with tcp reset; oifname "host0" reject')
            return [reset]
        case _:
            raise UsageError(f"no way to partition is called {mode!r}: use one of {', '.join(MODES)}")


def _set_link(hub: Hub, host: Host, state: str) -> None:
    subprocess.run(hub.enter(["ip", "link", "set", host.name, state]), check=True)


def _nft(host: Host, script: str) -> None:
    command = ["nsenter", f"--net=/proc/{host.require_leader()}/ns/net", "--", "nft", "-f", "-"]
    subprocess.run(command, input=script, text=True, check=True)
