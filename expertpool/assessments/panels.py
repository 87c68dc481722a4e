"""Scores as panels, lot by lot, and what of them asks for an explanation: never a mark, and it leads to no points.

A member is an expert once the rulebook has opened names to everybody (`draws.models.Assignment`), until then a seat: so
nothing adds up over projects for somebody whose name is still closed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from expertpool.assessments.summary import Span
from expertpool.draws.models import Assignment
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import Regime
from expertpool.sessions.models import Score
from policies.panel_statistics import Alert, Panel, alerts, far_from_the_mean, history, panel
from policies.rulebook import Rulebook


class Far(NamedTuple):
    """A score that is far from its panel's mean; both in hundredths of a point."""

    panel: str
    member: str
    bidder: str
    score: int
    mean: int


@dataclass(frozen=True, slots=True)
class Questions:
    """What asks for an explanation, and the panels that were looked at, by their id: session and lot, ``/`` between."""

    panels: Mapping[str, Panel]
    alerts: Sequence[Alert]
    far: Sequence[Far]


def questions(session: Session, centres: Iterable[str], regime: Regime, span: Span, book: Rulebook) -> Questions:
    """What the sessions of a span ask, of one regime at some centres; they are each other's history."""
    found = {each.id: each for each in panels_of(session, centres, regime, span)}
    panels = list(found.values())
    far = [_far(found[id_], *pair) for id_ in found for pair in far_from_the_mean(book, regime, found[id_])]
    return Questions(found, alerts(book, regime, panels, history(panels)), far)


def panels_of(session: Session, centres: Iterable[str], regime: Regime, span: Span) -> list[Panel]:
    """Every lot of which all members scored all bidders, in the order of session and lot."""
    scores = (
        select(
            Score.session_id,
            Score.lot_id,
            EvaluationSession.project_id,
            Assignment.expert_id,
            Score.draw_id,
            Score.seat,
            Score.vacancy,
            Score.bidder,
            Score.hundredths,
        )
        .join(EvaluationSession, EvaluationSession.id == Score.session_id)
        .join(Project, Project.id == EvaluationSession.project_id)
        .outerjoin(
            Assignment,
            and_(
                Assignment.draw_id == Score.draw_id,
                Assignment.seat == Score.seat,
                Assignment.vacancy == Score.vacancy,
            ),
        )
        .where(EvaluationSession.centre_id.in_(list(centres)), Project.regime == regime)
        .where(span.start <= EvaluationSession.starts, EvaluationSession.starts < span.until)
    )
    lots: defaultdict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for session_id, lot_id, project, expert, draw, seat, vacancy, bidder, hundredths in session.execute(scores):
        member = expert or f"{draw}/{seat}/{vacancy}"
        lots[f"{session_id}/{lot_id}", project][member, bidder] = hundredths
    made = (panel(id_, project, given) for (id_, project), given in sorted(lots.items()))
    return [each for each in made if each is not None]


def _far(of: Panel, member: str, bidder: str) -> Far:
    column = of.bidders.index(bidder)
    given = [row[column] for row in of.scores]
    return Far(of.id, member, bidder, given[of.members.index(member)], round(sum(given) / len(given)))
