"""Every committee that may be is drawn equally often: 200,000 draws, compared with all that brute force finds.

The level was fixed before the first draw, and the seeds are hashes of a counter: the outcome is the same on every
machine and at every run. Samplers that are nearly right fail the same test, so a pass means something.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import permutations

import pytest

from expertpool.protocol.panel import Attempt, Seating, search, ticket, within
from expertpool.protocol.seed import Contribution, Seeds
from expertpool.protocol.table import Token
from tests.protocol.chi_squared import REGISTERED, p_value, tail
from tests.protocol.pools import AREA, EMPLOYER, Row, candidates, numbered, row
from tests.protocol.reference import Committee, committees

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

DRAWS = 20_000  # of each of ten cases
ATTEMPTS = 10_000

EMPLOYERS = [row("0", name) for name in "aaabbcd"]
OVERLAPPING = [row(lines) for lines in ("0", "01", "01", "1", "01", "1")]
CROSSED = [
    row("0", "a", "x"),
    row("01", "a", "y"),
    row("01", "b", "x"),
    row("1", "b", "y"),
    row("1", "c", "x"),
    row("0", "c", "z"),
    row("2", "a", "z"),
    row("12", "d", "y"),
]
SHARED = [
    Row(frozenset({0}), ((EMPLOYER, b"a".ljust(16)), (EMPLOYER, b"b".ljust(16)))),
    Row(frozenset({0, 1}), ((EMPLOYER, b"b".ljust(16)), (EMPLOYER, b"c".ljust(16)))),
    *(row(lines, employer) for lines, employer in (("0", "c"), ("01", "d"), ("1", "d"), ("1", "e"), ("", "f"))),
    row("01", "f"),
]

PANELS = {
    "no constraint": (EMPLOYERS, Seating(candidates(EMPLOYERS), [3], {})),
    "one of an employer": (EMPLOYERS, Seating(candidates(EMPLOYERS), [3], {EMPLOYER: 1})),
    "two of an employer": (EMPLOYERS, Seating(candidates(EMPLOYERS), [4], {EMPLOYER: 2})),
    "overlapping lines": (OVERLAPPING, Seating(candidates(OVERLAPPING), [2, 2], {})),
    "two kinds on three lines": (CROSSED, Seating(candidates(CROSSED), [2, 1, 1], {EMPLOYER: 1, AREA: 2})),
    "two employers each": (SHARED, Seating(candidates(SHARED), [2, 2], {EMPLOYER: 1})),
}
VACANCIES = {
    "one of an employer": (
        EMPLOYERS,
        Seating(candidates(EMPLOYERS), [1], {EMPLOYER: 1}, seated={5}, struck={0}),
    ),
    "two kinds on three lines": (
        CROSSED,
        Seating(candidates(CROSSED), [0, 1, 0], {EMPLOYER: 1, AREA: 1}, seated={5}, struck={2}),
    ),
}

Sampler = Callable[[Seating, bytes], Attempt]


def drawn(seating: Seating, seed: bytes) -> Attempt:
    found = search(seating, seed, ATTEMPTS).panel
    assert found is not None
    return found


def by_line(found: Attempt) -> Committee:
    return tuple(map(frozenset, found))


def p_of(sampler: Sampler, rows: Sequence[Row], seating: Seating) -> float:
    """The test of a sampler: each committee that brute force finds is to have the same chance."""
    fair = committees(rows, seating)
    assert len(set(fair)) == len(fair) > 1
    counts = Counter(by_line(sampler(seating, numbered(number))) for number in range(DRAWS))
    return p_value(counts, dict.fromkeys(fair, 1 / len(fair)))


@pytest.mark.parametrize("case", PANELS)
def test_every_committee_that_may_be_is_drawn_equally_often(case: str) -> None:
    assert p_of(drawn, *PANELS[case]) > REGISTERED


@pytest.mark.parametrize("case", VACANCIES)
def test_everyone_who_may_fill_a_vacancy_is_drawn_equally_often(case: str) -> None:
    assert p_of(drawn, *VACANCIES[case]) > REGISTERED


def test_every_order_of_seats_is_drawn_equally_often() -> None:
    """Seats are told apart by their codes: who has which is left to chance, too."""
    rows, seating = PANELS["one of an employer"]
    fair = [order for [members] in committees(rows, seating) for order in permutations(members)]
    counts = Counter(drawn(seating, numbered(number))[0] for number in range(DRAWS))
    assert p_value(counts, dict.fromkeys(fair, 1 / len(fair))) > REGISTERED


ROOMY = [row("0", name) for name in "aaabbcde"]
"""Of so many employers that two vacancies can always be filled."""


def two_vacancies(seeds: Seeds) -> tuple[int, ...]:
    """Draw three; the first leaves and is replaced, then the second. Gives the three who sit in the end."""
    seating = Seating(candidates(ROOMY), [3], {EMPLOYER: 1})
    [[first, second, third]] = drawn(seating, seeds.panel)
    vacancy = replace(seating, seats=[1], seated={second, third}, struck={first})
    [[instead_of_first]] = drawn(vacancy, seeds.vacancy(1))
    vacancy = replace(vacancy, seated={instead_of_first, third}, struck={first, second})
    [[instead_of_second]] = drawn(vacancy, seeds.vacancy(2))
    return (instead_of_first, instead_of_second, third)


def chances_after_two_vacancies() -> Mapping[tuple[int, ...], float]:
    """The same by brute force: at each step everyone who may be seated has the same chance."""
    seating = Seating(candidates(ROOMY), [3], {EMPLOYER: 1})
    chances: defaultdict[tuple[int, ...], float] = defaultdict(float)
    orders = [order for [members] in committees(ROOMY, seating) for order in permutations(members)]
    for first, second, third in orders:
        vacancy = replace(seating, seats=[1], seated={second, third}, struck={first})
        replacing_first = committees(ROOMY, vacancy)
        for [[instead_of_first]] in replacing_first:
            vacancy = replace(vacancy, seated={instead_of_first, third}, struck={first, second})
            replacing_second = committees(ROOMY, vacancy)
            for [[instead_of_second]] in replacing_second:
                chance = 1 / len(orders) / len(replacing_first) / len(replacing_second)
                chances[instead_of_first, instead_of_second, third] += chance
    return chances


def test_a_panel_with_two_vacancies_comes_out_as_often_as_it_should() -> None:
    """With the seeds of whole draws: panel and vacancies must not depend on each other."""
    draws = (
        Seeds.derive(numbered(number), [Contribution("khd_01", bytes(64)), Contribution("khd_02", bytes(64))])
        for number in range(DRAWS)
    )
    assert p_value(Counter(map(two_vacancies, draws)), chances_after_two_vacancies()) > REGISTERED


def mends(seating: Seating, seed: bytes) -> Attempt:
    """Take the next ticket instead of whoever breaks a constraint: what a draw by hand does."""
    pool, taken = seating.candidates, list(seating.seated)
    selected: list[tuple[int, ...]] = []
    for line, seats in enumerate(seating.seats):
        before = len(taken)
        for place in in_ticket_order(seating, seed, line):
            tokens = [pool.tokens_of(each) for each in (*taken, place)]
            if place not in taken and len(taken) < before + seats and within(seating.caps, tokens):
                taken.append(place)
        selected.append(tuple(taken[before:]))
    return tuple(selected)


def in_ticket_order(seating: Seating, seed: bytes, line: int) -> list[int]:
    pool = seating.candidates
    eligible = [place for place, lines in enumerate(seating.open_lines()) if lines >> line & 1]
    return sorted(eligible, key=lambda place: ticket(seed, 0, line, pool.leaves[32 * place : 32 * place + 32]))


def employers_first(seating: Seating, seed: bytes) -> Attempt:
    """Pick an employer, then one of its people: whoever works alone sits more often."""
    pool, [taken] = seating.candidates, seating.already()
    members: dict[Token, int] = {}
    for place in in_ticket_order(seating, seed, 0):
        [employer] = pool.tokens_of(place)
        if employer not in taken:
            members.setdefault(employer, place)
    return ((members[min(members, key=lambda employer: sha256(seed + employer[1]).digest())],),)


BIASED = {
    "mends, one of an employer": (mends, PANELS["one of an employer"]),
    "mends, overlapping lines": (mends, PANELS["overlapping lines"]),
    "employers first": (employers_first, VACANCIES["one of an employer"]),
}


@pytest.mark.parametrize("case", BIASED)
def test_a_sampler_that_is_nearly_right_fails_the_same_test(case: str) -> None:
    sampler, (rows, seating) = BIASED[case]
    allowed = committees(rows, seating)
    assert all(by_line(sampler(seating, numbered(number))) in allowed for number in range(100))
    assert p_of(sampler, rows, seating) < REGISTERED


@pytest.mark.parametrize(
    ("freedom", "statistic", "chance"),
    [
        (1, 3.841, 0.05),
        (1, 10.828, 0.001),
        (2, 9.210, 0.01),
        (3, 7.815, 0.05),
        (10, 29.588, 0.001),
        (29, 42.557, 0.05),
        (30, 59.703, 0.001),
        (100, 149.449, 0.001),
    ],
)
def test_the_tail_is_that_of_printed_tables(freedom: int, statistic: float, chance: float) -> None:
    assert tail(statistic, freedom) == pytest.approx(chance, rel=2e-3)


def test_no_difference_is_no_evidence_and_the_impossible_is_proof() -> None:
    even = {"a": 0.5, "b": 0.5}
    assert p_value(Counter(a=50, b=50), even) == 1
    assert p_value(Counter(a=50, b=49, c=1), even) == 0
