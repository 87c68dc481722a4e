"""The search against a second, naive implementation of docs/spec/draw.md, section 7, and by what must hold of it."""

from array import array
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol.panel import Candidates, Search, Seating, search, ticket, within
from expertpool.protocol.table import Token
from tests.protocol.pools import AREA, EMPLOYER, Row, candidates, numbered, row, seatings
from tests.protocol.reference import naive_search

SEED = numbered(0)
ATTEMPTS = 6


@given(seatings(), st.binary(min_size=32, max_size=32))
def test_a_search_is_as_a_naive_one_has_it(drawn: tuple[list[Row], Seating], seed: bytes) -> None:
    rows, seating = drawn
    assert search(seating, seed, ATTEMPTS) == naive_search(rows, seating, seed, ATTEMPTS)


@given(seatings(), st.binary(min_size=32, max_size=32))
def test_whoever_is_seated_may_be(drawn: tuple[list[Row], Seating], seed: bytes) -> None:
    rows, seating = drawn
    found = search(seating, seed, ATTEMPTS)
    if found.panel is None:
        assert found.accepted is None
        assert len(found.attempts) in {0, ATTEMPTS}
        return
    assert found.accepted == len(found.attempts) - 1
    assert [len(line) for line in found.panel] == list(seating.seats)
    assert all(line in rows[place].lines for line, places in enumerate(found.panel) for place in places)
    seated = [place for line in found.panel for place in line]
    assert len({*seated, *seating.seated, *seating.struck}) == len(seated) + len({*seating.seated, *seating.struck})
    tokens = Counter(
        token
        for each in [*(rows[place].tokens for place in (*seated, *seating.seated)), *seating.beside]
        for token in set(each)
    )
    assert all(count <= seating.caps.get(kind, count) for (kind, _), count in tokens.items())


