"""The sheet from which whoever pays declares what a month withheld (个人所得税扣缴申报), by payer and month.

Its first table has the columns that the tax office's client takes for 劳务报酬所得, and what leads to the tax beside
them: only people whose names may be known. The second flags the rest by seat code, with the tax that the standard gives
by itself: what else a person was paid in the month is not told before the name is.

Public: `declaration`, `Declared`, `Waiting`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from expertpool.payouts.workbooks import Table, workbook
from policies.money import Money
from policies.withholding import declared_by, working

HEADS: Final = (
    "序号",
    "姓名",
    "证件类型",
    "证件号码",
    "所得项目",
    "本期收入",
    "减除费用",
    "应纳税所得额",
    "税率（%）",
    "速算扣除数",
    "应扣缴税额",
    "付款笔数",
)
WIDTHS: Final = (6, 14, 14, 24, 20, 14, 12, 14, 10, 12, 14, 10)
WAITING_HEADS: Final = ("序号", "付款单", "席位号", "补抽序号", "按标准金额", "单独计税额", "何时可列名")
WAITING_WIDTHS: Final = (6, 38, 12, 10, 14, 14, 40)


@dataclass(frozen=True, slots=True)
class Declared:
    """One person's month with one payer: everything gross and withheld in 分, in so many payments."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    gross: int = field(repr=False)
    withheld: int = field(repr=False)
    payments: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment to somebody whose name is not open yet. ``amount`` and ``tax`` follow from the standard alone.

    ``opens`` says when the name may be known.
    """

    order: str
    seat: str
    vacancy: int
    amount: int
    tax: int
    opens: str


def declaration(month: date, payer: str, declared: Sequence[Declared], waiting: Sequence[Waiting]) -> bytes:
    """The month's workbook; rows in the order given. ``month`` is any day of it, ``payer`` the unit's name and code.

    Raises `ValueError` for an amount that is none.
    """
    return workbook(_people(month, payer, declared), _rest(month, waiting))


def _people(month: date, payer: str, declared: Sequence[Declared]) -> Table:
    rows = []
    for number, each in enumerate(declared, 1):
        seen = working(each.gross)
        amounts = (Money(each.gross), Money(seen.deducted), Money(seen.taxable))
        person = (number, each.name, "居民身份证", each.id_number, "一般劳务报酬所得")
        rows.append((*person, *amounts, seen.rate, Money(seen.quick), Money(each.withheld), each.payments))
    gross, withheld = Money(sum(each.gross for each in declared)), Money(sum(each.withheld for each in declared))
    notes = [
        f"扣缴义务人：{payer}",
        f"税款所属期：{month:%Y年%m月}；申报缴款期限：{declared_by(month):%Y年%m月%d日}（个人所得税法 第十四条）",
        f"合计：{len(declared)} 人，收入 {gross} 元，应扣缴税额 {withheld} 元（大写：{withheld.capital}）",
        "同一扣缴义务人对同一人同月多次支付合并计税（个人所得税法实施条例 第十四条；公告2018年第61号）。",
    ]
    odd = [str(number) for number, each in enumerate(declared, 1) if each.withheld != working(each.gross).tax]
    if odd:
        notes.append(f"请核对序号 {'、'.join(odd)}：已扣税额与合并计税的税额不一致。")
    return Table("扣缴申报", HEADS, WIDTHS, rows, notes=tuple(notes))


def _rest(month: date, waiting: Sequence[Waiting]) -> Table:
    rows = [
        (number, each.order, each.seat, each.vacancy, Money(each.amount), Money(each.tax), each.opens)
        for number, each in enumerate(waiting, 1)
    ]
    if not waiting:
        return Table("待列名", WAITING_HEADS, WAITING_WIDTHS, rows, notes=("没有待列名的付款。",))
    notes = (
        f"以上 {len(waiting)} 笔的专家姓名尚未公开，不能列名申报；请在 {declared_by(month):%Y年%m月%d日} 前跟进。",
        "“单独计税额”按该笔单独计算；该专家本月在同一付款单位另有收入的，列名后以合并计税为准。",
    )
    return Table("待列名", WAITING_HEADS, WAITING_WIDTHS, rows, notes=notes)
