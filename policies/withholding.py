"""Individual income tax withheld from fees for services (劳务报酬预扣预缴, 国家税务总局公告2018年第61号).

Income of the same item that goes on within a month is one payment (个人所得税法实施条例 第十四条): by payer, expert and
calendar month, a later payment withholds the tax on the month's sum less what was withheld before. What a resident
owes for the year is settled with the tax office.

Everything is in whole 分. On a whole 分 of gross the tax is a number of twenty-fifths, so that rounding to the nearest
分 never meets a tie.

Public: `tax`, `withhold`, `gross_up`, `working`, `declared_by`, `TAX_FREE`, `Working`.
"""

from bisect import bisect_right
from datetime import date
from typing import Final, NamedTuple

TAX_FREE: Final = 800_00
"""Up to this no tax is withheld in a month."""
FLAT_UNTIL: Final = 4_000_00
"""Up to this, 800 yuan are deducted; above, a fifth."""
BRACKETS: Final = ((20_000_00, 20, 0), (50_000_00, 30, 2_000_00))
"""Taxable income up to (included), rate in percent, quick deduction (速算扣除数)."""
TOP: Final = (40, 7_000_00)


class Working(NamedTuple):
    """How a month's tax came about: deduction (减除费用), taxable income, rate in percent, quick deduction.

    In 分, each to the nearest; the tax is computed from what is exact.
    """

    deducted: int
    taxable: int
    rate: int
    quick: int
    tax: int


def tax(gross: int) -> int:
    """The tax on a month's gross. Raises `ValueError` below zero."""
    if gross < 0:
        raise ValueError(gross)
    return (_fiftieths(2 * gross) + 25) // 50


def withhold(paid_before: int, withheld_before: int, gross: int) -> int:
    """What a payment of ``gross`` withholds after what was paid and withheld in the same month; never less than 0.

    Raises `ValueError` for an amount below zero.
    """
    if min(paid_before, withheld_before, gross) < 0:
        raise ValueError((paid_before, withheld_before, gross))
    return max(0, tax(paid_before + gross) - withheld_before)


def gross_up(net: int, paid_before: int = 0, withheld_before: int = 0) -> int:
    """The gross of which exactly ``net`` is left: the formula turned round, to the nearest 分, a half upwards.

    A further 分 of gross leaves less than a whole 分 more wherever it is taxed, so the nearest 分 always leaves ``net``
    to the cent; a 分 less sometimes would as well. Raises `ValueError` for an amount below zero.
    """
    if net < 0:
        raise ValueError(net)

    def left(gross: int) -> int:
        """Of half a 分 more than ``gross``, in fiftieths, unrounded."""
        owed = _fiftieths(2 * (paid_before + gross) + 1) - 50 * withheld_before
        return 25 * (2 * gross + 1) - max(0, owed)

    most = 2 * (net + withhold(paid_before, withheld_before, 0)) + 5  # less than half of any further 分 is tax
    return bisect_right(range(most), 50 * net, key=left)


def working(gross: int) -> Working:
    """What stands in a declaration beside the tax. Raises `ValueError` below zero."""
    owed = tax(gross)
    deducted = min(gross, TAX_FREE) if gross <= FLAT_UNTIL else (gross + 2) // 5
    return Working(deducted, gross - deducted, *_bracket(2 * gross), owed)


def declared_by(month: date) -> date:
    """The last day to declare and pay what a month withheld: the 15th of the next (个人所得税法 第十四条).

    Where holidays put it off (税收征收管理法实施细则 第一百零九条), the earlier day is kept.
    """
    return date(month.year + month.month // 12, month.month % 12 + 1, 15)


def _fiftieths(halves: int) -> int:
    """The tax, exactly, in fiftieths of a 分 on a gross in halves of a 分."""
    rate, quick = _bracket(halves)
    if halves <= 2 * FLAT_UNTIL:
        return max(0, halves - 2 * TAX_FREE) * rate // 4
    return halves * rate // 5 - quick * 50


def _bracket(halves: int) -> tuple[int, int]:
    """Rate in percent and quick deduction of a gross in halves of a 分."""
    return next(((rate, quick) for most, rate, quick in BRACKETS if halves * 2 <= most * 5), TOP)
