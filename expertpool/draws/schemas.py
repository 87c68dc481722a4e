"""What draws read and write as JSON. Nothing that is written names a person or counts anyone."""

from typing import Any

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Length, OneOf, Range

from expertpool.draws.applying import Application
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import ReleaseState, SeatState, Way
from expertpool.experts.eligibility_queries import Abundance
from expertpool.identity.schemas import LINE
from expertpool.projects.schemas import CREDIT_TEXT, DIGEST, REASON, REFERENCE, Moment
from expertpool.protocol.request import Contact, Representative, SeatLine
from expertpool.protocol.table import MOST_LINES
from expertpool.sealing.schemas import SIGNATURE
from expertpool.web.fields import Day, Flag, Whole
from expertpool.web.validation import Matches

MOST_SEATS = 99
PHONE = Matches(
    r"[0-9+][0-9 \-]{5,23}",
    zh="电话号码只能用数字、空格和连字符，可以 + 开头。",
    en="A telephone number has digits, spaces and hyphens, and may begin with +.",
)


class LineBody(Schema):
    """Seats for one specialty at one site."""

    codes = fields.List(
        fields.String(validate=[Length(1, 20), REFERENCE]),
        required=True,
        validate=Length(1, 20),
        metadata={"description": "specialty codes, any of which qualifies"},
    )
    seats = Whole(required=True, validate=Range(1, MOST_SEATS))
    site = Whole(load_default=0, validate=Range(0, 20), metadata={"description": "0 is the main site"})
    scheme = fields.String(load_default="national", validate=[Length(1, 20), REFERENCE])
    version = fields.String(load_default="2018", validate=[Length(1, 20), REFERENCE])

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> SeatLine:
        return SeatLine(**{**given, "codes": tuple(given["codes"])})


class RepresentativeBody(Schema):
    """An owner's representative by the appointment."""

    appointed_on = Day(required=True)
    in_writing = Flag(required=True)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Representative:
        return Representative(**given)


class ContactBody(Schema):
    """Whom the centre can reach on the initiator's side."""

    name = fields.String(required=True, validate=[Length(1, 60), LINE])
    phone = fields.String(required=True, validate=PHONE)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Contact:
        return Contact(**given)


class ApplicationBody(Schema):
    """An application for a session's draw; loads to ``given``."""

    draw_at = Moment(required=True, metadata={"description": "when to draw; the past means at once"})
    lines = fields.List(fields.Nested(LineBody), required=True, validate=Length(1, MOST_LINES))
    owner_representatives = fields.List(
        fields.Nested(RepresentativeBody), load_default=list, validate=Length(max=MOST_SEATS)
    )
    complex = Flag(load_default=False)
    high_impact = Flag(load_default=False)
    recused = fields.List(
        fields.String(validate=CREDIT_TEXT),
        load_default=list,
        validate=Length(max=500),
        metadata={"description": "credit codes that must be among the project's recused units"},
    )

    contacts = fields.List(fields.Nested(ContactBody), load_default=list, validate=Length(max=10))

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        names = ("lines", "owner_representatives", "recused", "contacts")
        listed: dict[str, Any] = {name: tuple(given.pop(name)) for name in names}
        return {"given": Application(**given, **listed)}


class SignedApproval(Schema):
    key = fields.String(required=True, validate=DIGEST)
    reason = fields.String(required=True, validate=REASON)
    signature = fields.String(required=True, validate=SIGNATURE)


class Approval(Schema):
    reason = fields.String(required=True, validate=REASON)
    signed = fields.Nested(
        SignedApproval,
        load_default=None,
        allow_none=True,
        metadata={"description": "for lots that had an intent before; see the specification of the agents"},
    )


class Page(Schema):
    """Where a page of draws begins and how long it is."""

    after = fields.String(
        load_default=None, validate=[Length(1, 40), LINE], metadata={"description": "`next` of the page before"}
    )
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class SeatSchema(Schema):
    code = fields.String(required=True)
    line = fields.Integer(required=True)
    state = fields.Enum(SeatState, by_value=fields.String, required=True)


class DrawSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    project_id = fields.String(required=True)
    session_id = fields.String(required=True)
    state = fields.Enum(DrawState, by_value=fields.String, required=True)
    due = fields.AwareDateTime(required=True, format="iso")
    submitted = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    reason = fields.String(required=True, allow_none=True)


class DrawWithSeats(DrawSchema):
    seats = fields.List(fields.Nested(SeatSchema), required=True)


class DrawList(Schema):
    items = fields.List(fields.Nested(DrawSchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )


class FeasibilitySchema(Schema):
    lines = fields.List(
        fields.String(validate=OneOf([each.value for each in Abundance])),
        required=True,
        metadata={"description": "for each line: enough, thin or too_few"},
    )


class ReleaseBody(Schema):
    recipient = fields.String(
        required=True,
        validate=[Length(1, 40), LINE],
        metadata={"description": "the registered key to which names are opened"},
    )
    reason = fields.String(required=True, validate=REASON)


class ReleaseSchema(Schema):
    draw_id = fields.String(required=True)
    number = fields.Integer(required=True)
    recipient_id = fields.String(required=True)
    audience = fields.String(required=True)
    way = fields.Enum(Way, by_value=fields.String, required=True)
    state = fields.Enum(ReleaseState, by_value=fields.String, required=True)
    reason = fields.String(required=True)
    requested = fields.AwareDateTime(required=True, format="iso")


class ListedRelease(ReleaseSchema):
    consents = fields.List(
        fields.String(), required=True, metadata={"description": "key holders that consented to breaking the glass"}
    )


class ReleaseList(Schema):
    items = fields.List(fields.Nested(ListedRelease), required=True)


class OrderBody(Schema):
    recipient = fields.String(
        required=True,
        validate=[Length(1, 40), LINE],
        metadata={"description": "the supervisor's registered recipient key"},
    )
    seats = fields.List(fields.String(validate=[Length(1, 8), LINE]), required=True, validate=Length(1, 100))
    signed = fields.Nested(SignedApproval, required=True, metadata={"description": "docs/spec/agents.md, section 6"})


class PackageSchema(Schema):
    package = fields.String(
        required=True, metadata={"description": "canonical JSON; docs/spec/agents.md, section 6, has its members"}
    )
