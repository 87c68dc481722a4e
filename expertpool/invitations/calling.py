"""Calling whoever took a seat: when the rulebook allows it, on two channels at once, all seats side by side."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.draws.drawing import CALL
from expertpool.draws.events import DrawCalling
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import fixed_intent
from expertpool.invitations.holding import asked
from expertpool.invitations.lifecycle import HOLDING, InvitationState, InvitationVerb
from expertpool.invitations.messages import occupant_of, tell
from expertpool.invitations.parts import Desk
from expertpool.invitations.rules import figures, waits_until
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Invited, Purpose, invitations_of, invited, keep_invited

EXPIRE: Final = "invitations.expire"
CALLING: Final = (DrawState.DRAWN, DrawState.FILLING, DrawState.EXHAUSTED)
"""In these whoever was drawn is called."""


def caller(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that invites whoever took a seat. The messages go out once this is committed."""

    def call(tx: Transaction, job: Job) -> None:
        at = At(job.args["draw"], job.args["seat"], job.args["vacancy"])
        draw = tx.session.get_one(Draw, at.draw, with_for_update=True)
        seat = tx.session.get_one(Seat, (at.draw, at.seat))
        known = invited(tx.session, desk.parts.keys, at) or Invited(InvitationState.QUEUED)
        again = job.args.get("again", 0)
        first = known.state is InvitationState.QUEUED
        if draw.state not in CALLING or not _waits(seat, at) or not (first or again > known.again):
            return
        request = asked(tx.session, draw)
        _end_earlier(tx, desk, at)
        until = waits_until(request, tx.now)
        if until is not None:
            keep_invited(tx.session, desk.parts.keys, at, known)
            tx.enqueue(CALL, job.args, not_before=until)
            return
        answer_in = figures(request).no_answer
        elsewhere = desk.seated.elsewhere(tx.session, at)
        code = occupant_of(tx.session, desk, at).answer_code
        changed: dict[str, Any] = {"finding": None, "ends": None}
        if elsewhere is not None:
            changed = {"finding": elsewhere.finding(), "ends": (tx.now + _part_of(answer_in)).isoformat()}
        changed |= {"called": tx.now.isoformat(), "code": code, "again": again}
        changed |= {"unreached": False, "late": None, "here": None}
        verb = InvitationVerb.CALL if first else InvitationVerb.CALL_AGAIN
        keep_invited(tx.session, desk.parts.keys, at, known.after(verb, **changed))
        waits = not first and known.finding is None
        told = Purpose.NOT_AGAIN if elsewhere is not None and waits else None
        tell(tx.session, desk, at, Purpose.INVITATION, tx.now, again=again, silent=elsewhere is not None, instead=told)
        tx.enqueue(EXPIRE, {**at._asdict(), "again": again}, not_before=tx.now + answer_in)
        tx.session.flush()
        crash_point("invitation.queued")
        if draw.state is DrawState.DRAWN:
            draw.move(DrawVerb.CALL)
            tx.record(DrawCalling(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index))

    return call


def _waits(seat: Seat, at: At) -> bool:
    return seat.state is SeatState.CALLED and seat.vacancy == at.vacancy


def _part_of(time: timedelta) -> timedelta:
    """A random part, to the millisecond: somebody who is struck must not be told apart by when."""
    return timedelta(milliseconds=secrets.randbelow(max(1, int(time.total_seconds() * 1000))))


def ender(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler for a seat that stays empty: whoever was struck while they held it is told, and not why."""

    def end(tx: Transaction, job: Job) -> None:
        at = At(job.args["draw"], job.args["seat"], job.args["vacancy"])
        tx.session.get_one(Draw, at.draw, with_for_update=True)
        known = invited(tx.session, desk.parts.keys, at)
        if known is not None and known.state in HOLDING:
            keep_invited(tx.session, desk.parts.keys, at, _struck(tx, desk, at, known))

    return end


def _end_earlier(tx: Transaction, desk: Desk, at: At) -> None:
    """The seat has somebody new. Whoever was struck while they held it is told not to come, and not why."""
    for other, known in invitations_of(tx.session, desk.parts.keys, at.draw).items():
        if other.seat != at.seat or other.vacancy >= at.vacancy or known.state is InvitationState.REPLACED:
            continue
        ended = _struck(tx, desk, other, known) if known.state in HOLDING else known
        keep_invited(tx.session, desk.parts.keys, other, ended.after(InvitationVerb.REPLACE))


def _struck(tx: Transaction, desk: Desk, at: At, known: Invited) -> Invited:
    """How the invitation of somebody who was struck stands; whoever was called is told."""
    if known.state is not InvitationState.QUEUED:
        tell(tx.session, desk, at, Purpose.NOT_NEEDED, tx.now, silent=known.finding is not None)
    return known.after(InvitationVerb.RECUSE)
