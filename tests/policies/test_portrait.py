"""Five sides of conduct: what is taken from which, and where somebody stands in the pool."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.conduct_items import ITEMS, SCORED, Dimension, Party, SubjectKind
from policies.portrait import Side, percentile, portrait, sides, taken
from policies.scoring import scored, weights
from tests.policies import casebook

WEIGHT = weights(casebook.book("national"), "tender", SubjectKind.SEAT)
CLEAN = dict.fromkeys(Dimension, 10000)


def test_what_was_taken_off_is_shared_by_side() -> None:
    marks = [(Party.CENTRE, "late", 10), (Party.SUPERVISOR, "phone", 10), (Party.CENTRE, "site-rules", 10)]
    assert taken(WEIGHT, marks, 1000) == {
        **dict.fromkeys(Dimension, 0),
        Dimension.PUNCTUALITY: 300,
        Dimension.DISCIPLINE: 700,
    }
    assert taken(WEIGHT, [], 0) == dict.fromkeys(Dimension, 0)


def test_an_amended_deduction_is_shared_in_the_same_proportion() -> None:
    marks = [(Party.CENTRE, "late", 10), (Party.CENTRE, "phone", 5)]
    found = taken(WEIGHT, marks, 100)
    assert (found[Dimension.PUNCTUALITY], found[Dimension.DISCIPLINE]) == (67, 33)
    assert sum(taken(WEIGHT, marks, 0).values()) == 0


@pytest.mark.parametrize("mark", [("centre", "rude", 1), ("bidder", "late", 1)], ids=str)
def test_an_item_or_party_that_there_is_not_is_refused(mark: tuple[Party, str, int]) -> None:
    with pytest.raises(KeyError):
        taken(WEIGHT, [mark], 1)


marks_ = st.lists(st.tuples(st.sampled_from(Party), st.sampled_from(SCORED), st.integers(1, 50)), max_size=8)


@given(marks_, st.integers(0, 100))
def test_the_sides_take_off_what_the_assessment_did(marks: list[tuple[Party, str, int]], amended: int) -> None:
    points = {party: sum(each for who, _, each in marks if who is party) for party in Party}
    deduction = scored(WEIGHT, points).deduction * amended // 100
    found = taken(WEIGHT, marks, deduction)
    assert sum(found.values()) == deduction
    assert all(each >= 0 for each in found.values())
    touched = {ITEMS[item].dimension for _, item, _ in marks}
    assert {dimension for dimension, each in found.items() if each} <= touched


@pytest.mark.parametrize(
    ("total", "count", "value"),
    [(0, 1, 10000), (300, 1, 9700), (300, 2, 9850), (301, 2, 9849), (299, 2, 9850), (1, 3, 10000), (2, 3, 9999)],
)
def test_a_side_is_the_mean_of_all_assessments(total: int, count: int, value: int) -> None:
    found = sides({Dimension.DILIGENCE: total}, count)
    assert found == {**CLEAN, Dimension.DILIGENCE: value}


def test_nobody_has_a_portrait_without_an_assessment() -> None:
    with pytest.raises(ValueError, match="without an assessment"):
        sides({}, 0)


def test_beside_the_pool() -> None:
    pool = [{**CLEAN, Dimension.INTEGRITY: each} for each in (9000, 9500, 10000, 10000)]
    found = {side.dimension: side for side in portrait(pool[1], pool)}
    assert [*found] == [*Dimension]
    assert found[Dimension.INTEGRITY] == Side(Dimension.INTEGRITY, 9500, 9500, 37)
    assert found[Dimension.COMPETENCE] == Side(Dimension.COMPETENCE, 10000, 10000, 50)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (1, 12), (2, 37), (3, 75), (4, 100)],
    ids=["below", "lowest", "next", "top", "above"],
)
def test_a_percentile(value: int, expected: int) -> None:
    assert percentile(value, [1, 2, 3, 3]) == expected


def test_without_a_pool_there_is_none() -> None:
    with pytest.raises(ValueError, match="nobody"):
        percentile(1, [])


@given(st.lists(st.integers(0, 10000), min_size=1, max_size=50), st.integers(0, 10000), st.integers(1, 100))
def test_more_is_never_a_lower_percentile(values: list[int], value: int, more: int) -> None:
    assert 0 <= percentile(value, values) <= percentile(value + more, values) <= 100
    exact = Fraction(sum(2 * (each < value) + (each == value) for each in values), 2 * len(values))
    assert percentile(value, values) == int(exact * 100)
