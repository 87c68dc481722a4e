"""Suspensions decided for whoever had a seat: binding in the vault at once, while nobody else knows who it is.

They are facts in the candidate decision like the committees on which somebody sits, so that whoever replays with the
auditor's bundle decides them again. Once the pool has a suspension among the person's own facts it counts there.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import Seated, seated_experts
from expertpool.draws.models import SeatSuspension
from expertpool.draws.parts import Parts
from policies.facts import Suspension

_BINDING: Final = (
    select(SeatSuspension)
    .where(SeatSuspension.applied.is_(None))
    .order_by(SeatSuspension.draw_id, SeatSuspension.case_id)
)


def suspend(tx: Transaction, case_id: str, at: tuple[str, str, int], *, start: date, until: date | None) -> None:
    """Suspend whoever had a seat (``at``: draw, seat, vacancy), both days included; None: until further notice.

    Whoever decided it records the event: its entry is the ground.
    """
    draw, seat, vacancy = at
    tx.session.add(SeatSuspension(case_id=case_id, draw_id=draw, seat=seat, vacancy=vacancy, start=start, until=until))


def binding(session: Session, parts: Parts) -> Mapping[str, tuple[Suspension, ...]]:
    """The suspensions that the pool does not have yet, by expert. The vault alone can tell."""
    found: dict[str, list[Suspension]] = {}
    seated: dict[str, Seated] = {}
    for each in session.scalars(_BINDING):
        if each.draw_id not in seated:
            seated[each.draw_id] = seated_experts(session, parts, each.draw_id)
        expert = seated[each.draw_id][each.seat, each.vacancy]
        found.setdefault(expert, []).append(Suspension(each.start, each.until))
    return {expert: tuple(each) for expert, each in found.items()}
