"""What cases, appeals and notices read and write as JSON: by session and number on its list, never by a person."""

from typing import Final

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from expertpool.assessments.case_forms import CaseMeasure, CaseProposal, CaseReason, CaseReturn, PaperService
from expertpool.assessments.case_lifecycle import AppealState, CaseState, Ground, Measure
from expertpool.assessments.models import RESULT
from expertpool.assessments.own_forms import NAME, PlaceBody, ReceiptBody
from expertpool.assessments.schemas import ITEM
from expertpool.assessments.verbs import TEXT
from expertpool.identity.schemas import LINE
from expertpool.web.fields import Whole
from policies.conduct_items import Party

__all__ = ["CaseMeasure", "CaseProposal", "CaseReason", "CaseReturn", "PlaceBody", "ReceiptBody"]

MOST_CORRECTIONS: Final = 100


class CaseSchema(Schema):
    id = fields.String(required=True)
    session_id = fields.String(required=True)
    subject = fields.Integer(required=True)
    ground = fields.Enum(Ground, by_value=fields.String, required=True)
    state = fields.Enum(CaseState, by_value=fields.String, required=True)
    proposed = fields.AwareDateTime(required=True, format="iso")
    proposal = fields.Enum(Measure, by_value=fields.String, required=True)
    proposed_months = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True)
    measure = fields.Enum(Measure, by_value=fields.String, required=True, allow_none=True)
    months = fields.Integer(required=True, allow_none=True)
    start = fields.Date(required=True, allow_none=True)
    until = fields.Date(
        required=True, allow_none=True, metadata={"description": "last day; null: until the return is granted"}
    )
    decided = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    decision = fields.String(required=True, allow_none=True)


class CaseList(Schema):
    items = fields.List(fields.Nested(CaseSchema), required=True)


class CorrectedBody(Schema):
    party = fields.Enum(Party, by_value=fields.String, required=True)
    item = fields.String(required=True, validate=ITEM)
    points = Whole(required=True, validate=Range(0, 100), metadata={"description": "what is left of the deduction"})


class AppealDecisionBody(CaseReason):
    upheld = fields.Boolean(required=True, truthy={True}, falsy={False})
    corrections = fields.List(fields.Nested(CorrectedBody), load_default=list, validate=Length(max=MOST_CORRECTIONS))


class AppealSchema(Schema):
    id = fields.String(required=True)
    session_id = fields.String(required=True)
    subject = fields.Integer(required=True)
    state = fields.Enum(AppealState, by_value=fields.String, required=True)
    filed = fields.Date(required=True)
    due = fields.Date(required=True, allow_none=True)
    decided = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    decision = fields.String(required=True, allow_none=True)


class AppealList(Schema):
    items = fields.List(fields.Nested(AppealSchema), required=True)


class AppealedSchema(AppealSchema):
    text = fields.String(required=True, metadata={"description": "what the expert wrote"})


class PaperServiceBody(PaperService):
    about = fields.String(
        load_default=RESULT, validate=NAME, metadata={"description": "`result`, or the id of a case or an appeal"}
    )


class NoticeSchema(Schema):
    session_id = fields.String(required=True)
    subject = fields.Integer(required=True)
    about = fields.String(required=True, metadata={"description": "`result`, or the id of a case or an appeal"})
    made = fields.Date(required=True)
    served = fields.Date(required=True, allow_none=True)
    document = fields.String(required=True, allow_none=True)


class OwnAppealBody(PlaceBody):
    text = fields.String(required=True, validate=[Length(1, TEXT), LINE])


class OwnMarkSchema(Schema):
    party = fields.String(required=True)
    item = fields.String(required=True)
    points = fields.Integer(required=True)
    evidence = fields.String(required=True)
    grounds = fields.String(required=True)


class OwnScoreSchema(Schema):
    deduction = fields.Integer(required=True)
    score = fields.Integer(required=True)


class OwnAppealSchema(Schema):
    id = fields.String(required=True)
    state = fields.String(required=True)
    filed = fields.String(required=True)
    due = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    decision = fields.String(required=True, allow_none=True)


class OwnDecisionSchema(Schema):
    id = fields.String(required=True)
    state = fields.String(required=True)
    measure = fields.String(required=True)
    months = fields.Integer(required=True, allow_none=True)
    start = fields.String(required=True, allow_none=True)
    until = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    ended = fields.Boolean(required=True)
    served = fields.String(required=True, allow_none=True)


class OwnResultSchema(Schema):
    """A result; what was not signed for has no more than the first six."""

    session = fields.String(required=True)
    subject = fields.Integer(required=True)
    project = fields.String(required=True)
    title = fields.String(required=True)
    revealed = fields.String(required=True)
    served = fields.String(required=True, allow_none=True)
    deduction = fields.Integer(metadata={"description": "in hundredths of a point"})
    score = fields.Integer(metadata={"description": "in hundredths of a point"})
    missing = fields.List(fields.String())
    amended = fields.Nested(OwnScoreSchema, allow_none=True)
    marks = fields.List(fields.Nested(OwnMarkSchema))
    appeal_until = fields.String(allow_none=True)
    appeal = fields.Nested(OwnAppealSchema, allow_none=True)
    cases = fields.List(fields.Nested(OwnDecisionSchema))


class OwnResultList(Schema):
    results = fields.List(fields.Nested(OwnResultSchema), required=True)


class OwnDisclosureSchema(Schema):
    entry = fields.Integer(required=True)
    position = fields.Integer(required=True)
    count = fields.Integer(required=True)
    image = fields.String(required=True, metadata={"description": "the row’s image: its leaf hash is in the entry"})
    proof = fields.List(fields.String(), required=True)


class OwnDisclosureList(Schema):
    disclosures = fields.List(fields.Nested(OwnDisclosureSchema), required=True)
