"""What several rules ask of an expert's ties to units: which are not over, and whether one meets certain units."""

from collections.abc import Iterable
from datetime import date

from policies.dates import shift
from policies.facts import Request, Unit, day_of
from policies.rule import need


def review_day(request: Request) -> date:
    """Give the day of the review. Raises `UnknownFact`."""
    return day_of(need(request.review_at, "review_at"))


def look_back(request: Request, years: int) -> date:
    """Give the first day of the look-back: `years` before the review, by exact date; that day still counts."""
    return shift(review_day(request), years=-years)


def over(end: date | None, since: date) -> bool:
    """Say whether a tie had ended before `since`; one without an end is not known to be over."""
    return end is not None and end < since


def codes(units: Iterable[Unit] | None, fact: str) -> frozenset[str]:
    """Give the units' credit codes. Raises `UnknownFact` when the list, or one unit's code, is unknown."""
    return frozenset(need(unit.code, f"{fact}.code") for unit in need(units, fact))


def sealed(request: Request) -> bool:
    """Say whether the bidders are not to be known yet: the list is opened at the bid opening, and that is to come."""
    return (
        request.bidders is None
        and request.decided_at is not None
        and request.opens_at is not None
        and request.decided_at < request.opens_at
    )


def bidder_codes(request: Request) -> frozenset[str]:
    """Give the bidders' codes; none while they are sealed, since all is decided again at the opening."""
    return frozenset() if sealed(request) else codes(request.bidders, "bidders")
