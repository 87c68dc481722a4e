"""What identity reads and writes as JSON."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from expertpool.identity.models import CentreKind, TrailKind, Way
from expertpool.identity.roles import Role
from expertpool.identity.scoped_tokens import LONGEST
from expertpool.web.fields import Day, Whole
from expertpool.web.validation import Matches

CODE = Matches(
    r"[a-z0-9]+(-[a-z0-9]+)*",
    zh="代码只能用小写字母、数字和连字符。",
    en="A code has small letters, digits and single hyphens between them.",
)
# Neither control characters nor those that break the line or turn its direction. Written out, because readers of the
# API's description take \s in different ways.
_NEVER = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_NOT_AT_THE_ENDS = rf"{_NEVER}\x20\xa0\u3000"
LINE = Matches(
    rf"[^{_NOT_AT_THE_ENDS}]([^{_NEVER}]*[^{_NOT_AT_THE_ENDS}])?",
    zh="应为一行文字，首尾不能有空格。",
    en="This must be one line of text without spaces around it.",
)
CENTRE_ID = Matches(
    r"ctr_[0-9a-z]{26}", zh="应为中心的编号，以 ctr_ 开头。", en="This must be a centre's identifier, ctr_..."
)

ACTOR_ID = Matches(
    r"act_[0-9a-z]{26}", zh="应为账号的编号，以 act_ 开头。", en="This must be an account's identifier, act_..."
)
SCOPE = Matches(
    r"(read|[a-z]+(-[a-z]+)*\.([a-z]+(-[a-z]+)*|\*))",
    zh="应为 read、某组操作（如 draw.*）或某项操作（如 draw.see）。",
    en="This must be read, a group of verbs such as draw.*, or a verb such as draw.see.",
)


class NewCentre(Schema):
    code = fields.String(required=True, validate=[Length(1, 40), CODE])
    name_zh = fields.String(required=True, validate=[Length(1, 120), LINE])
    name_en = fields.String(required=True, validate=[Length(1, 120), LINE])
    kind = fields.Enum(CentreKind, by_value=fields.String, required=True)
    parent_id = fields.String(required=True, validate=CENTRE_ID)


class CentreSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    kind = fields.Enum(CentreKind, by_value=fields.String, required=True)
    parent_id = fields.String(required=True, allow_none=True)


class CentreList(Schema):
    items = fields.List(fields.Nested(CentreSchema), required=True)


class NewActor(Schema):
    code = fields.String(required=True, validate=[Length(1, 40), CODE])
    role = fields.Enum(Role, by_value=fields.String, required=True)
    centre_id = fields.String(required=True, validate=CENTRE_ID)


class ActorSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    role = fields.Enum(Role, by_value=fields.String, required=True)
    centre_id = fields.String(required=True)
    active = fields.Boolean(required=True)
    created = fields.AwareDateTime(required=True, format="iso")


class ActorPage(Schema):
    """Where a page of accounts begins and how long it is."""

    after = fields.String(load_default=None, validate=CODE, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class ActorList(Schema):
    items = fields.List(fields.Nested(ActorSchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )


class Retirement(Schema):
    reason = fields.String(required=True, validate=[Length(1, 500), LINE])


class TokenSchema(Schema):
    actor_id = fields.String(required=True)
    token = fields.String(required=True, metadata={"description": "shown this once; only its hash is kept"})


class NewScopedToken(Schema):
    name = fields.String(required=True, validate=[Length(1, 60), LINE])
    scopes = fields.List(
        fields.String(validate=[Length(1, 60), SCOPE]),
        required=True,
        validate=Length(1, 20),
        metadata={"description": "`read`, groups of verbs such as `draw.*`, or verbs such as `draw.see`"},
    )
    days = Whole(required=True, validate=Range(1, LONGEST.days), metadata={"description": "until it expires"})


class ScopedTokenSchema(Schema):
    id = fields.String(required=True)
    actor_id = fields.String(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created = fields.AwareDateTime(required=True, format="iso")
    expires = fields.AwareDateTime(required=True, format="iso")
    last_used = fields.Date(
        required=True, allow_none=True, metadata={"description": "the day in Beijing; null before the first use"}
    )


class NewlyScopedTokenSchema(ScopedTokenSchema):
    token = fields.String(required=True, metadata={"description": "shown this once; only its hash is kept"})


class ScopedTokenPage(Schema):
    actor_id = fields.String(
        load_default=None, validate=ACTOR_ID, metadata={"description": "whose; by default one's own"}
    )


class ScopedTokenList(Schema):
    items = fields.List(fields.Nested(ScopedTokenSchema), required=True)


class InvitationSchema(Schema):
    actor_id = fields.String(required=True)
    invitation = fields.String(required=True, metadata={"description": "shown this once; good for 72 hours, and once"})


class TrailPage(Schema):
    """Which day's lines (Beijing time), where the page begins and how long it is."""

    day = Day(required=True)
    after = fields.String(
        load_default=None, validate=[Length(1, 40), LINE], metadata={"description": "`next` of the page before"}
    )
    limit = fields.Integer(load_default=100, validate=Range(1, 500))


class TrailLine(Schema):
    id = fields.String(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    kind = fields.Enum(TrailKind, by_value=fields.String, required=True)
    centre_id = fields.String(required=True)
    account = fields.String(required=True, allow_none=True, metadata={"description": "null for an account of nobody"})
    source = fields.String(required=True, metadata={"description": "keyed hash of the network that it came from"})
    cause = fields.String(required=True, allow_none=True, metadata={"description": "why it was refused"})
    way = fields.Enum(
        Way,
        by_value=fields.String,
        required=True,
        allow_none=True,
        metadata={"description": "how somebody signed in, or tried to; null where that does not apply"},
    )


class TrailList(Schema):
    items = fields.List(fields.Nested(TrailLine), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )


class TrailDayPage(Schema):
    after = Day(load_default=None, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=31, validate=Range(1, 400))


class TrailDaySchema(Schema):
    day = fields.Date(required=True)
    count = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "Merkle root over the lines, in hex"})
    whole = fields.Boolean(required=True, metadata={"description": "whether the lines are still those of the root"})


class TrailDayList(Schema):
    items = fields.List(fields.Nested(TrailDaySchema), required=True)
    next = fields.Date(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )
