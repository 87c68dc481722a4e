"""Amounts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.money import MOST, Money, MoneyInvalid


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("600", 60_000),
        ("0", 0),
        ("0.01", 1),
        ("0.1", 10),
        (" 1,234.50 ", 123_450),
        ("1，234.50", 123_450),
        ("¥600", 60_000),
        ("￥ 600.5元", 60_050),
        ("999,999,999,999.99", MOST),
    ],
)
def test_amounts_are_read(written: str, fen: int) -> None:
    assert Money.parse(written) == Money(fen)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "六百",
        "-1",
        "+1",
        "1e3",
        "1.234",
        "1.",
        ".5",
        "12,34",
        "1,2345",
        "1_000",
        "NaN",
        "１２",
        "6" * 13,
        "1 2",
    ],
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(MoneyInvalid):
        Money.parse(written)


@pytest.mark.parametrize("fen", [MOST + 1, -MOST - 1, True, 1.0, "1"])
def test_what_is_no_whole_number_of_fen_is_refused(fen: int) -> None:
    with pytest.raises(MoneyInvalid):
        Money(fen)


@pytest.mark.parametrize(
    ("fen", "capital"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (100, "壹元整"),
        (101, "壹元零壹分"),
        (60_000, "陆佰元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万零柒仟元伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (1_000_000_000_000, "壹佰亿元整"),
        (2_000_030_000, "贰仟万零叁佰元整"),
        (MOST, "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        (-5, "负伍分"),
    ],
)
def test_capital_figures(fen: int, capital: str) -> None:
    """支付结算办法 附一: its own examples among them."""
    assert Money(fen).capital == capital


FIGURES = {figure: at for at, figure in enumerate("零壹贰叁肆伍陆柒捌玖")}


def spoken(capital: str) -> int:
    """Read capital figures back, by their places alone."""
    fen = group = whole = digit = 0
    for each in capital:
        if each in FIGURES:
            digit = FIGURES[each]
        elif each in "拾佰仟":
            group, digit = group + digit * {"拾": 10, "佰": 100, "仟": 1000}[each], 0
        elif each in "万亿":
            whole, group, digit = whole + (group + digit) * {"万": 10**4, "亿": 10**8}[each], 0, 0
        elif each == "元":
            fen, group, digit = (whole + group + digit) * 100, 0, 0
        elif each in "角分":
            fen, digit = fen + digit * {"角": 10, "分": 1}[each], 0
    return fen


@given(st.integers(0, MOST))
def test_an_amount_comes_back_however_it_is_written(fen: int) -> None:
    money = Money(fen)
    assert Money.parse(str(money)) == Money.parse(money.plain) == money
    assert spoken(money.capital) == fen
    assert "零零" not in money.capital


def test_less_than_nothing_is_written_too() -> None:
    assert (str(Money(-123_456)), Money(-5).plain) == ("-1,234.56", "-0.05")
