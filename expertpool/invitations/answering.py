"""Answers: an invitation opens only with its own code, and only the vault can match one.

An answer comes through the queue, sealed at one size, or over the line to the vault, where whoever answers is told.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.errors import VaultKeyMissing
from expertpool.draws.queries import fixed_intent
from expertpool.draws.seating import accept, lose
from expertpool.invitations.absences import due_at, watch_for
from expertpool.invitations.errors import CheckInTooSoon, CodeUnknown, InvitationOver, LeaveTooLate, NotAccepted
from expertpool.invitations.events import ExpertCheckedIn, ExpertLate
from expertpool.invitations.holding import Held, asked, held, locked
from expertpool.invitations.lifecycle import InvitationState, InvitationVerb
from expertpool.invitations.messages import Addressed, occupant_of, queue
from expertpool.invitations.parts import Desk
from expertpool.invitations.reminding import REMIND
from expertpool.invitations.rules import figures, may_check_in, too_late_for_leave
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Purpose
from expertpool.invitations.texts import place_of
from expertpool.protocol.envelope import seal_to
from expertpool.protocol.request import DrawRequest
from expertpool.sealing.queries import vault_key
from policies.session_facts import CheckIn

ANSWERED: Final = "invitations.answered"
INFO: Final = b"expertpool/answer/v1\n"
ANSWER_BYTES: Final = 256
MOST_SYMBOLS: Final = 64

log = structlog.get_logger("invitations")


class Word(StrEnum):
    """What an expert answers. Who cannot come declines or takes leave, by whether they had accepted.

    Who has come, and is not at the desk yet, checks in: they are not absent.
    """

    ACCEPT = "accept"
    DECLINE = "decline"
    LEAVE = "leave"
    LATE = "late"
    CHECK_IN = "check-in"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What whoever has the answer code may see of an invitation; ``may`` are the answers that are taken now."""

    at: At
    state: InvitationState
    starts: datetime
    place: str
    expected_minutes: int
    answer_until: datetime | None
    may: tuple[Word, ...]


def look(session: Session, desk: Desk, code: str) -> Invitation:
    """Show an invitation to whoever has its code. Raises `CodeUnknown`."""
    found = held(session, desk, _whose(session, desk, code))
    if found is None:
        raise CodeUnknown
    request, until = asked(session, found.draw), None
    if found.known.state is InvitationState.CALLED and found.known.called is not None:
        until = datetime.fromisoformat(found.known.called) + figures(request).no_answer
    return Invitation(
        at=found.at,
        state=found.known.state,
        starts=due_at(found, request),
        place=place_of(request, found.seat.line),
        expected_minutes=request.expected_minutes,
        answer_until=until,
        may=_may(found, request, desk.clock.now()) if found.stands else (),
    )


def answer(tx: Transaction, desk: Desk, code: str, word: Word, *, minutes: int = 0) -> None:
    """Take an answer; ``minutes`` says how late somebody will be. The same answer again changes nothing.

    Raises `CodeUnknown`, `InvitationOver`, `LeaveTooLate`, `NotAccepted`, `CheckInTooSoon`, `WrongStep`: then nothing
    is changed.
    """
    found = locked(tx, desk, _whose(tx.session, desk, code))
    if found is None:
        raise CodeUnknown
    if not found.stands:
        raise InvitationOver
    match word:
        case Word.ACCEPT:
            _accept(tx, desk, found)
        case Word.DECLINE | Word.LEAVE:
            _cannot_come(tx, desk, found)
        case Word.LATE:
            _late(tx, desk, found, minutes)
        case Word.CHECK_IN:
            _check_in(tx, desk, found)
    tx.session.flush()
    crash_point("invitation.answered")


def hand_in(tx: Transaction, *, code: str, word: Word) -> None:
    """Pass an answer on to the vault, sealed at one size: nobody else learns which invitation it is, or if any.

    Raises `VaultKeyMissing`.
    """
    public = vault_key(tx.session)
    if public is None:
        raise VaultKeyMissing
    plain = json.dumps({"code": code[:MOST_SYMBOLS], "word": word.value}).encode().ljust(ANSWER_BYTES)
    tx.enqueue(ANSWERED, {"sealed": b64encode(seal_to(public, INFO, plain)).decode()})


