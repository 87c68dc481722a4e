"""A draw that is cancelled: names stay sealed, and who had accepted is owed an allowance for being turned away."""

from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawCancelled
from expertpool.draws.models import TAKEN, Draw, SeatState, TurnedAway
from expertpool.draws.queries import seats_of


def cancelled(tx: Transaction, draw: Draw, reason: str) -> None:
    """Put on record that a draw is cancelled, and for which seats an allowance (误工补助) is due."""
    draw.reason = reason
    owed = [seat for seat in seats_of(tx.session, draw.id) if seat.state in TAKEN]
    for seat in owed:
        came = seat.state is SeatState.SIGNED_IN
        tx.session.add(TurnedAway(draw_id=draw.id, seat=seat.code, vacancy=seat.vacancy, came=came))
    codes = [seat.code for seat in owed]
    tx.record(DrawCancelled(draw=draw.id, centre=draw.centre_id, turned_away=codes, reason=reason))
