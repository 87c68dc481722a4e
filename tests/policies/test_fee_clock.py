"""The fee clock against RULES.md's cases, on both sides of each boundary."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.fee_clock import (
    Breaks,
    Clock,
    Pause,
    Presence,
    Rounding,
    Stop,
    counts,
    minute,
    rounded,
    sittings,
    worked,
)

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine o'clock in China: the assembly time set in the draw."""
HUNAN = Rounding(base=180, step=30)
GUANGDONG = Rounding(base=120, step=60, ignored=30)
HUBEI = Rounding(base=120, step=60)
SHORT = Breaks()


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def pause(begins: float, ends: float, why: Stop = Stop.BREAK) -> Pause:
    return Pause(why, at(begins), at(ends))


def clock(finished: float, *pauses: Pause) -> Clock:
    return Clock(START, at(finished), pauses)


@pytest.mark.parametrize(
    ("minutes", "counted"),
    [
        (0, 0),
        (179, 179),
        (180, 180),  # T <= 3 h
        (181, 210),  # T > 3 h: the excess is rounded up to half an hour
        (210, 210),  # up to 0.5 h counts 0.5
        (211, 240),  # above, to 1 h, counts 1
        (240, 240),
        (241, 270),
    ],
)
def test_hunan_rounds_to_the_half_hour(minutes: int, counted: int) -> None:
    assert rounded(minutes, HUNAN) == counted
    assert rounded(worked(clock(minutes), SHORT), HUNAN) == counted


@pytest.mark.parametrize(
    ("minutes", "counted"), [(120, 120), (121, 120), (150, 120), (151, 180), (180, 180), (210, 180), (211, 240)]
)
def test_guangdong_ignores_up_to_half_an_hour(minutes: int, counted: int) -> None:
    assert rounded(minutes, GUANGDONG) == counted


@pytest.mark.parametrize(("minutes", "counted"), [(120, 120), (121, 180), (180, 180), (181, 240), (480, 480)])
def test_whole_hours_with_nothing_ignored(minutes: int, counted: int) -> None:
    assert rounded(minutes, HUBEI) == counted


@pytest.mark.parametrize(
    ("taken", "minutes"),
    [
        ((60, 90), 300),  # half an hour counts
        ((60, 91), 269),  # one minute more, and none of it does
        ((60, 90.9), 300),  # seconds are not read, as no page shows them
        ((0, 40), 260),
        ((260, 300), 260),
    ],
)
def test_a_break_of_up_to_half_an_hour_counts(taken: tuple[float, float], minutes: int) -> None:
    assert worked(clock(300, pause(*taken)), SHORT) == minutes


def test_each_break_is_looked_at_by_itself() -> None:
    assert worked(clock(300, pause(60, 85), pause(100, 125), pause(200, 240)), SHORT) == 260


def test_a_meal_is_a_break_like_any_other_unless_the_province_counts_it() -> None:
    lunch = clock(420, pause(180, 240, Stop.MEAL), pause(300, 340))
    assert worked(lunch, SHORT) == 320
    assert worked(lunch, Breaks(meals=True)) == 380  # 粤财采购〔2020〕17号: the meal counts, the long break does not


@pytest.mark.parametrize("why", [Stop.OVERNIGHT, Stop.SUSPENDED])
def test_neither_a_night_nor_a_suspension_ever_counts(why: Stop) -> None:
    assert not counts(pause(60, 61, why), Breaks(minutes=600, meals=True))
    assert worked(clock(300, pause(60, 61, why)), SHORT) == 299


def test_overnight_the_time_is_the_sum_of_the_sittings() -> None:
    two_days = clock(1620, pause(240, 1440, Stop.OVERNIGHT), pause(1500, 1545))
    assert worked(two_days, SHORT) == 240 + 135
    assert sittings(two_days, SHORT) == (240, 135)
    assert sittings(clock(300, pause(60, 120, Stop.SUSPENDED)), SHORT) == (240,)


