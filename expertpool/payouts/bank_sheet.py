"""The file that a bank takes for a batch of transfers: .xlsx or .csv, a pure function of the payments and their order.

Made again, it has the same bytes. The account is a text to every spreadsheet program. Column titles are those of the
usual upload forms of online banks; the order of the columns can be matched there once.

Public: `as_xlsx`, `as_csv`, `check_batch`, `account_fits`.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from stdnum import luhn

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.sheets import guard
from expertpool.payouts.file_errors import (
    AccountUnusable,
    AmountUnusable,
    BatchEmpty,
    PayeeUnusable,
    PaymentTwice,
)
from expertpool.payouts.provider import Payment
from expertpool.payouts.workbooks import Table, workbook
from policies.money import MOST, Money

TITLES: Final = ("序号", "收款账号", "收款户名", "金额（元）", "用途", "业务参考号")
WIDTHS: Final = (6, 28, 18, 14, 50, 38)
LONGEST: Final = {"name": 70, "remark": 140, "id": 35}
"""Characters: what ISO 20022 takes for a remark and a reference, and half of what it takes for a name."""

_ACCOUNT: Final = re.compile(r"[0-9]{8,32}", re.ASCII)
_CARD: Final = re.compile(r"62[0-9]{14,17}", re.ASCII)
"""A UnionPay card's number ends in a check digit (ISO/IEC 7812-1); other accounts have rules of their own bank."""
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def account_fits(account: str) -> bool:
    """Whether an account can be paid as far as its digits tell."""
    if not _ACCOUNT.fullmatch(account):
        return False
    return luhn.is_valid(account) if _CARD.fullmatch(account) else True


def check_batch(payments: Sequence[Payment]) -> None:
    """Refuse a batch for the first payment that cannot be written as it is.

    Raises `BatchEmpty`, `AccountUnusable`, `PayeeUnusable`, `AmountUnusable`, `PaymentTwice`.
    """
    if not payments:
        raise BatchEmpty
    wrong = next(_problems(payments), None)
    if wrong is not None:
        raise wrong


def as_xlsx(payments: Sequence[Payment]) -> bytes:
    """The batch as a workbook. Raises what `check_batch` does."""
    check_batch(payments)
    rows = [
        (number, each.account, each.name, Money(each.amount), each.remark, each.id)
        for number, each in enumerate(payments, 1)
    ]
    return workbook(Table("批量转账", TITLES, WIDTHS, rows, money="0.00"))


def as_csv(payments: Sequence[Payment]) -> bytes:
    """The batch as text in GB18030, which online banks read; every digit stands as it is.

    A spreadsheet program would take the accounts for numbers: to look at a batch there is the workbook. What it would
    take for a formula stands behind an apostrophe. Raises what `check_batch` does.
    """
    check_batch(payments)
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(TITLES)
    for number, each in enumerate(payments, 1):
        amount = Money(each.amount).plain
        lines.writerow((number, each.account, guard(each.name), amount, guard(each.remark), each.id))
    return written.getvalue().encode("gb18030")


def _problems(payments: Sequence[Payment]) -> Iterator[ExpertpoolError]:
    seen: set[str] = set()
    total = 0
    for row, payment in enumerate(payments, 1):
        if not account_fits(payment.account):
            yield AccountUnusable(row, field="account")
        if not (_writable(payment.name, LONGEST["name"]) and _writable(payment.remark, LONGEST["remark"])):
            yield PayeeUnusable(row, field="name")
        total += payment.amount
        if payment.amount <= 0 or total > MOST:
            yield AmountUnusable(row, field="amount")
        if payment.id in seen or not _writable(payment.id, LONGEST["id"]):
            yield PaymentTwice(row, field="id")
        seen.add(payment.id)


def _writable(text: str, most: int) -> bool:
    """One line that every form of file can hold; whatever name an expert can have is one."""
    return 0 < len(text) <= most and text == text.strip() and not _UNWRITABLE.search(text)
