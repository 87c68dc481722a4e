"""Payment orders as pages show them, by seat code: what they come to, what they wait for, how each seat stands."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role
from expertpool.payouts import desk_words as words
from expertpool.payouts.lifecycle import ORDER_WORDS, PAYOUT_WORDS, OrderKind, OrderState, OrderVerb, PayoutState
from expertpool.payouts.line_acts import Act, acts_on
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.queries import approvals_of, is_due_soon, is_overdue, may_see, payouts_of
from expertpool.payouts.service import OPEN
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import Words
from expertpool.sessions.desk_words import Waits
from policies import fees
from policies.money import Money
from policies.names import Text

CONFIRM: Final = OrderVerb.CONFIRM.permission
TROUBLE: Final = (PayoutState.UNKNOWN, PayoutState.FAILED)
LABELS: Final = {
    "law": Text("法律", "law"),
    "local": Text("地方标准", "local standard"),
    "product-default": Text("本产品默认", "product default"),
}


class Part(NamedTuple):
    """A part of an amount."""

    words: Text
    amount: Money


class Ground(NamedTuple):
    """By which text an amount is computed, and how binding that is."""

    article: str
    label: Text


@dataclass(frozen=True, slots=True)
class LineShown:
    """What a seat is due, how that stands, and what the reader may do about it."""

    payout: Payout
    acts: Sequence[Act] = ()

    @property
    def id(self) -> str:
        return self.payout.id

    @property
    def seat(self) -> str:
        return self.payout.seat

    @property
    def state(self) -> PayoutState:
        return self.payout.state

    @property
    def net(self) -> Money:
        """What the standard pays, with expenses: after tax, where the standard is."""
        return Money(self.payout.amount)

    @property
    def parts(self) -> list[Part]:
        return parts_of(json.loads(self.payout.lines))

    @property
    def words(self) -> Words:
        return PAYOUT_WORDS[self.payout.state]

    @property
    def tone(self) -> str:
        return words.TONES[self.payout.state]


@dataclass(frozen=True, slots=True)
class OrderShown:
    """A payment order. ``approved``: by how many accounts as it stands; ``confirmable``: by the reader, now."""

    order: PaymentOrder
    sitting: EvaluationSession
    project: Project
    lines: Sequence[LineShown]
    approved: int
    confirmable: bool
    now: datetime

    @property
    def id(self) -> str:
        return self.order.id

    @property
    def title(self) -> str:
        return self.project.title

    @property
    def payer(self) -> str:
        """The unit that pays, by name where the project names it."""
        parties = {each.code: each.name for each in self.project.parties}
        return parties.get(self.order.payer, self.order.payer)

    @property
    def turned_away(self) -> bool:
        return self.order.kind is OrderKind.TURNED_AWAY

    @property
    def due(self) -> datetime | None:
        return self.order.due

    @property
    def net(self) -> Money:
        """What experts get: where the standard is before tax, less the tax on each amount by itself."""
        return Money(self.order.amount - (0 if self.order.after_tax else self.tax.fen))

    @property
    def exact(self) -> bool:
        """Whether the tax is known, with what else each expert got in the month; before, it is that on this alone."""
        return all(line.payout.tax is not None for line in self.lines)

    @property
    def tax(self) -> Money:
        return Money(sum(line.payout.tax or 0 for line in self.lines) if self.exact else self.order.tax)

    @property
    def total(self) -> Money:
        return Money(self.net.fen + self.tax.fen)

    @property
    def corrected(self) -> Money | None:
        """What the standard would pay by a record that was corrected after the confirmation; None: it agrees."""
        return None if self.order.corrected is None else Money(self.order.corrected)

    @property
    def open(self) -> bool:
        """Whether it is still to be confirmed."""
        return self.order.state in OPEN

    @property
    def alive(self) -> bool:
        """Whether something may still happen by itself."""
        return self.order.state is not OrderState.SETTLED

    @property
    def late(self) -> bool:
        return is_overdue(self.order, self.now)

    @property
    def soon(self) -> bool:
        return is_due_soon(self.order, self.now)

    @property
    def urgency(self) -> str:
        return "late" if self.late else "soon" if self.soon else "calm"

    @property
    def troubled(self) -> bool:
        """Whether a person has to look into a payment of it."""
        return any(line.state in (*TROUBLE, PayoutState.OBJECTED) for line in self.lines)

    @property
    def waits(self) -> Waits:
        """What it waits for, the most urgent first."""
        states = {line.state for line in self.lines}
        for state, waits in _BY_SEAT:
            if state in states:
                return waits
        if not self.open:
            return words.MOVING if self.alive else words.SETTLED
        if self.approved >= self.order.approvers:
            return words.APPROVED
        if self.late:
            return words.OVERDUE
        if self.approved:
            return words.SECOND
        if self.order.state is OrderState.COMPUTED:
            return words.AGREEING
        return words.SOON if self.soon else words.TO_CONFIRM

    @property
    def words(self) -> Words:
        return ORDER_WORDS[self.order.state]

    @property
    def tone(self) -> str:
        return self.waits.tone

    @property
    def ground(self) -> Ground:
        """By which text it was computed."""
        return Ground(self.order.article, LABELS[self.order.label])


_BY_SEAT: Final = (
    (PayoutState.UNKNOWN, words.UNKNOWN),
    (PayoutState.FAILED, words.FAILED),
    (PayoutState.OBJECTED, words.OBJECTED),
)


def shown(session: Session, caller: Caller, order: PaymentOrder, now: datetime) -> OrderShown:
    """An order as the reader sees it."""
    sitting, approvals = session.get_one(EvaluationSession, order.session_id), approvals_of(session, order)
    confirmable = (
        order.state in OPEN
        and may_see(session, caller, order, CONFIRM)
        and (caller.role is Role.FINANCE or not order.by_centre)
        and caller.actor not in {each.actor_id for each in approvals}
    )
    lines = [
        LineShown(each, [act for act in acts_on(each) if may_see(session, caller, order, act.permission)])
        for each in payouts_of(session, order.id)
    ]
    return OrderShown(order, sitting, sitting.project, lines, len(approvals), confirmable, now)


def parts_of(lines: Sequence[tuple[str, int]]) -> list[Part]:
    """What an amount is made of."""
    return [Part(fees.WORDS[fees.What(what)], Money(amount)) for what, amount in lines]


def course_of(order: OrderShown) -> Iterator[tuple[Words, datetime | None, bool]]:
    """The stations of an order: what, when, whether it is behind."""
    row = order.order
    reached = list(OrderState).index(row.state)
    moments = {OrderState.COMPUTED: row.computed, OrderState.CONFIRMED: row.confirmed, OrderState.SETTLED: row.settled}
    for place, state in enumerate(OrderState):
        yield STATIONS[state], moments.get(state), place <= reached


STATIONS: Final = {
    OrderState.COMPUTED: Words("按当日时间计算", "computed from the day"),
    OrderState.AGREED: Words("专家同意", "agreed by the experts"),
    OrderState.CONFIRMED: Words("付款单位确认", "confirmed by the payer"),
    OrderState.BATCHED: Words("生成付款批次", "put into a batch"),
    OrderState.RELEASED: Words("交银行转账", "handed to the bank"),
    OrderState.SETTLED: Words("全部到账", "arrived"),
}
