"""What an expert sees of the own payouts: found by their answer code, or by who signed in, in the vault alone.

Whoever asks, all recent payouts are read, with their sessions and payees: no statement tells whose they are, or that
two of them are one person's.
"""

import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from expertpool.draws.keeping import VaultKeys
from expertpool.draws.models import Assignment
from expertpool.payouts.accounts import Movement
from expertpool.payouts.lifecycle import OrderKind, PayoutState
from expertpool.payouts.models import PaymentOrder, Payout, Posting
from expertpool.payouts.sealed import Payed, ReasonKeys, figures_of, payees, reason_of
from expertpool.payouts.taxing import Before, charged, month_of, summed, taxed_of
from expertpool.projects.models import EvaluationSession, Party, Project
from expertpool.projects.terms import PartyRole
from expertpool.sessions.models import Key
from ledger.entry import format_time
from policies.facts import day_of

MOST: Final = 24
"""The newest: what fits into one answer."""
REMEMBERED: Final = timedelta(days=400)
"""How far back experts find their payouts: past the end of a year's tax."""
ARRIVED: Final = frozenset({PayoutState.PAID, PayoutState.RECONCILED})
_AGREEABLE: Final = frozenset({PayoutState.COMPUTED, PayoutState.AGREED, PayoutState.OBJECTED, PayoutState.CONFIRMED})


class Where(NamedTuple):
    """The session that an order is for, and the name of who pays."""

    starts: datetime
    project: str
    title: str
    payer: str | None


@dataclass(frozen=True, slots=True)
class Recent:
    """All payouts of the last time, the newest first, with everything that any of their experts may see."""

    payouts: Sequence[tuple[Payout, PaymentOrder]]
    people: Mapping[Key, Payed]
    where: Mapping[str, Where]
    paid: Mapping[str, datetime]
    assigned: Collection[str]

    def of_code(self, code: str) -> list[tuple[Payout, PaymentOrder]] | None:
        """Those of the seat that an answer code belongs to; None where it is nobody's."""
        wanted = code.strip().upper().encode()
        holders = [key for key, who in self.people.items() if who.code and _is(who.code.encode(), wanted)]
        return [each for each in self.payouts if each[0].key in holders] if holders else None

    def of_experts(self, experts: Collection[str]) -> list[tuple[Payout, PaymentOrder]]:
        """Those of these experts."""
        return [each for each in self.payouts if self.people[each[0].key].expert in experts]


def recent(session: Session, keys: VaultKeys, now: datetime) -> Recent:
    """Read them."""
    since = PaymentOrder.computed >= now - REMEMBERED
    asked = select(Payout, PaymentOrder).join(PaymentOrder).where(since)
    rows = [(row[0], row[1]) for row in session.execute(asked.order_by(PaymentOrder.computed.desc(), Payout.id))]
    places = select(PaymentOrder.id, EvaluationSession.starts, Project.code, Project.title, Party.name).where(since)
    places = places.join(EvaluationSession, EvaluationSession.id == PaymentOrder.session_id)
    places = places.join(Project, Project.id == PaymentOrder.project_id)
    owner = and_(Party.project_id == Project.id, Party.role == PartyRole.OWNER, Party.code == PaymentOrder.payer)
    arrived = select(Posting.payout_id, func.max(Posting.at)).join(PaymentOrder).where(since)
    arrived = arrived.where(Posting.movement == Movement.PAID).group_by(Posting.payout_id)
    return Recent(
        rows,
        payees(session, keys, {payout.draw_id for payout, _ in rows}),
        {row[0]: Where(*row[1:]) for row in session.execute(places.outerjoin(Party, owner))},
        {payout: at for payout, at in session.execute(arrived)},  # noqa: C416 -- of a Row
        frozenset(session.scalars(select(Assignment.draw_id).distinct())),
    )


def shown(
    keys: VaultKeys, service_keys: ReasonKeys, read: Recent, own: Sequence[tuple[Payout, PaymentOrder]], now: datetime
) -> list[dict[str, Any]]:
    """What their expert sees: everything about the money; of the project nothing, if they were never told of it."""
    so_far = _this_month(keys, read, {order.payer for _, order in own}, month_of(now))
    return [_shown(keys, service_keys, read, each, so_far) | {"may": _may(each[0], now)} for each in own[:MOST]]


_Taxes = Callable[[Payout, PaymentOrder], Before]


def _this_month(keys: VaultKeys, read: Recent, payers: Collection[str], month: str) -> _Taxes:
    """What each person got of a payer in a month so far, with what the payout itself states."""
    sums = {
        payer: summed(
            keys,
            (
                (payout, read.people[payout.key].expert)
                for payout, order in read.payouts
                if order.payer == payer and payout.month == month
            ),
            month,
        )
        for payer in payers
    }

    def so_far(payout: Payout, order: PaymentOrder) -> Before:
        known = sums[order.payer].get(read.people[payout.key].expert, Before())
        return known.and_(figures_of(keys, payout), month)

    return so_far


def _shown(
    keys: VaultKeys, service_keys: ReasonKeys, read: Recent, own: tuple[Payout, PaymentOrder], so_far: _Taxes
) -> dict[str, Any]:
    payout, order = own
    expert, figures = read.people[payout.key].expert, figures_of(keys, payout)
    exact = taxed_of(keys, payout, expert)
    before, where = so_far(payout, order), read.where[order.id]
    taxed = exact or charged(order, payout, expert, before)
    paid = read.paid.get(payout.id) if payout.state in ARRIVED else None
    known = order.kind is OrderKind.SESSION or payout.draw_id in read.assigned  # who came was told at the sign-in
    return {
        "payout": payout.id,
        "order": order.id,
        "kind": order.kind.value,
        "starts": format_time(where.starts),
        "project": where.project if known else "",
        "title": where.title[:100] if known else "",
        "payer": (where.payer or order.payer) if known else "",
        "seat": payout.seat,
        "state": payout.state.value,
        "after_tax": order.after_tax,
        "amount": payout.amount,
        "expenses": payout.expenses,
        "gross": taxed.gross,
        "tax": taxed.tax,
        "net": taxed.net,
        "exact": exact is not None,
        "month": payout.month,
        "month_gross": before.paid if exact is None else figures.paid_before,
        "month_tax": before.withheld if exact is None else figures.withheld_before,
        "paid": None if paid is None else day_of(paid).isoformat(),
        "minutes": payout.minutes,
        "lines": json.loads(payout.lines),
        "forfeited": payout.forfeited,
        "article": order.article,
        "label": order.label,
        "agree_until": format_time(payout.agree_until),
        "elsewhere": figures.elsewhere.gross,
        "withheld": figures.elsewhere.withheld,
        "objection": reason_of(service_keys, payout),
        "answer": payout.answer,
        "disclosures": list(figures.opened),
    }


def _may(payout: Payout, now: datetime) -> list[str]:
    """What may be done about it now."""
    objects = payout.state is PayoutState.COMPUTED and now < payout.agree_until
    return [*["agree"] * (payout.state in _AGREEABLE), *["object"] * objects]


def _is(code: bytes, wanted: bytes) -> bool:
    return hmac.compare_digest(code, wanted)
