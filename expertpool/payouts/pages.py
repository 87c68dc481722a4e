"""The desk of fees for payer and finance: orders as they stand, one order, and its payment code.

Everything is by seat code: whoever pays learns from these pages what is due, never to whom.
"""

from typing import Final

from flask import Blueprint, Response, redirect, request

from expertpool.identity.gate import caller
from expertpool.payouts import bank_pages, line_pages, order_pages, own_pages, pay_pages, sums_pages
from expertpool.payouts.desk import shown
from expertpool.payouts.order_pages import code_of, payout_pages
from expertpool.payouts.queries import SEE, orders_of_session, visible_orders
from expertpool.payouts.resolving import visible_differences
from expertpool.sessions.queries import visible_sitting
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.rendering import page
from policies.money import Money

DESKS: Final = (Desk("/payouts", "劳务报酬", "Fees", "file", SEE),)
MOST_SETTLED: Final = 20

blueprint = Blueprint("fees", __name__, template_folder="templates")
for _pages in (pay_pages, own_pages, order_pages, line_pages, bank_pages, sums_pages):
    blueprint.register_blueprint(_pages.blueprint)


@blueprint.get("/payouts")
@signed_in(SEE)
def show() -> Response:
    """Orders by what they wait for, those first that need somebody."""
    now = edge().clock.now()
    with reading() as session:
        orders = [shown(session, caller(), each, now) for each in visible_orders(session, caller())]
        differences = visible_differences(session, caller())
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
        differences=differences,
        payout_pages=payout_pages(),
    )


@blueprint.get("/payouts/sessions/<session_id>")
@signed_in(SEE)
def show_card(session_id: str) -> Response:
    """The card of a session's orders, which the session's own page fetches; whoever comes by a link sees the orders."""
    now = edge().clock.now()
    with reading() as session:
        visible_sitting(session, caller(), session_id, SEE)
        orders = [shown(session, caller(), each, now) for each in orders_of_session(session, session_id)]
    if "HX-Request" not in request.headers:
        where = f"/payouts/{orders[0].id}" if len(orders) == 1 else "/payouts"
        return redirect(f"{request.script_root}{where}", 303)  # type: ignore[return-value]  # Flask's own Response
    return page("payouts/card.html", orders=[(each, code_of(each)) for each in orders])
