"""What an expert's own forms bring; the vault checks whose result it is."""

from typing import Final

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from expertpool.assessments.verbs import SUBJECTS, TEXT
from expertpool.web.fields import Whole
from expertpool.web.validation import Matches

NAME: Final = Matches(r"[a-z0-9_-]{1,40}", zh="请从页面上操作。", en="Use the buttons of the page.")


class PlaceBody(Schema):
    """One result: session, and the number on its list."""

    session = fields.String(required=True, validate=NAME)
    subject = Whole(required=True, validate=Range(SUBJECTS.start, SUBJECTS.stop - 1))


class ReceiptBody(PlaceBody):
    """What is signed for: the result, or a decision."""

    about = fields.String(required=True, validate=NAME)


class AppealBody(PlaceBody):
    """Why one appeals."""

    text = fields.String(required=True, validate=Length(1, TEXT))


class ExplanationBody(AppealBody):
    """The answer to a question of the supervisor."""

    explanation = fields.String(required=True, validate=NAME)
