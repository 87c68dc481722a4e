"""Postings: every movement of money debits one account of the payer and credits another by the same amount.

Before the names may be known only the standard's amounts are posted; the exact tax follows when it is opened, for a
standard after tax as a further cost, for one before tax out of what had been posted as paid.
"""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.payouts.accounts import SIDES, Account, Movement
from expertpool.payouts.models import PaymentOrder, Payout, Posting


def post(tx: Transaction, payout: Payout, movement: Movement) -> None:
    """Post a movement of a payout's amount; one of nothing is none."""
    _add(tx, payout, movement, SIDES[movement], payout.amount)


def post_tax(tx: Transaction, order: PaymentOrder, payout: Payout, tax: int) -> None:
    """Post what was withheld from a payout, once it may be known."""
    sides = (Account.FEES if order.after_tax else Account.BANK, Account.TAX)
    _add(tx, payout, Movement.WITHHELD, sides, tax)


def balances(session: Session, order_id: str) -> Mapping[Account, int]:
    """What stands on each account for an order: debits less credits, in 分. They add up to 0."""
    found: Counter[Account] = Counter()
    for each in session.scalars(select(Posting).where(Posting.order_id == order_id)):
        found[each.debit] += each.amount
        found[each.credit] -= each.amount
    return found


def stands_on(session: Session, payout: Payout) -> Account:
    """Where a payout's money is: owed (`PAYABLE`), on its way (`TRANSIT`), or arrived (`BANK`)."""
    found = select(Posting).where(Posting.payout_id == payout.id, Posting.movement.in_(SIDES))
    credited = Counter[Account]()
    for each in session.scalars(found):
        credited[each.credit] += each.amount
        credited[each.debit] -= each.amount
    return max((Account.PAYABLE, Account.TRANSIT, Account.BANK), key=lambda account: credited[account])


def _add(tx: Transaction, payout: Payout, movement: Movement, sides: tuple[Account, Account], amount: int) -> None:
    if amount == 0:
        return
    debit, credit = sides
    tx.session.add(
        Posting(
            order_id=payout.order_id,
            payout_id=payout.id,
            centre_id=payout.centre_id,
            movement=movement,
            debit=debit,
            credit=credit,
            amount=amount,
            at=tx.now,
        )
    )
