"""Making a batch: the vault freezes what is paid to whom, once an order is confirmed or a payment is tried again.

Whoever sees every statement sees the contacts of the whole candidate table read, whoever is paid (ADR 21).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.draws.contacts import Contact, contacts
from expertpool.draws.keeping import VaultKeys
from expertpool.draws.parts import Parts
from expertpool.draws.stored_table import stored_table
from expertpool.experts.protection import Protector
from expertpool.invitations.parts import Desk
from expertpool.payouts.bank_sheet import account_fits
from expertpool.payouts.events import BatchMade
from expertpool.payouts.instructions import Frozen, Kept, kept, payment_id, rows_digest, seal_frozen
from expertpool.payouts.lifecycle import OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import Instruction, PaymentBatch, PaymentOrder, Payout
from expertpool.payouts.provider import BatchForm, Reason
from expertpool.payouts.queries import payable_of
from expertpool.payouts.sealed import Payed, payees
from expertpool.payouts.taxing import Taxed, taxed_of, withhold
from expertpool.payouts.telling import tell_failed
from expertpool.sessions.models import Key


class Due(NamedTuple):
    """A payout to be paid now: to whom, how much (分), and the attempt that came to nothing, if there was one."""

    payout: Payout
    contact: Contact
    amount: int
    last: Kept | None

    @property
    def is_payable(self) -> bool:
        """Whether there is an account to pay to: a usable one, and not the one that the bank has just found wrong."""
        if not account_fits(self.contact.account):
            return False
        found_wrong = self.last is not None and self.last.row.reason is Reason.ACCOUNT
        return not found_wrong or self.last is None or self.contact.account != self.last.frozen.account


def batcher(desk: Desk, form: BatchForm) -> Callable[[Transaction, Job], None]:
    """The handler of ``BATCH``: makes a batch of what an order has to be paid, if there is anything."""

    def batch(tx: Transaction, job: Job) -> None:
        make(tx, desk, form, job.args["order"])

    return batch


def make(tx: Transaction, desk: Desk, form: BatchForm, order_id: str) -> PaymentBatch | None:
    """Freeze what an order has to be paid now; None where there is nothing.

    Whoever has no usable account is told; that payment has failed, and the others go.
    """
    order = tx.session.get_one(PaymentOrder, order_id, with_for_update=True, populate_existing=True)
    waiting = _due(tx, desk.parts, order)
    if not waiting:
        return None
    batch = PaymentBatch(
        order_id=order.id,
        centre_id=order.centre_id,
        number=1 + _batches(tx.session, order.id),
        form=form,
        payments=sum(each.is_payable for each in waiting),
        made=tx.now,
    )
    tx.session.add(batch)
    tx.session.flush()
    frozen = [_freeze(tx, desk.parts, batch, each) for each in waiting if each.is_payable]
    frozen.sort(key=lambda each: each.row.id)  # random: the order of a file tells nothing
    unpayable = [each.payout for each in waiting if not each.is_payable]
    for payout in unpayable:
        payout.move(PayoutVerb.FAIL, tx.now)
    for each in waiting:
        if not each.is_payable:
            tell_failed(tx, desk, each.payout, each.contact.phone)
    if order.state is OrderState.CONFIRMED:
        order.move(OrderVerb.BATCH)
    tx.record(
        BatchMade(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            batch=batch.id,
            payments=batch.payments,
            digest=rows_digest(frozen),
            unpayable=[payout.id for payout in unpayable],
        )
    )
    tx.session.flush()
    crash_point("payout.batched")
    return batch


def _due(tx: Transaction, parts: Parts, order: PaymentOrder) -> list[Due]:
    """What was confirmed, and what a person has tried again after it failed; by seat.

    Tax is withheld when a payment is made out for the first time; another attempt pays what the first one would have.
    """
    last = _last_instructions(tx.session, parts.keys, order.id)
    wanted = [each for each in payable_of(tx.session, order.id) if _waits(each, last.get(each.id))]
    whose = payees(tx.session, parts.keys, {each.draw_id for each in wanted})
    taxed = withhold(tx, parts.keys, order) if wanted else {}
    people = _contacts(tx, parts, wanted, whose)
    return [
        Due(
            each,
            people[each.id],
            _amount(parts.keys, each, taxed, whose[each.key], last.get(each.id)),
            last.get(each.id),
        )
        for each in wanted
    ]


def _waits(payout: Payout, last: Kept | None) -> bool:
    """Whether a payout is to be put into a batch: for the first time, or because its last attempt came to nothing."""
    if payout.state is PayoutState.CONFIRMED:
        return True
    return payout.state is PayoutState.BATCHED and (last is None or last.row.outcome is not None)


def _amount(keys: VaultKeys, payout: Payout, taxed: Mapping[str, Taxed], who: Payed, last: Kept | None) -> int:
    """What goes to the bank, in 分. Never computed anew: a payment that is tried again keeps its month and its tax."""
    if last is not None:
        return last.frozen.amount
    found = taxed.get(payout.id) or taxed_of(keys, payout, who.expert)
    if found is None:
        raise LookupError("a payout is neither taxed nor to be taxed")
    return found.net


def _freeze(tx: Transaction, parts: Parts, batch: PaymentBatch, due: Due) -> Kept:
    """Write down whom an attempt goes to, for good."""
    attempt = 1 if due.last is None else due.last.row.attempt + 1
    name = payment_id(due.payout.id, attempt)
    frozen = Frozen(due.contact.name, due.contact.account, due.contact.phone, due.amount)
    row = Instruction(
        id=name,
        payout_id=due.payout.id,
        batch_id=batch.id,
        attempt=attempt,
        sealed=seal_frozen(parts.keys, name, frozen),
    )
    tx.session.add(row)
    if due.payout.state is PayoutState.CONFIRMED:
        due.payout.move(PayoutVerb.BATCH, tx.now)
    due.payout.attempt = attempt
    return Kept(row, frozen)


def _batches(session: Session, order_id: str) -> int:
    of_order = select(func.count()).select_from(PaymentBatch).where(PaymentBatch.order_id == order_id)
    return session.scalar(of_order) or 0


def _last_instructions(session: Session, keys: VaultKeys, order_id: str) -> Mapping[str, Kept]:
    """The latest attempt at each payout of an order."""
    rows = select(Instruction).join(Payout, Payout.id == Instruction.payout_id).where(Payout.order_id == order_id)
    return {row.payout_id: kept(keys, row) for row in session.scalars(rows.order_by(Instruction.attempt))}


def _contacts(
    tx: Transaction, parts: Parts, wanted: Sequence[Payout], whose: Mapping[Key, Payed]
) -> dict[str, Contact]:
    """The contacts of payouts by their ids, as they are now."""
    protector, by_draw = Protector(parts.service_keys), defaultdict[str, list[Payout]](list)
    for payout in wanted:
        by_draw[payout.draw_id].append(payout)
    found: dict[str, Contact] = {}
    for draw, own in by_draw.items():
        people = {each.id: whose[each.key].expert for each in own}
        everyone = {*stored_table(tx.session, parts.keys, draw).experts, *people.values()}
        known = contacts(tx.session, protector, sorted(everyone), set(people.values()), tx.now)
        found |= {payout: known[expert] for payout, expert in people.items()}
    return found
