"""What the forms of cases and appeals bring; the services check what they mean."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from expertpool.assessments.appeals import Correction
from expertpool.assessments.case_lifecycle import Measure
from expertpool.assessments.models import Mark
from expertpool.identity.schemas import LINE
from expertpool.projects.schemas import DIGEST, REASON
from expertpool.web.fields import Whole

NUMBERS: Final = frozenset({"months", "subject"})
MONTHS: Final = Range(1, 120)
ABOUT: Final = Length(1, 40)


class CaseReason(Schema):
    """Something is done to a case, and why."""

    reason = fields.String(required=True, validate=REASON)


class CaseMeasure(CaseReason):
    """A measure is proposed or decided."""

    measure = fields.Enum(Measure, by_value=fields.String, required=True)
    months = Whole(load_default=None, allow_none=True, validate=MONTHS)


class CaseProposal(CaseMeasure):
    """A case of somebody on the list of an assessment."""

    subject = Whole(required=True, validate=Range(1, 2**31 - 1))


class CaseReturn(CaseReason):
    """Somebody may be drawn again; papers by their SHA-256."""

    application = fields.String(load_default=None, allow_none=True, validate=DIGEST)
    test = fields.String(load_default=None, allow_none=True, validate=DIGEST)


class PaperService(Schema):
    """A notice was received on paper."""

    subject = Whole(required=True, validate=Range(1, 2**31 - 1))
    document = fields.String(required=True, validate=DIGEST)
    about = fields.String(required=True, validate=ABOUT)


class CaseQuestion(Schema):
    """The supervisor asks about a figure of scoring, by its name."""

    figure = fields.String(required=True, validate=[Length(1, 400), LINE])
    question = fields.String(required=True, validate=REASON)


def typed(sent: Mapping[str, str]) -> dict[str, Any]:
    """A form as the schemas read it: empty fields are left out, numbers are numbers as far as they are."""
    return {
        name: int(value) if name in NUMBERS and value.isascii() and value.isdigit() and len(value) < 10 else value
        for name, value in ((name, value.strip()) for name, value in sent.items())
        if value
    }


def corrections_in(sent: Mapping[str, str], marks: list[Mark]) -> list[Correction]:
    """The deductions whose points were changed in the form; what is no number of points is refused by the service."""
    found = []
    for number, mark in enumerate(marks):
        said = sent.get(f"points.{number}", "").strip()
        points = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else mark.points + 1 if said else None
        if points is not None and points != mark.points:
            found.append(Correction(mark.party, mark.item, points))
    return found
