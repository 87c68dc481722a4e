"""What assessments read and write as JSON. Experts are seat codes; before the reveal no score of a party is shown."""

from typing import Any, Final

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Length, Range

from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.service import Given
from expertpool.assessments.sheets import Taken
from expertpool.identity.schemas import LINE
from expertpool.projects.schemas import DIGEST
from expertpool.web.fields import Whole
from expertpool.web.validation import Matches
from policies.conduct_items import Evidence, Party, SubjectKind

MOST_DEDUCTIONS: Final = 200
GROUNDS: Final = [Length(1, 300), LINE]
NUMBER: Final = Range(1, 2**31 - 1)
ITEM: Final = Matches(
    r"[a-z]{1,20}(-[a-z]{1,20}){0,4}", zh="应为扣分项目代码。", en="This must be the code of an item."
)


class DeductionBody(Schema):
    subject = Whole(required=True, validate=NUMBER, metadata={"description": "whom, by number on the list of subjects"})
    item = fields.String(required=True, validate=ITEM, metadata={"description": "code of an item of the sheet"})
    points = Whole(required=True, validate=Range(0, 100), metadata={"description": "at most what the item is worth"})
    evidence = fields.Enum(Evidence, by_value=fields.String, required=True)
    grounds = fields.String(required=True, validate=GROUNDS, metadata={"description": "what happened"})
    step = Whole(
        load_default=None,
        allow_none=True,
        validate=NUMBER,
        metadata={"description": "the step of the day, where the evidence is its record"},
    )
    document = fields.String(
        load_default=None,
        allow_none=True,
        validate=DIGEST,
        metadata={"description": "SHA-256 of a paper or recording, in hex"},
    )

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Given:
        return Given(given.pop("subject"), Taken(**given))


class GivenBody(Schema):
    """A party's sheets for everybody whom it assesses; without deductions all are clean."""

    rulebook = fields.String(
        required=True, validate=DIGEST, metadata={"description": "version of the sheet that its giver saw"}
    )
    deductions = fields.List(fields.Nested(DeductionBody), load_default=list, validate=Length(max=MOST_DEDUCTIONS))


class PartySheetsBody(GivenBody):
    party = fields.Enum(Party, by_value=fields.String, required=True)


class PersonBody(Schema):
    label = fields.String(
        required=True,
        validate=[Length(1, 60), LINE],
        metadata={"description": "name of one of the agency’s people who had to do with the session"},
    )


class AssessedSchema(Schema):
    number = fields.Integer(required=True)
    kind = fields.Enum(SubjectKind, by_value=fields.String, required=True)
    draw = fields.String(required=True, allow_none=True, attribute="draw_id")
    seat = fields.String(required=True, allow_none=True)
    vacancy = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True, metadata={"description": "the agency’s credit code"})
    label = fields.String(required=True, allow_none=True)


class AssessmentItemSchema(Schema):
    subjects = fields.List(fields.Enum(SubjectKind, by_value=fields.String), required=True)
    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    points = fields.Integer(required=True, metadata={"description": "the most; 0 for a lead, which takes none off"})
    evidence = fields.List(fields.Enum(Evidence, by_value=fields.String), required=True)
    label = fields.String(required=True, metadata={"description": "how binding the figure is"})
    article = fields.String(required=True)


class ProposedSchema(Schema):
    subject = fields.Integer(required=True)
    item = fields.String(required=True)
    step = fields.Integer(required=True)


class MarkSchema(Schema):
    subject = fields.Integer(required=True)
    party = fields.Enum(Party, by_value=fields.String, required=True)
    item = fields.String(required=True)
    points = fields.Integer(required=True)
    evidence = fields.Enum(Evidence, by_value=fields.String, required=True)
    grounds = fields.String(required=True)
    step = fields.Integer(required=True, allow_none=True)
    document = fields.String(required=True, allow_none=True)


class ResultSchema(Schema):
    subject = fields.Integer(required=True)
    deduction = fields.Integer(required=True, metadata={"description": "in hundredths of a point"})
    score = fields.Integer(required=True, metadata={"description": "in hundredths of a point"})
    missing = fields.Function(lambda result: [each for each in result.missing.split(",") if each], required=True)


class AssessmentSchema(Schema):
    session_id = fields.String(required=True)
    state = fields.Enum(AssessmentState, by_value=fields.String, required=True)
    rulebook = fields.String(required=True)
    opened = fields.AwareDateTime(required=True, format="iso")
    due = fields.AwareDateTime(
        required=True,
        allow_none=True,
        format="iso",
        metadata={"description": "from then on no sheet is taken; null while that year’s calendar is not published"},
    )
    revealed = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class AssessmentWithSheets(AssessmentSchema):
    subjects = fields.List(fields.Nested(AssessedSchema), required=True)
    items = fields.List(fields.Nested(AssessmentItemSchema), required=True)
    proposals = fields.List(fields.Nested(ProposedSchema), required=True)
    given = fields.List(fields.Enum(Party, by_value=fields.String), required=True)
    marks = fields.List(fields.Nested(MarkSchema), required=True, metadata={"description": "after the reveal"})
    results = fields.List(fields.Nested(ResultSchema), required=True, metadata={"description": "after the reveal"})


class WaitingAssessmentSchema(Schema):
    session_id = fields.String(required=True)
    due = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    soon = fields.Boolean(required=True, metadata={"description": "less than a day is left"})


class WaitingAssessmentList(Schema):
    items = fields.List(fields.Nested(WaitingAssessmentSchema), required=True)
