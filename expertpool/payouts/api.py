"""Payment orders over HTTP, by seat code. An expert's own payouts go over the vault's line."""

import json
from typing import Any

from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.payouts import queries, schemas, service
from expertpool.payouts.lifecycle import OrderState
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.web.access import requires
from expertpool.web.acts import acts
from expertpool.web.edge import reading
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("payouts", __name__, url_prefix=PREFIX, description="Fees and their payment, by seat code")

UNSETTLED = tuple(state for state in OrderState if state is not OrderState.SETTLED)


@blueprint.get("/payment-orders")
@requires("payout.see")
@blueprint.arguments(schemas.OrderQuery, location="query")
@blueprint.response(200, schemas.PaymentOrderList)
def list_orders(given: dict[str, Any]) -> dict[str, Any]:
    """List payment orders, those due first; an initiator sees those of the projects that it handles."""
    states = UNSETTLED if given["state"] is None else (given["state"],)
    with reading() as session:
        return {"items": queries.visible_orders(session, caller(), states)}


@blueprint.get("/payment-orders/<order_id>")
@requires("payout.see")
@blueprint.response(200, schemas.PaymentOrderWithSeats)
def show_order(order_id: str) -> dict[str, Any]:
    """Show a payment order with its seats, who confirmed it, and every movement of its money."""
    with reading() as session:
        return _shown(session, queries.visible_order(session, caller(), order_id))


@blueprint.post("/payment-orders/<order_id>/confirmation")
@requires("payout.confirm")
@blueprint.arguments(schemas.OrderConfirmationBody)
@acts(schemas.PaymentOrderSchema)
def confirm_order(tx: Transaction, given: dict[str, Any], order_id: str) -> PaymentOrder:
    """Confirm a payment order for its payer, once; it counts when every expert has agreed."""
    return service.confirm(tx, order_id, **given)


@blueprint.post("/payouts/<payout_id>/objection-answer")
@requires("payout.dismiss")
@blueprint.arguments(schemas.ObjectionAnswerBody)
@acts(schemas.SeatPayoutSchema)
def answer_objection(tx: Transaction, given: dict[str, Any], payout_id: str) -> Payout:
    """Answer an expert's objection: the amount stays. One that is right is met by correcting the day's times."""
    return service.answer_objection(tx, payout_id, **given)


def _shown(session: Session, order: PaymentOrder) -> dict[str, Any]:
    payouts = queries.payouts_of(session, order.id)
    return {
        **_columns(order, schemas.PaymentOrderSchema),
        "payouts": [{**_columns(each, schemas.SeatPayoutSchema), "lines": _lines(each)} for each in payouts],
        "approvals": queries.approvals_of(session, order),
        "postings": queries.postings_of(session, order.id),
    }


def _columns(row: PaymentOrder | Payout, schema: type[schemas.PaymentOrderSchema | schemas.SeatPayoutSchema]) -> Any:
    return {name: getattr(row, name) for name in schema().fields}


def _lines(payout: Payout) -> list[dict[str, Any]]:
    return [{"what": what, "amount": amount} for what, amount in json.loads(payout.lines)]
