"""Which entries webhooks tell, and what of them: identifiers, seat codes and times. Pure.

Nothing here says who. Every field stands in the clear in the public ledger already; who acted, and what a seat's member
did with which result before the bundle is open, is not among them.
"""

from collections.abc import Mapping
from typing import Any, Final

from ledger.canonical import canonical
from ledger.entry import Entry

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "draw.aborted": ("draw",),
    "draw.accepted": ("draw",),
    "draw.accepted-seat": ("draw", "seat"),
    "draw.calling": ("draw",),
    "draw.cancelled": ("draw",),
    "draw.closed": ("draw",),
    "draw.completed": ("draw", "attempts"),
    "draw.exhausted": ("draw", "attempts"),
    "draw.filled": ("draw",),
    "draw.intended": ("draw", "deadline"),
    "draw.postponed": ("draw", "not_before"),
    "draw.reconvened": ("draw",),
    "draw.referred": ("draw",),
    "draw.refilled": ("draw", "vacancy", "seat"),
    "draw.released": ("draw", "audience"),
    "draw.requested": ("draw",),
    "draw.resumed": ("draw", "starts"),
    "draw.returned": ("draw",),
    "draw.signed-in": ("draw", "seat", "site"),
    "draw.suspended": ("draw",),
    "draw.vacancy-exhausted": ("draw", "vacancy", "seat"),
    "draw.vacated": ("draw", "vacancy", "seat"),
    "milestone.reached": ("project", "subject", "milestone", "at"),
    "session.cancelled": ("project", "session"),
    "session.postponed": ("project", "session"),
    "session.rescheduled": ("project", "session"),
    "session.scheduled": ("project", "session"),
}
"""Kind -> the fields of its entries that a message shows."""


def message_of(entry: Entry) -> bytes:
    """The message of an entry of these kinds: canonical JSON, the same bytes however often it is sent."""
    told: dict[str, Any] = {name: entry.body[name] for name in KINDS[entry.kind] if name in entry.body}
    return canonical(
        {"type": entry.kind, "timestamp": entry.time, "data": {**told, "entry": entry.index, "hash": entry.hash.hex()}}
    )
