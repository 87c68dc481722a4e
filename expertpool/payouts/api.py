"""Payment orders over HTTP, by seat code. An expert's own payouts go over the vault's line."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.payouts import queries, reports, resolving, schemas, service
from expertpool.payouts.lifecycle import OrderState
from expertpool.payouts.models import Difference, PaymentOrder, Payout
from expertpool.payouts.provider import Report
from expertpool.web.access import by_signature, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.guards import content
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


@blueprint.post("/payouts/<payout_id>/another-attempt")
@requires("payout.resolve")
@blueprint.arguments(schemas.PaymentNoteBody)
@acts(schemas.SeatPayoutSchema)
def send_again(tx: Transaction, given: dict[str, Any], payout_id: str) -> Payout:
    """Have a payment sent again: under its id where it is unknown, as a new attempt where it failed."""
    return resolving.send_again(tx, payout_id, **given)


@blueprint.post("/payouts/<payout_id>/outcome")
@requires("payout.resolve")
@blueprint.arguments(schemas.PaymentOutcomeBody)
@acts(schemas.SeatPayoutSchema)
def state_outcome(tx: Transaction, given: dict[str, Any], payout_id: str) -> Payout:
    """State, on the bank's word, what became of a payment of which it is unknown."""
    return resolving.state_outcome(tx, payout_id, **given)


@blueprint.get("/payment-differences")
@requires("payout.resolve")
@blueprint.response(200, schemas.PaymentDifferenceList)
def list_differences() -> dict[str, Any]:
    """List what reports and statements say that does not fit, the oldest first."""
    with reading() as session:
        return {"items": resolving.visible_differences(session, caller())}


@blueprint.post("/payment-differences/<difference_id>/settlement")
@requires("payout.resolve")
@blueprint.arguments(schemas.PaymentNoteBody)
@acts(schemas.PaymentDifferenceSchema)
def settle_difference(tx: Transaction, given: dict[str, Any], difference_id: str) -> Difference:
    """Put a difference aside, saying how it was dealt with."""
    return resolving.settle_difference(tx, difference_id, **given)


@blueprint.post("/payment-provider/reports")
@by_signature
@blueprint.arguments(schemas.ProviderReport)
@blueprint.response(200, schemas.TakenProviderReport)
def take_report(given: dict[str, Any]) -> dict[str, Any]:
    """Take a report of the payment provider, and pass it on to the vault sealed. Repeating one does no harm."""
    header = request.headers.get("Authorization", "")
    claim = reports.authenticate(header, path=request.path, body=content(), now=edge().clock.now())
    report = Report(**{**given, "at": datetime.fromtimestamp(given["at"], UTC)})
    with edge().transactions.begin(f"provider:{reports.NAME}") as tx:
        reports.take(tx, report, claim)
    return {"taken": True}


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
