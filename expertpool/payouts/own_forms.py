"""What experts send about their own fees: the payout, a word, and amounts in yuan."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from expertpool.payouts import verbs
from expertpool.projects.schemas import REASON, identifier
from expertpool.web.validation import Complaint
from policies.money import Money, MoneyInvalid

NO_AMOUNT = Complaint(
    "form",
    "请填写金额（元），最多两位小数，例如 1200.00。",
    "Give an amount in yuan with at most two decimals, such as 1200.00.",
)


class Yuan(fields.Field[int]):
    """An amount as somebody types it, in yuan; loads 分. Left blank it is nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:  # noqa: ARG002
        try:
            amount = Money.parse(str(value)).fen if str(value).strip() else 0
        except MoneyInvalid:
            raise ValidationError([NO_AMOUNT]) from None
        if amount not in verbs.MONEY:
            raise ValidationError([NO_AMOUNT])
        return amount


class OwnPayoutBody(Schema):
    payout = fields.String(required=True, validate=identifier("pay"))


class AgreementBody(OwnPayoutBody):
    """To agree, with what the same payer paid elsewhere in the month."""

    elsewhere = Yuan(load_default=0)
    withheld = Yuan(load_default=0)


class ObjectionBody(OwnPayoutBody):
    reason = fields.String(required=True, validate=REASON)
