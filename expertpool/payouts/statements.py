"""Reads what a bank gives back: a statement of the account, or the result file of a batch, as .xlsx, .xls or .csv.

Titles may stand below a few lines of heading, and are told by their usual words. Only rows that name a payment of ours
are read; a statement is full of others, which are counted and no more. Whatever is not clear is refused by row and
column, and then nothing of the file is taken. A file that says no outcome is a statement: what left the account was
paid, what came back in was returned.

Public: `read_statement`, `Statement`, `StatementLine`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.sheets import EXACT, Cell, as_text, read_sheet
from expertpool.payouts.file_errors import (
    StatementAmountInvalid,
    StatementBothSides,
    StatementColumnsMissing,
    StatementDayInvalid,
    StatementNumberLost,
    StatementOutcomeUnknown,
    StatementReferenceMissing,
    StatementRefused,
    StatementTwoPayments,
)
from expertpool.payouts.provider import Outcome, Reason
from policies.facts import CHINA
from policies.money import Money, MoneyInvalid

HEADING: Final = 30
"""Among so many rows the titles are looked for."""
LONGEST: Final = 64
"""Characters of what is kept of a bank's number, or shown of a cell that is wrong."""
TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": ("金额", "交易金额", "转账金额", "发生额", "amount"),
    "debit": ("借方", "借方金额", "借方发生额", "支出", "支出金额", "debit"),
    "credit": ("贷方", "贷方金额", "贷方发生额", "收入", "收入金额", "credit"),
    "day": ("记账日期", "交易日期", "入账日期", "日期", "交易时间", "入账时间", "处理时间", "date"),
    "reference": ("银行流水号", "交易流水号", "核心流水号", "流水号", "凭证号", "reference"),
    "outcome": ("处理结果", "处理状态", "交易状态", "状态", "结果", "status"),
    "reason": ("失败原因", "退回原因", "错误信息", "原因", "reason"),
}
"""The titles of each column, those before preferred; white space, case and a “（元）” behind them do not matter."""
OUTCOMES: Final[Mapping[str, Outcome]] = {
    **dict.fromkeys(("成功", "交易成功", "处理成功", "支付成功", "已入账", "paid", "success"), Outcome.PAID),
    **dict.fromkeys(("失败", "交易失败", "处理失败", "支付失败", "拒绝", "failed"), Outcome.FAILED),
    **dict.fromkeys(("退票", "退汇", "退回", "已退票", "已退汇", "已退回", "returned"), Outcome.RETURNED),
}
ACCOUNT_WORDS: Final = ("账号", "帐号", "账户", "帐户", "户名", "account")
"""A reason with one of these is for the expert to mend."""
DAYS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
PAYMENT: Final = re.compile(r"pay_[0-7][0-9a-hjkmnp-tv-z]{25}(?:-[0-9]{1,3})?(?![0-9a-z])", re.ASCII | re.IGNORECASE)
"""The id of a payment, with the number of a later attempt, wherever in a row it stands."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """What a row says of one payment: ``row`` on screen, ``amount`` in 分, ``reference`` the bank's own number.

    ``at`` is the beginning of the day in China where the file tells no time.
    """

    row: int
    payment: str
    outcome: Outcome
    amount: int = field(repr=False)
    at: datetime
    reference: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A file that was read: its rows about payments of ours, and how many others it has."""

    lines: tuple[StatementLine, ...]
    others: int


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each column stands, and its title as the file has it."""

    places: Mapping[str, int]
    titles: Mapping[str, str]
    first: int
    """Index of the first row below the titles."""


def read_statement(path: Path) -> Statement:
    """Read a file. Raises `StatementColumnsMissing`, `StatementRefused` with every wrong row, and as `read_sheet`."""
    sheet = read_sheet(path)
    rows: Sequence[Sequence[Cell]] = [sheet.titles, *sheet.rows]
    columns = _columns(rows)
    lines: list[StatementLine] = []
    problems: list[ExpertpoolError] = []
    others = 0
    for number, row in enumerate(rows[columns.first :], columns.first + 1):
        named = _named(row)
        if not named:
            others += any(as_text(cell) for cell in row)
            continue
        try:
            if len(named) > 1:
                raise StatementTwoPayments(number)
            lines.append(_line(number, row, columns, named.pop()))
        except ExpertpoolError as wrong:
            problems.append(wrong)
    if problems:
        raise StatementRefused(tuple(problems))
    return Statement(tuple(lines), others)


def _columns(rows: Sequence[Sequence[Cell]]) -> _Columns:
    for index, row in enumerate(rows[:HEADING]):
        said = [_plain(as_text(cell)) for cell in row]
        places = {
            name: said.index(title)
            for name, titles in TITLES.items()
            if (title := next((each for each in titles if each in said), None)) is not None
        }
        if {"day", "reference"} <= places.keys() and ("amount" in places or {"debit", "credit"} <= places.keys()):
            return _Columns(places, {name: as_text(row[at]) for name, at in places.items()}, index + 1)
    raise StatementColumnsMissing(HEADING)


def _plain(title: str) -> str:
    """A title as `TITLES` has it."""
    return re.sub(r"\s|[（(].{1,4}[)）]$", "", title).casefold()


def _named(row: Sequence[Cell]) -> set[str]:
    return {found.lower() for cell in row if isinstance(cell, str) for found in PAYMENT.findall(cell)}


def _line(number: int, row: Sequence[Cell], columns: _Columns, payment: str) -> StatementLine:
    def cell(name: str) -> Cell:
        place = columns.places.get(name)
        return row[place] if place is not None and place < len(row) else None

    outcome = _outcome(number, cell("outcome"), columns)
    if "amount" in columns.places:
        amount = _amount(number, cell("amount"), columns, "amount")
        if amount is None:
            raise StatementAmountInvalid(number, columns.titles["amount"], "")
        outcome = outcome or Outcome.PAID
    else:
        debit, credit = (_amount(number, cell(name), columns, name) or 0 for name in ("debit", "credit"))
        if bool(debit) == bool(credit):
            raise StatementBothSides(number)
        amount = debit or credit
        outcome = outcome or (Outcome.PAID if debit else Outcome.RETURNED)
    reference = _reference(number, cell("reference"), columns)
    if not reference and outcome is not Outcome.FAILED:  # what was not paid may have no number
        raise StatementReferenceMissing(number, columns.titles["reference"])
    why = None if outcome is Outcome.PAID else _reason(as_text(cell("reason")))
    return StatementLine(number, payment, outcome, amount, _day(number, cell("day"), columns), reference, why)


def _outcome(number: int, cell: Cell, columns: _Columns) -> Outcome | None:
    """What the file says became of it; None where it has no such column."""
    if "outcome" not in columns.places:
        return None
    said = as_text(cell)
    outcome = OUTCOMES.get(said.casefold())
    if outcome is None:
        raise StatementOutcomeUnknown(number, columns.titles["outcome"], said[:LONGEST], "、".join(OUTCOMES))
    return outcome


def _amount(number: int, cell: Cell, columns: _Columns, name: str) -> int | None:
    """An amount in 分; None where the cell is empty. A number of a spreadsheet counts if two digits tell it exactly."""
    said = as_text(cell)
    if isinstance(cell, float) and round(cell, 2) == cell:
        said = f"{cell:.2f}"
    if not said:
        return None
    try:
        return Money.parse(said).fen
    except MoneyInvalid:
        raise StatementAmountInvalid(number, columns.titles[name], said[:LONGEST]) from None


def _reference(number: int, cell: Cell, columns: _Columns) -> str:
    """The bank's own number. A spreadsheet's number of more than 15 digits has lost the rest."""
    if isinstance(cell, float) and abs(cell) >= EXACT:
        raise StatementNumberLost(number, columns.titles["reference"])
    return as_text(cell)[:LONGEST]


def _day(number: int, cell: Cell, columns: _Columns) -> datetime:
    """A time in UTC; the file's are China's."""
    found = cell if isinstance(cell, datetime) else next(_days(as_text(cell)), None)
    if found is None:
        raise StatementDayInvalid(number, columns.titles["day"], as_text(cell)[:LONGEST])
    return found.replace(tzinfo=CHINA).astimezone(UTC)


def _days(said: str) -> Iterator[datetime]:
    for form in DAYS:
        try:
            yield datetime.strptime(said, form)  # noqa: DTZ007  # the caller knows the zone
        except ValueError:
            continue


def _reason(said: str) -> Reason:
    return Reason.ACCOUNT if any(word in said.casefold() for word in ACCOUNT_WORDS) else Reason.OTHER
