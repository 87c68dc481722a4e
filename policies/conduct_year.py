"""What a year of assessments leads to: cases for suspension, how long one lasts, how one returns, senior, dismissal.

Everything here is proposed by rule and decided by the competent department. One regime at a time: tendering and
government procurement have different departments, and what was taken off under one is no ground under the other.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from policies.apply import decide
from policies.assessment_facts import Deducted, Review, Standing
from policies.dates import shift
from policies.rulebook import Rulebook

CONSEQUENCE: Final = "assessment.consequence"
RETURN: Final = "assessment.return"


class Why(StrEnum):
    """Why a case is due."""

    AT_ONCE = "at_once"
    YEAR = "year"


class Due(NamedTuple):
    """A case that the rulebook proposes: on the day of the last assessment it rests on, for so many months.

    ``points`` are hundredths; ``grounds`` the ids of the assessments.
    """

    why: Why
    on: date
    points: int
    months: int
    grounds: tuple[str, ...]


class Term(NamedTuple):
    """A suspension's days, both included."""

    first: date
    last: date


def due(book: Rulebook, regime: str, reviews: Iterable[Review]) -> tuple[Due, ...]:
    """Give the cases that somebody's assessments lead to, in order.

    An assessment that is enough by itself is a case at once. In a year, all that was taken off adds up, what was a case
    at once as well; what one case of a year rests on is no ground for another. One assessment makes one case: where it
    is enough by itself and fills the year, the case is at once and rests on the year's assessments too.
    """
    if not book.applies(CONSEQUENCE, regime):
        return ()
    values = book.values(CONSEQUENCE, regime)
    calendar = values.word("span") == "calendar"
    cases: list[Due] = []
    open_: list[Review] = []
    for review in sorted(each for each in reviews if each.deduction):
        open_ = [each for each in open_ if _in_year(each.day, review.day, calendar=calendar)] + [review]
        in_year = sum(each.deduction for each in open_)
        reasons = _reasons(book, regime, review.deduction, in_year)
        if Why.YEAR in reasons:
            grounds, open_ = open_, []
        else:
            grounds = [review]
        if reasons:
            points = sum(each.deduction for each in grounds)
            cases.append(Due(reasons[0], review.day, points, values.number("months"), tuple(g.id for g in grounds)))
    return tuple(cases)


def term(first: date, months: int) -> Term:
    """Give the days of a suspension that binds from ``first``, the day of its decision.

    The term itself counts from the day after, and ends with the day of the same number, or with the last day of a
    month that has none such (民法典 第二百零一条、第二百零二条).
    """
    return Term(first, shift(first, months=months))


def terms(book: Rulebook, regime: str) -> tuple[int, ...]:
    """Give the terms of a suspension, in months, the shortest first; none in a book without them."""
    if not book.applies(RETURN, regime):
        return ()
    values = book.values(RETURN, regime)
    return tuple(sorted({values.number(name) for name in ("automatic", "application", "test")}))


def until(book: Rulebook, regime: str, first: date, months: int) -> date | None:
    """Give the day with which a suspension ends by itself; None for one that goes on until the return is granted."""
    if book.applies(RETURN, regime) and months >= book.values(RETURN, regime).number("application"):
        return None
    return term(first, months).last


def proposals(book: Rulebook, regime: str, today: date, reviews: Sequence[Review]) -> tuple[str, ...]:
    """Give what the last years' scores propose: `senior`, `dismissal` or nothing."""
    found = decide(book, regime, Standing(today, tuple(reviews))).reasons()
    return tuple(each.key for each in found)


def _reasons(book: Rulebook, regime: str, in_project: int, in_year: int) -> tuple[Why, ...]:
    """Which thresholds are reached; each is asked for by itself, since the rule tells only the first."""
    asked = {Why.AT_ONCE: Deducted(in_project, 0), Why.YEAR: Deducted(0, in_year)}
    return tuple(why for why, fact in asked.items() if decide(book, regime, fact).reasons())


def _in_year(day: date, on: date, *, calendar: bool) -> bool:
    return day.year == on.year if calendar else shift(on, years=-1) < day <= on
