"""Feasibility against brute force, and estimates against chances that are known."""

from array import array
from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import comb, prod, sqrt
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from expertpool.protocol import feasibility
from expertpool.protocol.feasibility import Acceptance, estimate_acceptance, feasible
from expertpool.protocol.panel import Candidates, Seating, within
from tests.protocol.pools import AREA, EMPLOYER, Row, candidates, row, seatings
from tests.protocol.reference import committees

DISJOINT = st.lists(
    st.builds(
        lambda lines, group: Row(frozenset(lines), group),
        st.sets(st.integers(0, 2)),
        st.sampled_from([(), *(((kind, name * 16),) for kind in (EMPLOYER, 2) for name in (b"a", b"b", b"c"))]),
    ),
    min_size=1,
    max_size=9,
)


OVERLAPPING = st.lists(
    st.builds(
        lambda lines, employer, area: Row(frozenset(lines), ((EMPLOYER, employer * 16), (AREA, area * 16))),
        st.sets(st.integers(0, 2), min_size=1),
        st.sampled_from([b"a", b"b", b"c"]),
        st.sampled_from([b"x", b"y"]),
    ),
    min_size=1,
    max_size=7,
)


@given(seatings())
def test_feasible_is_as_brute_force_has_it(drawn: tuple[list[Row], Seating]) -> None:
    rows, seating = drawn
    assert feasible(seating) is bool(committees(rows, seating))


@given(seatings(DISJOINT))
@settings(max_examples=300)
def test_where_no_groups_overlap_the_flow_alone_decides(drawn: tuple[list[Row], Seating]) -> None:
    rows, seating = drawn
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(feasibility, "_example_at_hand", lambda *ignored: False)
        monkeypatch.setattr(feasibility, "MOST_STEPS", -1)
        assert feasible(seating) is bool(committees(rows, seating))


@given(seatings())
def test_where_groups_overlap_the_flow_never_says_no_in_vain(drawn: tuple[list[Row], Seating]) -> None:
    """Without a step for the trial it says no only where brute force does, and else that it does not know."""
    rows, seating = drawn
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(feasibility, "MOST_STEPS", 0)
        answer = feasible(seating)
    assert answer in {None, bool(committees(rows, seating))}


@given(seatings(OVERLAPPING))
@settings(max_examples=300)
def test_the_trial_alone_decides(drawn: tuple[list[Row], Seating]) -> None:
    rows, seating = drawn
    assume(within(seating.caps, seating.already()))
    taken = Counter(token for tokens in seating.already() for token in tokens)
    trial = feasibility._Trial(seating, taken, feasibility._classes(seating, taken))
    assert trial.fill() is bool(committees(rows, seating))


def test_taking_whoever_comes_first_is_not_the_answer() -> None:
    """Who comes first for line 0 is of the only employer that line 1 has; the flow sees the other."""
    rows = [row("0", "a"), row("0", "b"), row("1", "a"), row("1", "a")]
    assert feasible(Seating(candidates(rows), [1, 1], {EMPLOYER: 1})) is True


def shared(*employers: str, line: int = 0) -> Row:
    return Row(frozenset({line}), tuple((EMPLOYER, name.encode() * 16) for name in employers))


def test_groups_that_overlap_are_tried() -> None:
    """Two share an employer, so not both can sit, though a flow that counts one employer of each has them sit."""
    crossed = [shared("a", "c"), shared("b", "c")]
    assert feasible(Seating(candidates(crossed), [2], {EMPLOYER: 1})) is False
    assert feasible(Seating(candidates([*crossed, shared("a")]), [2], {EMPLOYER: 1})) is True


def test_every_option_of_the_next_line_is_tried() -> None:
    """Only the second of line 0 and the first of line 1 can sit together."""
    rows = [shared("a"), shared("b"), shared("a", line=1), shared("a", "b", line=1)]
    assert feasible(Seating(candidates(rows), [1, 1], {EMPLOYER: 1})) is True


def test_a_flow_for_each_kind_says_no_without_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has an employer of their own, but all are from one area."""
    monkeypatch.setattr(feasibility, "MOST_STEPS", 0)
    rows = [row("0", "a", "x"), row("0", "b", "x")]
    assert feasible(Seating(candidates(rows), [2], {EMPLOYER: 1, AREA: 1})) is False


def test_who_is_of_a_full_group_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has two employers, one of which has a member seated: no trial is needed to leave them out."""
    monkeypatch.setattr(feasibility, "MOST_STEPS", 0)
    rows = [shared("b"), shared("a", "b"), shared("c")]
    assert feasible(Seating(candidates(rows), [2], {EMPLOYER: 1}, seated=[0])) is False


