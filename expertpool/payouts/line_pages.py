"""The buttons beside a seat's payment that does not go by itself, on the page of its order."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema, fields

from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.payouts import resolving, service
from expertpool.payouts.line_acts import AGAIN, ANSWER, PAID, UNPAID, Act
from expertpool.payouts.order_pages import order_page
from expertpool.payouts.own_forms import OwnPayoutBody
from expertpool.payouts.queries import visible_order, visible_payout
from expertpool.projects.schemas import REASON
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of

Do = Callable[[Transaction, dict[str, Any]], object]

blueprint = Blueprint("fee-lines", __name__)


class AnswerBody(OwnPayoutBody):
    """Which payout, and what is answered to its objection."""

    answer = fields.String(required=True, validate=REASON)


class ResolutionBody(OwnPayoutBody):
    """Which payout, and on what ground it is decided."""

    note = fields.String(required=True, validate=REASON)


_DONE_BY: Final[dict[Act, tuple[type[Schema], Do]]] = {
    ANSWER: (AnswerBody, lambda tx, given: service.answer_objection(tx, given["payout"], answer=given["answer"])),
    AGAIN: (ResolutionBody, lambda tx, given: resolving.send_again(tx, given["payout"], note=given["note"])),
    PAID: (
        ResolutionBody,
        lambda tx, given: resolving.state_outcome(tx, given["payout"], paid=True, note=given["note"]),
    ),
    UNPAID: (
        ResolutionBody,
        lambda tx, given: resolving.state_outcome(tx, given["payout"], paid=False, note=given["note"]),
    ),
}


def _doing(act: Act) -> Callable[[str], Response]:
    body, do = _DONE_BY[act]

    def view(order_id: str) -> Response:
        form = Filled({**request.form.to_dict(), "act": act.name})
        try:
            with reading() as session:
                visible_order(session, caller(), order_id)
            given = forms.load(body, {name: value.strip() for name, value in form.values.items()})
            with reading() as session:
                visible_payout(session, caller(), given["payout"])
            with edge().transactions.begin(caller().actor) as tx:
                do(tx, given)
        except ExpertpoolError as error:
            form.blame(error)
            return order_page(order_id, form, status_of(error))
        return redirect(f"{request.script_root}/payouts/{order_id}?noted=1", 303)  # type: ignore[return-value]

    return signed_in(act.permission)(view)


for _act in _DONE_BY:
    blueprint.add_url_rule(f"/payouts/<order_id>/{_act.name}", _act.name, _doing(_act), methods=["POST"])
