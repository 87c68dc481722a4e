"""The desk of fees for payer and finance: orders as they stand, one order, and its payment code.

Everything is by seat code: whoever pays learns from these pages what is due, never to whom.
"""

from typing import Final

import segno
from flask import Blueprint, Response, redirect, request
from markupsafe import Markup
from marshmallow import fields

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.identity.permissions import has_verb
from expertpool.payouts import own_pages, pay_pages, service
from expertpool.payouts.desk import OrderShown, course_of, shown
from expertpool.payouts.lifecycle import OrderState
from expertpool.payouts.line_acts import ANSWER
from expertpool.payouts.own_forms import OwnPayoutBody
from expertpool.payouts.queries import SEE, orders_of_session, visible_order, visible_orders, visible_payout
from expertpool.payouts.sealed import reason_of
from expertpool.projects.schemas import REASON
from expertpool.sessions.queries import visible_sitting
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page, t
from policies.money import Money

DESKS: Final = (Desk("/payouts", "劳务报酬", "Fees", "file", SEE),)
MOST_SETTLED: Final = 20


class AnswerBody(OwnPayoutBody):
    """Which payout, and what is answered to its objection."""

    answer = fields.String(required=True, validate=REASON)


blueprint = Blueprint("fees", __name__, template_folder="templates")
blueprint.register_blueprint(pay_pages.blueprint)
blueprint.register_blueprint(own_pages.blueprint)


@blueprint.get("/payouts")
@signed_in(SEE)
def show() -> Response:
    """Orders by what they wait for, those first that need somebody."""
    now = edge().clock.now()
    with reading() as session:
        orders = [shown(session, caller(), each, now) for each in visible_orders(session, caller())]
    settled = sorted((each for each in orders if not each.alive), key=lambda each: each.order.computed, reverse=True)
    alive = [each for each in orders if each.alive]
    calm = [each for each in alive if not each.troubled]
    return page(
        "payouts/desk.html",
        orders=orders,
        troubled=[each for each in alive if each.troubled],
        waiting=[each for each in calm if each.open],
        moving=[each for each in calm if not each.open],
        settled=settled[:MOST_SETTLED],
        late=[each for each in orders if each.late],
        unpaid=Money(sum(each.total.fen for each in alive)),
        payout_pages=payout_pages(),
    )


@blueprint.get("/payouts/<order_id>")
@signed_in(SEE)
def show_order(order_id: str) -> Response:
    """One order: each seat's amount with its computation, how it goes, and the payment code."""
    return order_page(order_id, Filled())


@blueprint.get("/payouts/<order_id>/code")
@signed_in(SEE)
def print_code(order_id: str) -> Response:
    """The payment code as a sheet to print."""
    with reading() as session:
        order = shown(session, caller(), visible_order(session, caller(), order_id), edge().clock.now())
    return page("payouts/code.html", order=order, qr=code_of(order), address=address_of(order))


@blueprint.get("/payouts/sessions/<session_id>")
@signed_in(SEE)
def show_card(session_id: str) -> Response:
    """The card of a session's order or orders, as the session's own page fetches it once the day is closed."""
    now = edge().clock.now()
    with reading() as session:
        visible_sitting(session, caller(), session_id, SEE)
        orders = [shown(session, caller(), each, now) for each in orders_of_session(session, session_id)]
    return page("payouts/card.html", orders=[(each, code_of(each)) for each in orders])


@blueprint.post("/payouts/<order_id>/answer")
@signed_in(ANSWER.permission)
def answer(order_id: str) -> Response:
    """Answer an objection: the amount stays, and why."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(AnswerBody, {name: value.strip() for name, value in form.values.items()})
        with reading() as session:
            visible_payout(session, caller(), given["payout"])
        with edge().transactions.begin(caller().actor) as tx:
            service.answer_objection(tx, given["payout"], answer=given["answer"])
    except ExpertpoolError as error:
        form.blame(error)
        return order_page(order_id, form, status_of(error))
    return redirect(f"{request.script_root}/payouts/{order_id}?noted=1", 303)  # type: ignore[return-value]


def order_page(order_id: str, form: Filled, status: int = 200) -> Response:
    """The page of an order, with what is wrong with a form on it."""
    with reading() as session:
        order = shown(session, caller(), visible_order(session, caller(), order_id), edge().clock.now())
    return page(
        "payouts/order.html",
        status=status,
        order=order,
        course=[(t(words.zh, words.en), at, done) for words, at, done in course_of(order)],
        qr=code_of(order),
        form=form,
        noted="noted" in request.args,
        reasons=_reasons(order),
        payout_pages=payout_pages(),
    )


def _reasons(order: OrderShown) -> dict[str, str]:
    """Why experts object, for whoever has to answer."""
    answered = [line.payout for line in order.lines if ANSWER in line.acts]
    return {each.id: reason_of(edge().keys, each) for each in answered}


def payout_pages() -> list[tuple[str, str]]:
    """The pages of fees that the reader may open."""
    pages = (("/payouts", SEE, t("报酬单", "Orders")),)
    return [(path, text) for path, verb, text in pages if has_verb(caller().role, verb)]


def address_of(order: OrderShown) -> str:
    """What the payment code leads to."""
    return f"{edge().settings.service.base_url}/pay/{order.order.token}"


def code_of(order: OrderShown) -> Markup | None:
    """The payment code as a picture; none once the order is on its way."""
    if order.order.state not in (OrderState.COMPUTED, OrderState.AGREED):
        return None
    return Markup(segno.make(address_of(order), error="m").svg_inline(omitsize=True, border=2))  # noqa: S704 -- drawn here
