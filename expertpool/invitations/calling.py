"""Calling whoever took a seat: when the rulebook allows it, on two channels at once, all seats side by side."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.draws.drawing import CALL
from expertpool.draws.events import DrawCalling
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import fixed_intent, seats_of
from expertpool.invitations.holding import asked
from expertpool.invitations.lifecycle import HOLDING, InvitationState, InvitationVerb
from expertpool.invitations.messages import Addressed, queue, tell
from expertpool.invitations.parts import Desk
from expertpool.invitations.rules import arrives_by, figures, waits_until
from expertpool.invitations.seated import At, Elsewhere
from expertpool.invitations.stored import Invited, Purpose, first_invited, invitations_of, invited, keep_invited

EXPIRE: Final = "invitations.expire"
CALLING: Final = (DrawState.DRAWN, DrawState.FILLING, DrawState.EXHAUSTED)
"""In these whoever was drawn is called."""


def caller(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that invites whoever took a seat. The messages go out once this is committed."""

    def call(tx: Transaction, job: Job) -> None:
        draw = tx.session.get_one(Draw, job.args["draw"], with_for_update=True)
        known, again = invitations_of(tx.session, desk.parts.keys, draw.id), job.args["again"]
        seats = _waiting(seats_of(tx.session, draw.id), known, job) if draw.state in CALLING else {}
        if not seats:
            return
        request = asked(tx.session, draw)
        _end_earlier(tx, desk, seats, known)
        until = waits_until(request, tx.now)
        if until is not None:
            for at in seats:
                if at not in known:
                    first_invited(tx.session, desk.parts.keys, at, Invited(InvitationState.QUEUED))
            tx.enqueue(CALL, job.args, not_before=until)
            return
        elsewhere = desk.seated.elsewhere(tx.session, draw.id)
        people = occupants(tx.session, desk.parts.keys, draw.id)
        told = replace(request, starts=arrives_by(request, tx.now))
        for at, seat in seats.items():
            whom = Addressed(at, seat.line, people[at.seat, at.vacancy], told)
            _invite(tx, desk, whom, known.get(at), again=again, elsewhere=elsewhere.get(at))
        tx.session.flush()
        crash_point("invitation.queued")
        if draw.state is DrawState.DRAWN:
            draw.move(DrawVerb.CALL)
            tx.record(DrawCalling(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index))

    return call


def _waiting(seats: Iterable[Seat], known: Mapping[At, Invited], job: Job) -> dict[At, Seat]:
    """Whoever is still to be called of those whom a job names: for the first time, or once more for another time."""
    by_code = {seat.code: seat for seat in seats}
    found = {}
    for code, vacancy in job.args["seats"]:
        at, seat = At(job.args["draw"], code, vacancy), by_code[code]
        told = known.get(at, Invited(InvitationState.QUEUED))
        to_call = told.state is InvitationState.QUEUED or job.args["again"] > told.again
        if to_call and seat.state is SeatState.CALLED and seat.vacancy == vacancy:
            found[at] = seat
    return found


def _invite(
    tx: Transaction, desk: Desk, whom: Addressed, before: Invited | None, *, again: int, elsewhere: Elsewhere | None
) -> None:
    known = before or Invited(InvitationState.QUEUED)
    first = known.state is InvitationState.QUEUED
    answer_in = figures(whom.request).no_answer
    changed: dict[str, Any] = {"finding": None, "ends": None}
    if elsewhere is not None:
        changed = {"finding": elsewhere.finding(), "ends": (tx.now + _part_of(answer_in)).isoformat()}
    changed |= {"called": tx.now.isoformat(), "code": whom.occupant.answer_code, "again": again}
    changed |= {"unreached": False, "late": None, "here": None}
    verb = InvitationVerb.CALL if first else InvitationVerb.CALL_AGAIN
    keep = first_invited if before is None else keep_invited
    keep(tx.session, desk.parts.keys, whom.at, known.after(verb, **changed))
    waits = not first and known.finding is None
    told = Purpose.NOT_AGAIN if elsewhere is not None and waits else None
    silent = elsewhere is not None
    queue(tx.session, desk, whom, Purpose.INVITATION, tx.now, again=again, silent=silent, instead=told)
    tx.enqueue(EXPIRE, {**whom.at._asdict(), "again": again}, not_before=tx.now + answer_in)


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


def _end_earlier(tx: Transaction, desk: Desk, seats: Iterable[At], invitations: Mapping[At, Invited]) -> None:
    """The seats have somebody new. Whoever was struck while they held one is told not to come, and not why."""
    now = {at.seat: at.vacancy for at in seats}
    for other, known in invitations.items():
        if other.vacancy >= now.get(other.seat, 0) or known.state is InvitationState.REPLACED:
            continue
        ended = _struck(tx, desk, other, known) if known.state in HOLDING else known
        keep_invited(tx.session, desk.parts.keys, other, ended.after(InvitationVerb.REPLACE))


def _struck(tx: Transaction, desk: Desk, at: At, known: Invited) -> Invited:
    """How the invitation of somebody who was struck stands; whoever was called is told."""
    if known.state is not InvitationState.QUEUED:
        tell(tx.session, desk, at, Purpose.NOT_NEEDED, tx.now, silent=known.finding is not None)
    return known.after(InvitationVerb.RECUSE)
