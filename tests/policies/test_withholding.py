"""Withholding against worked cases, both sides of each bracket, and every 分 that a fee can be."""

import json
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.money import Money
from policies.withholding import Working, declared_by, gross_up, tax, withhold, working

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "fees-and-tax.json").read_text(encoding="utf-8"))
EDGES = (0, 800_00, 4_000_00, 25_000_00, 62_500_00)
"""Where a bracket begins, as gross."""
PERIOD = 25
"""Within a bracket so much more gross is a whole number of 分 more tax: 5 up to 4,000 yuan, then 4, 6 and 8."""
MORE = (0, 5, 4, 6, 8)

amounts = st.integers(0, 200_000_00)


def fen(yuan: str) -> int:
    return Money.parse(yuan).fen


@pytest.mark.parametrize("case", VECTORS["withholding"], ids=lambda case: case["gross_yuan"])
def test_worked_cases_of_withholding(case: dict[str, str]) -> None:
    assert tax(fen(case["gross_yuan"])) == fen(case["tax_yuan"])


@pytest.mark.parametrize("case", VECTORS["gross_up"], ids=lambda case: case["net_yuan"])
def test_worked_cases_of_grossing_up(case: dict[str, str]) -> None:
    assert gross_up(fen(case["net_yuan"])) == fen(case["gross_yuan"])


@pytest.mark.parametrize("case", VECTORS["same_month"], ids=lambda case: case["note"])
def test_worked_cases_of_one_month(case: dict[str, Any]) -> None:
    paid = withheld = 0
    for gross, expected in zip(case["payments_gross_yuan"], case["withheld_each_yuan"], strict=True):
        taken = withhold(paid, withheld, fen(gross))
        assert taken == fen(expected)
        paid, withheld = paid + fen(gross), withheld + taken


@pytest.mark.parametrize("edge", EDGES[1:], ids=str)
def test_tax_does_not_jump_where_a_bracket_begins(edge: int) -> None:
    assert tax(edge + 1) - tax(edge) in (0, 1)
    assert tax(edge) - tax(edge - 1) in (0, 1)


def test_the_last_bracket_that_is_free() -> None:
    assert [tax(gross) for gross in (800_00, 800_02, 800_03)] == [0, 0, 1]


