"""Credit portraits of a span: somebody's five sides beside those of everybody who was assessed in it.

Only marks are read one by one, and only of whoever lost points: a clean assessment takes nothing off any side.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from expertpool.assessments.models import Assessment, Mark, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.assessments.summary import ASSIGNED, deduction, results, score
from expertpool.draws.models import Assignment
from expertpool.projects.models import EvaluationSession, Project
from policies.conduct_items import Dimension, Party, SubjectKind
from policies.portrait import Side, Sides, portrait, sides, taken


class Assessed(NamedTuple):
    """One of somebody's projects; scores are in hundredths of a point."""

    session_id: str
    title: str
    seat: str
    revealed: datetime
    deduction: int
    score: int


def pool_sides(session: Session, wanted: ColumnElement[bool]) -> dict[str, Sides]:
    """The five sides of every expert."""
    counted = results(Assignment.expert_id, func.count()).join(Assignment, ASSIGNED).where(wanted)
    counts = session.execute(counted.group_by(Assignment.expert_id)).all()
    lost = _lost(session, wanted)
    return {expert: sides(lost.get(expert, {}), count) for expert, count in counts}


def portrait_of(pool: Mapping[str, Sides], expert_id: str) -> tuple[Side, ...]:
    """An expert's sides beside the pool's. Raises `KeyError` for one without an assessment."""
    return portrait(pool[expert_id], list(pool.values()))


def projects_of(session: Session, wanted: ColumnElement[bool], expert_id: str) -> Sequence[Assessed]:
    """What an expert was assessed for, the newest first."""
    columns = (Assessment.session_id, Project.title, Subject.seat, Assessment.revealed, deduction, score)
    found = (
        _of_project(results(*columns))
        .join(Assignment, ASSIGNED)
        .where(wanted, Assignment.expert_id == expert_id)
        .order_by(Assessment.revealed.desc(), Assessment.session_id)
    )
    return [Assessed(*row) for row in session.execute(found)]


def _lost(session: Session, wanted: ColumnElement[bool]) -> dict[str, dict[Dimension, int]]:
    """What was taken off from each side of whoever lost points, over all assessments."""
    weights = _weights(session, wanted)
    lost: dict[str, dict[Dimension, int]] = defaultdict(lambda: dict.fromkeys(Dimension, 0))
    for flawed, marks in _flawed(session, wanted).items():
        for dimension, points in taken(weights[flawed.rulebook, flawed.regime], marks, flawed.deduction).items():
            lost[flawed.expert][dimension] += points
    return lost


class _Flawed(NamedTuple):
    """A result that is less than full, and by which sheet."""

    session: str
    expert: str
    rulebook: str
    regime: str
    deduction: int


def _flawed(session: Session, wanted: ColumnElement[bool]) -> dict[_Flawed, list[tuple[Party, str, int]]]:
    """The marks of every such result."""
    of_whom = (Assessment.session_id, Assignment.expert_id, Assessment.rulebook, Project.regime, deduction)
    found = (
        _of_project(results(*of_whom, Mark.party, Mark.item, Mark.points))
        .join(Assignment, ASSIGNED)
        .join(Mark, and_(Mark.session_id == Result.session_id, Mark.subject == Result.subject))
        .where(wanted, deduction > 0)
    )
    marked: dict[_Flawed, list[tuple[Party, str, int]]] = defaultdict(list)
    for *whom, party, item, points in session.execute(found):
        marked[_Flawed(*whom)].append((party, item, points))
    return marked


def _weights(session: Session, wanted: ColumnElement[bool]) -> dict[tuple[str, str], Mapping[Party, Fraction]]:
    """The parties' weights for a seat, by rulebook and regime: each sheet is read once, however often it was used."""
    sheets = (
        select(Assessment.rulebook, Project.regime, func.max(Assessment.form))
        .join(EvaluationSession, EvaluationSession.id == Assessment.session_id)
        .join(Project, Project.id == EvaluationSession.project_id)
        .where(wanted)
        .group_by(Assessment.rulebook, Project.regime)
    )
    return {
        (rulebook, regime): AssessmentRules.kept(form).weights(SubjectKind.SEAT)
        for rulebook, regime, form in session.execute(sheets)
    }


def _of_project(found: Select[Any]) -> Select[Any]:
    return found.join(EvaluationSession, EvaluationSession.id == Assessment.session_id).join(
        Project, Project.id == EvaluationSession.project_id
    )
