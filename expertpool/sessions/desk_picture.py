"""What of a day stands where on its picture: planned against actual, and each seat. Pure: from plan and record."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from expertpool.sessions.models import DayStep
from expertpool.sessions.picture import Axis, Bar, Pin
from expertpool.sessions.standing import Paused, Sitter, Standing, effective
from expertpool.sessions.steps import StepKind
from expertpool.sessions.timeline import Moment
from policies.fee_clock import Stop

LATEST: Final = timedelta(hours=12)
"""How long after the last thing on record a day is still drawn as going on."""
_PLANNED: Final = frozenset(
    {
        StepKind.ASSEMBLED,
        StepKind.REVIEW_BEGUN,
        StepKind.BREAK_BEGUN,
        StepKind.BREAK_ENDED,
        StepKind.REPORT_SIGNED,
    }
)
_PINS: Final = {
    StepKind.MEMBER_LOST: "alert",
    StepKind.TIME_EXTENDED: "alert",
    StepKind.REPORT_SIGNED: "done",
}


def axis_of(planned: Sequence[Moment], opens: datetime, standing: Standing, until: datetime) -> Axis:
    """The line: from when one can sign in, or did, to the planned end or ``until``, whichever is later."""
    start = min([opens, *(each.signed_in for each in standing.sitters.values())])
    nights = [(each.begun, each.ended or until) for each in standing.pauses if each.why is Stop.OVERNIGHT]
    end = max([until, *(each.at for each in planned if not nights)])
    return Axis.over(start, end, [night for night in nights if night[0] < night[1]])


def until_of(steps: Sequence[DayStep], now: datetime, *, over: bool) -> datetime:
    """Until when the picture goes: now, or the last thing on record for a day that is over or was forgotten."""
    if not steps:
        return now
    last = max(at for _, at in effective(steps))
    return last if over else max(last, min(now, last + LATEST))


def planned_bars(axis: Axis, planned: Sequence[Moment], opens: datetime) -> list[Bar]:
    """As the rulebook plans it: signing in, what precedes the review, the review around its meal."""
    ends = [Moment(StepKind.SIGNED_IN, opens), *(each for each in planned if each.kind in _PLANNED)]
    return [
        axis.bar(one.at, next_.at, "planned") for one, next_ in pairwise(ends) if one.kind is not StepKind.BREAK_BEGUN
    ]


def actual_bars(axis: Axis, opened: datetime, standing: Standing, until: datetime) -> Iterator[Bar]:
    """Gathering, then work between what interrupted it."""
    yield axis.bar(opened, standing.begun or until, "gather")
    at, end = standing.begun, standing.finished or until
    for pause in standing.pauses:
        if at is not None and at < pause.begun:
            yield axis.bar(at, pause.begun, "work")
        if pause.why is not Stop.OVERNIGHT:
            yield axis.bar(pause.begun, pause.ended or until, _tone(pause))
        at = None if standing.begun is None else pause.ended
    if at is not None and at < end:
        yield axis.bar(at, end, "work")


def line_bars(axis: Axis, steps: Sequence[DayStep], until: datetime) -> list[Bar]:
    """When the line of a site was down."""
    down: dict[int, datetime] = {}
    found = []
    for step, at in effective(steps):
        if step.kind is StepKind.LINE_LOST:
            down[step.site or 0] = at
        elif step.kind is StepKind.LINE_RESTORED and (begun := down.pop(step.site or 0, None)):
            found.append(axis.bar(begun, at, "line"))
    return found + [axis.bar(begun, until, "line") for begun in down.values()]


def day_pins(axis: Axis, steps: Sequence[DayStep]) -> list[Pin]:
    """What broke the ordinary course, and the report."""
    return [Pin(axis.at(at), _PINS[step.kind]) for step, at in effective(steps) if step.kind in _PINS]


def seat_bars(axis: Axis, sitter: Sitter, until: datetime) -> list[Bar]:
    """When somebody was there."""
    end = sitter.left or sitter.signed or sitter.refused or until
    return [axis.bar(sitter.signed_in, end, "there")]


def seat_pins(axis: Axis, sitter: Sitter) -> list[Pin]:
    """When somebody came, and signed or left."""
    pins = [Pin(axis.at(sitter.signed_in), "came")]
    if sitter.left is not None:
        return [*pins, Pin(axis.at(sitter.left), "lost")]
    return pins if sitter.signed is None else [*pins, Pin(axis.at(sitter.signed), "done")]


def _tone(pause: Paused) -> str:
    return "lost" if pause.why is Stop.SUSPENDED else "pause"
