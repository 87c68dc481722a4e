"""One order: its page, which several acts come back to, its payment code, and its batches as files for the bank."""

from io import BytesIO

import segno
from flask import Blueprint, Response, request, send_file
from markupsafe import Markup
from marshmallow import Schema
from marshmallow import fields as plain

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.identity.permissions import has_verb
from expertpool.invitations.asking import line
from expertpool.invitations.verbs import ID
from expertpool.payouts import verbs
from expertpool.payouts.declaring import DECLARE
from expertpool.payouts.desk import OrderShown, course_of, shown
from expertpool.payouts.errors import NoSuchBatch
from expertpool.payouts.exporting import EXPORT, Sheet, unpacked
from expertpool.payouts.line_acts import ANSWER
from expertpool.payouts.queries import SEE, may_see, visible_order
from expertpool.payouts.reconciling import RECONCILE
from expertpool.payouts.resolving import batches_of, open_differences
from expertpool.payouts.sealed import reason_of
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page, t

blueprint = Blueprint("fee-order", __name__)


class ExportBody(Schema):
    """In which form a batch is handed out."""

    sheet = plain.Enum(Sheet, by_value=plain.String, required=True)


@blueprint.get("/payouts/<order_id>")
@signed_in(SEE)
def show_order(order_id: str) -> Response:
    """Each seat's amount with its computation, how it goes, and the payment code."""
    return order_page(order_id, Filled())


@blueprint.get("/payouts/<order_id>/code")
@signed_in(SEE)
def print_code(order_id: str) -> Response:
    """The payment code as a sheet to print."""
    with reading() as session:
        order = shown(session, caller(), visible_order(session, caller(), order_id), edge().clock.now())
    return page("payouts/code.html", order=order, qr=code_of(order), address=address_of(order))


@blueprint.get("/payouts/<order_id>/batches/<batch_id>")
@signed_in(EXPORT)
@confirmed
def show_batch(order_id: str, batch_id: str) -> Response:
    """What handing a batch out does, and the buttons for it."""
    return _batch(order_id, batch_id, Filled())


@blueprint.post("/payouts/<order_id>/batches/<batch_id>")
@signed_in(EXPORT)
@confirmed
def export(order_id: str, batch_id: str) -> Response:
    """Hand a batch out as a file, made by the vault: each time is in the ledger."""
    form = Filled(request.form.to_dict())
    try:
        sheet = forms.load(ExportBody, form.values)["sheet"]
        answer = line().ask(verbs.EXPORT, actor=caller().actor, batch=batch_id[:ID], sheet=sheet.value)
    except ExpertpoolError as error:
        form.blame(error)
        return _batch(order_id, batch_id, form, status_of(error))
    file = unpacked(answer)
    kind = _TYPES[sheet.value]
    response = send_file(BytesIO(file.content), mimetype=kind, as_attachment=True, download_name=file.name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _batch(order_id: str, batch_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        row = visible_order(session, caller(), order_id)
        found = next((each for each in batches_of(session, row.id) if each.id == batch_id), None)
        if found is None or not may_see(session, caller(), row, EXPORT):
            raise NoSuchBatch
        order = shown(session, caller(), row, edge().clock.now())
    return page("payouts/batch.html", status=status, order=order, batch=found, form=form)


def order_page(order_id: str, form: Filled, status: int = 200) -> Response:
    """One order, with what is wrong with a form on it. Raises `NoSuchOrder`."""
    with reading() as session:
        row = visible_order(session, caller(), order_id)
        order = shown(session, caller(), row, edge().clock.now())
        batches = batches_of(session, order_id)
        exports = may_see(session, caller(), row, EXPORT)
        differences = [each for line in order.lines for each in open_differences(session, line.id)]
    return page(
        "payouts/order.html",
        status=status,
        order=order,
        course=[(t(words.zh, words.en), at, done) for words, at, done in course_of(order)],
        qr=code_of(order),
        form=form,
        batches=batches,
        exports=exports,
        differences=differences,
        reasons=_reasons(order),
        noted="noted" in request.args,
        payout_pages=payout_pages(),
    )


def payout_pages() -> list[tuple[str, str]]:
    """The pages of fees that the reader may open."""
    pages = (
        ("/payouts", SEE, t("报酬单", "Orders")),
        ("/payouts/sums", SEE, t("统计", "Sums")),
        ("/payouts/statements", RECONCILE, t("银行流水与差异", "Bank statements")),
        ("/payouts/declaration", DECLARE, t("个税扣缴申报", "Tax declaration")),
    )
    return [(path, text) for path, verb, text in pages if has_verb(caller().role, verb)]


def address_of(order: OrderShown) -> str:
    """What the payment code leads to."""
    return f"{edge().settings.service.base_url}/pay/{order.order.token}"


def code_of(order: OrderShown) -> Markup | None:
    """The payment code as a picture; none once the order is on its way."""
    if not order.open:
        return None
    return Markup(segno.make(address_of(order), error="m").svg_inline(omitsize=True, border=2))  # noqa: S704 -- drawn here


_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "sealed": "application/json",
    "pain001": "application/xml",
}


def _reasons(order: OrderShown) -> dict[str, str]:
    """Why experts object, for whoever has to answer."""
    answered = [line.payout for line in order.lines if ANSWER in line.acts]
    return {each.id: reason_of(edge().keys, each) for each in answered}
