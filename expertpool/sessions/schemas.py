"""What the day reads and writes as JSON. Everything is by seat code."""

from typing import Any, Final

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Length, OneOf, Range

from expertpool.projects.schemas import DIGEST, REASON, Moment, identifier
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import EntryState
from expertpool.sessions.papers import ON_PAPER, Line
from expertpool.sessions.steps import StepKind
from expertpool.web.fields import Flag, Whole
from expertpool.web.validation import Matches
from policies.fee_clock import Stop

NUMBER: Final = Range(1, 2**31 - 1)
SITE: Final = Range(0, 20)
MOST_LINES: Final = 200
SEAT: Final = Matches(
    r"[0-9A-Z]{1,8}", zh="席位号由大写字母和数字组成。", en="A seat code is of capital letters and digits."
)


class DayActBody(Schema):
    """What every act may say: the revision of the day that its sender saw, so that nothing is done blindly."""

    revision = Whole(load_default=None, allow_none=True, validate=Range(0, 2**31 - 1))


class DayBreakBody(DayActBody):
    meal = Flag(load_default=False)


class DayQuestionBody(DayActBody):
    text = fields.String(
        required=True, validate=REASON, metadata={"description": "the question as it went out; kept sealed"}
    )


class DayAnswerBody(DayActBody):
    question = Whole(required=True, validate=NUMBER, metadata={"description": "the number of the question's step"})


class DayReasonBody(DayActBody):
    reason = fields.String(required=True, validate=REASON)


class SiteLineBody(DayActBody):
    site = Whole(required=True, validate=SITE, metadata={"description": "0 is the main site"})


class SiteLineLossBody(SiteLineBody):
    reason = fields.String(load_default=None, allow_none=True, validate=REASON)


class MemberReplacementBody(Schema):
    draw = fields.String(required=True, validate=identifier("drw"))
    seat = fields.String(required=True, validate=SEAT)
    vacancy = Whole(
        required=True, validate=Range(0, 1000), metadata={"description": "in which vacancy they took it; 0: at first"}
    )
    cause = fields.String(required=True, validate=OneOf(["desertion", "health", "absent"]))
    reason = fields.String(required=True, validate=REASON)


class MemberReplacedSchema(Schema):
    seat = fields.String(required=True, metadata={"description": "vacant now, and drawn anew"})


class SignatureRefusalBody(DayReasonBody):
    seat = fields.String(required=True, validate=SEAT)


class StepCorrectionBody(Schema):
    number = Whole(required=True, validate=NUMBER, metadata={"description": "the step whose time this is"})
    at = Moment(required=True)


class TimelineConfirmationBody(Schema):
    """The confirmation of what was read: its sender shows the tag of it."""

    corrections = fields.List(fields.Nested(StepCorrectionBody), load_default=list, validate=Length(max=MOST_LINES))
    reason = fields.String(
        load_default=None, allow_none=True, validate=REASON, metadata={"description": "needed with corrections"}
    )

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**given, "corrections": {each["number"]: each["at"] for each in given["corrections"]}}


class PaperLineBody(Schema):
    """A line of a paper sheet: a step with what it needs, or the true time of the step that it corrects."""

    at = Moment(required=True)
    kind = fields.Enum(StepKind, by_value=fields.String, load_default=None, allow_none=True)
    seat = fields.String(load_default=None, allow_none=True, validate=SEAT)
    site = Whole(load_default=None, allow_none=True, validate=SITE)
    votes_for = fields.String(load_default=None, allow_none=True, validate=SEAT)
    meal = Flag(load_default=False)
    corrects = Whole(load_default=None, allow_none=True, validate=NUMBER)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Line:
        return Line(**given)


class PaperSheetBody(DayReasonBody):
    lines = fields.List(
        fields.Nested(PaperLineBody),
        required=True,
        validate=Length(1, MOST_LINES),
        metadata={"description": "of " + ", ".join(sorted(ON_PAPER))},
    )
    document = fields.String(
        required=True, validate=DIGEST, metadata={"description": "SHA-256 of the scanned sheet, in hex"}
    )
    site = Whole(load_default=0, validate=SITE, metadata={"description": "where it was kept"})


class SeenDocumentBody(Schema):
    document = fields.String(
        required=True, validate=DIGEST, metadata={"description": "SHA-256 of the paper that one sees, in hex"}
    )


class EntryRefusalBody(Schema):
    reason = fields.String(required=True, validate=REASON)


