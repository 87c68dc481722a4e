"""Whole years and months, ages and working days, against a count day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.dates import UnpublishedYear, is_working_day, latest_start, shift, working_days_after, working_days_before
from policies.facts import YearCalendar

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("day", "years", "months", "expected"),
    [
        ("2026-11-20", -3, 0, "2023-11-20"),
        ("2028-02-29", -3, 0, "2025-02-28"),
        ("2028-02-29", -4, 0, "2024-02-29"),
        ("2024-02-29", 1, 0, "2025-02-28"),
        ("2025-02-28", 3, 0, "2028-02-28"),
        ("2026-08-31", 0, -6, "2026-02-28"),
        ("2024-08-31", 0, -6, "2024-02-29"),
        ("2026-01-31", 0, -1, "2025-12-31"),
        ("2026-12-31", 0, 1, "2027-01-31"),
        ("2026-12-15", 0, 12, "2027-12-15"),
        ("2026-03-31", 1, 1, "2027-04-30"),
    ],
)
def test_shift(day: str, years: int, months: int, expected: str) -> None:
    assert shift(date.fromisoformat(day), years=years, months=months).isoformat() == expected


@given(days, st.integers(-80, 80))
def test_a_year_is_twelve_months(day: date, years: int) -> None:
    assert shift(day, years=years) == shift(day, months=12 * years)


@given(st.integers(0, 80), days)
def test_latest_start_is_the_last_day_that_is_long_enough_ago(years: int, on: date) -> None:
    latest = latest_start(years, on)
    assert shift(latest, years=years) <= on
    assert shift(latest + timedelta(days=1), years=years) > on


YEAR = YearCalendar(
    holidays=frozenset({date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)}),
    workdays=frozenset({date(2026, 10, 10)}),
)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-09-30", True),
        ("2026-10-01", False),
        ("2026-10-03", False),
        ("2026-10-04", False),
        ("2026-10-05", True),
        ("2026-10-09", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
    ],
)
def test_working_day(day: str, worked: bool) -> None:  # noqa: FBT001
    assert is_working_day(date.fromisoformat(day), {2026: YEAR}) is worked


def test_an_unpublished_year_is_nobodys_guess() -> None:
    with pytest.raises(UnpublishedYear) as raised:
        is_working_day(date(2027, 1, 4), {2026: YEAR})
    assert (raised.value.year, str(raised.value)) == (2027, "2027")
    with pytest.raises(UnpublishedYear):
        working_days_before(date(2026, 1, 1), 1, {2026: YEAR})


def test_no_working_day_before_is_the_day_itself() -> None:
    assert working_days_before(date(2026, 10, 3), 0, {}) == date(2026, 10, 3)


@given(st.dates(date(2026, 6, 1), date(2026, 12, 31)), st.integers(1, 30))
def test_working_days_before_counts_as_many_as_asked(day: date, count: int) -> None:
    first = working_days_before(day, count, {2026: YEAR})
    between = [first + timedelta(days=offset) for offset in range((day - first).days)]
    assert sum(is_working_day(each, {2026: YEAR}) for each in between) == count
    assert is_working_day(first, {2026: YEAR})


@given(st.dates(date(2026, 1, 1), date(2026, 11, 15)), st.integers(1, 30))
def test_working_days_after_counts_as_many_as_asked(day: date, count: int) -> None:
    last = working_days_after(day, count, {2026: YEAR})
    between = [day + timedelta(days=offset) for offset in range(1, (last - day).days + 1)]
    assert sum(is_working_day(each, {2026: YEAR}) for each in between) == count
    assert is_working_day(last, {2026: YEAR})


def test_a_later_year_that_is_not_published_is_unknown() -> None:
    assert working_days_after(date(2026, 12, 30), 1, {2026: YEAR}) == date(2026, 12, 31)
    with pytest.raises(UnpublishedYear):
        working_days_after(date(2026, 12, 30), 2, {2026: YEAR})
