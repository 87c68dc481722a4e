"""Fees are computed by rule: when a day is closed, when a draw is cancelled, and again when the record is corrected.

The vault does it, because what follows from the person is sealed under its key from the first moment.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY, DatabaseBusy, DatabaseDown
from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.draws.models import Draw, TurnedAway
from expertpool.draws.parts import VAULT, Parts
from expertpool.payouts import payees
from expertpool.payouts.advancing import totals
from expertpool.payouts.charging import (
    Charge,
    cancelled_charges,
    cancelled_terms,
    session_charges,
    session_terms,
)
from expertpool.payouts.events import OrderComputed, OrderCorrected
from expertpool.payouts.jobs import plan_deadlines, plan_silence
from expertpool.payouts.lifecycle import OrderKind, OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.queries import order_of, payouts_of
from expertpool.payouts.sealed import Figures, figures_of, seal_figures
from expertpool.payouts.terms import Terms
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import PartyRole
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import SessionDay
from expertpool.sessions.queries import clock_of
from ledger.disclosure import Disclosure, make_disclosure
from ledger.entry import format_time
from policies.facts import day_of

PAUSE: Final = timedelta(seconds=1)
TOKEN_BYTES: Final = 24
OPEN: Final = (OrderState.COMPUTED, OrderState.AGREED)
_CLOSED: Final = (
    select(SessionDay.session_id, SessionDay.revision)
    .where(SessionDay.state == DayState.CLOSED, ~exists().where(PaymentOrder.subject == SessionDay.session_id))
    .order_by(SessionDay.session_id)
)
_CANCELLED: Final = (
    select(Draw.id, Draw.revision)
    .where(exists().where(TurnedAway.draw_id == Draw.id), ~exists().where(PaymentOrder.subject == Draw.id))
    .order_by(Draw.id)
)
_CORRECTED: Final = (
    select(SessionDay.session_id, SessionDay.revision)
    .join(
        PaymentOrder,
        and_(PaymentOrder.subject == SessionDay.session_id, PaymentOrder.day_revision < SessionDay.revision),
    )
    .order_by(SessionDay.session_id)
)

log = structlog.get_logger("vault")


class Computing:
    """Computes what is due and is not computed yet. Looked for at most once a second.

    ``by_centre``: the centre disburses for the payers. What came to nothing is left alone until its record changes.
    """

    def __init__(self, parts: Parts, *, by_centre: bool = False) -> None:
        self._parts = parts
        self._by_centre = by_centre
        self._next: datetime | None = None
        self._idle: set[tuple[str, int]] = set()

    def step(self) -> bool:
        """Compute what waits; returns whether anything came of it."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        works = ((_CLOSED, self._close), (_CANCELLED, self._cancel), (_CORRECTED, self._correct))
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            waiting = [((row[0], row[1]), work) for asked, work in works for row in session.execute(asked)]
        self._idle &= {subject for subject, _ in waiting}
        done = False
        for (subject, revision), work in waiting:
            if (subject, revision) in self._idle:
                continue
            worked = self._done(subject, work)
            self._idle |= set() if worked else {(subject, revision)}
            done = done or worked
        return done

    def _done(self, subject: str, work: Callable[[Transaction, str], bool]) -> bool:
        """Do one; what is wrong with it holds up no other, and is logged by its code."""
        try:
            with self._parts.transactions.begin(VAULT) as tx:
                return work(tx, subject)
        except (DatabaseBusy, DatabaseDown):
            raise
        except ExpertpoolError as error:
            log.warning("payouts.not-computed", subject=subject, reason=error.code)
            return False

    def _close(self, tx: Transaction, session_id: str) -> bool:
        return compute(tx, self._parts, session_id, by_centre=self._by_centre) is not None

    def _cancel(self, tx: Transaction, draw_id: str) -> bool:
        return compute_turned_away(tx, self._parts, draw_id, by_centre=self._by_centre) is not None

    def _correct(self, tx: Transaction, session_id: str) -> bool:
        return recompute(tx, self._parts, session_id)


def compute(tx: Transaction, parts: Parts, session_id: str, *, by_centre: bool = False) -> PaymentOrder | None:
    """Make a closed session's order; None where it has one, or nothing is due."""
    day = tx.session.get_one(SessionDay, session_id, with_for_update=True)
    if day.state is not DayState.CLOSED or order_of(tx.session, session_id) is not None:
        return None
    charges = session_charges(tx.session, session_id, tx.now)
    ended = day_of(clock_of(tx.session, session_id, tx.now).finished)
    terms = session_terms(tx.session, session_id)
    what = _What(OrderKind.SESSION, session_id, session_id, day.revision, terms, ended, by_centre)
    return _order(tx, parts, what, charges)


def compute_turned_away(tx: Transaction, parts: Parts, draw_id: str, *, by_centre: bool = False) -> PaymentOrder | None:
    """Make the order of a cancelled draw's allowances; None where it has one, or nothing is due."""
    draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
    if order_of(tx.session, draw_id) is not None:
        return None
    charges, terms = cancelled_charges(tx.session, draw_id), cancelled_terms(tx.session, draw_id)
    what = _What(OrderKind.TURNED_AWAY, draw_id, draw.session_id, draw.revision, terms, day_of(tx.now), by_centre)
    return _order(tx, parts, what, charges)


