"""Assessments in lists: what waits for one's party, and what is given or open."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Assessment
from expertpool.assessments.queries import waiting_for
from expertpool.identity.permissions import Caller
from expertpool.identity.queries import centres_below
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession, Project


class Listed(NamedTuple):
    """An assessment in a list; ``soon``: in less than a day no sheet is taken any more."""

    sitting: EvaluationSession
    state: AssessmentState
    due: datetime | None
    revealed: datetime | None
    soon: bool


def waiting(session: Session, caller: Caller, now: datetime) -> list[Listed]:
    """Those for which the caller's party still has to give its sheets, the first due first."""
    return [
        Listed(session.get_one(EvaluationSession, each.session_id), AssessmentState.OPEN, each.due, None, each.soon)
        for each in waiting_for(session, caller, now)
    ]


def recent(session: Session, caller: Caller, limit: int) -> list[Listed]:
    """The newest within the caller's reach; an initiator's own."""
    found = (
        select(Assessment, EvaluationSession)
        .join(EvaluationSession, EvaluationSession.id == Assessment.session_id)
        .join(Project, Project.id == EvaluationSession.project_id)
        .where(Assessment.centre_id.in_(centres_below(session, caller.centre)))
        .order_by(Assessment.opened.desc(), Assessment.session_id)
        .limit(limit)
    )
    if caller.role is Role.INITIATOR:
        found = found.where(Project.initiator_id == caller.actor)
    rows = session.execute(found).all()
    return [Listed(sitting, each.state, each.due, each.revealed, soon=False) for each, sitting in rows]
