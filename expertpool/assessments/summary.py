"""A year's assessments added up: per expert and agency, by month and item, and how the pool is spread.

The database adds; only sums and counts come out. An expert is in it as soon as the rulebook has opened names to
everybody (`draws.models.Assignment`); whoever's seat is not assigned yet counts in the month, not in anybody's year. An
appeal's amendment counts instead of the first result.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from expertpool.assessments.models import Amendment, Assessment, Mark, Result, Subject
from expertpool.draws.models import Assignment
from policies.conduct_items import SubjectKind
from policies.facts import CHINA

FULL: Final = 10_000
"""A score without deductions, in hundredths of a point."""
EDGES: Final = (0, 6_000, 7_000, 8_000, 9_000, 9_500, FULL, FULL + 1)
"""Where the columns of the pool's spread begin; the last one holds those without any deduction."""
deduction: Final = func.coalesce(Amendment.deduction, Result.deduction)
score: Final = func.coalesce(Amendment.score, Result.score)
ASSIGNED: Final = and_(
    Assignment.draw_id == Subject.draw_id, Assignment.seat == Subject.seat, Assignment.vacancy == Subject.vacancy
)
"""Whose result it is."""


class Span(NamedTuple):
    """From a moment until another, which is not in it."""

    start: datetime
    until: datetime

    @classmethod
    def of_year(cls, year: int) -> "Span":
        """A calendar year in China."""
        return cls(_begins(year, 1), _begins(year + 1, 1))

    @classmethod
    def of_month(cls, year: int, month: int) -> "Span":
        """A month in China."""
        return cls(_begins(year, month), _begins(year + month // 12, month % 12 + 1))


class Tally(NamedTuple):
    """Somebody's assessments: how many, how many with deductions; scores and deductions in hundredths of a point."""

    who: str
    projects: int
    flawed: int
    mean: int
    lowest: int
    deducted: int


class MonthTally(NamedTuple):
    """The seats that were assessed in a month (``2026-11``)."""

    month: str
    projects: int
    seats: int
    flawed: int
    mean: int


class ItemTally(NamedTuple):
    """How often parties deducted for an item, and how many points together."""

    item: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A year. ``experts`` by mean score, the lowest first; ``spread`` counts experts between two of `EDGES`."""

    span: Span
    experts: Sequence[Tally]
    agencies: Sequence[Tally]
    months: Sequence[MonthTally]
    items: Sequence[ItemTally]
    spread: Sequence[int]


def summary(session: Session, centres: Iterable[str], span: Span) -> Summary:
    """Everything of some centres whose sheets were revealed within a span."""
    wanted = revealed_in(centres, span)
    experts = experts_in(session, wanted)
    return Summary(
        span=span,
        experts=experts,
        agencies=agencies_in(session, wanted),
        months=months_in(session, wanted),
        items=items_in(session, wanted),
        spread=spread_of(each.mean for each in experts),
    )


def spread_of(scores: Iterable[int]) -> list[int]:
    """How many scores lie between two of `EDGES`."""
    counted = [0] * (len(EDGES) - 1)
    for each in scores:
        counted[next(number for number, (low, high) in enumerate(pairwise(EDGES)) if low <= each < high)] += 1
    return counted


_sums: Final = (
    func.count(),
    func.sum(case((deduction > 0, 1), else_=0)),
    func.sum(score),
    func.min(score),
    func.sum(deduction),
)


def experts_in(session: Session, within: ColumnElement[bool]) -> list[Tally]:
    """Per expert, the lowest mean first."""
    found = results(Assignment.expert_id, *_sums).join(Assignment, ASSIGNED).where(within)
    return _tallies(session, found.group_by(Assignment.expert_id))


def agencies_in(session: Session, within: ColumnElement[bool]) -> list[Tally]:
    """Per agency, by its credit code, the lowest mean first."""
    found = results(Subject.unit, *_sums).where(within, Subject.kind == SubjectKind.AGENCY)
    return _tallies(session, found.group_by(Subject.unit))


def months_in(session: Session, within: ColumnElement[bool]) -> list[MonthTally]:
    """The seats by month, the first month first; every project is one row of the database's answer."""
    found = results(Assessment.revealed, *_sums[:3]).where(within, Subject.kind == SubjectKind.SEAT)
    months: dict[str, list[int]] = {}
    for revealed, seats, flawed, total in session.execute(found.group_by(Assessment.session_id, Assessment.revealed)):
        sums = months.setdefault(f"{revealed.astimezone(CHINA):%Y-%m}", [0, 0, 0, 0])
        for number, each in enumerate((1, seats, flawed, total)):
            sums[number] += each
    return [
        MonthTally(month, projects, seats, flawed, total // seats)
        for month, (projects, seats, flawed, total) in sorted(months.items())
    ]


def items_in(session: Session, within: ColumnElement[bool]) -> list[ItemTally]:
    """What parties deducted for, the most frequent first."""
    times = func.count()
    found = (
        select(Mark.item, times, func.sum(Mark.points))
        .join(Assessment, Assessment.session_id == Mark.session_id)
        .where(within)
        .group_by(Mark.item)
        .order_by(times.desc(), Mark.item)
    )
    return [ItemTally(*each) for each in session.execute(found)]


def results(*columns: Any) -> Select[Any]:
    """Columns of results with whom they are of, and what an appeal made of them."""
    of_it = and_(Subject.session_id == Result.session_id, Subject.number == Result.subject)
    amended = and_(Amendment.session_id == Result.session_id, Amendment.subject == Result.subject)
    return (
        select(*columns)
        .select_from(Assessment)
        .join(Result, Result.session_id == Assessment.session_id)
        .join(Subject, of_it)
        .outerjoin(Amendment, amended)
    )


def revealed_in(centres: Iterable[str], span: Span) -> ColumnElement[bool]:
    """The assessments of some centres whose sheets were revealed within a span."""
    return and_(
        Assessment.centre_id.in_(list(centres)), Assessment.revealed >= span.start, Assessment.revealed < span.until
    )


def _tallies(session: Session, found: Select[Any]) -> list[Tally]:
    tallies = [
        Tally(who, projects, int(flawed), int(total) // projects, lowest, int(deducted))
        for who, projects, flawed, total, lowest, deducted in session.execute(found)
    ]
    return sorted(tallies, key=lambda each: (each.mean, each.who))


def _begins(year: int, month: int) -> datetime:
    return datetime.combine(date(year, month, 1), time(), CHINA).astimezone(UTC)
