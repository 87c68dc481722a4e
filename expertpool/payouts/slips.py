"""What an expert gets to keep: a slip for each payment, and a year's certificate of what was paid and withheld.

Both are papers in the reader's language, printed by ``expertpool.web.paper``. A slip has no name: it is made while the
name may still be sealed, for whoever holds the seat.

Public: `slip`, `certificate`, `Slip`, `Certificate`, `CertificateRow`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from expertpool.web.paper import Record, Section
from policies.fees import WORDS, What
from policies.money import Money
from policies.withholding import working

T = Callable[[str, str], str]
"""The text in the reader's language."""
UNTOLD: Final = "—"


@dataclass(frozen=True, slots=True)
class Slip:
    """One payment, in 分. ``lines`` are the standard's; gross less tax, with the expenses, is what arrives.

    ``month_gross`` and ``month_tax`` are what the same payer paid and withheld earlier in the month. ``exact``: nothing
    else can change the tax. ``title`` is empty while the project may not be told, ``paid`` None before it is.
    """

    payout: str
    seat: str
    sat_on: date
    minutes: int
    lines: tuple[tuple[What, int], ...] = field(repr=False)
    gross: int = field(repr=False)
    tax: int = field(repr=False)
    expenses: int = field(repr=False)
    month_gross: int = field(repr=False)
    month_tax: int = field(repr=False)
    article: str
    exact: bool = True
    title: str = ""
    payer: str = ""
    paid: date | None = None

    @property
    def net(self) -> int:
        """What arrives."""
        return self.gross - self.tax + self.expenses


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One payment of a year, in 分."""

    paid: date
    payer: str
    payout: str
    gross: int = field(repr=False)
    tax: int = field(repr=False)
    net: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A year of one expert; ``person`` and ``id_number`` as they are to be printed."""

    person: str = field(repr=False)
    id_number: str = field(repr=False)
    year: int
    rows: tuple[CertificateRow, ...] = field(repr=False)


def slip(of: Slip, t: T, *, centre: str, address: str) -> Record:
    """The slip of a payment (劳务报酬发放单)."""
    before = working(of.month_gross + of.gross)
    facts = [
        (t("席位号", "Seat"), of.seat),
        (t("评审日期", "Day of the review"), of.sat_on.isoformat()),
        (t("评审时间", "Time worked"), _time(of.minutes, t)),
        (t("项目", "Project"), of.title or t("在名单公开之前不显示", "not shown before names may be known")),
        (t("付款单位", "Payer"), of.payer or UNTOLD),
        (t("支付日期", "Paid on"), of.paid.isoformat() if of.paid else t("尚未支付", "not yet")),
        (t("依据", "By"), of.article),
    ]
    heads = (t("项目", "Item"), t("金额（元）", "Yuan"))
    lines = tuple((t(*WORDS[what]), str(Money(amount))) for what, amount in of.lines)
    taxed = (
        (t("税前劳务报酬", "Fee before tax"), str(Money(of.gross))),
        (
            t("本月此前税前合计（同一付款单位）", "Earlier in the month, same payer, before tax"),
            str(Money(of.month_gross)),
        ),
        (t("减除费用", "Deduction"), str(Money(before.deducted))),
        (t("应纳税所得额", "Taxable income"), str(Money(before.taxable))),
        (t("税率与速算扣除数", "Rate and quick deduction"), f"{before.rate} %，{Money(before.quick)}"),
        (t("本月应扣税额", "Tax of the month"), str(Money(before.tax))),
        (t("本月此前已扣税额", "Withheld earlier in the month"), str(Money(of.month_tax))),
        (t("本次预扣税额", "Withheld from this payment"), str(Money(of.tax))),
        *([(t("凭票报销", "Expenses by receipt"), str(Money(of.expenses)))] if of.expenses else []),
        (t("实发金额", "What arrives"), f"{Money(of.net)}　{Money(of.net).capital}"),
    )
    notes = [
        t(
            "同一付款单位同月多次支付合并计税（个人所得税法实施条例 第十四条；国家税务总局公告2018年第61号）。",
            "What the same payer pays in a month is taxed together (个人所得税法实施条例 第十四条; 公告2018年第61号).",
        ),
        t(
            "本单不是完税证明；预扣税款由付款单位申报，年度汇算时可抵扣。",
            "This is no proof of tax paid; what was withheld counts in the year's settlement.",
        ),
    ]
    if not of.exact:
        notes.insert(
            0, t("税额为截至今日的计算，支付时以当月合计为准。", "The tax is as of today; the month's sum counts.")
        )
    return Record(
        heading=centre,
        title=t("劳务报酬发放单", "Slip of a payment"),
        subtitle=of.payout,
        address=address,
        check=t("扫码核对", "Scan to check"),
        facts=tuple(facts),
        sections=(
            Section(t("报酬构成", "How it came about"), heads, (0.62, 0.38), lines, t("不支付", "nothing is paid")),
            Section(t("计税与实发", "Tax, and what arrives"), heads, (0.62, 0.38), taxed),
        ),
        notes=tuple(notes),
        foot=t("席位号是随机的；本单只对持有人有意义。", "Seat codes are random; this slip tells only its holder."),
        page=t("第 {} 页", "Page {}"),
    )


