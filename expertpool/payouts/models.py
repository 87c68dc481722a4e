"""The tables of payouts. Everything is by seat code; what follows from who sat there is sealed under the vault's key.

Until the names may be known every figure in the clear follows from the day's record and the rulebook alone: what the
standard pays a seat, and the tax on it as if the month had no other payment. What was paid to the same person before
in the month, and so the exact tax, stands sealed at one size (docs/adr/0037).
"""

from datetime import datetime
from functools import partial

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.payouts.accounts import Account, Movement
from expertpool.payouts.lifecycle import (
    OrderKind,
    OrderState,
    OrderVerb,
    PayoutState,
    PayoutVerb,
    order_step,
    payout_step,
)
from expertpool.payouts.outcomes import DifferenceKind
from expertpool.payouts.provider import BatchForm, Outcome, Reason
from expertpool.sessions.models import Key

ID_LENGTH = 40


class PaymentOrder(LedgeredRow):
    """What one payer owes for a session, or for a cancelled draw. Money in 分.

    ``subject`` is the session's or the cancelled draw's identifier: one order for each. ``revision`` counts changes of
    amounts, ``day_revision`` is that of the day from which they were computed. ``payer`` is the credit code of the unit
    that pays, and ``by_centre`` says that the centre disburses for it. ``article`` and ``label`` are those of the
    standard, ``amount`` what it pays, with ``expenses`` in it; ``tax`` that on it as if the month had no other payment.
    ``token`` is in the QR code.
    ``due`` is the end of the last working day for paying, ``warn`` when it comes near; None while that year's calendar
    is not published. ``corrected`` is the amount by a record that was corrected after the confirmation, if another.
    """

    __tablename__ = "payment_orders"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pmo"))
    kind: Mapped[OrderKind] = mapped_column(choice(OrderKind))
    subject: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("evaluation_sessions.id"), index=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), index=True)
    revision: Mapped[int]
    day_revision: Mapped[int]
    payer: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    by_centre: Mapped[bool]
    approvers: Mapped[int]
    rulebook: Mapped[str] = mapped_column(String(64))
    article: Mapped[str] = mapped_column(String(500))
    label: Mapped[str] = mapped_column(String(32))
    after_tax: Mapped[bool]
    amount: Mapped[int]
    expenses: Mapped[int]
    tax: Mapped[int]
    corrected: Mapped[int | None]
    token: Mapped[str] = mapped_column(String(64), unique=True)
    computed: Mapped[datetime]
    agree_until: Mapped[datetime]
    warn: Mapped[datetime | None]
    due: Mapped[datetime | None] = mapped_column(index=True)
    confirmed: Mapped[datetime | None]
    settled: Mapped[datetime | None]

    def move(self, verb: OrderVerb) -> None:
        """Take a step. Raises `WrongStep`."""
        self.state = order_step(self.state, verb)


class Payout(LedgeredRow):
    """What a seat is due. ``id`` is the payment's, fixed before anything leaves. Money in 分.

    ``amount`` is what the standard pays (before or after tax, as the order says), ``expenses`` its part that is no
    income, ``alone`` the tax as if the month had no other payment; ``lines`` how the amount came about, as canonical
    JSON: ``[[what, 分], ...]``; ``minutes`` the time worked; ``forfeited`` why nothing is paid.
    ``month`` (``2026-11``, on China's clock) is that in which it was paid and taxed. ``gross`` and ``tax`` are exact,
    and None until the names may be known; before, they stand in ``sealed``. ``objection`` is sealed, ``answer`` what
    the centre answered. ``attempt`` counts how often it was handed to the bank.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("order_id", "draw_id", "seat", "vacancy"),
        CheckConstraint("amount >= expenses AND expenses >= 0", name="amount"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pay"))
    order_id: Mapped[str] = mapped_column(ForeignKey("payment_orders.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"))
    seat: Mapped[str] = mapped_column(String(8))
    vacancy: Mapped[int]
    state: Mapped[PayoutState] = mapped_column(choice(PayoutState), index=True)
    minutes: Mapped[int]
    lines: Mapped[str] = mapped_column(Text)
    forfeited: Mapped[str | None] = mapped_column(String(32))
    amount: Mapped[int]
    expenses: Mapped[int]
    alone: Mapped[int]
    agree_until: Mapped[datetime]
    agreed: Mapped[datetime | None]
    objection: Mapped[bytes | None] = mapped_column(LargeBinary)
    answer: Mapped[str | None] = mapped_column(String(500))
    month: Mapped[str | None] = mapped_column(String(7), index=True)
    gross: Mapped[int | None]
    tax: Mapped[int | None]
    attempt: Mapped[int]
    changed: Mapped[datetime]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def key(self) -> Key:
        """Who it is for, by seat."""
        return Key(self.draw_id, self.seat, self.vacancy)

    def move(self, verb: PayoutVerb, now: datetime) -> None:
        """Take a step. Raises `WrongStep`."""
        self.state, self.changed = payout_step(self.state, verb), now


class Approval(LedgeredRow):
    """That an account confirmed an order at a revision; it lapses when the amounts change."""

    __tablename__ = "payment_approvals"

    order_id: Mapped[str] = mapped_column(ForeignKey("payment_orders.id"), primary_key=True)
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class Posting(LedgeredRow):
    """A movement of money, in 分: one account debited, another credited, by the same amount. Never changed.

    So the books balance row by row, and no sum has to be trusted.
    """

    __tablename__ = "payment_postings"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="sides"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pst"))
    order_id: Mapped[str] = mapped_column(ForeignKey("payment_orders.id"), index=True)
    payout_id: Mapped[str] = mapped_column(ForeignKey("payouts.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    movement: Mapped[Movement] = mapped_column(choice(Movement))
    debit: Mapped[Account] = mapped_column(choice(Account))
    credit: Mapped[Account] = mapped_column(choice(Account))
    amount: Mapped[int]
    at: Mapped[datetime]


class Payee(OperationalRow):
    """Whom a seat's money goes to, sealed under the vault's key at one size; made before the draw's copies go.

    Beside the expert it holds the answer code, with which they open what is theirs.
    """

    __tablename__ = "payment_payees"

    draw_id: Mapped[str] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(8), primary_key=True)
    vacancy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PaymentMonth(OperationalRow):
    """A payer's month, for a lock: of two payments in it, one is taxed after the other."""

    __tablename__ = "payment_months"

    payer: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)


