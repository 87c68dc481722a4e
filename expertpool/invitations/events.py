"""What the ledger keeps of the day: who came is a seat, who was turned away is nobody."""

from expertpool.core.events import Event, clear


class SeatSignedIn(Event):
    """Whoever sits on a seat signed in at a site of the session; who let them in is the actor."""

    kind = "draw.signed-in"
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
