"""A record is a way through the states, in whatever order it was entered."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.sessions.errors import TimeOutside
from expertpool.sessions.lifecycle import STEPS, DayState, DayVerb
from expertpool.sessions.lifecycle import step as taken
from expertpool.sessions.models import DayStep
from expertpool.sessions.replaying import VERBS, replayed
from expertpool.sessions.standing import standing
from expertpool.sessions.steps import StepKind
from policies.fee_clock import Stop

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
END = START + timedelta(days=3)
KINDS = {verb: kind for kind, verb in VERBS.items() if kind is not StepKind.MEMBER_REPLACED}
WHOLE = frozenset(
    {
        DayVerb.BEGIN_REVIEW,
        DayVerb.TAKE_BREAK,
        DayVerb.END_BREAK,
        DayVerb.STAY_OVERNIGHT,
        DayVerb.END_OVERNIGHT,
        DayVerb.EXTEND,
        DayVerb.SUSPEND,
        DayVerb.REPORT,
        DayVerb.CLOSE,
        DayVerb.VOID,
    }
)


def record(*kinds: StepKind) -> list[DayStep]:
    """These steps, ten minutes after each other."""
    return [
        DayStep(number=number, kind=kind, at=START + number * timedelta(minutes=10), site=0)
        for number, kind in enumerate(kinds, 1)
    ]


@st.composite
def days(draw: st.DrawFn) -> tuple[list[DayStep], DayState]:
    """Any way that a day could go."""
    state, begun, kinds = taken(None, DayVerb.OPEN), False, [StepKind.ASSEMBLED]
    for _ in range(draw(st.integers(0, 25))):
        possible = [each.verb for each in STEPS if each.start is state and each.verb in WHOLE]
        if state is DayState.SUSPENDED:
            possible.append(DayVerb.RESUME if begun else DayVerb.REASSEMBLE)
        if not possible:
            break
        verb = draw(st.sampled_from(possible))
        state, begun = taken(state, verb), begun or verb is DayVerb.BEGIN_REVIEW
        kinds.append(KINDS.get(verb, StepKind.RESUMED))
    return record(*kinds), state


@given(days(), st.integers())
def test_any_way_is_replayed_however_it_was_numbered(made: tuple[list[DayStep], DayState], seed: int) -> None:
    steps, state = made
    assert replayed(steps, START, END) is state
    numbers = [each.number for each in steps]
    Random(seed).shuffle(numbers)
    for each, number in zip(steps, numbers, strict=True):
        each.number = number
    assert replayed(steps, START, END) is state
    assert all(pause.ended is None or pause.ended >= pause.begun for pause in standing(steps).pauses)


@given(days())
def test_what_stands_still_never_overlaps(made: tuple[list[DayStep], DayState]) -> None:
    pauses = standing(made[0]).pauses
    assert [pause for pause in pauses[:-1] if pause.ended is None] == []
    assert all(before.ended and before.ended <= after.begun for before, after in pairwise(pauses))


IMPOSSIBLE = {
    "ended before it began": (StepKind.REVIEW_BEGUN, StepKind.BREAK_ENDED, StepKind.BREAK_BEGUN),
    "two breaks at once": (StepKind.REVIEW_BEGUN, StepKind.BREAK_BEGUN, StepKind.BREAK_BEGUN),
    "a break in the night": (StepKind.REVIEW_BEGUN, StepKind.OVERNIGHT_BEGUN, StepKind.BREAK_BEGUN),
    "before the review": (StepKind.BREAK_BEGUN,),
    "a report in a break": (StepKind.REVIEW_BEGUN, StepKind.BREAK_BEGUN, StepKind.REPORT_SIGNED),
    "after the end": (StepKind.REVIEW_BEGUN, StepKind.REPORT_SIGNED, StepKind.CLOSED, StepKind.BREAK_BEGUN),
    "resumed, never suspended": (StepKind.REVIEW_BEGUN, StepKind.RESUMED),
    "read after it was declared": (StepKind.DECLARED, StepKind.DISCIPLINE_READ),
    "opened twice": (StepKind.ASSEMBLED,),
}


@pytest.mark.parametrize("kinds", IMPOSSIBLE.values(), ids=list(IMPOSSIBLE))
def test_what_could_not_have_been_is_refused(kinds: tuple[StepKind, ...]) -> None:
    with pytest.raises(TimeOutside):
        replayed(record(StepKind.ASSEMBLED, *kinds), START, END)


def test_a_record_lies_within_its_bounds() -> None:
    steps = record(StepKind.ASSEMBLED, StepKind.REVIEW_BEGUN)
    first, last = steps[0].at, steps[1].at
    assert replayed(steps, first, last) is DayState.REVIEWING
    for earliest, latest in ((first + timedelta(seconds=1), last), (first, last - timedelta(seconds=1))):
        with pytest.raises(TimeOutside):
            replayed(steps, earliest, latest)
    with pytest.raises(TimeOutside):
        replayed([], first, last)


def test_a_corrected_time_replaces_the_recorded_one() -> None:
    steps = record(StepKind.ASSEMBLED, StepKind.REVIEW_BEGUN, StepKind.BREAK_BEGUN, StepKind.BREAK_ENDED)
    said = DayStep(number=5, kind=StepKind.BREAK_BEGUN, at=steps[2].at - timedelta(minutes=5), corrects=3)
    (pause,) = standing([*steps, said]).pauses
    assert (pause.why, pause.begun, pause.ended) == (Stop.BREAK, said.at, steps[3].at)
    assert replayed([*steps, said], START, END) is DayState.REVIEWING
    said.at = steps[3].at + timedelta(minutes=1)
    with pytest.raises(TimeOutside):
        replayed([*steps, said], START, END)
