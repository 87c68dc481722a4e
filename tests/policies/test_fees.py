"""Fees by the published tables, to the cent, on both sides of each boundary."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.apply import decide
from policies.decision import Outcome
from policies.fee_clock import Breaks, Clock, Pause, Presence, Rounding, Stop, sittings
from policies.fee_facts import Journey, Night, SessionPay
from policies.fees import (
    EXPENSES,
    WORDS,
    Extras,
    Fee,
    Forfeit,
    Line,
    Nights,
    Site,
    Standard,
    Tariff,
    What,
    fee,
    higher,
    pay,
    tariff,
    turned_away,
)
from policies.withholding import tax
from tests.policies import casebook

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NIGHT = 900
"""How long a night is here, in minutes."""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def clock(*sat: int, pauses: tuple[Pause, ...] = ()) -> Clock:
    """Sittings of so many minutes, with a night between two."""
    now, nights = 0, []
    for minutes in sat[:-1]:
        now += minutes
        nights.append(Pause(Stop.OVERNIGHT, at(now), at(now + NIGHT)))
        now += NIGHT
    return Clock(START, at(now + sat[-1]), (*nights, *pauses))


def book(name: str, regime: str) -> Tariff:
    found = tariff(casebook.book(name), regime)
    assert found is not None
    return found


HUNAN = book("hunan", "tender")
GUANGDONG = book("guangdong", "govproc")
HUBEI = book("hubei", "govproc")
SHENZHEN = book("shenzhen", "govproc")
TARIFFS = {"hunan": HUNAN, "guangdong": GUANGDONG, "hubei": HUBEI, "shenzhen": SHENZHEN}
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "fees-and-tax.json").read_text(encoding="utf-8"))


def yuan(charged: Fee) -> Decimal:
    return Decimal(charged.total) / 100


@pytest.mark.parametrize(
    "case", VECTORS["hunan_fee"], ids=lambda case: f"{case['hours']} h{' overnight' * case['overnight']}"
)
def test_hunans_published_cases(case: dict[str, Any]) -> None:
    total = int(Decimal(case["hours"]) * 60)
    day = clock(total // 2, total - total // 2) if case["overnight"] else clock(total)
    charged = fee(HUNAN, day)
    assert yuan(charged) == case["net_yuan"]
    assert charged.after_tax


@pytest.mark.parametrize(
    ("tariff", "minutes", "expected"),
    [
        ("hunan", 1, 600),
        ("hunan", 180, 600),
        ("hunan", 181, 650),
        ("hunan", 210, 650),
        ("hunan", 211, 700),
        ("hunan", 240, 700),
        ("hunan", 241, 750),
        ("hunan", 480, 1100),
        ("hunan", 481, 1150),
        ("guangdong", 1, 400),
        ("guangdong", 120, 400),
        ("guangdong", 150, 400),  # up to half an hour is ignored
        ("guangdong", 151, 500),
        ("guangdong", 210, 500),
        ("guangdong", 211, 600),
        ("guangdong", 480, 1000),
        ("guangdong", 510, 1000),
        ("guangdong", 511, 1150),  # beyond eight hours 150 an hour
        ("guangdong", 600, 1300),
        ("hubei", 120, 300),
        ("hubei", 121, 400),
        ("hubei", 180, 400),
        ("hubei", 420, 800),
        ("hubei", 421, 1000),  # rounded up to eight hours: the day's rate
        ("hubei", 480, 1000),
        ("hubei", 481, 1100),
        ("shenzhen", 240, 600),
    ],
)
def test_a_days_fee(tariff: str, minutes: int, expected: int) -> None:
    assert yuan(fee(TARIFFS[tariff], clock(minutes))) == expected


@pytest.mark.parametrize(
    ("tariff", "sat", "expected"),
    [
        ("hunan", (60, 120), 700),  # three hours in all, overnight
        ("hunan", (60, 121), 750),
        ("hunan", (300, 300, 300), 1900),
        ("guangdong", (120, 60), 400 + 100),  # each day by itself, the next by the hour from the first minute
        ("guangdong", (540, 540), 1000 + 150 + 800 + 150),
        ("guangdong", (120, 30), 400),
        ("guangdong", (120, 31), 400 + 100),
        ("hubei", (240, 240), 1000),
    ],
)
def test_over_a_night(tariff: str, sat: tuple[int, ...], expected: int) -> None:
    assert yuan(fee(TARIFFS[tariff], clock(*sat))) == expected


def test_short_breaks_are_paid_and_long_ones_are_not() -> None:
    assert yuan(fee(HUNAN, clock(240, pauses=(Pause(Stop.BREAK, at(60), at(90)),)))) == 700
    assert yuan(fee(HUNAN, clock(240, pauses=(Pause(Stop.BREAK, at(60), at(91)),)))) == 650


def test_the_time_of_a_meal_is_paid_where_the_province_counts_it() -> None:
    lunch = clock(300, pauses=(Pause(Stop.MEAL, at(120), at(180)),))
    assert [yuan(fee(each, lunch)) for each in (GUANGDONG, HUBEI, HUNAN)] == [700, 500, 700]


def test_whoever_came_later_or_left_is_paid_for_the_part() -> None:
    day = clock(300)
    assert yuan(fee(HUNAN, day, Presence(begins=at(60)))) == 700
    assert yuan(fee(HUNAN, day, Presence(ends=at(10)))) == 600
    assert yuan(fee(HUNAN, day, Presence(stalled=60))) == 700
    assert fee(HUNAN, day, Presence(stalled=300)).lines == ()
    assert yuan(fee(HUNAN, clock(240, 240), Presence(begins=at(240 + NIGHT)))) == 700  # sat through no night
    assert yuan(fee(GUANGDONG, clock(240, 240), Presence(begins=at(240 + NIGHT)))) == 600  # the own first day


def test_an_absurd_day_is_paid_nothing() -> None:
    backwards = Clock(START, at(-600))
    assert fee(HUNAN, backwards) == Fee((), after_tax=True)
    assert fee(HUNAN, clock(0)).total == 0


@pytest.mark.parametrize("why", Forfeit)
def test_what_is_forfeited_is_nothing_whatever_was_sat(why: Forfeit) -> None:
    charged = fee(SHENZHEN, clock(480), extras=Extras(chair=True, journey=Journey(tickets=5), forfeited=why))
    assert charged.lines == ()


def test_the_chair_gets_more_where_the_book_says_so() -> None:
    assert fee(SHENZHEN, clock(60), extras=Extras(chair=True)).lines == (
        Line(What.FLAT, 40_000),
        Line(What.CHAIR, 10_000),
    )
    assert yuan(fee(GUANGDONG, clock(60), extras=Extras(chair=True))) == 400
    assert fee(SHENZHEN, clock(0), extras=Extras(chair=True)).lines == ()


@pytest.mark.parametrize(("tariff", "expected"), [("shenzhen", 100), ("guangdong", 200), ("hunan", 100)])
def test_turned_away(tariff: str, expected: int) -> None:
    assert yuan(turned_away(TARIFFS[tariff], came=True)) == expected
    assert turned_away(TARIFFS[tariff], came=False).lines == ()


def test_nobody_is_owed_an_allowance_that_there_is_not() -> None:
    assert turned_away(HUNAN._replace(turned_away=0), came=True).lines == ()
    assert yuan(turned_away(HUNAN._replace(only_if_came=False), came=False)) == 100


@pytest.mark.parametrize(
    ("journey", "expected"),
    [
        (Journey(neighbouring=True, tickets=0), (Line(What.NO_TICKETS, 10_000), Line(What.EN_ROUTE, 20_000))),
        (Journey(neighbouring=False, tickets=0), (Line(What.NO_TICKETS, 20_000), Line(What.EN_ROUTE, 20_000))),
        (Journey(neighbouring=False, tickets=15_050), (Line(What.TICKETS, 15_050), Line(What.EN_ROUTE, 20_000))),
    ],
)
def test_shenzhens_journeys(journey: Journey, expected: tuple[Line, ...]) -> None:
    charged = fee(SHENZHEN, clock(60), extras=Extras(journey=journey))
    assert charged.lines == (Line(What.FLAT, 40_000), *expected)
    assert charged.expenses == sum(line.amount for line in expected if line.what is What.TICKETS)
    assert charged.pay + charged.expenses == charged.total


def test_weihais_journeys() -> None:
    """Hotel up to 450 from July to September and up to 380 otherwise, transport 80, meals 100 a day."""
    rates = book("shenzhen", "govproc").travel
    assert rates is not None
    weihai = SHENZHEN._replace(
        travel=rates._replace(en_route=0, hotel=38_000, hotel_season=45_000, transport=8_000, meals=10_000)
    )
    nights = tuple(Night(date(2026, month, day), 50_000) for month, day in ((6, 30), (7, 1), (9, 30), (10, 1)))
    charged = fee(weihai, clock(60), extras=Extras(journey=Journey(False, 12_300, nights, 5)))
    assert charged.lines[1:] == (
        Line(What.TICKETS, 12_300),
        Line(What.HOTEL, 38_000 + 45_000 + 45_000 + 38_000),
        Line(What.TRANSPORT, 40_000),
        Line(What.MEALS, 50_000),
    )
    assert fee(GUANGDONG, clock(60), extras=Extras(journey=Journey(False, 12_300))).total == 40_000


def test_the_higher_of_two_standards_is_what_leaves_more() -> None:
    net, gross = (Fee((Line(What.FLAT, 100_000),), after_tax) for after_tax in (True, False))
    assert tax(100_000) > 0
    assert higher(gross, net) == higher(net, gross) == net
    assert higher(net, net._replace(lines=())) == net
    more = gross._replace(lines=(Line(What.FLAT, 105_001),))
    assert higher(net, more) == more
    assert HUNAN.remote is Site.MAIN


@pytest.mark.parametrize(
    ("nights", "sat", "expected"),
    [
        (Nights.SUM, (480,), 80_000),
        (Nights.SUM, (480, 480), 160_000),
        (Nights.DAILY, (480, 480), 160_000),
        (Nights.DAILY, (480, 60), 90_000),
        (Nights.DAILY, (60, 600), 140_000),
    ],
)
def test_a_days_cap(nights: Nights, sat: tuple[int, ...], expected: int) -> None:
    capped = Standard(Rounding(180, 30), 60_000, 70_000, 10_000, nights=nights, daily_most=80_000)
    assert sum(line.amount for line in pay(capped, sat)) == expected


def test_a_reduction_is_a_line_of_its_own() -> None:
    capped = Standard(Rounding(180, 30), 60_000, 70_000, 10_000, daily_most=100_000)
    lines = pay(capped, (481,))
    assert lines == (Line(What.FLAT, 60_000), Line(What.HOURS, 55_000), Line(What.CAP, -15_000))
    assert pay(capped, (420,)) == (Line(What.FLAT, 60_000), Line(What.HOURS, 40_000))


def test_the_breakdown_of_a_long_day() -> None:
    assert fee(HUBEI, clock(540)).lines == (
        Line(What.FLAT, 30_000),
        Line(What.HOURS, 60_000),
        Line(What.LONG_DAY, 10_000),
        Line(What.LONG_HOURS, 10_000),
    )


def test_a_book_without_fees_has_no_tariff() -> None:
    assert tariff(casebook.book("roster-demo"), "roster") is None


def test_which_standards_are_after_tax() -> None:
    assert [each.after_tax for each in TARIFFS.values()] == [True, False, False, False]


def test_each_line_has_words() -> None:
    assert set(WORDS) == set(What)
    assert set(What) > EXPENSES


standards = st.builds(
    Standard,
    st.builds(Rounding, st.integers(0, 240), st.sampled_from([1, 15, 30, 60]), st.integers(0, 30)),
    *[st.integers(0, 100_000)] * 3,
    long_from=st.sampled_from([0, 480]),
    long_hour=st.integers(0, 30_000),
    nights=st.sampled_from(Nights),
    daily_most=st.sampled_from([0, 120_000]),
)


@given(standards, st.lists(st.integers(-5, 900), max_size=4).map(tuple))
def test_no_fee_is_below_nothing_and_no_line_is_empty(standard: Standard, sat: tuple[int, ...]) -> None:
    lines = pay(standard, sat)
    assert sum(line.amount for line in lines) >= 0
    assert all(line.amount for line in lines)
    assert not lines or max(sat) > 0


@pytest.mark.parametrize("name", TARIFFS)
def test_more_work_is_never_less_money(name: str) -> None:
    """Minute by minute through three days, whatever the steps."""
    standard = TARIFFS[name].standard
    for before in ((), (240,), (240, 600)):
        amounts = [sum(line.amount for line in pay(standard, (*before, minutes))) for minutes in range(1, 900)]
        assert amounts == sorted(amounts)


@pytest.mark.parametrize("name", TARIFFS)
def test_the_rulebook_knows_its_own_fee(name: str) -> None:
    """What `fee` computes is what the rule accepts, and a 分 more is refused."""
    regime = "tender" if name == "hunan" else "govproc"
    day = clock(250, 300)
    charged, sat = fee(TARIFFS[name], day).total, sittings(day, Breaks())
    for amount, outcome in ((charged, Outcome.ALLOWED), (charged + 1, Outcome.REFUSED)):
        assert decide(casebook.book(name), regime, SessionPay(sat, amount)).outcome is outcome
