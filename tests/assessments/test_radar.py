"""A portrait as a picture: places follow from the values alone, and nothing leaves the square."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.assessments.radar import FULL, MIDDLE, REACH, SIZE, Axis, radar

NAMES = ("守时", "纪律", "勤勉", "能力", "廉洁")
VALUES = st.lists(st.integers(0, FULL), min_size=3, max_size=8)


def points(shape: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in shape.split())]


def test_the_first_axis_goes_up_and_the_others_clockwise() -> None:
    picture = radar([Axis(name, FULL) for name in NAMES])
    (x, y), second, *_ = points(picture.shape)
    assert (x, y) == (MIDDLE, MIDDLE - REACH)
    assert second[0] > MIDDLE
    assert [label.name for label in picture.labels] == list(NAMES)
    assert [label.anchor for label in picture.labels] == ["middle", "start", "start", "end", "end"]


@given(VALUES)
def test_each_point_is_as_far_out_as_its_value(values: list[int]) -> None:
    picture = radar([Axis("", value) for value in values])
    for value, (x, y) in zip(values, points(picture.shape), strict=True):
        assert ((x - MIDDLE) ** 2 + (y - MIDDLE) ** 2) ** 0.5 == pytest.approx(REACH * value / FULL, abs=0.1)
        assert 0 <= x <= SIZE
        assert 0 <= y <= SIZE


def test_what_is_unknown_has_no_dot_and_lies_in_the_middle() -> None:
    picture = radar([Axis("a", 40), Axis("b", None), Axis("c", 0)])
    assert len(picture.dots) == 2
    assert points(picture.shape)[1] == (MIDDLE, MIDDLE)
    assert [label.value for label in picture.labels] == [40, None, 0]


def test_the_pool_is_drawn_where_it_is_known() -> None:
    assert radar([Axis("a", 40), Axis("b", 50), Axis("c", 60)]).common == ""
    common = radar([Axis("a", 40, 80), Axis("b", 50, 90), Axis("c", 60, 100)]).common
    assert points(common)[0] == (MIDDLE, MIDDLE - REACH * 0.8)