def answerer(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler of an answer that came through the queue; one that is refused is noted by its reason alone."""

    def take(tx: Transaction, job: Job) -> None:
        given = json.loads(desk.parts.keys.open_hpke(VAULT_BOX, b64decode(job.args["sealed"]), INFO))
        try:
            answer(tx, desk, str(given["code"]), Word(given["word"]))
        except ExpertpoolError as error:
            log.info("invitations.answer-refused", reason=error.code)

    return take


def _whose(session: Session, desk: Desk, code: str) -> At:
    """Raises `CodeUnknown`; whoever was drawn and not called yet was given no code."""
    at = desk.seated.find(session, code[:MOST_SYMBOLS])
    if at is None:
        raise CodeUnknown
    return at


def _may(found: Held, request: DrawRequest, now: datetime) -> tuple[Word, ...]:
    if found.known.state is InvitationState.CALLED:
        return (Word.ACCEPT, Word.DECLINE)
    if found.known.state is not InvitationState.ACCEPTED:
        return ()
    here = found.known.here is None and may_check_in(request, CheckIn(due_at(found, request), now))
    leave = too_late_for_leave(request, now) is None
    return (*[Word.CHECK_IN] * here, *[Word.LEAVE] * leave, Word.LATE)


def _accept(tx: Transaction, desk: Desk, found: Held) -> None:
    if found.known.state is not InvitationState.CALLED:
        return
    if found.known.finding is not None:  # the code is of a call for another time
        raise InvitationOver
    found.keep(tx.session, desk, found.known.after(InvitationVerb.ACCEPT))
    accept(tx, found.draw, found.seat)
    request = asked(tx.session, found.draw)
    told = replace(request, starts=due_at(found, request))
    whom = Addressed(found.at, found.seat.line, occupant_of(tx.session, desk, found.at), told)
    queue(tx.session, desk, whom, Purpose.CONFIRMATION, tx.now)
    watch_for(tx, found, request)
    for before in figures(request).reminders:
        if tx.now < request.starts - before:
            args = {**found.at._asdict(), "again": found.known.again}
            tx.enqueue(REMIND, args, not_before=request.starts - before)


def _cannot_come(tx: Transaction, desk: Desk, found: Held) -> None:
    """Decline, or take leave. Whoever sits elsewhere on the day leaves the same way, with another cause in the seal."""
    verb, cause = InvitationVerb.DECLINE, "declined"
    if found.known.state is not InvitationState.CALLED:
        minutes = too_late_for_leave(asked(tx.session, found.draw), tx.now)
        if minutes is not None:
            raise LeaveTooLate(minutes)
        verb, cause = InvitationVerb.TAKE_LEAVE, "leave"
    occupant = occupant_of(tx.session, desk, found.at)
    evidence: dict[str, Any] = {
        "cause": cause,
        "answer": {"salt": occupant.answer_salt, "code": occupant.answer_code},
    }
    if found.known.finding is not None:
        verb, evidence = InvitationVerb.RECUSE, {"cause": "recused", "finding": found.known.finding}
    found.keep(tx.session, desk, found.known.after(verb))
    lose(tx, desk.parts, found.draw, found.seat, evidence)


def _late(tx: Transaction, desk: Desk, found: Held, minutes: int) -> None:
    if found.known.state is not InvitationState.ACCEPTED:
        raise NotAccepted
    if found.known.late == minutes:
        return
    found.keep(tx.session, desk, replace(found.known, late=minutes))
    found.draw.move()
    intent = fixed_intent(tx.session, found.draw.id).entry.index
    tx.record(ExpertLate(draw=found.draw.id, intent=intent, seat=found.seat.code, minutes=minutes))


def _check_in(tx: Transaction, desk: Desk, found: Held) -> None:
    if found.known.here is not None:
        return
    if found.known.state is not InvitationState.ACCEPTED:
        raise NotAccepted
    request = asked(tx.session, found.draw)
    if not may_check_in(request, CheckIn(due_at(found, request), tx.now)):
        raise CheckInTooSoon
    found.keep(tx.session, desk, replace(found.known, here=tx.now.isoformat()))
    found.draw.move()
    intent = fixed_intent(tx.session, found.draw.id).entry.index
    tx.record(ExpertCheckedIn(draw=found.draw.id, intent=intent, seat=found.seat.code))
