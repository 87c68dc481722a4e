"""What experts, the duty desk and the sign-in desks write and read as JSON. Nothing here names anybody."""

from collections.abc import Callable
from typing import Final

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from expertpool.identity.schemas import LINE
from expertpool.invitations import verbs
from expertpool.web.fields import Whole
from expertpool.web.validation import Matches

Checks = list[Callable[[str], object]]

CODE: Final[Checks] = [Length(4, verbs.CODE), LINE]
ID_NUMBER: Final[Checks] = [Length(15, verbs.CODE), LINE]
OTHER_WORDS: Final = ("late", "leave", "check-in")


PHONE: Final[Checks] = [
    Matches(
        r"(1[3-9][0-9]{9}|0[1-9][0-9]{9,10})",
        zh="请填 11 位手机号，或带区号的固定电话，只写数字。",
        en="Give a mobile number of 11 digits, or a landline with its area code, digits only.",
    )
]


class CodeBody(Schema):
    code = fields.String(required=True, validate=CODE, metadata={"description": "the answer code of the invitation"})


class AnswerBody(CodeBody):
    word = fields.String(required=True, validate=OneOf(["accept", "decline", "leave", "check-in"]))


class NoteBody(CodeBody):
    word = fields.String(required=True, validate=OneOf(OTHER_WORDS))
    minutes = Whole(load_default=0, validate=Range(0, verbs.MINUTES[-1]), metadata={"description": "how late"})


class InvitationSchema(Schema):
    """When, where and how it stands. No project, no bidders, no seat, no name."""

    starts = fields.String(required=True, metadata={"description": "assembly, ISO 8601"})
    place = fields.String(required=True)
    expected_minutes = fields.Integer(required=True)
    state = fields.String(required=True)
    answer_until = fields.String(required=True, allow_none=True, metadata={"description": "null once it is answered"})
    may = fields.List(fields.String(), required=True, metadata={"description": "the answers that count now"})


class AnswerTakenSchema(Schema):
    taken = fields.String(
        required=True, metadata={"description": "`now`, or `noted`: it is taken as soon as the vault is back"}
    )


class NotedSchema(Schema):
    noted = fields.Boolean(required=True)


class ArrivalBody(Schema):
    site = Whole(required=True, validate=Range(0, verbs.SITES[-1]), metadata={"description": "0 is the main site"})
    id_number = fields.String(required=True, validate=ID_NUMBER)
    code = fields.String(required=True, validate=CODE, metadata={"description": "the arrival code"})


class ArrivalSchema(Schema):
    seat = fields.String(required=True)
    place = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "the place in the room, drawn by lot"})
    short_code = fields.String(required=True, metadata={"description": "six digits for the room's terminal"})


class PhoneBody(Schema):
    phone = fields.String(required=True, validate=PHONE)


class SignInBody(PhoneBody):
    code = fields.String(required=True, validate=CODE, metadata={"description": "the one-time code"})


class AskedSchema(Schema):
    minutes = fields.Integer(required=True, metadata={"description": "how long the code can be used, if one was sent"})


class SignInSchema(Schema):
    token = fields.String(required=True, metadata={"description": "for `Authorization: Bearer`; shown this once"})
    hours = fields.Integer(required=True)


class SignedOutSchema(Schema):
    signed_out = fields.Boolean(required=True)


class AssignmentSchema(Schema):
    starts = fields.String(required=True)
    place = fields.String(required=True)
    project = fields.String(required=True)
    title = fields.String(required=True)
    seat = fields.String(required=True)
    draw = fields.String(required=True)


class MineSchema(Schema):
    invitations = fields.List(fields.Nested(InvitationSchema), required=True)
    assignments = fields.List(fields.Nested(AssignmentSchema), required=True)
