"""What key holders, their agents and their centre write to each other as JSON."""

from base64 import b64encode
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from expertpool.identity.schemas import CENTRE_ID
from expertpool.projects.schemas import TITLE, Base64, Hex
from expertpool.sealing.mailbox import MOST_TASKS
from expertpool.sealing.recipients import AUDIENCES
from expertpool.web.fields import Flag
from expertpool.web.validation import Matches

MOST_REGISTRATION = 8192
MOST_NOTE = 32768
MOST_STATEMENT = 4096

OBJECT = Matches(
    r"\{[^\x00-\x1f\x7f-\x9f]*\}",
    zh="应为规范 JSON 对象的文本。",
    en="This must be the text of a canonical JSON object.",
)
NOTE = Matches(
    r"[^\x00-\x09\x0b-\x1f\x7f]+",
    zh="应为签名便笺的文本，除换行外不含控制字符。",
    en="This must be the text of a signed note, without control characters but newlines.",
)
SIGNATURE = Matches(
    r"[A-Za-z0-9+/]{86}==", zh="应为 Base64 的 Ed25519 签名。", en="This must be an Ed25519 signature in base64."
)


TASK = Matches(r"tsk_[0-9a-z]{1,32}", zh="应为任务编号。", en="This must be the identifier of a task.")


class HexOut(fields.String):
    """Writes bytes as lower-case hex."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value.hex(), attr, obj, **kwargs)


class Base64Out(fields.String):
    """Writes bytes as base64."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(b64encode(value).decode(), attr, obj, **kwargs)


class NewHolder(Schema):
    centre_id = fields.String(required=True, validate=CENTRE_ID)
    name = fields.String(required=True, validate=TITLE, metadata={"description": "the institution's name"})
    outside = Flag(required=True, metadata={"description": "whether it stands outside the centre"})
    registration = Base64(required=True, validate=Length(1, MOST_REGISTRATION))  # the registration file


class HolderSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    organisation = fields.String(required=True, metadata={"description": "unified social credit code (GB 32100)"})
    name = fields.String(required=True)
    outside = fields.Boolean(required=True)
    vrf = HexOut(required=True)
    share = HexOut(required=True)
    transport = HexOut(required=True)
    cosign = fields.String(required=True, metadata={"description": "a verifier key, for the witness policy"})
    succeeds = fields.String(
        required=True, allow_none=True, metadata={"description": "the holder's former keys, whose successors these are"}
    )
    registered = fields.AwareDateTime(required=True, format="iso")
    share_proved = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    approved = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    retired = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    retired_reason = fields.String(required=True, allow_none=True)


class HolderList(Schema):
    items = fields.List(fields.Nested(HolderSchema), required=True)


class NewVaultKey(Schema):
    public = Hex(32, required=True, metadata={"description": "an X25519 public key"})


class VaultKeySchema(Schema):
    public = HexOut(required=True)
    registered = fields.AwareDateTime(required=True, format="iso")


class NewSupervisorKey(Schema):
    public = Hex(32, required=True, metadata={"description": "an Ed25519 public key"})
    proof = Hex(64, required=True, metadata={"description": "signature by the key over this registration"})


class SupervisorKeySchema(Schema):
    id = fields.String(required=True)
    actor_id = fields.String(required=True)
    centre_id = fields.String(required=True)
    public = HexOut(required=True)
    registered = fields.AwareDateTime(required=True, format="iso")
    approved = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    revoked = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    revoked_reason = fields.String(required=True, allow_none=True)


class SupervisorKeyList(Schema):
    items = fields.List(fields.Nested(SupervisorKeySchema), required=True)


class NewRecipient(Schema):
    centre_id = fields.String(required=True, validate=CENTRE_ID)
    audience = fields.String(required=True, validate=OneOf(AUDIENCES))
    name = fields.String(required=True, validate=TITLE, metadata={"description": "whose desk it is"})
    public = Hex(32, required=True, metadata={"description": "an X25519 public key"})


class RecipientSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    audience = fields.String(required=True, validate=OneOf(AUDIENCES))
    name = fields.String(required=True)
    public = HexOut(required=True)
    registered = fields.AwareDateTime(required=True, format="iso")
    approved = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    retired = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    retired_reason = fields.String(required=True, allow_none=True)


class RecipientList(Schema):
    items = fields.List(fields.Nested(RecipientSchema), required=True)


class TaskSchema(Schema):
    id = fields.String(required=True)
    sealed = Base64Out(required=True, metadata={"description": "HPKE to the share key"})


class TaskList(Schema):
    tasks = fields.List(fields.Nested(TaskSchema), required=True)


class AnswerSchema(Schema):
    task = fields.String(required=True, validate=TASK)
    sealed = Base64(required=True)


class Answers(Schema):
    answers = fields.List(fields.Nested(AnswerSchema), required=True, validate=Length(1, MOST_TASKS))


class CosignedSchema(Schema):
    checkpoint = fields.String(
        required=True,
        validate=[Length(1, MOST_NOTE), NOTE],
        metadata={"description": "the note with the agent's cosignature"},
    )


class OpeningSchema(Schema):
    statement = fields.String(
        required=True,
        validate=[Length(2, MOST_STATEMENT), OBJECT],
        metadata={"description": "canonical JSON; docs/spec/committee-file.md"},
    )
    signature = fields.String(required=True, validate=SIGNATURE)


class TakenSchema(Schema):
    taken = fields.Boolean(required=True)


class CheckpointsSchema(Schema):
    cosigned = fields.String(
        required=True, allow_none=True, metadata={"description": "the last one that a quorum cosigned, lately"}
    )
    next = fields.String(required=True, allow_none=True, metadata={"description": "the one to cosign next"})
    newest = fields.String(required=True, allow_none=True)
