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
    Route("POST", "/payouts/<order_id>/again", "payout.resolve", {"payout": "x", "note": "函"}),
    Route("POST", "/payouts/<order_id>/paid", "payout.resolve", {"payout": "x", "note": "函"}),
    Route("POST", "/payouts/<order_id>/unpaid", "payout.resolve", {"payout": "x", "note": "函"}),
    Route("GET", "/payouts/<order_id>/batches/<batch_id>", "payout.export", of=ABSENT, confirmed=True),
    Route("POST", "/payouts/<order_id>/batches/<batch_id>", "payout.export", of=ABSENT, confirmed=True),
    Route("GET", "/payouts/statements", "payout.reconcile"),
    Route("POST", "/payouts/statements", "payout.reconcile"),
    Route("POST", "/payouts/differences/<difference_id>", "payout.resolve", {"note": "已查"}, of=ABSENT),
    Route("GET", "/payouts/sums", "payout.see"),
    Route("GET", "/payouts/sums.xlsx", "payout.see"),
    Route("GET", "/payouts/declaration", "payout.export", confirmed=True),
    Route("POST", "/payouts/declaration", "payout.export", confirmed=True),
    Route("GET", "/me/payouts", PUBLIC),
    Route("POST", "/me/payouts", PUBLIC),
    Route("POST", "/me/payouts/slip", PUBLIC),
    Route("POST", "/i/payouts/slip", PUBLIC),
    Route("GET", "/i/payouts", PUBLIC),
    Route("POST", "/i/payouts", PUBLIC),
    Route("GET", "/pay/<token>", "payout.see", of="order"),
    Route("POST", "/pay/<token>", "payout.confirm", {"revision": "1"}, "computed agreed", of="order"),
)
