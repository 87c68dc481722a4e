"""What programs read and write of the ways that are linked to accounts."""

from marshmallow import Schema, fields
from marshmallow.validate import Length

from expertpool.identity.schemas import LINE
from expertpool.web.validation import Matches

PEM = Matches(
    r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]{1,16000}-----END CERTIFICATE-----[\r\n]{0,4}",
    zh="应为一张 PEM 格式的证书。",
    en="This must be one certificate in PEM form.",
)


class NewCertificate(Schema):
    certificate = fields.String(required=True, validate=PEM, metadata={"description": "PEM"})


class LinkedCertificateSchema(Schema):
    id = fields.String(required=True)
    actor_id = fields.String(required=True)
    issuer = fields.String(required=True, metadata={"description": "RFC 4514"})
    serial = fields.String(required=True, metadata={"description": "hex"})
    subject = fields.String(required=True)
    not_after = fields.AwareDateTime(required=True, format="iso")
    added = fields.AwareDateTime(required=True, format="iso")


class NewSubject(Schema):
    subject = fields.String(
        required=True,
        validate=[Length(1, 255), LINE],
        metadata={"description": "as the provider of the settings calls them"},
    )


class LinkedSubjectSchema(Schema):
    id = fields.String(required=True)
    actor_id = fields.String(required=True)
    issuer = fields.String(required=True)
    subject = fields.String(required=True)
    added = fields.AwareDateTime(required=True, format="iso")


class WaysSchema(Schema):
    certificates = fields.List(fields.Nested(LinkedCertificateSchema), required=True)
    subjects = fields.List(fields.Nested(LinkedSubjectSchema), required=True)


class UnlinkedSchema(Schema):
    id = fields.String(required=True)
    actor_id = fields.String(required=True)