def certificate(of: Certificate, t: T, *, centre: str, address: str) -> Record:
    """A year's certificate (劳务报酬及预扣税款证明): each payment, and the sums by payer."""
    heads = (
        t("支付日期", "Paid on"),
        t("付款单位", "Payer"),
        t("付款编号", "Payment"),
        t("税前", "Before tax"),
        t("预扣税", "Withheld"),
        t("实发", "Arrived"),
    )
    rows = tuple(
        (each.paid.isoformat(), each.payer, each.payout, *(str(Money(amount)) for amount in _amounts(each)))
        for each in of.rows
    )
    payers = sorted({each.payer for each in of.rows})
    sums = tuple((payer, *_summed([each for each in of.rows if each.payer == payer])) for payer in payers)
    total = Money(sum(each.tax for each in of.rows))
    return Record(
        heading=centre,
        title=t("劳务报酬及预扣税款证明", "Certificate of fees and tax withheld"),
        subtitle=t("{} 年度", "Year {}").format(of.year),
        address=address,
        check=t("扫码核对", "Scan to check"),
        facts=(
            (t("姓名", "Name"), of.person),
            (t("身份证号", "Identity number"), of.id_number),
            (t("年度", "Year"), str(of.year)),
            (t("预扣税款合计", "Withheld in all"), t("{} 元（{}）", "{} yuan ({})").format(total, total.capital)),
        ),
        sections=(
            Section(
                t("各付款单位合计", "Sums by payer"),
                (heads[1], t("笔数", "Payments"), *heads[3:]),
                (0.4, 0.12, 0.16, 0.16, 0.16),
                sums,
                t("本年度没有支付。", "Nothing was paid in this year."),
            ),
            Section(t("逐笔明细", "Each payment"), heads, (0.12, 0.24, 0.31, 0.11, 0.11, 0.11), rows),
        ),
        notes=(
            t(
                "本证明不是完税证明；完税证明请在税务机关的个人所得税渠道开具。",
                "This is no proof of tax paid; the tax office issues that.",
            ),
            t(
                "税前与预扣税为付款单位申报的口径；凭票报销的费用计入实发，不计入税前。",
                "Before tax and withheld are as the payer declares them; expenses by receipt arrived beside them.",
            ),
        ),
        foot=t("由系统按已支付的记录生成。", "Made from the record of what was paid."),
        page=t("第 {} 页", "Page {}"),
    )


def _time(minutes: int, t: T) -> str:
    hours, rest = divmod(minutes, 60)
    return t("{} 小时 {} 分", "{} h {} min").format(hours, rest)


def _amounts(row: CertificateRow) -> tuple[int, int, int]:
    return row.gross, row.tax, row.net


def _summed(rows: list[CertificateRow]) -> tuple[str, ...]:
    columns = zip(*map(_amounts, rows), strict=True)
    return (str(len(rows)), *(str(Money(sum(column))) for column in columns))