class PaymentBatch(LedgeredRow):
    """Payments that leave together. Whom they go to is frozen in their `Instruction`s, and never asked again.

    ``released`` is when it left for the first time: as a file in somebody's hands, or marked before the provider was
    asked. ``envelope`` is for the bank alone, sealed to the key of ``recipient_id``; None until somebody asks for it.
    """

    __tablename__ = "payment_batches"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pmb"))
    order_id: Mapped[str] = mapped_column(ForeignKey("payment_orders.id"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    number: Mapped[int]
    form: Mapped[BatchForm] = mapped_column(choice(BatchForm))
    payments: Mapped[int]
    made: Mapped[datetime]
    released: Mapped[datetime | None]
    recipient_id: Mapped[str | None] = mapped_column(ForeignKey("recipient_keys.id"))
    envelope: Mapped[bytes | None] = mapped_column(LargeBinary)


class Instruction(LedgeredRow):
    """A payment as the bank has it: ``id`` is the payout's own, or, for a later ``attempt``, that with its number.

    ``outcome`` is what became of it, None as long as nobody said. Name, account and amount are sealed under the
    vault's key, and so is the bank's number of the transfer.
    """

    __tablename__ = "payment_instructions"
    __table_args__ = (UniqueConstraint("payout_id", "attempt"),)

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    payout_id: Mapped[str] = mapped_column(ForeignKey("payouts.id"))
    batch_id: Mapped[str] = mapped_column(ForeignKey("payment_batches.id"), index=True)
    attempt: Mapped[int]
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome))
    reason: Mapped[Reason | None] = mapped_column(choice(Reason))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Difference(LedgeredRow):
    """What a report or a statement says that does not fit, until a person has dealt with it; ``note`` says how.

    ``mark`` is a keyed digest of what was said, so that its repetition is known. ``line`` is the line of a statement.
    """

    __tablename__ = "payment_differences"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "pmd"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    payout_id: Mapped[str | None] = mapped_column(ForeignKey("payouts.id"), index=True)
    kind: Mapped[DifferenceKind] = mapped_column(choice(DifferenceKind))
    mark: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    statement_id: Mapped[str | None] = mapped_column(ForeignKey("bank_statements.id"))
    line: Mapped[int | None]
    found: Mapped[datetime]
    settled: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("actors.id"))
    note: Mapped[str | None] = mapped_column(String(500))


class BankStatement(LedgeredRow):
    """A bank's statement that was imported, once: ``digest`` is a keyed one of the file.

    ``lines`` are those of our payments. The vault compares them (``compared``): ``matched`` settled a payment,
    ``known`` said what was known, ``differences`` are for a person.
    """

    __tablename__ = "bank_statements"
    __table_args__ = (UniqueConstraint("centre_id", "digest"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "bst"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    lines: Mapped[int]
    taken: Mapped[datetime]
    taken_by: Mapped[str] = mapped_column(ForeignKey("actors.id"))
    compared: Mapped[datetime | None]
    matched: Mapped[int]
    known: Mapped[int]
    differences: Mapped[int]


class StatementLines(OperationalRow):
    """The lines of a statement, sealed to the vault's key until it has compared them."""

    __tablename__ = "bank_statement_lines"

    statement_id: Mapped[str] = mapped_column(ForeignKey("bank_statements.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