def test_each_further_fen_is_one_more_of_tax_or_none() -> None:
    """For every gross there is: within a bracket the tax repeats itself, so one period shows them all.

    So what is left climbs from 分 to 分 and leaves out none: for every net, also past 100,000 yuan, there is a gross.
    """
    for low, high, more in zip(EDGES, (*EDGES[1:], 10**9), MORE, strict=True):
        begin = max(low, 1)
        steps = [tax(gross + 1) - tax(gross) for gross in range(begin, begin + PERIOD)]
        assert set(steps) <= {0, 1}
        assert sum(steps) == more
        for start in range(begin, begin + PERIOD):
            periods = (high - start) // PERIOD
            for times in {0, 1, 2, periods // 2, periods}:
                assert tax(start + times * PERIOD) == tax(start) + times * more


def test_the_gross_for_every_fen_near_the_brackets() -> None:
    for edge in EDGES:
        first = edge - tax(edge)
        for net in range(max(0, first - 200), first + 200):
            check(net)


def check(net: int, paid: int = 0, withheld: int = 0) -> None:
    """The net comes back to the cent, and the gross is the smallest that gives it, or the one 分 more that is nearer.

    The worked cases ask for the nearer: of 30,000 yuan 36,842.11 and not 36,842.10, which leaves the same.
    """
    gross = gross_up(net, paid, withheld)
    assert left(gross, paid, withheld) == net
    assert gross < 2 or left(gross - 2, paid, withheld) < net
    assert left(gross + 2, paid, withheld) > net


def left(gross: int, paid: int, withheld: int) -> int:
    return gross - withhold(paid, withheld, gross)


def test_the_nearer_of_two_grosses_that_leave_the_same() -> None:
    assert left(36_842_10, 0, 0) == left(36_842_11, 0, 0) == 30_000_00
    assert gross_up(30_000_00) == 36_842_11


def inverse(net: int) -> Fraction:
    """The formula turned round by hand, bracket by bracket, exactly."""
    for most, share, more in (
        (800_00, Fraction(1), 0),
        (3_360_00, Fraction(4, 5), 160_00),
        (21_000_00, Fraction(21, 25), 0),
        (49_500_00, Fraction(19, 25), 2_000_00),
    ):
        if net <= most:
            return (net - more) / share
    return (net - 7_000_00) / Fraction(17, 25)


@pytest.mark.faults
def test_the_gross_for_every_fen_up_to_100_000_yuan() -> None:
    """Ten million nets and one, each against the gross at which counting up first leaves it."""
    smallest = 0
    for net in range(100_000_00 + 1):
        while smallest - tax(smallest) < net:
            smallest += 1
        gross = gross_up(net)
        assert gross - tax(gross) == net
        assert gross - smallest in (0, 1)


@given(st.integers(0, 100_000_00))
def test_grossing_up_gives_the_net_to_the_cent(net: int) -> None:
    check(net)
    assert gross_up(net) == floor(inverse(net) + Fraction(1, 2))


@given(st.integers(0, 100_000_00), amounts, amounts)
def test_grossing_up_on_top_of_the_month(net: int, paid: int, withheld: int) -> None:
    """Also where what was withheld before is not the tax on what was paid before."""
    check(net, paid, withheld)


@given(st.lists(amounts, max_size=30))
def test_a_month_withholds_the_tax_on_its_sum(payments: list[int]) -> None:
    paid = withheld = 0
    for gross in payments:
        taken = withhold(paid, withheld, gross)
        assert 0 <= taken <= gross
        paid, withheld = paid + gross, withheld + taken
        assert withheld == tax(paid)


@given(st.lists(st.integers(0, 5_000_00), max_size=30))
def test_a_month_of_fees_after_tax_pays_each_net_and_the_tax_on_the_sum(nets: list[int]) -> None:
    paid = withheld = 0
    for net in nets:
        gross = gross_up(net, paid, withheld)
        taken = withhold(paid, withheld, gross)
        assert gross - taken == net
        paid, withheld = paid + gross, withheld + taken
    assert paid - withheld == sum(nets)
    assert withheld == tax(paid)


@given(amounts, amounts)
def test_too_much_withheld_before_is_not_paid_back(paid: int, gross: int) -> None:
    assert withhold(paid, tax(paid + gross) + 1, gross) == 0


@given(st.lists(amounts, min_size=2, max_size=8).map(sorted))
def test_more_gross_is_never_less_left(grosses: list[int]) -> None:
    assert all(one - tax(one) <= other - tax(other) for one, other in pairwise(grosses))


@pytest.mark.parametrize("amounts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)], ids=str)
def test_less_than_nothing_is_refused(amounts: tuple[int, int, int]) -> None:
    paid, withheld, gross = amounts
    with pytest.raises(ValueError, match="-1"):
        withhold(paid, withheld, gross)


def test_a_net_or_a_gross_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        gross_up(-1)
    with pytest.raises(ValueError, match="-1"):
        tax(-1)


@pytest.mark.parametrize(
    ("gross", "expected"),
    [
        (0, Working(0, 0, 20, 0, 0)),
        (600_00, Working(600_00, 0, 20, 0, 0)),
        (800_01, Working(800_00, 1, 20, 0, 0)),
        (4_000_00, Working(800_00, 3_200_00, 20, 0, 640_00)),
        (4_000_01, Working(800_00, 3_200_01, 20, 0, 640_00)),
        (25_000_00, Working(5_000_00, 20_000_00, 20, 0, 4_000_00)),
        (25_001_00, Working(5_000_20, 20_000_80, 30, 2_000_00, 4_000_24)),
        (62_501_00, Working(12_500_20, 50_000_80, 40, 7_000_00, 13_000_32)),
    ],
    ids=str,
)
def test_how_a_tax_came_about(gross: int, expected: Working) -> None:
    assert working(gross) == expected


@given(amounts)
def test_the_working_leads_to_the_tax(gross: int) -> None:
    seen = working(gross)
    assert seen.deducted + seen.taxable == gross
    assert abs(Fraction(seen.taxable * seen.rate, 100) - seen.quick - seen.tax) <= 1


@pytest.mark.parametrize(
    ("month", "last"), [("2026-01-31", "2026-02-15"), ("2026-11-01", "2026-12-15"), ("2026-12-31", "2027-01-15")]
)
def test_until_when_a_month_is_declared(month: str, last: str) -> None:
    assert declared_by(date.fromisoformat(month)) == date.fromisoformat(last)