class OutcomeEntryBody(SeenDocumentBody):
    kind = fields.Enum(MilestoneKind, by_value=fields.String, required=True)
    subject = fields.String(
        required=True,
        validate=Matches(r"(ses|lot)_[0-9a-z]{26}", zh="应为场次或标段编号。", en="A session's or lot's identifier."),
        metadata={"description": "the session of a report, the lot of an award or notice"},
    )
    at = Moment(required=True)


class TimelineMomentSchema(Schema):
    kind = fields.Enum(StepKind, by_value=fields.String, required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    number = fields.Integer(
        required=True, allow_none=True, metadata={"description": "the step that recorded it; null by the plan"}
    )


class DayMemberSchema(Schema):
    draw = fields.String(required=True)
    seat = fields.String(required=True)
    vacancy = fields.Integer(required=True)
    site = fields.Integer(required=True)
    place = fields.Integer(required=True)
    chair = fields.Boolean(required=True)
    signed_in = fields.AwareDateTime(required=True, format="iso")
    declared = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    signed = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    refused = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    owes = fields.Boolean(
        required=True, metadata={"description": "has to do a replaced member's work again, and has not yet"}
    )
    left = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class DayPauseSchema(Schema):
    why = fields.Enum(Stop, by_value=fields.String, required=True)
    begun = fields.AwareDateTime(required=True, format="iso")
    ended = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class DayQuestionSchema(Schema):
    number = fields.Integer(required=True)
    sent = fields.AwareDateTime(required=True, format="iso")
    answered = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class DaySchema(Schema):
    session_id = fields.String(required=True)
    state = fields.Enum(DayState, by_value=fields.String, required=True)
    revision = fields.Integer(required=True)
    opened = fields.AwareDateTime(required=True, format="iso")
    planned = fields.List(fields.Nested(TimelineMomentSchema), required=True)
    proposed = fields.List(fields.Nested(TimelineMomentSchema), required=True)
    confirmed = fields.List(fields.Nested(TimelineMomentSchema), required=True, allow_none=True)
    members = fields.List(fields.Nested(DayMemberSchema), required=True)
    pauses = fields.List(fields.Nested(DayPauseSchema), required=True)
    questions = fields.List(fields.Nested(DayQuestionSchema), required=True)
    extensions = fields.List(fields.AwareDateTime(format="iso"), required=True)
    lines_down = fields.List(fields.Integer(), required=True)


class DayStepSchema(Schema):
    session_id = fields.String(required=True)
    number = fields.Integer(required=True)
    kind = fields.Enum(StepKind, by_value=fields.String, required=True)
    site = fields.Integer(required=True, allow_none=True)
    seat = fields.String(required=True, allow_none=True, metadata={"description": "null where a ballot is secret"})
    at = fields.AwareDateTime(required=True, format="iso")
    noted = fields.AwareDateTime(required=True, format="iso")
    late = fields.Boolean(required=True)
    corrects = fields.Integer(required=True, allow_none=True)


class DayStepList(Schema):
    items = fields.List(fields.Nested(DayStepSchema), required=True)


class PaperSheetSchema(Schema):
    id = fields.String(required=True)
    session_id = fields.String(required=True)
    state = fields.Enum(EntryState, by_value=fields.String, required=True)
    document = fields.String(required=True)
    reason = fields.String(required=True)
    entered_by = fields.String(required=True)
    entered = fields.AwareDateTime(required=True, format="iso")
    second = fields.String(required=True, allow_none=True)
    decided = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class PaperLineSchema(Schema):
    at = fields.String(required=True)
    kind = fields.String(required=True, allow_none=True)
    seat = fields.String(required=True, allow_none=True)
    site = fields.Integer(required=True, allow_none=True)
    votes_for = fields.String(required=True, allow_none=True)
    meal = fields.Boolean(required=True)
    corrects = fields.Integer(required=True, allow_none=True)


class PaperSheetWithLines(PaperSheetSchema):
    lines = fields.List(fields.Nested(PaperLineSchema), required=True)


class PaperSheetList(Schema):
    items = fields.List(fields.Nested(PaperSheetWithLines), required=True)


class OutcomeEntrySchema(Schema):
    id = fields.String(required=True)
    project_id = fields.String(required=True)
    kind = fields.Enum(MilestoneKind, by_value=fields.String, required=True)
    subject = fields.String(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    document = fields.String(required=True)
    state = fields.Enum(EntryState, by_value=fields.String, required=True)
    entered_by = fields.String(required=True)
    entered = fields.AwareDateTime(required=True, format="iso")
    second = fields.String(required=True, allow_none=True)
    decided = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    reason = fields.String(required=True, allow_none=True)


class OutcomeEntryList(Schema):
    items = fields.List(fields.Nested(OutcomeEntrySchema), required=True)
