"""An invitation with the draw and the seat that it is for: whether the seat is still this person's."""

from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.following import called_for
from expertpool.draws.lifecycle import LIVE, DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import request_of
from expertpool.draws.supplementing import STANDING
from expertpool.invitations.lifecycle import HOLDING, InvitationState, InvitationVerb
from expertpool.invitations.parts import Desk
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Invited, invited, keep_invited
from expertpool.protocol.request import DrawRequest

OPEN: Final = (DrawState.FILLING, DrawState.FILLED, DrawState.EXHAUSTED, DrawState.RECONVENED)
"""In these a draw takes answers: past the cap, and after a suspension, too, a seat may be accepted or lost."""


class Held(NamedTuple):
    """An invitation with its draw and seat."""

    at: At
    draw: Draw
    seat: Seat
    known: Invited

    @property
    def stands(self) -> bool:
        """Whether the seat is this person's, in a draw that takes answers."""
        current = self.seat.vacancy == self.at.vacancy and self.seat.state in STANDING
        return current and self.known.state in HOLDING and self.draw.state in OPEN

    def keep(self, session: Session, desk: Desk, known: Invited) -> None:
        """Write how the invitation stands now."""
        keep_invited(session, desk.parts.keys, self.at, known)


def asked(session: Session, draw: Draw) -> DrawRequest:
    """The request of a draw, with the time for which its committee is called now."""
    return replace(request_of(draw), starts=called_for(session, draw))


def held(session: Session, desk: Desk, at: At) -> Held | None:
    """Read an invitation; None where nobody was called for this seat and vacancy yet, or the draw is over."""
    return _held(session, desk, at, session.get_one(Draw, at.draw))


def locked(tx: Transaction, desk: Desk, at: At) -> Held | None:
    """The same with the draw locked: no other vault takes an answer or fills the seat meanwhile."""
    draw = tx.session.get_one(Draw, at.draw, with_for_update=True, populate_existing=True)
    return _held(tx.session, desk, at, draw)


def _held(session: Session, desk: Desk, at: At, draw: Draw) -> Held | None:
    """Whoever signed in at the door did by the seat's row, which is written there."""
    seat = session.get_one(Seat, (at.draw, at.seat), populate_existing=True)
    known = invited(session, desk.parts.keys, at)
    if known is None or known.state is InvitationState.QUEUED or draw.state not in LIVE:
        return None
    if seat.state is SeatState.SIGNED_IN and seat.vacancy == at.vacancy and known.state is InvitationState.ACCEPTED:
        known = known.after(InvitationVerb.SIGN_IN)
    return Held(at, draw, seat, known)
