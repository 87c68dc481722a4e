"""Calendar arithmetic as the law counts it: whole years and months, ages, working days."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from policies.facts import CHINA, YearCalendar


class UnpublishedYear(LookupError):
    """The working-day calendar of this year is not among the facts."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


def shift(day: date, *, years: int = 0, months: int = 0) -> date:
    """Move `day` by whole years and months; where that month has no such day, take its last (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + years * 12 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def latest_start(years: int, on: date) -> date:
    """Give the last day from which `years` whole years have passed by `on`; the anniversary itself counts."""
    start = shift(on, years=-years)
    day_after = start + timedelta(days=1)
    return day_after if shift(day_after, years=years) <= on else start


def is_working_day(day: date, calendar: Mapping[int, YearCalendar]) -> bool:
    """Say whether `day` is worked. Raises `UnpublishedYear` where nobody can know yet."""
    year = calendar.get(day.year)
    if year is None:
        raise UnpublishedYear(day.year)
    if day in year.workdays:
        return True
    return day.weekday() < 5 and day not in year.holidays


def working_days_before(day: date, count: int, calendar: Mapping[int, YearCalendar]) -> date:
    """Give the working day that lies `count` working days before `day`. Raises `UnpublishedYear`."""
    while count > 0:
        day -= timedelta(days=1)
        if is_working_day(day, calendar):
            count -= 1
    return day


def working_days_after(day: date, count: int, calendar: Mapping[int, YearCalendar]) -> date:
    """Give the `count`-th working day after `day`, the last of a term; `day` does not count (民法典 第二百零一条).

    Raises `UnpublishedYear`.
    """
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day, calendar):
            count -= 1
    return day


def quiet_until(moment: datetime, start: int, end: int) -> datetime | None:
    """Give the end of the quiet hours in which `moment` lies; None outside them.

    They last from one full hour to another, on the country's clock and past midnight where `end` is the earlier; the
    first moment is quiet and the last is not. The same hour twice means that none is quiet.
    """
    local = moment.astimezone(CHINA)
    for days in (0, 1):
        ends = datetime.combine(local.date() + timedelta(days=days), time(end % 24), CHINA)
        if ends - timedelta(hours=(end - start) % 24) <= local < ends:
            return ends
    return None