@pytest.mark.parametrize(("seats", "answer"), [(1, True), (2, False)])
def test_a_seated_member_takes_one_place_of_the_cap(seats: int, *, answer: bool) -> None:
    rows = [shared("a", "a"), shared("a"), shared("a")]
    assert feasible(Seating(candidates(rows), [seats], {EMPLOYER: 2}, seated=[0])) is answer


def test_a_trial_that_is_too_long_leaves_it_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    seating = Seating(candidates([shared("a", "c"), shared("b", "c")]), [2], {EMPLOYER: 1})
    monkeypatch.setattr(feasibility, "MOST_STEPS", 4)
    assert feasible(seating) is None
    monkeypatch.setattr(feasibility, "MOST_STEPS", 5)
    assert feasible(seating) is False


@pytest.mark.parametrize(("seated", "answer"), [((0,), True), ((0, 1), False)])
def test_seated_members_above_a_cap_leave_nothing_to_seat(seated: tuple[int, ...], *, answer: bool) -> None:
    rows = [row("0", "a"), row("0", "a"), row("0", "b")]
    assert feasible(Seating(candidates(rows), [1], {EMPLOYER: 1}, seated=seated)) is answer


@pytest.mark.parametrize("wanted", [40, 41])
def test_a_large_pool_of_few_employers_is_decided_by_its_classes(wanted: int) -> None:
    """A hundred thousand of forty employers; the last can sit on line 1 only."""
    places, at = range(100_000), [((EMPLOYER, bytes([number] * 16)),) for number in range(40)]
    lines = array("L", (2 if place % 40 == 39 else 3 for place in places))
    pool = Candidates(bytes(32 * len(places)), lines, lambda place: at[place % 40])
    assert feasible(Seating(pool, [wanted - 1, 1], {EMPLOYER: 1})) is (wanted == 40)


@given(seatings(), st.integers(0, 2**32))
def test_an_estimate_is_near_the_share_of_all_selections(drawn: tuple[list[Row], Seating], number: int) -> None:
    rows, seating = drawn
    gone = {*seating.seated, *seating.struck}
    eligible = [
        sum(line in each.lines and place not in gone for place, each in enumerate(rows))
        for line in range(len(seating.seats))
    ]
    selections = prod(map(comb, eligible, seating.seats))
    chance = len(committees(rows, seating)) / selections if selections else 0.0
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(feasibility, "MOST_TRIES", 2000)
        found = estimate_acceptance(seating, Random(number).randrange)
    assert found.tried == 2000 or found.accepted == feasibility.ENOUGH
    five_errors = 5 * sqrt(chance * (1 - chance) / found.tried)
    assert abs(found.share - chance) <= five_errors + (0.01 if chance else 0)


def test_a_line_with_too_few_is_never_accepted() -> None:
    assert estimate_acceptance(Seating(candidates([row("0")]), [2], {}), Random(1).randrange).accepted == 0


def test_every_selection_is_picked_equally_often() -> None:
    """Whatever three independent picks below 3, 4 and 5 give, each way to pick 3 of 5 comes from 6 of the 60."""
    picks = Counter(
        frozenset(feasibility._places(5, 3, {3: first, 4: second, 5: third}.__getitem__))
        for first, second, third in product(range(3), range(4), range(5))
    )
    assert picks == Counter({frozenset(places): 6 for places in combinations(range(5), 3)})


@pytest.mark.parametrize(
    ("accepted", "confidence", "below"),
    [(0, 0.99, True), (2, 0.99, True), (3, 0.99, False), (4, 0.95, True), (5, 0.95, False), (100, 0.95, False)],
)
def test_few_of_a_hundred_thousand_are_surely_too_few(accepted: int, confidence: float, *, below: bool) -> None:
    assert Acceptance(accepted, 100_000).surely_below(1e-4, confidence) is below


@given(st.integers(1, 60), st.data(), st.sampled_from([0.01, 0.1, 0.5]), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_test_is_the_exact_binomial_one(tried: int, data: st.DataObject, limit: float, confidence: float) -> None:
    accepted = data.draw(st.integers(0, tried))
    chance = Fraction(limit)
    few = sum(comb(tried, hits) * chance**hits * (1 - chance) ** (tried - hits) for hits in range(accepted + 1))
    assert Acceptance(accepted, tried).surely_below(limit, confidence) is (few <= 1 - Fraction(confidence))
