"""Alerts about how members scored, for the supervisor: questions to be explained, never marks.

They are computed from the scores whenever somebody looks, over the last two years of the reader's reach; nothing of
them is kept but what was asked for (`explaining`).
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from expertpool.assessments.panels import Far, questions
from expertpool.assessments.summary import Span
from expertpool.draws.models import Assignment
from expertpool.draws.rules import rulebook
from expertpool.identity.permissions import Caller
from expertpool.identity.queries import centres_below
from expertpool.projects.models import EvaluationSession, Lot
from expertpool.projects.terms import Regime
from expertpool.sessions.models import Key, Score
from policies.facts import day_of
from policies.panel_statistics import ALERT, Alert

NATIONAL: Final = "national"
LOOKS_BACK: Final = timedelta(days=730)
FAR: Final = "far"
"""What a score that is far from its panel's mean is called among the measures."""


class Figure(NamedTuple):
    """Something to be explained: whose scoring (by seat), where last, and the figures.

    ``value`` and ``threshold`` are hundredths of a deviation; of a score that is far from the mean, score and mean in
    hundredths of a point. ``panels`` and ``pivots`` count the lots it rests on, and those that another bidder would
    have won without the member; ``population`` is the number of panels behind the deviation.
    """

    measure: str
    session_id: str
    lot_id: str
    key: Key
    bidder: str
    value: int
    threshold: int
    panels: int
    pivots: int
    population: int

    @property
    def name(self) -> str:
        """By which it is asked for."""
        return "~".join((self.measure, self.session_id, self.lot_id, *map(str, self.key), self.bidder))


class Shown(NamedTuple):
    """A figure with where it was, and the expert, if the seat is somebody's."""

    figure: Figure
    sitting: EvaluationSession
    lot: str
    expert_id: str | None


def figures(session: Session, caller: Caller, now: datetime, book: str) -> list[Shown]:
    """Every figure within the reader's reach beyond what the centre's ``book`` takes, the newest session first.

    Of a session the largest is first. A book without alerts leaves them to the national one. Raises `RulebookUnknown`.
    """
    centres, span = centres_below(session, caller.centre), Span(now - LOOKS_BACK, now)
    own, national = rulebook(book, day_of(now)), rulebook(NATIONAL, day_of(now))
    found: list[Figure] = []
    for regime in Regime:
        rules = own if own.applies(ALERT, regime) else national
        asked = questions(session, centres, regime, span, rules)
        found += [_of_alert(session, each) for each in asked.alerts]
        found += [_of_far(session, each) for each in asked.far]
    shown = [_shown(session, each) for each in found]
    return sorted(shown, key=lambda each: (each.sitting.starts, abs(each.figure.value)), reverse=True)


def figure_named(session: Session, caller: Caller, now: datetime, book: str, name: str) -> Figure | None:
    """One of them by its name; None for one that is none any more."""
    return next((each.figure for each in figures(session, caller, now, book) if each.figure.name == name), None)


def _of_alert(session: Session, alert: Alert) -> Figure:
    """An alert, at the last of the lots that it rests on."""
    at = max((_place(session, panel, alert.member) for panel in alert.panels), key=lambda place: place[0])
    _, session_id, lot_id, key = at
    counts = (len(alert.panels), len(alert.pivots), alert.population)
    return Figure(alert.measure.value, session_id, lot_id, key, alert.bidder, alert.value, alert.threshold, *counts)


def _of_far(session: Session, far: Far) -> Figure:
    _, session_id, lot_id, key = _place(session, far.panel, far.member)
    return Figure(FAR, session_id, lot_id, key, far.bidder, far.score, far.mean, 1, 0, 1)


def _place(session: Session, panel: str, member: str) -> tuple[datetime, str, str, Key]:
    """When and where a panel sat, and on which seat the member."""
    session_id, lot_id = panel.split("/")
    starts = session.get_one(EvaluationSession, session_id).starts
    if "/" in member:
        draw, seat, vacancy = member.split("/")
        return starts, session_id, lot_id, Key(draw, seat, int(vacancy))
    seats = (
        select(Score.draw_id, Score.seat, Score.vacancy)
        .join(
            Assignment,
            and_(
                Assignment.draw_id == Score.draw_id,
                Assignment.seat == Score.seat,
                Assignment.vacancy == Score.vacancy,
            ),
        )
        .where(Score.session_id == session_id, Score.lot_id == lot_id, Assignment.expert_id == member)
        .limit(1)
    )
    return starts, session_id, lot_id, Key(*session.execute(seats).one())


def _shown(session: Session, figure: Figure) -> Shown:
    assigned = session.get(Assignment, tuple(figure.key))
    return Shown(
        figure=figure,
        sitting=session.get_one(EvaluationSession, figure.session_id),
        lot=session.get_one(Lot, figure.lot_id).title,
        expert_id=None if assigned is None else assigned.expert_id,
    )
