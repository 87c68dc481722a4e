"""What the rules are told of an assessment: a deduction, sheets, sums, a suspension's end, an appeal, a statistic.

As in ``policies.facts``, `None` means *unknown* and counts against. Points are whole on a sheet; sums, deductions and
scores are in hundredths of a point.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from policies.conduct_items import Evidence, SubjectKind
from policies.facts import YearCalendar


class Deduction(NamedTuple):
    """A party takes off points for a fact; ``grounds`` says what happened and where the evidence is."""

    subject: SubjectKind | None = None
    item: str | None = None
    points: int | None = None
    evidence: Evidence | None = None
    grounds: str | None = None


class Sheets(NamedTuple):
    """Of so many parties that assess, so many gave their sheet."""

    expected: int | None = None
    given: int | None = None


class SheetGiven(NamedTuple):
    """A sheet is given on a day, for a session that closed on a day. ``calendar`` holds the years published."""

    closed_on: date | None = None
    given_on: date | None = None
    calendar: Mapping[int, YearCalendar] | None = None


class Deducted(NamedTuple):
    """What was taken off in one project and in a year, in hundredths of a point."""

    in_project: int | None = None
    in_year: int | None = None


class ReturnAsked(NamedTuple):
    """Somebody suspended for some months, up to ``last_day``, is to be drawn again."""

    months: int | None = None
    last_day: date | None = None
    today: date | None = None
    applied: bool | None = None
    pledged: bool | None = None
    tested: bool | None = None


class Review(NamedTuple):
    """One assessment's result: the day of the evaluation, deduction and score in hundredths of a point.

    ``id`` is the caller's name for it, by which a case says what it rests on.
    """

    day: date
    deduction: int
    score: int
    id: str = ""


class Standing(NamedTuple):
    """Somebody's assessments, up to today."""

    today: date | None = None
    reviews: tuple[Review, ...] | None = None


class Appeal(NamedTuple):
    """An appeal against what was served on a day."""

    served_on: date | None = None
    appealed_on: date | None = None
    calendar: Mapping[int, YearCalendar] | None = None


class AppealDecided(NamedTuple):
    """An appeal of one day is decided on another."""

    appealed_on: date | None = None
    decided_on: date | None = None
    calendar: Mapping[int, YearCalendar] | None = None


class Measure(StrEnum):
    """What is measured of a member's scoring; see ``policies.panel_statistics``."""

    SEVERITY = "severity"
    FAVOURING = "favouring"
    ACCUMULATED = "accumulated"


class Statistic(NamedTuple):
    """One figure of a member's scoring, in hundredths of a standard deviation.

    ``projects`` is the number it accumulates over, ``history`` the number of panels behind the pooled deviation.
    """

    measure: Measure | None = None
    value: int | None = None
    projects: int | None = None
    history: int | None = None


class Given(NamedTuple):
    """What a member gave a bidder, and the mean of the panel, in hundredths of a point."""

    score: int | None = None
    mean: int | None = None
