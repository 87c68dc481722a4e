"""As whom the log shows the owner of an agent's keys."""

from dataclasses import dataclass

from expertpool.custodian.memory import Memory
from expertpool.protocol.agents import Registration


@dataclass(frozen=True, slots=True)
class Me:
    """The holder whose agent this is, as the log shows it."""

    id: str
    vrf: bytes
    outside: bool


def find_me(memory: Memory, keys: Registration) -> Me | None:
    """The holder as whom these keys are registered; None while they are not, or once they were retired."""
    expected = {"vrf": keys.vrf.hex(), "share": keys.share.hex(), "transport": keys.transport.hex()}
    for kept in reversed(memory.entries("holder.registered")):
        body = kept.entry.body
        if {name: body.get(name) for name in expected} == expected and body.get("cosign") == str(keys.cosign):
            holder = str(body.get("holder"))
            retired = memory.entries("holder.retired", holder)
            return None if retired else Me(holder, keys.vrf, body.get("outside") is True)
    return None
