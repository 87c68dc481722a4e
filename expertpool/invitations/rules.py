"""What the rulebook says of calls, answers and leave: facts in, figures out. Nothing here reads a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from expertpool.draws.rules import rulebook
from expertpool.protocol.request import DrawRequest
from policies import facts, service_facts
from policies.apply import decide
from policies.dates import quiet_until
from policies.decision import Outcome
from policies.rulebook import Rulebook
from policies.session_facts import CheckIn, Expected

CALLS: Final = "service.calls"
LEAVE: Final = "service.leave"
ARRIVAL: Final = "service.arrival"
ABSENT: Final = "session.absent"
CHECK_IN: Final = "session.check_in"


@dataclass(frozen=True, slots=True)
class Figures:
    """How long an expert has to answer, and how long before the review reminders go out.

    The defaults are those of a book that has no such rule, as a roster's may be.
    """

    no_answer: timedelta = timedelta(seconds=120)
    reminders: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """How long before the assembly one can sign in, and how many failures there may be for each seat.

    The defaults are those of a book that has no such rule.
    """

    opens: timedelta = timedelta(minutes=60)
    failures: int = 3


@dataclass(frozen=True, slots=True)
class Absence:
    """How long somebody has to arrive after a call, and after which delay whoever should be there is absent."""

    arrival: timedelta
    absent: timedelta


def absence(request: DrawRequest) -> Absence | None:
    """The figures by which whoever does not come is absent; None where nobody is by rule. Raises `RulebookUnknown`."""
    book = _book(request)
    if not all(book.applies(rule, request.regime) for rule in (ARRIVAL, ABSENT)):
        return None
    minutes = (book.values(rule, request.regime).number("minutes") for rule in (ARRIVAL, ABSENT))
    return Absence(*(timedelta(minutes=each) for each in minutes))


def arrives_by(request: DrawRequest, called: datetime) -> datetime:
    """When somebody who is called at a moment is to be there: at the assembly, or when the time to arrive is over.

    Raises `RulebookUnknown`.
    """
    rule = absence(request)
    return request.starts if rule is None else max(request.starts, called + rule.arrival)


def is_absent(request: DrawRequest, expected: Expected) -> bool:
    """Whether whoever is expected is absent. Raises `RulebookUnknown`."""
    return decide(_book(request), request.regime, expected).outcome is not Outcome.ALLOWED


def may_check_in(request: DrawRequest, arriving: CheckIn) -> bool:
    """Whether one can check in by phone now. Raises `RulebookUnknown`."""
    book = _book(request)
    return book.applies(CHECK_IN, request.regime) and decide(book, request.regime, arriving).outcome is Outcome.ALLOWED


def door(request: DrawRequest) -> Door:
    """The figures of a draw's sign-in desks. Raises `RulebookUnknown`."""
    book = _book(request)
    if not book.applies(ARRIVAL, request.regime):
        return Door()
    values = book.values(ARRIVAL, request.regime)
    return Door(timedelta(minutes=values.number("opens")), values.number("failures"))


def figures(request: DrawRequest) -> Figures:
    """The figures for a draw. Raises `RulebookUnknown`."""
    book = _book(request)
    if not book.applies(CALLS, request.regime):
        return Figures()
    values = book.values(CALLS, request.regime)
    minutes = (values.number("first_reminder"), values.number("last_reminder"))
    return Figures(
        no_answer=timedelta(seconds=values.number("no_answer")),
        reminders=tuple(timedelta(minutes=each) for each in minutes if each),
    )


def waits_until(request: DrawRequest, now: datetime) -> datetime | None:
    """The end of the quiet hours, where nobody may be called now; None where calls go out. Raises `RulebookUnknown`."""
    book = _book(request)
    if not book.applies(CALLS, request.regime):
        return None
    if decide(book, request.regime, service_facts.Call(now, request.starts)).outcome is Outcome.ALLOWED:
        return None
    values = book.values(CALLS, request.regime)
    return quiet_until(now, values.number("quiet_from"), values.number("quiet_until"))


def too_late_for_leave(request: DrawRequest, now: datetime) -> int | None:
    """Within how many minutes of the review no leave is given, where it is too late; None where leave is given."""
    book = _book(request)
    if not book.applies(LEAVE, request.regime):
        return None
    if decide(book, request.regime, service_facts.Leave(now, request.starts)).outcome is Outcome.ALLOWED:
        return None
    return book.values(LEAVE, request.regime).number("minutes")


def _book(request: DrawRequest) -> Rulebook:
    decided = request.decided_at or request.draw_at
    return rulebook(request.rulebook, facts.day_of(decided))
