"""What the pool reads and writes as JSON. People are shown masked, and nowhere in the clear."""

from typing import Any

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Length, OneOf, Range

from expertpool.experts.fact_schemas import AREA, CREDIT_TEXT, SPECIALTY, UNIT_NAME, FactsBody, RecordedClaim
from expertpool.experts.lifecycle import Origin, Status
from expertpool.experts.protection import IDENTITY, Identity
from expertpool.identity.schemas import CENTRE_ID, LINE
from expertpool.protocol.facts import Absence
from expertpool.web.fields import Day, Flag, Whole
from expertpool.web.problems import FieldProblem
from expertpool.web.validation import Matches

EXPERT_ID = Matches(
    r"exp_[0-9a-z]{26}", zh="应为专家的编号，以 exp_ 开头。", en="This must be an expert's identifier, exp_..."
)
ORGANISATION_ID = Matches(
    r"org_[0-9a-z]{26}", zh="应为单位的编号，以 org_ 开头。", en="This must be an organisation's identifier, org_..."
)
ALIAS_ID = Matches(
    r"als_[0-9a-z]{26}", zh="应为别名的编号，以 als_ 开头。", en="This must be an alias's identifier, als_..."
)
PERSONAL = [Length(1, 100), LINE]  # what else it must be, `validation` says with the remedy
TOPIC = [Length(1, 200), LINE]
NEXT = {"description": "`after` of the next page; null at the end"}
AFTER = {"description": "`next` of the page before"}
OF_CENTRE = {"description": "one's own where it is not given"}


class Grounded(Schema):
    ground = fields.String(
        required=True, validate=[Length(1, 500), LINE], metadata={"description": "document number, decision or reason"}
    )


class GroundedUntil(Grounded):
    until = Day(
        load_default=None,
        allow_none=True,
        metadata={"description": "last day of the suspension or of the membership; null: not limited"},
    )


class ConfirmedImport(Grounded):
    until = Day(load_default=None)


class Contact(Schema):
    phone = fields.String(load_default=None, allow_none=True, validate=PERSONAL)
    account = fields.String(load_default=None, allow_none=True, validate=PERSONAL)


class NewExpert(FactsBody, Contact, Grounded):
    """An application: who it is and what is known of them; loads ``identity`` and ``facts``."""

    centre_id = fields.String(required=True, validate=CENTRE_ID)
    name = fields.String(required=True, validate=PERSONAL)
    id_number = fields.String(load_default=None, allow_none=True, validate=PERSONAL)
    code = fields.String(
        load_default=None, allow_none=True, validate=PERSONAL, metadata={"description": "the pool's own number"}
    )

    @post_load
    def identify(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        identity = Identity(**{name: given.pop(name) for name in IDENTITY})
        return {**given, "identity": identity}


class AmendedFacts(FactsBody, Grounded):
    pass


class AbsenceBody(Schema):
    start = Day(required=True)
    until = Day(required=True)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Absence:
        return Absence(**given)


class Absences(Schema):
    absences = fields.List(fields.Nested(AbsenceBody), required=True, validate=Length(max=200))


class NewTraining(Schema):
    held_on = Day(required=True)
    topic = fields.String(required=True, validate=TOPIC)
    hours = Whole(required=True, validate=Range(1, 1000))
    passed = Flag(required=True)


class ExpertPage(Schema):
    """Which experts, where a page of them begins and how long it is."""

    centre_id = fields.String(load_default=None, validate=CENTRE_ID, metadata=OF_CENTRE)
    origin = fields.Enum(Origin, by_value=fields.String, load_default=Origin.OWN)
    status = fields.Enum(Status, by_value=fields.String, load_default=None)
    specialty = fields.String(
        load_default=None,
        validate=SPECIALTY,
        metadata={
            "format": "specialty-code",
            "description": "whoever on the roster holds this specialty or a class above it (national, 2018)",
        },
    )
    area = fields.String(
        load_default=None,
        validate=AREA,
        metadata={"format": "area-code", "description": "whoever lives in this area of GB/T 2260"},
    )
    unit = fields.String(
        load_default=None,
        validate=CREDIT_TEXT,
        metadata={
            "format": "credit-code",
            "description": "whoever has any tie to the unit with this credit code: a job, an office, a share",
        },
    )
    after = fields.String(load_default="", validate=EXPERT_ID, metadata=AFTER)
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class FindForm(Schema):
    """By which number somebody is looked for, and the number."""

    by = fields.String(required=True, validate=OneOf(("id_number", "code", "phone")))
    number = fields.String(required=True, validate=PERSONAL)


class ExpertSchema(Schema):
    """Who somebody is, masked, and where they stand."""

    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    origin = fields.Enum(Origin, by_value=fields.String, required=True)
    status = fields.Enum(Status, by_value=fields.String, required=True)
    since = fields.AwareDateTime(required=True, format="iso", metadata={"description": "of the status"})
    name = fields.String(required=True, metadata={"description": "masked"})
    id_number = fields.String(required=True, allow_none=True, metadata={"description": "masked"})
    phone = fields.String(required=True, allow_none=True, metadata={"description": "masked"})
    account = fields.String(required=True, allow_none=True, metadata={"description": "masked"})


class ExpertList(Schema):
    items = fields.List(fields.Nested(ExpertSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata=NEXT)


class AdmittedSchema(ExpertSchema):
    questions = fields.List(
        fields.Nested(FieldProblem), required=True, metadata={"description": "to check before reviewing"}
    )


class ExpertDetailSchema(ExpertSchema, FactsBody):
    """An expert with what is known of them, in the fields in which it is stated."""

    ground = fields.String(required=True, allow_none=True, metadata={"description": "of the status"})
    recorded = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "day on which the last fact in the expert's favour was ledgered"},
    )
    renewed_until = fields.Date(required=True, allow_none=True, metadata={"description": "last day of the membership"})
    claims = fields.List(fields.Nested(RecordedClaim), required=True, allow_none=True)
    absences = fields.List(fields.Nested(AbsenceBody), required=True)


