"""What the ledger keeps of calls and of the day: who comes late or came is a seat, who was turned away is nobody."""

from typing import Any

from expertpool.core.events import Event, clear
from expertpool.draws.queries import SIGNED_IN


class SeatSignedIn(Event):
    """Whoever sits on a seat signed in at a site of the session; who let them in is the actor."""

    kind = SIGNED_IN
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()
    site: int = clear()


class ArrivalFailed(Event):
    """Somebody was turned away at a site's sign-in desk; nothing of what was shown there is kept."""

    kind = "draw.arrival-failed"
    draw: str = clear()
    intent: int = clear()
    site: int = clear()


class ExpertLate(Event):
    """Whoever sits on a seat said by how many minutes they will be late."""

    kind = "invitation.late"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()
    minutes: int = clear()


class ExpertCheckedIn(Event):
    """Whoever sits on a seat said, by the code, that they have come: they are not absent, and sign in at the desk."""

    kind = "invitation.checked-in"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()


class InvitationUnreached(Event):
    """That whoever sits on a seat was reached cannot be shown; the duty desk must look, and the seat stays open."""

    kind = "invitation.unreached"
    draw: str = clear()
    intent: int = clear()
    seat: str = clear()


class PreflightMade(Event):
    """The check on the eve of a day was made; what it found stays hidden, since it tells where the centre is weak."""

    kind = "preflight.made"
    day: str = clear()
    amiss: int = clear()
    findings: list[dict[str, Any]]
