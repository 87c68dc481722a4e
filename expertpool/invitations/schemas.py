"""What gateways write to their centre as JSON: docs/spec/gateway.md, section 4."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import OneOf, Range

from expertpool.invitations.gateway import Outcome
from expertpool.web.fields import Whole
from expertpool.web.validation import Complaint, Matches

NAME: Final = Matches(
    r"[A-Za-z0-9._:-]{1,64}",
    zh="应为 1 至 64 个字母、数字或 . _ : -。",
    en="It has 1 to 64 letters, digits, or . _ : -.",
)
CODE: Final = Matches(r"[A-Za-z0-9]{1,32}", zh="应为 1 至 32 个字母或数字。", en="It has 1 to 32 letters or digits.")
LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z

_BELONGS: Final = Complaint(
    "answer",
    "outcome 为 answered 时 answer 和 code 都要填写，为其他值时都不填。",
    "`answer` and `code` both go with the outcome `answered`, and with no other.",
)


class ReportSchema(Schema):
    event = fields.String(required=True, validate=NAME, metadata={"description": "the gateway's own id of the report"})
    message = fields.String(required=True, validate=NAME, metadata={"description": "the id of the message"})
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    at = Whole(
        required=True, validate=Range(0, LAST_SECOND), metadata={"description": "when it happened, POSIX seconds"}
    )
    answer = fields.String(load_default=None, allow_none=True, validate=OneOf(["accept", "decline"]))
    code = fields.String(load_default=None, allow_none=True, validate=CODE)

    @validates_schema
    def _answer_belongs(self, data: Mapping[str, Any], **_: Any) -> None:
        answered = data["outcome"] is Outcome.ANSWERED
        if (data["answer"] is not None) != answered or (data["code"] is not None) != answered:
            raise ValidationError([_BELONGS], "answer")


class TakenReportSchema(Schema):
    taken = fields.Boolean(required=True)