def test_the_sittings_of_a_member() -> None:
    two_days = clock(1620, pause(240, 1440, Stop.OVERNIGHT), pause(1500, 1545))
    assert sittings(two_days, SHORT, Presence(begins=at(1440))) == (0, 135)
    assert sittings(two_days, SHORT, Presence(ends=at(100))) == (100, 0)
    assert sittings(two_days, SHORT, Presence(stalled=35)) == (240, 100)
    assert sittings(two_days, SHORT, Presence(stalled=155)) == (220, 0)
    assert sittings(two_days, SHORT, Presence(stalled=1000)) == (0, 0)


def test_a_long_sitting_shows() -> None:
    assert sittings(clock(480), SHORT) == (480,)
    assert sittings(clock(481), SHORT) == (481,)
    assert sittings(clock(1500, pause(481, 1440, Stop.OVERNIGHT)), SHORT) == (481, 60)


@pytest.mark.parametrize(
    ("presence", "minutes"),
    [
        (Presence(), 300),
        (Presence(begins=at(-30)), 300),  # early: the clock runs from the assembly set in the draw
        (Presence(begins=at(60)), 240),  # a replacement, from arriving
        (Presence(ends=at(100)), 100),  # left unfinished
        (Presence(ends=at(400)), 300),  # stayed on after all had finished
        (Presence(begins=at(300)), 0),
        (Presence(begins=at(200), ends=at(100)), 0),
        (Presence(stalled=45), 255),  # deliberate stalling is not paid
        (Presence(begins=at(270), stalled=45), 0),
    ],
)
def test_a_members_own_part(presence: Presence, minutes: int) -> None:
    assert worked(clock(300), SHORT, presence) == minutes


def test_a_break_counts_by_its_own_length_whoever_came_in_the_middle_of_it() -> None:
    lunch = clock(300, pause(100, 160, Stop.MEAL))
    assert worked(lunch, SHORT, Presence(begins=at(150))) == 140
    assert worked(clock(300, pause(100, 130)), SHORT, Presence(begins=at(115))) == 185


def test_a_replacement_on_the_second_day_sat_through_no_night() -> None:
    two_days = clock(1620, pause(240, 1440, Stop.OVERNIGHT))
    assert sittings(two_days, SHORT, Presence(begins=at(1440))) == (0, 180)
    assert sittings(two_days, SHORT, Presence(ends=at(240))) == (240, 0)
    assert sittings(two_days, SHORT, Presence(begins=at(239), ends=at(1441))) == (1, 1)
    assert worked(two_days, SHORT, Presence(begins=at(1440))) == 180


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        minute(datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001


stretches = st.tuples(st.integers(0, 600), st.integers(0, 600)).map(sorted)
pauses = st.lists(
    st.builds(lambda two, why: pause(two[0], two[1], why), stretches, st.sampled_from(Stop)), max_size=6
).map(tuple)
presences = st.builds(
    Presence,
    st.none() | st.integers(-60, 700).map(at),
    st.none() | st.integers(-60, 700).map(at),
    st.integers(0, 60),
)


@given(pauses, presences)
def test_minute_by_minute(taken: tuple[Pause, ...], presence: Presence) -> None:
    """What is worked is the minutes of which none of the uncounted pauses has any, however pauses overlap."""
    day = clock(600, *taken)
    lost = {m for each in taken if not counts(each, SHORT) for m in range(minute(each.begins), minute(each.ends))}
    first = minute(max(START, presence.begins or START))
    last = minute(min(at(600), presence.ends or at(600)))
    assert worked(day, SHORT, presence) == max(0, len(set(range(first, last)) - lost) - presence.stalled)


@given(st.integers(0, 3000), st.integers(1, 90), st.sampled_from([HUNAN, GUANGDONG, HUBEI]))
def test_more_work_is_never_less_time(minutes: int, more: int, rounding: Rounding) -> None:
    assert rounded(minutes + more, rounding) >= rounded(minutes, rounding)
    assert -rounding.ignored <= rounded(minutes, rounding) - minutes < rounding.step


@given(pauses, presences)
def test_the_sittings_add_up(taken: tuple[Pause, ...], presence: Presence) -> None:
    nights = sorted((each for each in taken if each.why is Stop.OVERNIGHT), key=lambda each: each.begins)
    apart = all(one.ends <= other.begins for one, other in pairwise(nights))
    if apart:
        day = clock(600, *taken)
        assert sum(sittings(day, SHORT, presence)) == worked(day, SHORT, presence)