class TrainingSchema(Schema):
    id = fields.String(required=True)
    expert_id = fields.String(required=True)
    held_on = fields.Date(required=True)
    topic = fields.String(required=True)
    hours = fields.Integer(required=True)
    passed = fields.Boolean(required=True)


class TrainingList(Schema):
    items = fields.List(fields.Nested(TrainingSchema), required=True)


class NewOrganisation(Schema):
    centre_id = fields.String(required=True, validate=CENTRE_ID)
    code = fields.String(required=True, validate=CREDIT_TEXT)
    name = fields.String(required=True, validate=UNIT_NAME)


class NewAlias(Schema):
    alias = fields.String(required=True, validate=UNIT_NAME)


class OrganisationPage(Schema):
    """Which organisations, where a page of them begins and how long it is."""

    centre_id = fields.String(load_default=None, validate=CENTRE_ID, metadata=OF_CENTRE)
    code = fields.String(load_default=None, validate=CREDIT_TEXT)
    name = fields.String(
        load_default=None, validate=UNIT_NAME, metadata={"description": "a part of the name or of an approved alias"}
    )
    after = fields.String(load_default="", validate=CREDIT_TEXT, metadata=AFTER)
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class AliasPage(Schema):
    """Which aliases, where a page of them begins and how long it is."""

    centre_id = fields.String(load_default=None, validate=CENTRE_ID, metadata=OF_CENTRE)
    organisation_id = fields.String(load_default=None, validate=ORGANISATION_ID)
    approved = fields.Boolean(load_default=None)
    after = fields.String(load_default="", validate=ALIAS_ID, metadata=AFTER)
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class OrganisationSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class OrganisationList(Schema):
    items = fields.List(fields.Nested(OrganisationSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata=NEXT)


class AliasSchema(Schema):
    id = fields.String(required=True)
    organisation_id = fields.String(required=True)
    centre_id = fields.String(required=True)
    alias = fields.String(required=True)
    proposed_by = fields.String(required=True)
    approved_by = fields.String(required=True, allow_none=True, metadata={"description": "null: it joins nothing yet"})


class AliasList(Schema):
    items = fields.List(fields.Nested(AliasSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata=NEXT)
