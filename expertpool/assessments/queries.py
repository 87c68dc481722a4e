"""Named reads of assessments. Nothing here opens what is sealed, and nothing here knows an expert's name."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments.errors import NoSuchAssessment
from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Assessment, Mark, Proposal, Result, Sheet, Subject
from expertpool.assessments.parties import PARTY_OF
from expertpool.identity.permissions import Caller, may
from expertpool.identity.queries import centres_below
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import target_of_project
from policies.conduct_items import ASSESSORS, Party

SOON: Final = timedelta(days=1)
"""How long before it is due a sheet is reminded of."""


class Waiting(NamedTuple):
    """An assessment for which one's own party has sheets to give; ``soon``: in less than a day none is taken."""

    session_id: str
    due: datetime | None
    soon: bool


def visible_assessment(session: Session, caller: Caller, session_id: str, verb: str = "assessment.see") -> Assessment:
    """An assessment that the caller may look at. Raises `NoSuchAssessment`, also before it has opened."""
    found = session.get(Assessment, session_id)
    if found is None or not may(caller, verb, target_of_project(session, _project(session, session_id))):
        raise NoSuchAssessment
    return found


def subjects_of(session: Session, session_id: str) -> Sequence[Subject]:
    """Whom the assessment is of, by number."""
    return session.scalars(select(Subject).where(Subject.session_id == session_id).order_by(Subject.number)).all()


def assessed_by(session: Session, session_id: str, party: Party) -> Sequence[Subject]:
    """Those whom a party assesses, by number."""
    return [each for each in subjects_of(session, session_id) if party in ASSESSORS[each.kind]]


def proposals_of(session: Session, session_id: str) -> Sequence[Proposal]:
    """Facts that the system proposes, by subject."""
    found = select(Proposal).where(Proposal.session_id == session_id)
    return session.scalars(found.order_by(Proposal.subject, Proposal.item, Proposal.step)).all()


def sheets_of(session: Session, session_id: str) -> Sequence[Sheet]:
    """The sealed sheets that were given, by party and subject."""
    return session.scalars(
        select(Sheet).where(Sheet.session_id == session_id).order_by(Sheet.party, Sheet.subject)
    ).all()


def given_of(session: Session, session_id: str) -> Mapping[Party, datetime]:
    """Which parties have given their sheets, and when."""
    found = select(Sheet.party, Sheet.given_at).where(Sheet.session_id == session_id).distinct()
    return dict(session.execute(found).all())


def marks_of(session: Session, session_id: str) -> Sequence[Mark]:
    """The deductions of a revealed assessment, by subject and party."""
    found = select(Mark).where(Mark.session_id == session_id)
    return session.scalars(found.order_by(Mark.subject, Mark.party, Mark.item)).all()


def results_of(session: Session, session_id: str) -> Sequence[Result]:
    """The results of a revealed assessment, by subject."""
    return session.scalars(select(Result).where(Result.session_id == session_id).order_by(Result.subject)).all()


def waiting_for(session: Session, caller: Caller, now: datetime) -> list[Waiting]:
    """The open assessments for which the caller's party still has to give its sheets, the first due first."""
    party = PARTY_OF.get(caller.role)
    given = select(Sheet.session_id).where(Sheet.session_id == Assessment.session_id, Sheet.party == party)
    found = (
        select(Assessment.session_id, Assessment.due)
        .join(EvaluationSession, EvaluationSession.id == Assessment.session_id)
        .join(Project, Project.id == EvaluationSession.project_id)
        .where(Assessment.state == AssessmentState.OPEN, ~given.exists())
        .where(Assessment.centre_id.in_(centres_below(session, caller.centre)))
        .order_by(Assessment.due, Assessment.session_id)
    )
    if caller.role is Role.INITIATOR:
        found = found.where(Project.initiator_id == caller.actor)
    rows = [] if party is None else session.execute(found).all()
    open_ = [(one, due) for one, due in rows if due is None or now < due]
    return [Waiting(one, due, due is not None and due - now <= SOON) for one, due in open_]


def _project(session: Session, session_id: str) -> Project:
    return session.get_one(EvaluationSession, session_id).project
