"""An assessment opens by rule once the day and its draws are closed: nobody presses a button for it."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from expertpool.assessments import proposing
from expertpool.assessments.events import AssessmentOpened
from expertpool.assessments.lifecycle import AssessmentVerb
from expertpool.assessments.models import Assessment, Proposal, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.looking import Look
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of
from expertpool.identity.models import Actor
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import PartyRole
from expertpool.sessions.attendance import latecomers
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, SessionDay
from expertpool.sessions.queries import SEATING, draws_seating, members_of, steps_of
from ledger.entry import format_time
from policies.conduct_items import SubjectKind
from policies.facts import day_of

_RUNNING: Final = frozenset(SEATING) - {DrawState.CLOSED}
_PENDING: Final = (
    select(SessionDay.session_id)
    .where(SessionDay.state == DayState.CLOSED)
    .where(~exists().where(Assessment.session_id == SessionDay.session_id))
    .where(exists().where(Draw.session_id == SessionDay.session_id, Draw.state == DrawState.CLOSED))
    .where(~exists().where(Draw.session_id == SessionDay.session_id, Draw.state.in_(_RUNNING)))
    .order_by(SessionDay.session_id)
)


class Openings(Look):
    """Opens the assessments of sessions that are over."""

    waiting = _PENDING

    def do(self, tx: Transaction, waiting: str) -> None:
        open_assessment(tx, waiting)


def open_assessment(tx: Transaction, session_id: str) -> None:
    """Open the assessment of a session whose day is closed, once. Raises `RulebookUnknown`."""
    day = tx.session.get_one(SessionDay, session_id, with_for_update=True)
    if tx.session.get(Assessment, session_id) is not None:
        return
    sitting = tx.session.get_one(EvaluationSession, session_id)
    drawn = request_of(draws_seating(tx.session, session_id)[0])
    rules = AssessmentRules.in_force(drawn, sitting.project.regime, day_of(tx.now))
    assessment = Assessment(
        session_id=session_id,
        centre_id=day.centre_id,
        rulebook=rules.book.digest,
        form=rules.written(),
        opened=tx.now,
        due=rules.closes(tx.now),
    )
    assessment.move(AssessmentVerb.OPEN)
    tx.session.add(assessment)
    tx.session.flush()
    subjects = list(_subjects(tx.session, sitting))
    proposals = list(_proposals(tx.session, sitting, subjects, {each.code for each in rules.offers(SubjectKind.SEAT)}))
    tx.session.add_all(subjects)
    tx.session.flush()
    tx.session.add_all(proposals)
    tx.session.flush()
    crash_point("assessment.opened")
    tx.record(
        AssessmentOpened(
            session=session_id,
            centre=day.centre_id,
            rulebook=assessment.rulebook,
            due=None if assessment.due is None else format_time(assessment.due),
            subjects=[_told(each) for each in subjects],
            proposals=[{"subject": each.subject, "item": each.item, "step": each.step} for each in proposals],
        )
    )


def _subjects(session: Session, sitting: EvaluationSession) -> Iterator[Subject]:
    """Everybody who sat or should have, by seat; then the agency and the account that handled the project."""
    keys = {each.key for each in members_of(session, sitting.id)} | proposing.absentees(steps_of(session, sitting.id))
    made = [_seat(key) for key in sorted(keys)]
    agency = next((each for each in sitting.project.parties if each.role is PartyRole.AGENCY), None)
    if agency is not None:
        made.append(Subject(kind=SubjectKind.AGENCY, unit=agency.code, label=agency.name))
        if sitting.project.initiator_id is not None:
            account = session.get_one(Actor, sitting.project.initiator_id)
            made.append(Subject(kind=SubjectKind.AGENCY_PERSON, unit=agency.code, label=account.code))
    for number, each in enumerate(made, 1):
        each.session_id, each.number, each.centre_id = sitting.id, number, sitting.centre_id
        yield each


def _seat(key: Key) -> Subject:
    return Subject(kind=SubjectKind.SEAT, draw_id=key.draw, seat=key.seat, vacancy=key.vacancy)


def _proposals(
    session: Session, sitting: EvaluationSession, subjects: list[Subject], items: set[str]
) -> Iterator[Proposal]:
    numbers = {each.key: each.number for each in subjects if each.key is not None}
    for each in proposing.proposed(steps_of(session, sitting.id), latecomers(session, sitting)):
        if each.item in items and each.who in numbers:
            yield Proposal(session_id=sitting.id, subject=numbers[each.who], item=each.item, step=each.step)


def _told(subject: Subject) -> dict[str, object]:
    """A subject as the entry holds it, hidden."""
    said: dict[str, object] = {"number": subject.number, "kind": subject.kind.value, "label": subject.label}
    return said if subject.key is None else {**said, **subject.key._asdict()}