def recompute(tx: Transaction, parts: Parts, session_id: str) -> bool:
    """Compute a session's order again, after its day was corrected; returns whether any amount changed.

    Who is due another amount is asked again, and what the payer had confirmed lapses. Once the order is confirmed its
    amounts stand: the difference is noted for a person.
    """
    day = tx.session.get_one(SessionDay, session_id, with_for_update=True)
    found = order_of(tx.session, session_id)
    if found is None:
        return False
    order = tx.session.get_one(PaymentOrder, found.id, with_for_update=True, populate_existing=True)
    charges = {each.key: each for each in session_charges(tx.session, session_id, tx.now)}
    due = payouts_of(tx.session, order.id)
    if order.state not in OPEN:
        return _note_difference(tx, order, sum(each.fee.total for each in charges.values()))
    changed = [each for each in due if each.key in charges and each.lines != charges[each.key].lines]
    if not changed:
        return False
    order.move(OrderVerb.RECOMPUTE)
    order.revision, order.day_revision = order.revision + 1, day.revision
    order.computed, order.agree_until = tx.now, tx.now + session_terms(tx.session, session_id).silence
    for payout in changed:
        payout.move(PayoutVerb.RECOMPUTE, tx.now)
        _fill(payout, charges[payout.key], order.agree_until)
        payout.agreed = payout.objection = payout.answer = None
    _record(tx, parts, order, due)
    plan_silence(tx, order)
    return True


@dataclass(frozen=True, slots=True)
class _What:
    """What an order is for."""

    kind: OrderKind
    subject: str
    session_id: str
    day_revision: int
    terms: Terms
    ended_on: date
    by_centre: bool


def _order(tx: Transaction, parts: Parts, what: _What, charges: Sequence[Charge]) -> PaymentOrder | None:
    if not any(each.fee.total for each in charges):
        return None
    for draw_id in sorted({each.key.draw for each in charges}):
        payees.ensure(tx, parts, draw_id)
    sitting = tx.session.get_one(EvaluationSession, what.session_id)
    deadline = what.terms.deadline(what.ended_on)
    order = PaymentOrder(
        kind=what.kind,
        subject=what.subject,
        session_id=sitting.id,
        project_id=sitting.project_id,
        centre_id=sitting.centre_id,
        state=OrderState.COMPUTED,
        revision=1,
        day_revision=what.day_revision,
        payer=_payer(sitting.project),
        by_centre=what.by_centre,
        approvers=what.terms.approvers(by_centre=what.by_centre),
        rulebook=what.terms.rules.book.digest,
        article=what.terms.ground.article,
        label=what.terms.ground.label,
        after_tax=all(each.fee.after_tax for each in charges),
        amount=0,
        expenses=0,
        tax=0,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        computed=tx.now,
        agree_until=tx.now + what.terms.silence,
        warn=deadline.warn,
        due=deadline.due,
    )
    tx.session.add(order)
    tx.session.flush()
    due = [_payout(order, each) for each in charges]
    tx.session.add_all(due)
    _record(tx, parts, order, due)
    plan_silence(tx, order)
    plan_deadlines(tx, order)
    crash_point("payout.computed")
    return order


def _payout(order: PaymentOrder, charge: Charge) -> Payout:
    payout = Payout(
        id=new_id("pay"),
        order_id=order.id,
        centre_id=order.centre_id,
        draw_id=charge.key.draw,
        seat=charge.key.seat,
        vacancy=charge.key.vacancy,
        state=PayoutState.COMPUTED,
        attempt=0,
        changed=order.computed,
    )
    _fill(payout, charge, order.agree_until)
    return payout


def _fill(payout: Payout, charge: Charge, agree_until: datetime) -> None:
    """Say what a seat is due."""
    payout.minutes, payout.lines = charge.minutes, charge.lines
    payout.forfeited = None if charge.forfeited is None else charge.forfeited.value
    payout.amount, payout.expenses, payout.alone = charge.fee.total, charge.fee.expenses, charge.alone
    payout.agree_until = agree_until


def _record(tx: Transaction, parts: Parts, order: PaymentOrder, due: Sequence[Payout]) -> None:
    """Add the order up, and commit to each seat's amount; what opens that is the expert's, so it is sealed."""
    order.amount = sum(each.amount for each in due)
    order.expenses = sum(each.expenses for each in due)
    order.tax = sum(each.alone for each in due)
    digests = {}
    for payout in due:
        opened = _commitment(order, payout)
        before = figures_of(parts.keys, payout) if payout.sealed else Figures()
        payout.sealed = seal_figures(parts.keys, payout.id, Figures(before.elsewhere, opened=(opened.encoded,)))
        digests[payout.id] = opened.digest
    tx.record(
        OrderComputed(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            revision=order.revision,
            seats=len(due),
            due=None if order.due is None else format_time(order.due),
            digests=digests,
            rulebook=order.rulebook,
            payer=order.payer,
            totals=totals(order),
        )
    )


def _commitment(order: PaymentOrder, payout: Payout) -> Disclosure:
    value: dict[str, Any] = {
        "payout": payout.id,
        "draw": payout.draw_id,
        "seat": payout.seat,
        "vacancy": payout.vacancy,
        "revision": order.revision,
        "amount": payout.amount,
        "after_tax": order.after_tax,
    }
    return make_disclosure("due", value)


def _note_difference(tx: Transaction, order: PaymentOrder, amount: int) -> bool:
    """Note what the corrected record would have come to."""
    corrected = None if amount == order.amount else amount
    if order.corrected == corrected:
        return False
    order.corrected = corrected
    tx.record(
        OrderCorrected(order=order.id, session=order.session_id, centre=order.centre_id, totals={"corrected": amount})
    )
    return True


def _payer(project: Project) -> str:
    """Who pays: the tenderee or purchaser (用户单位), by its credit code; without one, whoever the project is of."""
    owners = [party.code for party in project.parties if party.role is PartyRole.OWNER]
    return owners[0] if owners else project.centre_id
