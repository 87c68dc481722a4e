"""What webhooks read and write as JSON."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from expertpool.web.validation import Matches
from expertpool.webhooks.selection import KINDS

HTTPS = Matches(
    r"https://[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    zh="应为 https 网址，不含用户名和 # 部分。",
    en="This must be an https address without a user and without a # part.",
)


class NewWebhook(Schema):
    url = fields.String(required=True, validate=[Length(9, 500), HTTPS])
    kinds = fields.List(fields.String(validate=OneOf(sorted(KINDS))), required=True, validate=Length(1, len(KINDS)))


class WebhookSchema(Schema):
    id = fields.String(required=True)
    url = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    created = fields.AwareDateTime(required=True, format="iso")
    stopped = fields.AwareDateTime(
        required=True, allow_none=True, format="iso", metadata={"description": "since when nothing is sent any more"}
    )
    delivered = fields.AwareDateTime(
        required=True, allow_none=True, format="iso", metadata={"description": "when the last message was taken"}
    )
    failing_since = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    failure = fields.String(
        required=True, allow_none=True, metadata={"description": "why the last attempt failed: a word, or `status-N`"}
    )


class WebhookWithSecretSchema(WebhookSchema):
    secret = fields.String(required=True, metadata={"description": "`whsec_...`, shown this once"})


class WebhookList(Schema):
    items = fields.List(fields.Nested(WebhookSchema), required=True)
