"""Operations as JSON."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from expertpool.operations.findings import SEVERITY


class FindingSchema(Schema):
    """One line of a check."""

    status = fields.String(required=True, validate=OneOf(SEVERITY))
    zh = fields.String(required=True)
    en = fields.String(required=True)


class PartSchema(Schema):
    """A part of the service; ``status`` is the gravest of its findings."""

    code = fields.String(required=True)
    status = fields.String(required=True, validate=OneOf(SEVERITY))
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class SystemSchema(Schema):
    """How the service is."""

    status = fields.String(required=True, validate=OneOf(SEVERITY))
    version = fields.String(required=True)
    parts = fields.List(fields.Nested(PartSchema), required=True)


class JobSchema(Schema):
    """A job of the queue."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    due = fields.AwareDateTime(required=True)
