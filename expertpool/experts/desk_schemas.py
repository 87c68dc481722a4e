"""What programs of the pool's desk read and write as JSON beyond the people themselves: letters, sheets, rulebooks."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from expertpool.experts.lifecycle import Origin
from expertpool.experts.models import ImportState
from expertpool.experts.schemas import OF_CENTRE, ConfirmedImport, FindForm
from expertpool.identity.schemas import CENTRE_ID, LINE
from expertpool.web.fields import Flag
from expertpool.web.validation import Matches

MOST_BASE64 = 1_000_000
"""Characters of a sheet, so that a request stays below a MiB. A larger sheet is sent on the page, or by command."""
BASE64 = Matches(
    r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", zh="应为 Base64。", en="This must be Base64."
)


class Finder(FindForm):
    centre_id = fields.String(required=True, validate=CENTRE_ID)
    origin = fields.Enum(Origin, by_value=fields.String, load_default=Origin.OWN)


class ActSchema(Schema):
    entry = fields.Integer(required=True, metadata={"description": "index of the ledger entry"})
    at = fields.AwareDateTime(required=True, format="iso")
    verb = fields.String(required=True)
    ground = fields.String(required=True, allow_none=True)
    by = fields.String(required=True, metadata={"description": "the account, or a service's name"})


class ActList(Schema):
    items = fields.List(fields.Nested(ActSchema), required=True)


class CorrectionSchema(Schema):
    id = fields.String(required=True)
    expert = fields.String(required=True)
    made = fields.Date(required=True)
    text = fields.String(required=True)


class CorrectionList(Schema):
    items = fields.List(fields.Nested(CorrectionSchema), required=True)


class CorrectionAnswer(Schema):
    answer = fields.String(required=True, validate=[Length(2, 300), LINE])


class AnsweredSchema(Schema):
    answered = fields.Boolean(required=True)


class OfCentre(Schema):
    centre_id = fields.String(load_default=None, validate=CENTRE_ID, metadata=OF_CENTRE)


class NewImport(OfCentre):
    form = fields.String(required=True, validate=OneOf(("csv", "xlsx", "xls")))
    sheet = fields.String(
        required=True,
        validate=[Length(4, MOST_BASE64), BASE64],
        metadata={"description": "the file in Base64; a larger one is sent on the page or by command"},
    )


class ConfirmedSheet(ConfirmedImport):
    good_rows_only = Flag(load_default=False, metadata={"description": "leave the refused rows out"})


class ImportSchema(Schema):
    """How far a sheet is."""

    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    created = fields.AwareDateTime(required=True, format="iso")
    form = fields.String(required=True)
    state = fields.Enum(ImportState, by_value=fields.String, required=True)
    total = fields.Integer(required=True, metadata={"description": "rows of the present stage"})
    done = fields.Integer(required=True)


class ImportList(Schema):
    items = fields.List(fields.Nested(ImportSchema), required=True)


class RefusedRow(Schema):
    row = fields.Integer(required=True)
    zh = fields.List(fields.String(), required=True)
    en = fields.List(fields.String(), required=True)


class ImportDetailSchema(ImportSchema):
    """What its check found; of the refused rows the first ones."""

    good = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    asked = fields.Integer(required=True, metadata={"description": "good rows that somebody should look at"})
    why = fields.List(fields.Nested(RefusedRow), required=True)
    problem_zh = fields.String(required=True, allow_none=True, metadata={"description": "why nothing could be read"})
    problem_en = fields.String(required=True, allow_none=True)
    has_errors = fields.Boolean(required=True, metadata={"description": "whether there is a file of refused rows"})


class ErrorsSchema(Schema):
    form = fields.String(required=True)
    sheet = fields.String(required=True, metadata={"description": "the refused rows with their reasons, in Base64"})


class GoneSchema(Schema):
    id = fields.String(required=True)