@given(seatings(), st.binary(min_size=32, max_size=32), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(drawn: tuple[list[Row], Seating], seed: bytes, random: Random) -> None:
    rows, seating = drawn
    rows = [each._replace(leaf=numbered(place)) for place, each in enumerate(rows)]
    order = random.sample(range(len(rows)), len(rows))
    shuffled = replace(
        seating,
        candidates=candidates([rows[place] for place in order]),
        seated=[order.index(place) for place in seating.seated],
        struck=[order.index(place) for place in seating.struck],
    )
    back = search(shuffled, seed, ATTEMPTS)
    there = tuple(tuple(tuple(order[at] for at in line) for line in attempt) for attempt in back.attempts)
    assert Search(there, back.accepted) == search(seating, seed, ATTEMPTS)


@given(seatings(), st.binary(min_size=32, max_size=32))
def test_the_same_search_gives_the_same_again(drawn: tuple[list[Row], Seating], seed: bytes) -> None:
    _, seating = drawn
    before = seating.candidates.lines[:]
    assert search(seating, seed, ATTEMPTS) == search(seating, seed, ATTEMPTS)
    assert seating.candidates.lines == before


@given(seatings(), st.binary(min_size=32, max_size=32))
def test_tokens_are_asked_only_of_the_selected_and_the_seated(drawn: tuple[list[Row], Seating], seed: bytes) -> None:
    rows, seating = drawn
    asked: set[int] = set()

    def tokens_of(place: int) -> tuple[Token, ...]:
        asked.add(place)
        return rows[place].tokens

    watched = replace(seating, candidates=replace(seating.candidates, tokens_of=tokens_of))
    found = search(watched, seed, ATTEMPTS)
    assert asked <= {place for attempt in found.attempts for line in attempt for place in line} | set(seating.seated)


def test_a_worked_example_stays_what_it_is() -> None:
    rows = [row("0", "a"), row("0", "a"), row("01", "b"), row("1", "c"), row("1", "c"), row("", "d"), row("0", "e")]
    seating = Seating(candidates(rows), [2, 1], {EMPLOYER: 1})
    one_row_twice, one_employer_twice, fine = ((2, 0), (2,)), ((0, 1), (4,)), ((6, 1), (2,))
    assert search(seating, numbered(3), 100) == Search((one_row_twice, one_employer_twice, fine), 2)
    assert search(seating, numbered(3), 2) == Search((one_row_twice, one_employer_twice), None)
    ticket_of_last = "c8513fcc16138fc2afef489c79f6da507854f09e23cf67ddafe4fae150b184ed"
    assert ticket(numbered(0), 1, 0, numbered(6)).hex() == ticket_of_last


def test_a_large_pool_is_drawn_as_a_naive_search_has_it() -> None:
    """Large enough for almost everybody to be above the running threshold."""
    rows = [Row(frozenset({0}), (), numbered(place)) for place in range(5000)]
    seating = Seating(candidates(rows), [64], {})
    assert search(seating, SEED, 1) == naive_search(rows, seating, SEED, 1)


@pytest.mark.parametrize("seats", [1, 2, 3])
def test_all_may_be_wanted_but_not_one_more(seats: int) -> None:
    rows = [row("0"), row("0")]
    found = search(Seating(candidates(rows), [seats], {}), SEED, 5)
    if seats <= 2:
        assert found.accepted == 0
    else:
        assert found == Search((), None)


def test_one_row_never_sits_on_two_lines() -> None:
    """Each line has one row to offer, and it is the same: every attempt is made and none allowed."""
    assert search(Seating(candidates([row("01")]), [1, 1], {}), SEED, 5) == Search((((0,), (0,)),) * 5, None)


def test_of_two_rows_on_two_lines_each_sits_once() -> None:
    seating = Seating(candidates([row("01"), row("01")]), [1, 1], {})
    panels = {search(seating, numbered(number), 100).panel for number in range(50)}
    assert panels == {((0,), (1,)), ((1,), (0,))}


@pytest.mark.parametrize(("cap", "seated"), [(1, False), (2, True), (3, True)])
def test_a_cap_is_the_most_of_one_group(cap: int, *, seated: bool) -> None:
    """Four of one employer for two seats."""
    seating = Seating(candidates([row("0", "a")] * 4), [2], {EMPLOYER: cap})
    assert (search(seating, SEED, 20).panel is not None) is seated


def test_a_group_without_a_cap_does_not_count() -> None:
    seating = Seating(candidates([row("0", "a", "x")] * 4), [3], {AREA: 3})
    assert search(seating, SEED, 1).accepted == 0


def test_a_token_named_twice_counts_once() -> None:
    token = (EMPLOYER, b"a" * 16)
    assert within({EMPLOYER: 1}, [[token, token]])
    assert not within({EMPLOYER: 1}, [[token], [token]])


def test_a_vacancy_keeps_who_is_seated_and_draws_nobody_again() -> None:
    """Seats of a and b stay, c has left; of the others only d is of another employer."""
    rows = [row("0", "a"), row("0", "b"), row("0", "c"), row("0", "a"), row("0", "b"), row("0", "d"), row("1", "e")]
    vacancy = Seating(candidates(rows), [1, 0], {EMPLOYER: 1}, seated={0, 1}, struck={2})
    for number in range(20):
        assert search(vacancy, numbered(number), 100).panel == ((5,), ())


def test_a_vacancy_nobody_can_fill_is_exhausted() -> None:
    rows = [row("0", "a"), row("0", "a"), row("0", "a")]
    assert search(Seating(candidates(rows), [1], {}, seated={0}, struck={1, 2}), SEED, 9) == Search((), None)
    full = search(Seating(candidates(rows), [1], {EMPLOYER: 1}, seated={0}, struck={1}), SEED, 9)
    assert full == Search((((2,),),) * 9, None)


def test_a_member_beside_the_table_counts_against_the_cap() -> None:
    """The owner's representative is of employer a."""
    rows = [row("0", "a"), row("0", "b")]
    seating = Seating(candidates(rows), [1], {EMPLOYER: 1}, beside=[rows[0].tokens])
    assert {search(seating, numbered(number), 50).panel for number in range(20)} == {((1,),)}


def test_a_line_keeps_its_number_when_others_want_nobody() -> None:
    """A vacancy on line 1 is not drawn with the tickets of line 0."""
    rows = [row("01") for _ in range(10)]
    first, second = ([1, 0], [0, 1])
    panels = [
        [search(Seating(candidates(rows), seats, {}), numbered(number), 1).attempts[0] for number in range(20)]
        for seats in (first, second)
    ]
    assert [attempt[0] for attempt in panels[0]] != [attempt[1] for attempt in panels[1]]


@pytest.mark.parametrize("seats", [[], [0, 0], [2, -1], [1] * 33])
def test_seats_that_cannot_be_are_refused(seats: list[int]) -> None:
    with pytest.raises(ValueError, match="seats on 1 to 32 lines"):
        Seating(candidates([row("0")]), seats, {})


def test_thirty_two_lines_are_drawn() -> None:
    rows = [Row(frozenset({line})) for line in range(32)]
    found = search(Seating(candidates(rows), [1] * 32, {}), SEED, 1)
    assert found.panel == tuple((line,) for line in range(32))


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed: bytes) -> None:
    with pytest.raises(ValueError, match="instead of 32"):
        search(Seating(candidates([row("0")]), [1], {}), seed, 1)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_leaves_and_lines_are_of_as_many_rows(length: int) -> None:
    with pytest.raises(ValueError, match="bytes of leaves for 1 rows"):
        Candidates(bytes(length), array("L", [1]), lambda place: ())
