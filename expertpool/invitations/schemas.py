"""What gateways write to their centre as JSON: docs/spec/gateway.md, section 4."""

from typing import Final

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range

from expertpool.invitations.gateway import Outcome
from expertpool.web.fields import Whole
from expertpool.web.validation import Matches

NAME: Final = Matches(
    r"[A-Za-z0-9._:-]{1,64}",
    zh="应为 1 至 64 个字母、数字或 . _ : -。",
    en="It has 1 to 64 letters, digits, or . _ : -.",
)
CODE: Final = Matches(r"[A-Za-z0-9]{1,32}", zh="应为 1 至 32 个字母或数字。", en="It has 1 to 32 letters or digits.")
LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class ReportSchema(Schema):
    event = fields.String(required=True, validate=NAME, metadata={"description": "the gateway's own id of the report"})
    message = fields.String(required=True, validate=NAME, metadata={"description": "the id of the message"})
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    at = Whole(
        required=True, validate=Range(0, LAST_SECOND), metadata={"description": "when it happened, POSIX seconds"}
    )
    answer = fields.String(
        load_default=None,
        allow_none=True,
        validate=OneOf(["accept", "decline"]),
        metadata={"description": "with `code` for the outcome `answered`, and for no other"},
    )
    code = fields.String(load_default=None, allow_none=True, validate=CODE)


class TakenReportSchema(Schema):
    taken = fields.Boolean(required=True)
