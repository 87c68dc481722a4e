"""What the ledger keeps of projects and of the door's messages.

A project, session or lot is in the clear as our random identifier only; codes, titles, units, people, times and places
are hidden. Senders are institutions' systems, so their identifiers and sequence numbers are shown.
"""

from typing import Any

from expertpool.core.events import Event, clear


class ProjectRegistered(Event):
    """A project was registered with its lots and parties."""

    kind = "project.registered"
    project: str = clear()
    centre: str = clear()
    facts: dict[str, Any]


class ProjectAmended(Event):
    """What is known of a project was replaced."""

    kind = "project.amended"
    project: str = clear()
    centre: str = clear()
    facts: dict[str, Any]


class RecusalNamed(Event):
    """The initiator named a unit or a person for recusal."""

    kind = "recusal.named"
    project: str = clear()
    centre: str = clear()
    recusal: str
    named: str
    unit: str | None
    reason: str


class RecusalWithdrawn(Event):
    """A recusal was withdrawn."""

    kind = "recusal.withdrawn"
    project: str = clear()
    centre: str = clear()
    recusal: str
    reason: str


class SessionScheduled(Event):
    """A session was scheduled."""

    kind = "session.scheduled"
    project: str = clear()
    session: str = clear()
    centre: str = clear()
    facts: dict[str, Any]


class SessionRescheduled(Event):
    """A session got another time, place or lots."""

    kind = "session.rescheduled"
    project: str = clear()
    session: str = clear()
    centre: str = clear()
    facts: dict[str, Any]
    reason: str


class SessionPostponed(Event):
    """A session was postponed: it will not begin before a new time is set."""

    kind = "session.postponed"
    project: str = clear()
    session: str = clear()
    centre: str = clear()
    not_before: str | None
    reason: str


class SessionCancelled(Event):
    """A session was cancelled for good."""

    kind = "session.cancelled"
    project: str = clear()
    session: str = clear()
    centre: str = clear()
    reason: str


class SealedReceived(Event):
    """Something encrypted to the vault came in: a bidder list, or the result of a draw made elsewhere."""

    kind = "sealed.received"
    sealed: str = clear()
    session: str = clear()
    centre: str = clear()
    number: int = clear()
    vault_key: str
    digest: str
    reason: str | None


class MilestoneReached(Event):
    """A report was signed, an award fixed or a notice published: a sender states it, or agency and supervisor do."""

    kind = "milestone.reached"
    milestone: str = clear()
    project: str = clear()
    subject: str = clear()
    centre: str = clear()
    at: str = clear()
    document: str


class MessageReceived(Event):
    """A signed message came through the door and was accepted; text and signature can be disclosed."""

    kind = "door.message-received"
    sender: str = clear()
    sequence: int = clear()
    key: str = clear()
    message: str = clear()
    centre: str = clear()
    text: str
    signature: str
