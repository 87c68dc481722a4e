"""What fees came to, as page, chart and sheet; and what a month's tax declaration needs."""

from datetime import date
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, request, send_file
from marshmallow import Schema, fields

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.protection import Protector
from expertpool.identity.gate import caller
from expertpool.payouts.declaring import DECLARE, declare, months
from expertpool.payouts.desk import OrderShown, shown
from expertpool.payouts.order_pages import payout_pages
from expertpool.payouts.queries import SEE, visible_orders
from expertpool.payouts.sums import By, added, as_sheet, sums
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import BEIJING, page, t
from expertpool.web.validation import Matches

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("fee-sums", __name__)


class MonthBody(Schema):
    """Whose month is declared."""

    payer = fields.String(
        required=True,
        validate=Matches(r"[0-9A-Z]{18}", zh="应为统一社会信用代码。", en="This must be a unified social credit code."),
    )
    month = fields.String(
        required=True, validate=Matches(r"20\d\d-(0[1-9]|1[0-2])", zh="应为月份，如 2026-11。", en="A month: 2026-11.")
    )


@blueprint.get("/payouts/sums")
@signed_in(SEE)
def show() -> Response:
    """By month, project or payer."""
    by, orders = _by(), _orders()
    found = sums(orders, by)
    whole = added("", [each for each in orders if not each.open])
    return page("payouts/sums.html", by=by.value, sums=found, whole=whole, payout_pages=payout_pages())


@blueprint.get("/payouts/sums.xlsx")
@signed_in(SEE)
def download() -> Response:
    """The same as a sheet."""
    by = _by()
    names = {By.MONTH: t("月份", "Month"), By.PROJECT: t("项目", "Project"), By.PAYER: t("付款单位", "Payer")}
    heads = (
        names[by],
        t("场次", "Sessions"),
        t("人次", "People"),
        t("税后实得（元）", "After tax (yuan)"),
        t("代扣税款（元）", "Tax withheld (yuan)"),
        t("合计（元）", "In all (yuan)"),
    )
    sheet = as_sheet(sums(_orders(), by), t("劳务报酬统计", "Fees"), heads)
    return send_file(BytesIO(sheet), mimetype=XLSX, as_attachment=True, download_name=f"fees-by-{by.value}.xlsx")


@blueprint.get("/payouts/declaration")
@signed_in(DECLARE)
@confirmed
def show_months() -> Response:
    """Payers' months: who is to be declared, how many wait for their names, until when."""
    return _months(Filled())


@blueprint.post("/payouts/declaration")
@signed_in(DECLARE)
@confirmed
def download_month() -> Response:
    """The sheet of a month, with names: each time is in the ledger."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(MonthBody, form.values)
        with edge().transactions.begin(caller().actor) as tx:
            sheet = declare(tx, Protector(edge().keys), **given)
    except ExpertpoolError as error:
        form.blame(error)
        form.complaints = {"": [text for texts in form.complaints.values() for text in texts]}
        return _months(form, status_of(error))
    name = f"declaration-{given['month']}-{given['payer']}.xlsx"
    response = send_file(BytesIO(sheet), mimetype=XLSX, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _months(form: Filled, status: int = 200) -> Response:
    today: date = edge().clock.now().astimezone(BEIJING).date()
    with reading() as session:
        found = months(session, caller())
    return page(
        "payouts/declaration.html", status=status, form=form, months=found, today=today, payout_pages=payout_pages()
    )


def _orders() -> list[OrderShown]:
    now = edge().clock.now()
    with reading() as session:
        return [shown(session, caller(), each, now) for each in visible_orders(session, caller())]


def _by() -> By:
    """What the address asks for; by month when it asks for nothing that there is."""
    said = request.args.get("by", "")
    return By(said) if said in list(By) else By.MONTH
