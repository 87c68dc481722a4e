"""What a payer declares of a month (个人所得税法 第十四条): people by name where names may be known, the rest flagged.

Names and identity numbers are opened for the sheet alone, and each time is an entry in the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.models import Assignment
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import identity_of
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Caller, may
from expertpool.identity.service import caller_of
from expertpool.payouts.declaration import Declared, Waiting, declaration
from expertpool.payouts.errors import NothingToDeclare
from expertpool.payouts.events import DeclarationOpened
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.projects.models import Party, Project
from expertpool.projects.queries import target_of_project
from expertpool.sessions.models import Key
from policies.withholding import declared_by

DECLARE: Final = "payout.export"
OPENS: Final = "中标（成交）结果公开后"


@dataclass(frozen=True, slots=True)
class PayersMonth:
    """A payer’s month: payments to people whose names are open, and those that wait. ``due``: last day to declare."""

    payer: str
    name: str
    month: str
    named: Sequence[Payout]
    waiting: Sequence[Payout]

    @property
    def due(self) -> date:
        return declared_by(date.fromisoformat(f"{self.month}-01"))


def months(session: Session, caller: Caller) -> list[PayersMonth]:
    """Every payer's months of which the caller declares something, the latest first."""
    found = select(Payout, PaymentOrder).join(PaymentOrder).where(Payout.month.is_not(None), Payout.amount > 0)
    rows = session.execute(found.order_by(Payout.id)).all()
    orders = {order.id: order for _, order in rows}
    allowed = {key for key, order in orders.items() if _declares(session, caller, order)}
    named = _named(session)
    grouped: dict[tuple[str, str], tuple[list[Payout], list[Payout]]] = {}
    for payout, order in rows:
        if order.id in allowed:
            open_, waiting = grouped.setdefault((payout.month or "", order.payer), ([], []))
            (open_ if payout.key in named else waiting).append(payout)
    return [
        PayersMonth(payer, _name_of(session, payer), month, *grouped[month, payer])
        for month, payer in sorted(grouped, reverse=True)
    ]


def declare(tx: Transaction, protector: Protector, *, payer: str, month: str) -> bytes:
    """The sheet of a payer's month. Raises `NotPermitted`, `NothingToDeclare`."""
    caller = caller_of(tx)
    if caller is None:
        raise NotPermitted(DECLARE)
    wanted = [each for each in months(tx.session, caller) if (each.payer, each.month) == (payer, month)]
    if not wanted:
        raise NothingToDeclare
    (found,) = wanted
    waiting = [
        Waiting(each.order_id, each.seat, each.vacancy, each.amount, each.alone, OPENS) for each in found.waiting
    ]
    people = _people(tx.session, protector, found.named)
    unit = f"{found.name}（{payer}）" if found.name else payer
    sheet = declaration(date.fromisoformat(f"{month}-01"), unit, people, waiting)
    tx.record(
        DeclarationOpened(
            centre=caller.centre,
            month=month,
            named=len(people),
            waiting=len(waiting),
            payer=payer,
            digest=sha256(sheet).hexdigest(),
        )
    )
    return sheet


def _people(session: Session, protector: Protector, payouts: Sequence[Payout]) -> list[Declared]:
    """One row for each person, in the order of their identifiers, which tells nothing."""
    experts, of_person = _named(session), dict[str, list[Payout]]()
    for payout in payouts:
        of_person.setdefault(experts[payout.key], []).append(payout)
    rows = []
    for expert_id, paid in sorted(of_person.items()):
        who = identity_of(session, protector, session.get_one(Expert, expert_id))
        gross, tax = sum(each.gross or 0 for each in paid), sum(each.tax or 0 for each in paid)
        rows.append(Declared(who.name or "（已注销）", who.id_number or "", gross, tax, len(paid)))
    return rows


def _named(session: Session) -> dict[Key, str]:
    """Whose seats they were, where names are open."""
    return {Key(each.draw_id, each.seat, each.vacancy): each.expert_id for each in session.scalars(select(Assignment))}


def _declares(session: Session, caller: Caller, order: PaymentOrder) -> bool:
    return may(caller, DECLARE, target_of_project(session, session.get_one(Project, order.project_id)))


def _name_of(session: Session, payer: str) -> str:
    """What the unit is called, as some project of it says."""
    return session.scalars(select(Party.name).where(Party.code == payer).order_by(Party.id).limit(1)).first() or ""
