"""Queueing what somebody is told: the rows that `sending` works off."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.draws.keeping import Occupant, occupants
from expertpool.draws.models import Draw, Seat
from expertpool.invitations.gateway import Channel
from expertpool.invitations.holding import asked
from expertpool.invitations.parts import Desk
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Errand, Purpose, put
from expertpool.invitations.texts import text_for
from expertpool.protocol.request import DrawRequest

CALLED_BY: Final = (Channel.VOICE, Channel.SMS)
"""Both, for an invitation: nobody is taken for unreachable on the word of one channel."""
TOLD_BY: Final = (Channel.SMS,)


class Addressed(NamedTuple):
    """Whoever took a seat, on which line, and what was asked of them."""

    at: At
    line: int
    occupant: Occupant
    request: DrawRequest


def occupant_of(session: Session, desk: Desk, at: At) -> Occupant:
    """Who took a seat. Everybody of the draw is read, so that no statement tells who is wanted."""
    return occupants(session, desk.parts.keys, at.draw)[at.seat, at.vacancy]


def tell(session: Session, desk: Desk, at: At, purpose: Purpose, now: datetime, *, silent: bool = False) -> None:
    """Queue a message to whoever took a seat."""
    draw, seat = session.get_one(Draw, at.draw), session.get_one(Seat, (at.draw, at.seat))
    whom = Addressed(at, seat.line, occupant_of(session, desk, at), asked(session, draw))
    queue(session, desk, whom, purpose, now, silent=silent)


def queue(
    session: Session,
    desk: Desk,
    whom: Addressed,
    purpose: Purpose,
    now: datetime,
    *,
    again: int = 0,
    silent: bool = False,
    instead: Purpose | None = None,
) -> None:
    """Queue a message; an invitation goes out on two channels and asks for an answer.

    ``instead`` is what a text says to somebody who waits for an invitation that is silent: its row is like the others.
    """
    at, line, occupant, request = whom
    asks = purpose is Purpose.INVITATION
    for channel in CALLED_BY if asks else TOLD_BY:
        if desk.gateways.of(channel):
            page = desk.page if channel is Channel.SMS else None  # nobody follows what is read out
            said = instead if channel is Channel.SMS else None
            text = text_for(said or purpose, desk.settings.language, request, line, occupant, page=page)
            errand = Errand(
                seat=at.seat,
                vacancy=at.vacancy,
                purpose=purpose,
                channel=channel,
                gateway=0,
                to=occupant.phone,
                text=text,
                code=occupant.answer_code if asks and said is None else None,
                again=again,
                silent=silent and said is None,
            )
            put(session, desk.parts.keys, at.draw, errand, now)
