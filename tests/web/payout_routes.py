"""The lines of fees in the table of routes (`tests.web.routes`): the payment code's page and the desk."""

from typing import Final

from tests.web.route import Route

PAYOUT_ROUTES: Final = (
    Route("GET", "/payouts", "payout.see"),
    Route("GET", "/payouts/<order_id>", "payout.see"),
    Route("GET", "/payouts/<order_id>/code", "payout.see"),
    Route("GET", "/payouts/sessions/<session_id>", "payout.see", of="day"),
    Route("GET", "/pay/<token>", "payout.see", of="order"),
    Route("POST", "/pay/<token>", "payout.confirm", {"revision": "1"}, "computed agreed", of="order"),
)
