"""What payouts read and write as JSON. Everything is by seat code, and money is in 分."""

from marshmallow import Schema, fields
from marshmallow.validate import Range

from expertpool.invitations.schemas import LAST_SECOND, NAME
from expertpool.payouts.accounts import Account, Movement
from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState
from expertpool.payouts.outcomes import DifferenceKind
from expertpool.payouts.provider import Outcome, Reason
from expertpool.projects.schemas import REASON
from expertpool.web.fields import Whole


class OrderQuery(Schema):
    state = fields.Enum(
        OrderState,
        by_value=fields.String,
        load_default=None,
        metadata={"description": "without it, whatever is not settled"},
    )


class OrderConfirmationBody(Schema):
    revision = Whole(
        required=True,
        validate=Range(1, 2**31 - 1),
        metadata={"description": "that of the amounts which were seen: with others nothing is confirmed"},
    )


class ObjectionAnswerBody(Schema):
    answer = fields.String(required=True, validate=REASON, metadata={"description": "why the amount stays"})


class PaymentOrderSchema(Schema):
    id = fields.String(required=True)
    kind = fields.Enum(OrderKind, by_value=fields.String, required=True)
    session_id = fields.String(required=True)
    project_id = fields.String(required=True)
    centre_id = fields.String(required=True)
    state = fields.Enum(OrderState, by_value=fields.String, required=True)
    revision = fields.Integer(required=True)
    payer = fields.String(required=True, metadata={"description": "credit code of the unit that pays"})
    by_centre = fields.Boolean(required=True, metadata={"description": "the centre disburses for the payer"})
    approvers = fields.Integer(required=True, metadata={"description": "how many accounts confirm"})
    article = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "law, local or product-default"})
    after_tax = fields.Boolean(required=True, metadata={"description": "the amounts are what must arrive"})
    amount = fields.Integer(required=True, metadata={"description": "分, expenses included"})
    expenses = fields.Integer(required=True, metadata={"description": "分"})
    tax = fields.Integer(required=True, metadata={"description": "分, as if the month had no other payment"})
    corrected = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "分: what a record corrected after the confirmation comes to"},
    )
    computed = fields.AwareDateTime(required=True, format="iso")
    agree_until = fields.AwareDateTime(required=True, format="iso")
    warn = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    due = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    confirmed = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    settled = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class PaymentOrderList(Schema):
    items = fields.List(fields.Nested(PaymentOrderSchema), required=True)


class SeatPayoutSchema(Schema):
    id = fields.String(required=True, metadata={"description": "the payment's identifier"})
    order_id = fields.String(required=True)
    draw_id = fields.String(required=True)
    seat = fields.String(required=True)
    vacancy = fields.Integer(required=True)
    state = fields.Enum(PayoutState, by_value=fields.String, required=True)
    minutes = fields.Integer(required=True)
    forfeited = fields.String(required=True, allow_none=True)
    amount = fields.Integer(required=True, metadata={"description": "分, expenses included"})
    expenses = fields.Integer(required=True, metadata={"description": "分"})
    alone = fields.Integer(required=True, metadata={"description": "分: tax as if the month had no other payment"})
    agree_until = fields.AwareDateTime(required=True, format="iso")
    agreed = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    answer = fields.String(required=True, allow_none=True)
    month = fields.String(required=True, allow_none=True)
    gross = fields.Integer(required=True, allow_none=True, metadata={"description": "分; null until names are open"})
    tax = fields.Integer(required=True, allow_none=True, metadata={"description": "分; null until names are open"})
    attempt = fields.Integer(required=True)
    changed = fields.AwareDateTime(required=True, format="iso")


class FeeLineSchema(Schema):
    what = fields.String(required=True)
    amount = fields.Integer(required=True, metadata={"description": "分; a reduction is below 0"})


class SeatPayoutWithLines(SeatPayoutSchema):
    lines = fields.List(fields.Nested(FeeLineSchema), required=True)


class PaymentApprovalSchema(Schema):
    actor_id = fields.String(required=True)
    revision = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, format="iso")


class PaymentPostingSchema(Schema):
    payout_id = fields.String(required=True)
    movement = fields.Enum(Movement, by_value=fields.String, required=True)
    debit = fields.Enum(Account, by_value=fields.String, required=True)
    credit = fields.Enum(Account, by_value=fields.String, required=True)
    amount = fields.Integer(required=True, metadata={"description": "分"})
    at = fields.AwareDateTime(required=True, format="iso")


class PaymentOrderWithSeats(PaymentOrderSchema):
    payouts = fields.List(fields.Nested(SeatPayoutWithLines), required=True)
    approvals = fields.List(fields.Nested(PaymentApprovalSchema), required=True)
    postings = fields.List(fields.Nested(PaymentPostingSchema), required=True)


class PaymentNoteBody(Schema):
    note = fields.String(required=True, validate=REASON, metadata={"description": "on what ground"})


class PaymentOutcomeBody(PaymentNoteBody):
    paid = fields.Boolean(required=True, metadata={"description": "whether the bank says that it arrived"})


class PaymentDifferenceSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    payout_id = fields.String(required=True, allow_none=True)
    kind = fields.Enum(DifferenceKind, by_value=fields.String, required=True)
    statement_id = fields.String(required=True, allow_none=True)
    line = fields.Integer(required=True, allow_none=True, metadata={"description": "of the statement"})
    found = fields.AwareDateTime(required=True)
    settled = fields.AwareDateTime(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)


class PaymentDifferenceList(Schema):
    items = fields.List(fields.Nested(PaymentDifferenceSchema), required=True)


class ProviderReport(Schema):
    event = fields.String(required=True, validate=NAME, metadata={"description": "the provider's id of the report"})
    payment = fields.String(required=True, validate=NAME, metadata={"description": "the id of the payment"})
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    amount = Whole(required=True, validate=Range(1, 10**12), metadata={"description": "分"})
    at = Whole(
        required=True, validate=Range(0, LAST_SECOND), metadata={"description": "when it happened, POSIX seconds"}
    )
    reference = fields.String(required=True, validate=NAME, metadata={"description": "the bank's number"})
    reason = fields.Enum(Reason, by_value=True, load_default=None, allow_none=True)


class TakenProviderReport(Schema):
    taken = fields.Boolean(required=True)
