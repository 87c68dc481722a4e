"""Members whose seat is no longer theirs are noted as lost: somebody was struck when the list of bidders was opened.

The draw empties a seat without knowing of the day. Why it did is not said here: the room sees that the seat is vacant.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.models import TAKEN, Draw, Seat
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import request_of, sitting_of
from expertpool.invitations.seated import At
from expertpool.projects.lifecycle import SessionState
from expertpool.sessions.admitting import ENTERED
from expertpool.sessions.membership import lose
from expertpool.sessions.models import Key, Member
from expertpool.sessions.queries import day_of, standing_of
from expertpool.sessions.steps import Cause


def is_due(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether somebody of this draw signed in and has no seat any more."""
    return sitting_of(session, draw).state is SessionState.SCHEDULED and bool(_unseated(session, draw.id))


def notice(parts: Parts, draw_id: str) -> bool:
    """Note them as lost; returns whether there were any."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        found = _unseated(tx.session, draw_id) if is_due(tx.session, parts, draw) else []
        for who in found:
            lose(tx, draw.session_id, who, cause=None)
    return bool(found)


def absent(tx: Transaction, at: At) -> bool:
    """Note that somebody who accepted did not come; false while nobody can be absent.

    That is so in a day that is suspended or over, and at a site whose line is down.
    """
    draw = tx.session.get_one(Draw, at.draw)
    day = day_of(tx.session, draw.session_id)
    if day is None:
        return True
    site = request_of(draw).lines[tx.session.get_one(Seat, (at.draw, at.seat)).line].site
    if day.state not in ENTERED or site in standing_of(tx.session, draw.session_id).lines_down:
        return False
    lose(tx, draw.session_id, Key(*at), cause=Cause.ABSENT)
    return True


def _unseated(session: Session, draw_id: str) -> list[Key]:
    present = select(Member, Seat).join(Seat, (Seat.draw_id == Member.draw_id) & (Seat.code == Member.seat))
    present = present.where(Member.draw_id == draw_id, Member.left.is_(None)).order_by(Member.seat, Member.vacancy)
    return [
        member.key
        for member, seat in session.execute(present)
        if seat.vacancy != member.vacancy or seat.state not in TAKEN
    ]
