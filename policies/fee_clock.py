"""The fee clock: how long each member of a committee worked, from the session's timeline (RULES.md, "Fees").

It runs from the assembly time set in the draw to the moment that all members have finished the report. A short break
is time worked, a longer one is not; neither are a night, a suspension and deliberate stalling. Over several days the
time is the sum of the sittings. Whoever came as a replacement is paid from arrival, whoever left up to leaving.

Everything is in whole minutes: a moment is read to the minute, as every page and record shows it, so whoever has the
record computes the same. What an hour is worth is the tariff's matter, not the clock's.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)

Stretch = tuple[int, int]
"""From a minute to a minute, counted from 1970 in UTC."""


class Stop(StrEnum):
    """Why the work stands still."""

    BREAK = "break"
    MEAL = "meal"
    OVERNIGHT = "overnight"
    SUSPENDED = "suspended"


class Pause(NamedTuple):
    """A time in which the committee does not work."""

    why: Stop
    begins: datetime
    ends: datetime


class Presence(NamedTuple):
    """A member's part in the session: None from the assembly, None to the end; ``stalled`` in minutes."""

    begins: datetime | None = None
    ends: datetime | None = None
    stalled: int = 0


WHOLE: Final = Presence()

SeatKey = tuple[str, str, int]
"""Draw, seat code, number of the seat's vacancy."""


class Clock(NamedTuple):
    """A session's times: the assembly set in the draw, when all had finished, the pauses, and who was there when."""

    assembly: datetime
    finished: datetime
    pauses: tuple[Pause, ...] = ()
    seats: Mapping[SeatKey, Presence] = MappingProxyType({})


class Breaks(NamedTuple):
    """Which breaks are time worked: those of up to so many minutes, and meals of any length where ``meals`` says so."""

    minutes: int = 30
    meals: bool = False


class Rounding(NamedTuple):
    """How the time beyond ``base`` is rounded, in minutes: to full steps; a rest of up to ``ignored`` is dropped.

    Hunan: base 180, step 30, nothing ignored. Guangdong: base 120, step 60, 30 ignored.
    """

    base: int
    step: int
    ignored: int = 0


def counts(pause: Pause, breaks: Breaks) -> bool:
    """Whether a pause is time worked; a break's own length decides, whoever was there for how much of it."""
    if pause.why in (Stop.OVERNIGHT, Stop.SUSPENDED):
        return False
    if pause.why is Stop.MEAL and breaks.meals:
        return True
    return minute(pause.ends) - minute(pause.begins) <= breaks.minutes


def worked(clock: Clock, breaks: Breaks, presence: Presence = WHOLE) -> int:
    """The minutes that a member worked, before rounding; never below 0."""
    sat = sum(end - begin for begin, end in _stretches(clock, presence, breaks))
    return max(0, sat - presence.stalled)


def rounded(minutes: int, rounding: Rounding) -> int:
    """Round what goes beyond the base; up to the base the flat rate pays, so the time stays as it is."""
    if minutes <= rounding.base:
        return minutes
    steps, rest = divmod(minutes - rounding.base, rounding.step)
    return rounding.base + (steps + (rest > rounding.ignored)) * rounding.step


def sittings(clock: Clock, breaks: Breaks, presence: Presence = WHOLE) -> tuple[int, ...]:
    """The minutes that a member worked in each sitting between the nights; stalling is taken from the last ones."""
    edges = sorted((minute(each.begins), minute(each.ends)) for each in clock.pauses if each.why is Stop.OVERNIGHT)
    first, last = _bounds(clock, WHOLE)
    days = zip([first, *(end for _, end in edges)], [*(begin for begin, _ in edges), last], strict=True)
    stretches = tuple(_stretches(clock, presence, breaks))
    sat = [sum(max(0, min(end, until) - max(begin, since)) for begin, end in stretches) for since, until in days]
    stalled = presence.stalled
    for at in reversed(range(len(sat))):
        sat[at], stalled = max(0, sat[at] - stalled), max(0, stalled - sat[at])
    return tuple(sat)


def minute(moment: datetime) -> int:
    """The minute in which a moment lies. Raises `TypeError` for one without a time zone."""
    return (moment - EPOCH) // MINUTE


def _bounds(clock: Clock, presence: Presence) -> Stretch:
    """From when to when a member was there: not before the assembly, not after all had finished."""
    first, last = minute(clock.assembly), minute(clock.finished)
    begin = first if presence.begins is None else max(first, minute(presence.begins))
    return begin, last if presence.ends is None else min(last, minute(presence.ends))


def _stretches(clock: Clock, presence: Presence, breaks: Breaks) -> Iterator[Stretch]:
    """The times worked, in order, with what is not time worked taken out once, however pauses overlap."""
    now, end = _bounds(clock, presence)
    lost = sorted((minute(each.begins), minute(each.ends)) for each in clock.pauses if not counts(each, breaks))
    for begins, ends in lost:
        if now < min(begins, end):
            yield now, min(begins, end)
        now = max(now, ends)
    if now < end:
        yield now, end
