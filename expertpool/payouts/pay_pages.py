"""What the payment code leads to: the payer's phone shows what is due by seat code, and confirms it once."""

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema
from marshmallow.validate import Range

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.payouts import service
from expertpool.payouts.desk import CONFIRM, shown
from expertpool.payouts.queries import SEE, order_by_token
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.fields import Whole
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

blueprint = Blueprint("pay", __name__)


class SeenRevision(Schema):
    """At which revision of its amounts an order was seen."""

    revision = Whole(required=True, validate=Range(0, 2**31 - 1))


@blueprint.get("/pay/<token>")
@signed_in(SEE)
def show(token: str) -> Response:
    """What is to be paid; whoever is not signed in signs in and comes back."""
    return _bill(token, Filled())


@blueprint.post("/pay/<token>")
@signed_in(CONFIRM)
def confirm(token: str) -> Response:
    """Confirm the order at the amounts that were shown."""
    form = Filled()
    try:
        seen = forms.load(SeenRevision, {"revision": _whole(request.form.get("revision", ""))})
        with reading() as session:
            order = order_by_token(session, caller(), token)
        with edge().transactions.begin(caller().actor) as tx:
            service.confirm(tx, order.id, **seen)
    except ExpertpoolError as error:
        form.blame(error)
        form.complaints = {"": [text for texts in form.complaints.values() for text in texts]}
        return _bill(token, form, status_of(error))
    return redirect(f"{request.script_root}/pay/{token}", 303)  # type: ignore[return-value]  # Flask's own Response


def _bill(token: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        order = shown(session, caller(), order_by_token(session, caller(), token), edge().clock.now())
    return page("payouts/pay.html", status=status, order=order, form=form)


def _whole(typed: str) -> int | None:
    """What the form says, if it can be a revision at all."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < len(str(2**31)) else None
