"""What an answer makes of a seat: it is taken for good, or lost and drawn anew."""

from collections.abc import Mapping
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.draws.errors import VacanciesUsedUp
from expertpool.draws.events import DrawFilled, SeatAccepted, SeatLost
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import TAKEN, Draw, Seat, SeatState
from expertpool.draws.parts import Parts
from expertpool.draws.queries import fixed_intent, seats_of
from expertpool.draws.refilling import hidden, leave_empty, vacate


def accept(tx: Transaction, draw: Draw, seat: Seat) -> None:
    """Whoever sits there accepted; the last one fills the draw. Once accepted, again changes nothing."""
    if seat.state in TAKEN:
        return
    seat.state = SeatState.ACCEPTED
    where: dict[str, Any] = {"draw": draw.id, "intent": fixed_intent(tx.session, draw.id).entry.index}
    full = all(each.state in TAKEN for each in seats_of(tx.session, draw.id))
    if full and draw.state is DrawState.FILLING:
        draw.move(DrawVerb.FILL)
        tx.record(DrawFilled(**where, seat=seat.code))
    else:
        draw.move()
        tx.record(SeatAccepted(**where, seat=seat.code))


def lose(tx: Transaction, parts: Parts, draw: Draw, seat: Seat, evidence: Mapping[str, Any]) -> None:
    """Whoever sat there does not come: the seat falls vacant, or past the cap stays empty. Raises `WrongState`."""
    try:
        vacate(tx, parts, draw, seat, evidence)
    except VacanciesUsedUp:
        intent = fixed_intent(tx.session, draw.id).entry.index
        leave_empty(tx, draw, seat)
        tx.record(SeatLost(draw=draw.id, intent=intent, seat=seat.code, evidence=hidden(evidence)))
