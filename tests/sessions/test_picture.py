"""The line of a day's picture: order is kept, nights are folded, everything stays on it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from expertpool.sessions.picture import APART, APART_ON_PHONE, NIGHT, Axis

DAY = datetime(2026, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTES = st.integers(0, 3 * 24 * 60)


def test_it_goes_from_the_hour_before_to_the_hour_after() -> None:
    axis = Axis.over(DAY + timedelta(minutes=50), DAY + timedelta(hours=2, minutes=10))
    assert (axis.at(DAY), axis.at(DAY + 3 * HOUR)) == (0, 100)
    assert axis.at(DAY + 1.5 * HOUR) == 50
    assert [hour.at for hour in axis.hours()] == [DAY + number * HOUR for number in range(4)]


def test_a_night_takes_a_sliver() -> None:
    night = (DAY + 10 * HOUR, DAY + 24 * HOUR)
    axis = Axis.over(DAY, DAY + 29 * HOUR, [night])
    (folded,) = axis.nights()
    assert folded.width == NIGHT
    assert axis.at(night[0]) == folded.left
    assert axis.at(night[1]) == round(folded.left + NIGHT, 2)
    assert axis.at(DAY + 15 * HOUR) == folded.left, "what lies in the night stands at its beginning"
    across = axis.bar(DAY + 9 * HOUR, DAY + 25 * HOUR, "there")
    assert across.width > NIGHT


def test_what_lies_outside_stands_at_the_end() -> None:
    axis = Axis.over(DAY, DAY + HOUR)
    assert axis.at(DAY - HOUR) == 0
    assert axis.at(DAY + 9 * HOUR) == 100
    assert axis.bar(DAY + HOUR, DAY, "work").width == 0


@given(st.lists(MINUTES, min_size=2, max_size=20), st.booleans())
def test_order_is_kept_and_figures_stand_apart(minutes: list[int], overnight: bool) -> None:  # noqa: FBT001 -- drawn
    moments = sorted(DAY + timedelta(minutes=each) for each in minutes)
    nights = [(DAY + 12 * HOUR, DAY + 24 * HOUR)] if overnight else []
    axis = Axis.over(min(moments[0], DAY), max(moments[-1], DAY + 30 * HOUR), nights)
    places = [axis.at(each) for each in moments]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 100
    hours = axis.hours()
    for figures, apart in (
        ([each.left for each in hours if each.written], APART),
        ([each.left for each in hours if each.wide], APART_ON_PHONE),
    ):
        assert all(later - earlier >= apart for earlier, later in pairwise(figures))
