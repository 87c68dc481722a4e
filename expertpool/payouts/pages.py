"""The desk of fees for payer and finance: orders as they stand, one order, and its payment code.

Everything is by seat code: whoever pays learns from these pages what is due, never to whom.
"""

from typing import Final

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup

from expertpool.identity.gate import caller
from expertpool.identity.permissions import has_verb
from expertpool.payouts import pay_pages
from expertpool.payouts.desk import OrderShown, course_of, shown
from expertpool.payouts.lifecycle import OrderState
from expertpool.payouts.queries import SEE, orders_of_session, visible_order, visible_orders
from expertpool.sessions.queries import visible_sitting
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.rendering import page, t
from policies.money import Money

DESKS: Final = (Desk("/payouts", "劳务报酬", "Fees", "file", SEE),)
MOST_SETTLED: Final = 20

blueprint = Blueprint("fees", __name__, template_folder="templates")
blueprint.register_blueprint(pay_pages.blueprint)


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
        answers=has_verb(caller().role, "payout.dismiss"),
        payout_pages=payout_pages(),
    )


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
