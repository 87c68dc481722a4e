"""What became of payments, as the vault learns it: states, books and orders follow; what does not fit goes to a person.

A report of the provider and a line of a bank's statement say the same thing; a statement's is the last word, by which a
payment is reconciled.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.identity.models import Centre
from expertpool.invitations.parts import Desk
from expertpool.payouts.accounts import Account, Movement
from expertpool.payouts.events import DifferenceFound, PaymentLearnt
from expertpool.payouts.instructions import Kept, kept, seal_frozen
from expertpool.payouts.lifecycle import OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import Difference, Instruction, PaymentOrder, Payout
from expertpool.payouts.outcomes import DifferenceKind, Known, Said, learn
from expertpool.payouts.posting import post, stands_on
from expertpool.payouts.provider import Outcome, Reason
from expertpool.payouts.queries import payable_of
from expertpool.payouts.reports import open_report
from expertpool.payouts.telling import tell_failed
from ledger.canonical import canonical

ARRIVED = (PayoutState.PAID, PayoutState.RECONCILED)


class Source(StrEnum):
    """Who says what became of a payment."""

    REPORT = "report"
    STATEMENT = "statement"


class Learnt(StrEnum):
    """What came of being told."""

    MATCHED = "matched"
    KNOWN = "known"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a payment, by whom, and in which line of which statement."""

    payment: str
    said: Said
    reason: Reason | None
    source: Source
    centre: str | None = None
    statement: str | None = None
    line: int | None = None


def reported(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler of a report that the web process took and sealed."""

    def take(tx: Transaction, job: Job) -> None:
        report = open_report(desk.parts.keys, job.args["sealed"])
        said = Said(report.outcome, report.amount, report.reference)
        learn_of(tx, desk, Told(report.payment, said, report.reason, Source.REPORT))
        tx.session.flush()
        crash_point("payout.learnt")

    return take


def learn_of(tx: Transaction, desk: Desk, told: Told) -> Learnt:
    """Take up what is said of a payment. Saying it again changes nothing."""
    row = tx.session.get(Instruction, told.payment)
    if row is None:
        return _differ(tx, desk, told, DifferenceKind.STRANGER, None)
    order_id = tx.session.get_one(Payout, row.payout_id).order_id
    order = tx.session.get_one(PaymentOrder, order_id, with_for_update=True, populate_existing=True)
    tx.session.refresh(row)
    payout = tx.session.get_one(Payout, row.payout_id, populate_existing=True)
    each = kept(desk.parts.keys, row)
    before = each.known(superseded=row.attempt < payout.attempt)
    after = learn(before, told.said)
    if isinstance(after, DifferenceKind):
        return _differ(tx, desk, told, after, payout)
    is_news = after != before
    reconciles = told.source is Source.STATEMENT and after.outcome is Outcome.PAID
    if is_news:
        _keep(desk, each, after, told.reason)
    if after.outcome is not before.outcome:
        if after.outcome is Outcome.PAID:
            arrive(tx, order, payout)
        else:
            fail(tx, desk, order, payout, each)
    if reconciles and payout.state is PayoutState.PAID:
        payout.move(PayoutVerb.RECONCILE, tx.now)
        is_news = True
    if not is_news:
        return Learnt.KNOWN
    tx.record(
        PaymentLearnt(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            payment=row.id,
            outcome=told.said.outcome.value,
            source=told.source.value,
        )
    )
    return Learnt.MATCHED


def arrive(tx: Transaction, order: PaymentOrder, payout: Payout) -> None:
    """Note that the money is where it should be, and settle the order with the last of its payments."""
    if payout.state is PayoutState.BATCHED:  # it was to be sent again, and had arrived after all
        payout.move(PayoutVerb.LEAVE, tx.now)
    if stands_on(tx.session, payout) is Account.PAYABLE:
        post(tx, payout, Movement.RELEASED)
    payout.move(PayoutVerb.PAY, tx.now)
    post(tx, payout, Movement.PAID)
    tx.session.flush()
    if all(each.state in ARRIVED for each in payable_of(tx.session, order.id)):
        order.move(OrderVerb.SETTLE)
        order.settled = tx.now


def fail(tx: Transaction, desk: Desk, order: PaymentOrder, payout: Payout, each: Kept) -> None:
    """Note that a payment failed or came back; whose account is at fault is told."""
    come_to_nothing(tx, order, payout)
    if each.row.reason is Reason.ACCOUNT:
        tell_failed(tx, desk, payout, each.frozen.phone)


def come_to_nothing(tx: Transaction, order: PaymentOrder, payout: Payout) -> None:
    """Note that a payment was not made, or not for long: it is owed again."""
    if payout.state is PayoutState.BATCHED:  # it was to be sent again, and there is no point any more
        payout.move(PayoutVerb.LEAVE, tx.now)
    stands = stands_on(tx.session, payout)
    if stands is not Account.PAYABLE:
        post(tx, payout, Movement.RETURNED if stands is Account.BANK else Movement.FAILED)
    payout.move(PayoutVerb.FAIL, tx.now)
    if order.state is OrderState.SETTLED:
        order.move(OrderVerb.REOPEN)
        order.settled = None


def _keep(desk: Desk, each: Kept, after: Known, reason: Reason | None) -> None:
    row = each.row
    row.outcome = after.outcome
    row.reason = reason if after.outcome in (Outcome.FAILED, Outcome.RETURNED) else None
    row.sealed = seal_frozen(desk.parts.keys, row.id, replace(each.frozen, transfer=after.transfer))


def _differ(tx: Transaction, desk: Desk, told: Told, kind: DifferenceKind, payout: Payout | None) -> Learnt:
    """Put down what does not fit, once however often it is said."""
    said = [kind.value, told.payment, told.said.outcome.value, told.said.amount, told.said.transfer]
    mark = desk.parts.keys.hmac_sha256(VAULT_KEY, canonical(said))
    if tx.session.scalars(select(Difference.id).where(Difference.mark == mark)).first() is not None:
        return Learnt.KNOWN
    centre = payout.centre_id if payout is not None else told.centre or _root(tx)
    row = Difference(
        centre_id=centre,
        payout_id=payout and payout.id,
        kind=kind,
        mark=mark,
        statement_id=told.statement,
        line=told.line,
        found=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.record(DifferenceFound(centre=centre, difference=row.id, payment=told.payment, what=kind.value))
    return Learnt.DIFFERENT


def _root(tx: Transaction) -> str:
    """The centre above all others, whose finance looks into what nobody else can."""
    return tx.session.scalars(select(Centre.id).where(Centre.parent_id.is_(None)).order_by(Centre.id)).first() or ""
