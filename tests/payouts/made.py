"""Payment orders put into the tables by hand, in whatever state a page is to show: past every rule."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.projects.models import EvaluationSession
from expertpool.sessions.models import Key
from policies.withholding import gross_up, tax

FLAT: Final = 600_00
AMOUNTS: Final = (700_00, 1_200_00, 950_00, 600_00, 800_00)
"""After tax, by the place of a seat."""


def lay_order(
    session: Session,
    session_id: str,
    seats: Sequence[Key],
    now: datetime,
    *,
    states: Sequence[PayoutState] = (),
    **changed: Any,
) -> PaymentOrder:
    """An order of these seats, agreed by all; ``states``: of the first ones, where they stand otherwise."""
    sitting = session.get_one(EvaluationSession, session_id)
    amounts = AMOUNTS[: len(seats)]
    alone = [tax(gross_up(each)) for each in amounts]
    given: dict[str, Any] = {
        "kind": OrderKind.SESSION,
        "subject": session_id,
        "state": OrderState.AGREED,
        "revision": 1,
        "day_revision": 1,
        "payer": "12430000MB1234567X",
        "by_centre": False,
        "approvers": 1,
        "rulebook": "hunan",
        "article": "湖南省综合评标专家劳务报酬支付标准",
        "label": "local",
        "after_tax": True,
        "token": f"token-of-{session_id}",
        "computed": now,
        "agree_until": now + timedelta(hours=24),
        "warn": now + timedelta(days=9),
        "due": now + timedelta(days=14),
    }
    order = PaymentOrder(
        session_id=session_id,
        project_id=sitting.project_id,
        centre_id=sitting.centre_id,
        amount=sum(amounts),
        expenses=0,
        tax=sum(alone),
        **{**given, **changed},
    )
    session.add(order)
    session.flush()
    stand = [*states, *[PayoutState.AGREED] * len(seats)]
    for key, state, amount, on_it in zip(seats, stand, amounts, alone, strict=False):
        session.add(
            Payout(
                order_id=order.id,
                centre_id=order.centre_id,
                draw_id=key.draw,
                seat=key.seat,
                vacancy=key.vacancy,
                state=state,
                minutes=240,
                lines=json.dumps([["flat", FLAT], ["hours", amount - FLAT]]),
                amount=amount,
                expenses=0,
                alone=on_it,
                agree_until=order.agree_until,
                attempt=0,
                changed=now,
                sealed=b"sealed",
            )
        )
    session.flush()
    return order
