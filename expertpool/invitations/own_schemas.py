"""What experts read and write of their own records as JSON. The vault has masked what names anybody."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from expertpool.identity.schemas import LINE
from expertpool.invitations import verbs
from expertpool.web.fields import Day
from expertpool.web.validation import Matches

SHORTEST = 10
"""Characters of a letter: below that nobody can tell what is meant."""
DRAW = Matches(r"drw_[0-9a-z]{26}", zh="应为抽取的编号，以 drw_ 开头。", en="This must be a draw's identifier, drw_...")
SEAT = Matches(r"[0-9A-Z]{1,8}", zh="应为席位号。", en="This must be a seat's code.")


class DaysBody(Schema):
    start = Day(required=True)
    until = Day(required=True)
    word = fields.String(required=True, validate=OneOf(["away", "back"]))


class CorrectionBody(Schema):
    text = fields.String(required=True, validate=[Length(SHORTEST, verbs.TEXT), LINE])


class WishNotedSchema(Schema):
    noted = fields.Boolean(required=True)


class SeatBody(Schema):
    draw = fields.String(required=True, validate=DRAW)
    seat = fields.String(required=True, validate=SEAT)


class OpenedSeatSchema(Schema):
    """What opens the commitment: see docs/spec/draw.md."""

    entry = fields.Integer(required=True, metadata={"description": "index of the entry that commits to the seat"})
    code = fields.String(required=True, metadata={"description": "one's answer code"})
    salt = fields.String(required=True, metadata={"description": "hex"})
    leaf = fields.String(required=True, metadata={"description": "one's row of the candidates' table, hex"})


class DaysSchema(Schema):
    start = fields.String(required=True)
    until = fields.String(required=True)


class WishSchema(Schema):
    kind = fields.String(required=True)
    start = fields.String(required=True)
    until = fields.String(required=True)
    text = fields.String(required=True)


class LetterSchema(Schema):
    made = fields.String(required=True)
    text = fields.String(required=True)
    answer = fields.String(required=True, allow_none=True)


class RecordSchema(Schema):
    """What one pool has of oneself, masked; null for what is not known, of lists the first few."""

    own_pool = fields.Boolean(required=True, metadata={"description": "false: the record is kept in another pool"})
    status = fields.String(required=True)
    name = fields.String(required=True)
    id_number = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    account = fields.String(required=True, allow_none=True)
    area = fields.String(required=True, allow_none=True)
    renewed_until = fields.String(required=True, allow_none=True)
    claims = fields.List(fields.String(), required=True, allow_none=True)
    employments = fields.List(fields.String(), required=True, allow_none=True)
    directorships = fields.List(fields.String(), required=True, allow_none=True)
    shareholdings = fields.List(fields.String(), required=True, allow_none=True)
    kinships = fields.List(fields.String(), required=True, allow_none=True)
    interests = fields.List(fields.String(), required=True, allow_none=True)
    absences = fields.List(fields.Nested(DaysSchema), required=True)
    corrections = fields.List(fields.Nested(LetterSchema), required=True)
    waiting = fields.List(fields.Nested(WishSchema), required=True, metadata={"description": "done when the day ends"})


class RecordList(Schema):
    records = fields.List(fields.Nested(RecordSchema), required=True)
