"""The lines of fees in the table of routes (`tests.web.routes`): the payment code's page and the desk."""

from typing import Final

from expertpool.web.access import PUBLIC, SIGNED
from tests.web.route import ABSENT, Route

PAYOUT_ROUTES: Final = (
    Route("GET", "/api/v1/payment-orders", "payout.see"),
    Route("GET", "/api/v1/payment-orders/<order_id>", "payout.see"),
    Route(
        "POST",
        "/api/v1/payment-orders/<order_id>/confirmation",
        "payout.confirm",
        {"revision": 1},
        "computed agreed",
    ),
    Route("POST", "/api/v1/payouts/<payout_id>/objection-answer", "payout.dismiss", {"answer": "按记录"}, of=ABSENT),
    Route("POST", "/api/v1/payouts/<payout_id>/another-attempt", "payout.resolve", {"note": "已核实"}, of=ABSENT),
    Route("POST", "/api/v1/payouts/<payout_id>/outcome", "payout.resolve", {"paid": True, "note": "已核实"}, of=ABSENT),
    Route("GET", "/api/v1/payment-differences", "payout.resolve"),
    Route("POST", "/api/v1/payment-differences/<difference_id>/settlement", "payout.resolve", {"note": "x"}, of=ABSENT),
    Route("POST", "/api/v1/payment-provider/reports", SIGNED),
    Route("GET", "/payouts", "payout.see"),
    Route("GET", "/payouts/<order_id>", "payout.see"),
    Route("GET", "/payouts/<order_id>/code", "payout.see"),
    Route("GET", "/payouts/sessions/<session_id>", "payout.see", of="day"),
    Route("POST", "/payouts/<order_id>/answer", "payout.dismiss", {"payout": "x", "answer": "无误"}),
    Route("GET", "/me/payouts", PUBLIC),
    Route("POST", "/me/payouts", PUBLIC),
    Route("GET", "/i/payouts", PUBLIC),
    Route("POST", "/i/payouts", PUBLIC),
    Route("GET", "/pay/<token>", "payout.see", of="order"),
    Route("POST", "/pay/<token>", "payout.confirm", {"revision": "1"}, "computed agreed", of="order"),
)
