"""What the door reads and writes as JSON: envelopes, bodies of messages, senders and their keys."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from expertpool.identity.models import SenderKey, SenderKind
from expertpool.identity.schemas import CENTRE_ID, CODE
from expertpool.projects.schemas import (
    CODE_TEXT,
    DIGEST,
    REASON,
    REFERENCE,
    TITLE,
    Base64,
    Hex,
    Moment,
    ProjectBody,
    SessionBody,
    identifier,
)
from expertpool.web.fields import Whole
from expertpool.web.validation import Matches

MOST_SEQUENCE = 2**53 - 1
MOST_SECONDS = 253_402_300_799  # the end of the year 9999
MOST_CHARACTERS = 65_536
OBJECT = Matches(
    r"\{[^\x00-\x1f]*\}", zh="应为规范形式的 JSON 对象文本。", en="This must be the text of a canonical JSON object."
)
KIND = Matches(
    r"[a-z]+(-[a-z]+)*\.[a-z]+", zh="应为消息种类，例如 project.upsert。", en="This must be a kind, as project.upsert."
)


class MessageSchema(Schema):
    """What is signed."""

    centre = fields.String(required=True, validate=[Length(1, 40), CODE])
    kind = fields.String(required=True, validate=[Length(1, 40), KIND])
    sequence = Whole(required=True, validate=Range(1, MOST_SEQUENCE))
    time = Whole(required=True, validate=Range(0, MOST_SECONDS))
    body = fields.Dict(keys=fields.String(), required=True)


class EnvelopeSchema(Schema):
    """A signed text, and the ciphertext that it names."""

    key = fields.String(required=True, validate=identifier("sky"))
    message = fields.String(required=True, validate=[Length(2, MOST_CHARACTERS), OBJECT])
    signature = Hex(64, required=True)
    sealed = Base64(load_default=None)


class UpsertBody(ProjectBody):
    initiator = fields.String(load_default=None, validate=[Length(1, 40), CODE])


class ScheduleBody(SessionBody):
    project = fields.String(required=True, validate=CODE_TEXT)
    reason = fields.String(load_default=None, validate=REASON)


class ResultBody(Schema):
    project = fields.String(required=True, validate=CODE_TEXT)
    session = fields.String(required=True, validate=[Length(1, 40), REFERENCE])
    vault_key = fields.String(required=True, validate=DIGEST)
    sha256 = fields.String(required=True, validate=DIGEST)


class BidderListBody(ResultBody):
    reason = fields.String(load_default=None, validate=REASON)


class ReportBody(Schema):
    project = fields.String(required=True, validate=CODE_TEXT)
    session = fields.String(required=True, validate=[Length(1, 40), REFERENCE])
    at = Moment(required=True)
    document = fields.String(required=True, validate=DIGEST)


class AwardBody(Schema):
    project = fields.String(required=True, validate=CODE_TEXT)
    lot = fields.String(required=True, validate=CODE_TEXT)
    at = Moment(required=True)
    document = fields.String(required=True, validate=DIGEST)


class AcceptedSchema(Schema):
    """The answer to a message; the same message again gets it again."""

    sender = fields.String(required=True, attribute="sender_id")
    sequence = fields.Integer(required=True)
    kind = fields.String(required=True)
    project_id = fields.String(required=True)
    session_id = fields.String(required=True, allow_none=True)
    received = fields.AwareDateTime(required=True, format="iso")


class NewSender(Schema):
    centre_id = fields.String(required=True, validate=CENTRE_ID)
    kind = fields.Enum(SenderKind, by_value=fields.String, required=True)
    code = fields.String(required=True, validate=[Length(1, 40), CODE])
    name = fields.String(required=True, validate=TITLE)


class NewSenderKey(Schema):
    public = Hex(32, required=True, metadata={"description": "an Ed25519 public key"})
    not_before = Moment(required=True)
    not_after = Moment(required=True, metadata={"description": "the first moment after"})
    proof = Hex(64, required=True, metadata={"description": "signature by the key over this registration"})


class SenderKeySchema(Schema):
    id = fields.String(required=True)
    sender_id = fields.String(required=True)
    public = fields.Method("public_hex", required=True, metadata={"type": "string", "description": "hex"})
    not_before = fields.AwareDateTime(required=True, format="iso")
    not_after = fields.AwareDateTime(required=True, format="iso")
    approved = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    revoked = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    revoked_reason = fields.String(required=True, allow_none=True)

    def public_hex(self, key: SenderKey) -> str:
        return key.public.hex()


class SenderSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    kind = fields.Enum(SenderKind, by_value=fields.String, required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    keys = fields.List(fields.Nested(SenderKeySchema), required=True)


class SenderList(Schema):
    items = fields.List(fields.Nested(SenderSchema), required=True)
