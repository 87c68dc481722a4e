"""Which rules a request meets, before and after counting: facts in, findings out. Nothing here reads a database."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from chinese_calendar.constants import holidays, workdays

from expertpool.draws.errors import RulebookUnknown
from expertpool.protocol.request import DrawRequest
from policies import facts, ladder, service_facts
from policies.apply import decide
from policies.decision import REFUSING, Decision, Effect, Finding, Outcome
from policies.library import shipped
from policies.problems import BadInput
from policies.rulebook import Rulebook

RELEASE: Final = "service.release"
REMOTE_SITES: Final = 2
"""From how many sites on a review is a remote one."""


@lru_cache(maxsize=64)
def rulebook(book: str, on: date) -> Rulebook:
    """The merged rulebook in force on a day. Raises `RulebookUnknown`."""
    try:
        return shipped().rulebook(book, on)
    except BadInput:
        raise RulebookUnknown(book) from None


def regime(book: Rulebook, project: str) -> str:
    """By which regime a project's committee is drawn: the project's own, but the book's where it has only one.

    So a rulebook for rosters that no law knows can be used with any project.
    """
    return next(iter(book.regimes)) if len(book.regimes) == 1 else project


def on_request(book: Rulebook, request: DrawRequest, now: datetime, *, supplementary: bool) -> Decision:
    """Every rule about the request itself: committee, owner's representatives, draw window."""
    draw_at = max(request.draw_at, now)
    committee = facts.Committee(
        experts=sum(request.seats) + request.retained,
        owner_representatives=len(request.owner_representatives),
        method=facts.Method(request.method),
        budget=request.budget,
        complex=request.complex,
        high_impact=request.high_impact,
    )
    window = facts.Window(
        draw_at=draw_at,
        opens_at=request.opens_at,
        review_at=request.starts,
        method=facts.Method(request.method),
        remote=len(request.sites) >= REMOTE_SITES,
        supplementary=supplementary,
        calendar=published_years(),
    )
    people = [
        facts.Representative(
            review_on=facts.day_of(request.starts),
            appointed_on=each.appointed_on,
            in_writing=each.in_writing,
            chairs=False,
            paid_as_expert=False,
        )
        for each in request.owner_representatives
    ]
    return _together(decide(book, request.regime, fact) for fact in (committee, window, *people))


def on_counts(
    book: Rulebook, request: DrawRequest, counts: tuple[int, ...], *, eligible: int, recused: int
) -> Decision:
    """The rules about how many there are: ladder, thin pool, what the requester's recusals removed."""
    seats = sum(request.seats)
    asked = [
        facts.Shortage(seats, counts),
        facts.Pool(seats, eligible),
        facts.Recusals(eligible + recused, recused),
    ]
    return _together(decide(book, request.regime, fact) for fact in asked)


def on_pool(book: Rulebook, regime: str, removals: facts.Removals, mirror: facts.Mirror | None) -> Decision:
    """The rules about the pool: edits in the settling time, and the province's signed head where it is mirrored."""
    return _together(decide(book, regime, fact) for fact in (removals, mirror) if fact is not None)


def on_release(
    book: Rulebook, regime: str, audience: facts.Audience, now: datetime, events: Mapping[str, datetime]
) -> Decision | None:
    """Whether an audience may learn names; ``events`` that are proven. None where the book has no rule for it."""
    if not book.applies(RELEASE, regime):
        return None
    return decide(book, regime, service_facts.Reveal(audience, now, events))


def rungs(book: Rulebook, regime: str) -> tuple[str, ...]:
    """The rungs that the system climbs by itself; a book without a ladder has one."""
    return ladder.rungs(book, regime) if book.applies(ladder.RULE, regime) else ("home",)


def enough(book: Rulebook, regime: str, seats: int) -> int:
    """From how many eligible on no further rung is climbed."""
    if not book.applies(ladder.RULE, regime):
        return seats
    return seats * book.values(ladder.RULE, regime).number("per_seat")


def standing_against(decision: Decision) -> tuple[Finding, ...]:
    """The findings that refuse."""
    return tuple(finding for finding in decision.findings if finding.effect in REFUSING)


def for_a_person(decision: Decision) -> tuple[Finding, ...]:
    """The findings that leave the case to a person."""
    return tuple(finding for finding in decision.findings if finding.effect is Effect.REFERRED)


def outcome(decisions: Iterable[Decision]) -> Outcome:
    """The strictest outcome of several decisions."""
    return _together(decisions).outcome


@cache
def published_years() -> Mapping[int, facts.YearCalendar]:
    """The working-day calendars that the State Council has published, by year; a year that is not there is unknown."""
    return MappingProxyType(
        {
            year: facts.YearCalendar(
                frozenset(day for day in holidays if day.year == year),
                frozenset(day for day in workdays if day.year == year),
            )
            for year in {day.year for day in holidays}
        }
    )


def _together(decisions: Iterable[Decision]) -> Decision:
    return Decision.of(finding for decision in decisions for finding in decision.findings)
