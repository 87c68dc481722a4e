"""Income tax withheld by payer, person and month: computed in the vault, and sealed until names open.

The month is that in which the order is batched, on China's clock; a payment that is sent again keeps its month and its
tax. What was paid before in the month is added up from the payouts themselves, so no running total stands anywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import assigned
from expertpool.draws.keeping import VaultKeys
from expertpool.payouts.events import TaxOpened, TaxWithheld
from expertpool.payouts.models import PaymentMonth, PaymentOrder, Payout
from expertpool.payouts.posting import post_tax
from expertpool.payouts.queries import payable_of
from expertpool.payouts.sealed import NOWHERE, Elsewhere, Figures, figures_of, payees, seal_figures
from ledger.disclosure import make_disclosure
from policies import withholding
from policies.facts import CHINA


@dataclass(frozen=True, slots=True)
class Taxed:
    """What a payout comes to, in 分: the income before tax, the tax withheld, and what goes to the bank."""

    expert: str
    gross: int
    tax: int
    net: int

    def __repr__(self) -> str:
        return "Taxed(...)"


@dataclass(frozen=True, slots=True)
class Before:
    """What a payer paid a person and withheld in a month so far, in 分; ``elsewhere`` outside this system."""

    gross: int = 0
    tax: int = 0
    elsewhere: Elsewhere = NOWHERE

    @property
    def paid(self) -> int:
        """Everything that counts as income of the month so far."""
        return self.gross + self.elsewhere.gross

    @property
    def withheld(self) -> int:
        """Everything that was withheld from it."""
        return self.tax + self.elsewhere.withheld

    def and_(self, figures: Figures, month: str) -> "Before":
        """With another payout of the month; of two statements about payments elsewhere the later one holds."""
        return Before(
            self.gross + (figures.gross or 0),
            self.tax + (figures.tax or 0),
            _later(self.elsewhere, _of_month(figures.elsewhere, month)),
        )


def month_of(moment: datetime) -> str:
    """The tax month of a moment, on China's clock: ``2026-11``."""
    return f"{moment.astimezone(CHINA):%Y-%m}"


def withhold(tx: Transaction, keys: VaultKeys, order: PaymentOrder) -> Mapping[str, Taxed]:
    """Tax an order's payouts in this month, once, and say what each comes to, by payment identifier.

    Of two orders of one payer in a month, one is taxed after the other. The order is the caller's, locked.
    """
    month = month_of(tx.now)
    _lock(tx, order.payer, month)
    due = [each for each in payable_of(tx.session, order.id) if each.month is None]
    people = payees(tx.session, keys, {each.draw_id for each in due})
    earlier = before(tx.session, keys, order.payer, month)
    digests, found = {}, {}
    for payout in due:
        expert = people[payout.key].expert
        figures = figures_of(keys, payout)
        so_far = earlier[expert].and_(figures, month)
        taxed = charged(order, payout, expert, so_far)
        opened = make_disclosure("withheld", _statement(payout, month, taxed, so_far))
        kept = replace(
            figures,
            gross=taxed.gross,
            tax=taxed.tax,
            paid_before=so_far.paid,
            withheld_before=so_far.withheld,
            opened=(*figures.opened, opened.encoded),
        )
        payout.sealed, payout.month = seal_figures(keys, payout.id, kept), month
        earlier[expert] = earlier[expert].and_(kept, month)
        digests[payout.id], found[payout.id] = opened.digest, taxed
    if due:
        tx.record(
            TaxWithheld(order=order.id, session=order.session_id, centre=order.centre_id, month=month, digests=digests)
        )
        tx.session.flush()
        crash_point("payout.taxed")
        for draw_id in sorted({each.draw_id for each in due}):
            open_taxes(tx, keys, draw_id)
    return found


