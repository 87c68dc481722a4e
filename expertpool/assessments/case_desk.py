"""Cases and appeals as the desk shows them: what waits for whom, and one of them with what it rests on.

By seat. Whoever may see the pool also sees the masked name, once the seat is somebody's.
"""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments.case_errors import NoSuchCase
from expertpool.assessments.case_lifecycle import CASE_STEPS, AppealState, CaseState, CaseVerb
from expertpool.assessments.models import Amendment, Appeal, Assessment, Case, Mark, Notice, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.draws.models import Assignment
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import masked
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, has_verb, may
from expertpool.identity.queries import centres_below, target_of
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession
from policies import conduct_year

RECENT: Final = 200
"""How many a list has at most."""
AWAITED: Final = {Role.CENTRE_STAFF: CaseState.PROPOSED, Role.COMPETENT_DEPARTMENT: CaseState.HANDED_OVER}
"""Which cases wait for whom."""


class Person(NamedTuple):
    """Whoever had the seat: the code, and the masked name for whoever may have it."""

    seat: str
    vacancy: int
    expert_id: str | None
    name: str | None


class CaseShown(NamedTuple):
    """A case. ``verbs`` are those that the reader may use now, ``terms`` the months that a suspension may last."""

    case: Case
    sitting: EvaluationSession
    person: Person
    verbs: Sequence[CaseVerb]
    terms: Sequence[int]
    notice: Notice | None


class AppealShown(NamedTuple):
    """An appeal with the deductions that it is against; scores are in hundredths of a point."""

    appeal: Appeal
    sitting: EvaluationSession
    person: Person
    marks: Sequence[Mark]
    score: int
    amended: int | None
    decides: bool


class Reader(NamedTuple):
    """Who reads, and what opens names for them."""

    caller: Caller
    protector: Protector


def cases_in(session: Session, reader: Reader) -> tuple[list[CaseShown], list[CaseShown]]:
    """The cases that wait for the reader, and the others, the newest first."""
    found = select(Case).where(Case.centre_id.in_(centres_below(session, reader.caller.centre)))
    rows = session.scalars(found.order_by(Case.proposed.desc(), Case.id).limit(RECENT)).all()
    shown = [_case(session, reader, each) for each in rows]
    awaited = AWAITED.get(reader.caller.role)
    waiting = [each for each in shown if each.case.state is awaited]
    return waiting, [each for each in shown if each.case.state is not awaited]


def appeals_in(session: Session, reader: Reader) -> list[AppealShown]:
    """The appeals within the reader's reach, those that are open first."""
    if not has_verb(reader.caller.role, "appeal.see"):
        return []
    found = select(Appeal).where(Appeal.centre_id.in_(centres_below(session, reader.caller.centre)))
    rows = session.scalars(found.order_by(Appeal.filed.desc(), Appeal.id).limit(RECENT)).all()
    shown = [appeal_shown(session, reader, each) for each in rows]
    return sorted(shown, key=lambda each: each.appeal.state is not AppealState.FILED)


def case_shown(session: Session, reader: Reader, case_id: str) -> CaseShown:
    """A case that the reader may look at. Raises `NoSuchCase`."""
    case = session.get(Case, case_id)
    if case is None or not _may(session, reader, "case.see", case.centre_id):
        raise NoSuchCase
    return _case(session, reader, case)


def appeal_shown(session: Session, reader: Reader, appeal: Appeal) -> AppealShown:
    """An appeal that the reader may look at."""
    amended = session.get(Amendment, (appeal.session_id, appeal.subject))
    return AppealShown(
        appeal=appeal,
        sitting=session.get_one(EvaluationSession, appeal.session_id),
        person=person_of(session, reader, appeal.session_id, appeal.subject),
        marks=marks_of(session, appeal),
        amended=None if amended is None else amended.score,
        score=session.get_one(Result, (appeal.session_id, appeal.subject)).score,
        decides=appeal.state is AppealState.FILED and _may(session, reader, "appeal.decide", appeal.centre_id),
    )


def marks_of(session: Session, appeal: Appeal) -> Sequence[Mark]:
    """The deductions that an appeal is against, in one order."""
    of_it = (Mark.session_id == appeal.session_id, Mark.subject == appeal.subject)
    return session.scalars(select(Mark).where(*of_it).order_by(Mark.party, Mark.item)).all()


def person_of(session: Session, reader: Reader, session_id: str, number: int) -> Person:
    """Whoever had the seat of a subject."""
    subject = session.get_one(Subject, (session_id, number))
    assigned = session.get(Assignment, subject.key) if subject.key else None
    name = None
    if assigned is not None and has_verb(reader.caller.role, "statistics.see"):
        name = masked(session, reader.protector, session.get_one(Expert, assigned.expert_id)).name
    expert = assigned.expert_id if assigned is not None and name is not None else None
    return Person(subject.seat or subject.label or "", subject.vacancy or 0, expert, name)


def rests_on(session: Session, case: Case) -> list[tuple[EvaluationSession, Result]]:
    """The results that a case rests on, with their sessions."""
    named = [tuple(each.split("/")) for each in json.loads(case.rests_on)]
    return [
        (session.get_one(EvaluationSession, of), session.get_one(Result, (of, int(number)))) for of, number in named
    ]


def _case(session: Session, reader: Reader, case: Case) -> CaseShown:
    rules = AssessmentRules.kept(session.get_one(Assessment, case.session_id).form)
    return CaseShown(
        case=case,
        sitting=session.get_one(EvaluationSession, case.session_id),
        person=person_of(session, reader, case.session_id, case.subject),
        verbs=[
            each.verb
            for each in CASE_STEPS
            if each.start is case.state and _may(session, reader, each.verb.permission, case.centre_id)
        ],
        terms=conduct_year.terms(rules.book, rules.regime),
        notice=session.get(Notice, (case.session_id, case.subject, case.id)),
    )


def _may(session: Session, reader: Reader, verb: str, centre_id: str) -> bool:
    return may(reader.caller, verb, target_of(session, session.get_one(Centre, centre_id)))
