"""What identity's pages take. Nothing says what an account or a code looks like: that would tell who has one."""

from marshmallow import Schema, fields, pre_load
from marshmallow.validate import Length

from expertpool.identity.schemas import LINE

_LONGEST = 256


class SignInForm(Schema):
    account = fields.String(required=True, validate=Length(1, 40))
    password = fields.String(required=True, validate=Length(1, _LONGEST))
    code = fields.String(required=True, validate=Length(1, 64))

    @pre_load
    def tidy(self, given: dict[str, str], **_: object) -> dict[str, str]:
        return {**given, "account": given.get("account", "").strip().lower()}


class ConfirmForm(Schema):
    code = fields.String(required=True, validate=Length(1, 64))


class PasskeyForm(Schema):
    response = fields.String(required=True, validate=Length(1, 16_384))


class NewPasskeyForm(Schema):
    name = fields.String(required=True, validate=[Length(1, 60), LINE])

    @pre_load
    def tidy(self, given: dict[str, str], **_: object) -> dict[str, str]:
        return {**given, "name": given.get("name", "").strip()}


class CertificateForm(Schema):
    certificate = fields.String(required=True, validate=Length(1, 16_384))


class SubjectForm(Schema):
    subject = fields.String(required=True, validate=[Length(1, 255), LINE])

    @pre_load
    def tidy(self, given: dict[str, str], **_: object) -> dict[str, str]:
        return {**given, "subject": given.get("subject", "").strip()}


class ReturnForm(Schema):
    """What the provider has a browser bring back; without a code it refused."""

    state = fields.String(required=True, validate=Length(1, 2000))
    code = fields.String(load_default="", validate=Length(0, 2000))


class SetUpForm(Schema):
    invitation = fields.String(required=True, validate=Length(1, 128))
    password = fields.String(required=True, validate=Length(1, _LONGEST))
    again = fields.String(required=True, validate=Length(1, _LONGEST))
    code = fields.String(required=True, validate=Length(1, 64))