def charged(order: PaymentOrder, payout: Payout, expert: str, so_far: Before) -> Taxed:
    """What a payout comes to after what was paid in the month so far.

    A standard after tax is grossed up until exactly its amount is left; of one before tax the tax is taken, never more
    than there is. Expenses by receipt are no income, and go on top.
    """
    pay = payout.amount - payout.expenses
    if order.after_tax:
        gross = withholding.gross_up(pay, so_far.paid, so_far.withheld)
        return Taxed(expert, gross, gross - pay, payout.amount)
    tax = min(pay, withholding.withhold(so_far.paid, so_far.withheld, pay))
    return Taxed(expert, pay, tax, payout.amount - tax)


def taxed_of(keys: VaultKeys, payout: Payout, expert: str) -> Taxed | None:
    """What a payout came to when it was taxed; None before."""
    figures = figures_of(keys, payout)
    if figures.gross is None or figures.tax is None:
        return None
    return Taxed(expert, figures.gross, figures.tax, figures.gross - figures.tax + payout.expenses)


def before(session: Session, keys: VaultKeys, payer: str, month: str) -> dict[str, Before]:
    """What a payer paid in a month so far, by expert. Only the vault can read it, and it reads everybody's."""
    asked = select(Payout).join(PaymentOrder).where(PaymentOrder.payer == payer, Payout.month == month)
    paid = session.scalars(asked.order_by(Payout.id)).all()
    people = payees(session, keys, {each.draw_id for each in paid})
    return summed(keys, ((each, people[each.key].expert) for each in paid), month)


def summed(keys: VaultKeys, paid: Iterable[tuple[Payout, str]], month: str) -> dict[str, Before]:
    """What these payouts of a month, each with its expert, come to by expert."""
    found: dict[str, Before] = defaultdict(Before)
    for payout, expert in paid:
        found[expert] = found[expert].and_(figures_of(keys, payout), month)
    return found


def open_taxes(tx: Transaction, keys: VaultKeys, draw_id: str) -> None:
    """Put the exact figures of a draw's payouts into the rows and the books, once its names may be known."""
    if not assigned(tx.session, draw_id):
        return
    sealed = select(Payout).where(Payout.draw_id == draw_id, Payout.month.is_not(None), Payout.gross.is_(None))
    by_order: dict[str, list[Payout]] = defaultdict(list)
    for payout in tx.session.scalars(sealed.order_by(Payout.id)):
        by_order[payout.order_id].append(payout)
    for order_id, payouts in by_order.items():
        _open(tx, keys, tx.session.get_one(PaymentOrder, order_id), payouts)


def _open(tx: Transaction, keys: VaultKeys, order: PaymentOrder, payouts: Sequence[Payout]) -> None:
    for payout in payouts:
        figures = figures_of(keys, payout)
        payout.gross, payout.tax = figures.gross, figures.tax
        post_tax(tx, order, payout, figures.tax or 0)
    tx.record(
        TaxOpened(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            totals={"gross": sum(each.gross or 0 for each in payouts), "tax": sum(each.tax or 0 for each in payouts)},
        )
    )


def _lock(tx: Transaction, payer: str, month: str) -> None:
    """Hold a payer's month; whoever makes its row waits for anybody who does at the same moment."""
    if tx.session.get(PaymentMonth, (payer, month)) is None:
        with suppress(IntegrityError), tx.session.begin_nested():
            tx.session.add(PaymentMonth(payer=payer, month=month))
    tx.session.get_one(PaymentMonth, (payer, month), with_for_update=True, populate_existing=True)


def _statement(payout: Payout, month: str, taxed: Taxed, so_far: Before) -> dict[str, Any]:
    """What the ledger commits to, and the expert can show."""
    return {
        "payout": payout.id,
        "expert": taxed.expert,
        "month": month,
        "paid_before": so_far.paid,
        "withheld_before": so_far.withheld,
        "gross": taxed.gross,
        "tax": taxed.tax,
        "net": taxed.net,
    }


def _of_month(elsewhere: Elsewhere, month: str) -> Elsewhere:
    """A statement counts in the month in which it was made."""
    is_of_month = elsewhere.stated is not None and month_of(datetime.fromisoformat(elsewhere.stated)) == month
    return elsewhere if is_of_month else NOWHERE


def _later(one: Elsewhere, other: Elsewhere) -> Elsewhere:
    return max(one, other, key=lambda each: each.stated or "")
