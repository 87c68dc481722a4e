"""What projects read and write as JSON: over the API, and as bodies of messages through the door."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from expertpool.experts.fact_schemas import AREA
from expertpool.identity.schemas import CENTRE_ID, CODE, LINE
from expertpool.projects.facts import LotFacts, PartyFacts, ProjectFacts, SessionFacts, SiteFacts
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import (
    DRAWN_ELSEWHERE,
    PartyRole,
    RecusalKind,
    Regime,
    SealedKind,
)
from expertpool.web.fields import Flag, Whole
from expertpool.web.validation import Complaint, Matches
from ledger.note import decode_base64
from policies.facts import Method

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)
MOST_FEN: Final = 10**14  # a trillion yuan

REFERENCE = Matches(
    r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*",
    zh="编号只能用字母、数字和连字符。",
    en="Use letters, digits and single hyphens between them.",
)
DIGEST = Matches(
    r"[0-9a-f]{64}", zh="应为 64 位小写十六进制的 SHA-256。", en="This must be a SHA-256 in lower-case hex."
)
CODE_TEXT = [Length(1, 60), LINE]
CREDIT_TEXT = [Length(18, 24), LINE]
TITLE = [Length(1, 200), LINE]
REASON = [Length(1, 500), LINE]


def identifier(prefix: str) -> Matches:
    """The form of one kind of identifier."""
    return Matches(
        rf"{prefix}_[0-9a-z]{{26}}", zh=f"应为编号，以 {prefix}_ 开头。", en=f"This must be an identifier, {prefix}_..."
    )


class Hex(fields.String):
    """Bytes of a fixed number as lower-case hex."""

    def __init__(self, octets: int, **kwargs: Any) -> None:
        zh, en = f"应为 {octets * 2} 位小写十六进制。", f"This must be {octets * 2} digits of lower-case hex."
        super().__init__(validate=Matches(rf"[0-9a-f]{{{octets * 2}}}", zh=zh, en=en), **kwargs)


class Base64(fields.String):
    """Bytes as base64 (RFC 4648, section 4, padded), in the one spelling that there is; loads to bytes."""

    FORM: Final = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
    COMPLAINT: Final = Complaint("form", "应为标准的 base64。", "This must be base64 in its canonical form.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": self.FORM}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        raw = decode_base64(super()._deserialize(value, attr, data, **kwargs))
        if raw is None:
            raise ValidationError([self.COMPLAINT])
        return raw


class Moment(fields.AwareDateTime):
    """A date and time with its zone. One that UTC's calendar does not hold is taken as the calendar's first or last."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            return FIRST if moment.year == 1 else LAST


class LotBody(Schema):
    code = fields.String(required=True, validate=CODE_TEXT)
    title = fields.String(required=True, validate=TITLE)
    budget = Whole(required=True, validate=Range(1, MOST_FEN), metadata={"description": "分"})

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> LotFacts:
        return LotFacts(**given)


class PartyBody(Schema):
    role = fields.Enum(PartyRole, by_value=fields.String, required=True)
    code = fields.String(
        required=True, validate=CREDIT_TEXT, metadata={"description": "unified social credit code (GB 32100)"}
    )
    name = fields.String(required=True, validate=TITLE)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> PartyFacts:
        return PartyFacts(**given)


class ProjectBody(Schema):
    """What is stated of a project; loads to ``facts``."""

    code = fields.String(required=True, validate=CODE_TEXT, metadata={"description": "as the announcement prints it"})
    regime = fields.Enum(Regime, by_value=fields.String, required=True)
    method = fields.Enum(Method, by_value=fields.String, required=True)
    title = fields.String(required=True, validate=TITLE)
    lots = fields.List(fields.Nested(LotBody), required=True, validate=Length(1, 200))
    parties = fields.List(fields.Nested(PartyBody), required=True, validate=Length(1, 50))

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        named = {name: given.pop(name) for name in ("code", "regime", "method", "title")}
        facts = ProjectFacts(**named, lots=tuple(given.pop("lots")), parties=tuple(given.pop("parties")))
        return {**given, "facts": facts}


class NewProject(ProjectBody):
    centre_id = fields.String(required=True, validate=CENTRE_ID)


class SiteBody(Schema):
    area = fields.String(required=True, validate=AREA, metadata={"description": "GB/T 2260"})
    place = fields.String(required=True, validate=TITLE)
    centre = fields.String(
        load_default=None,
        allow_none=True,
        validate=[Length(1, 40), CODE],
        metadata={"description": "code of the centre or sub-site here that it is; null for a place elsewhere"},
    )

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> SiteFacts:
        return SiteFacts(**given)


class SessionBody(Schema):
    """What is stated of a session; loads to ``facts``."""

    code = fields.String(required=True, validate=[Length(1, 40), REFERENCE])
    lots = fields.List(fields.String(validate=CODE_TEXT), required=True, validate=Length(1, 200))
    starts = Moment(required=True, metadata={"description": "assembly"})
    opens_at = Moment(required=True, metadata={"description": "bid opening"})
    expected_minutes = Whole(required=True, validate=Range(1, 14_400))
    overnight = Flag(required=True)
    sites = fields.List(
        fields.Nested(SiteBody),
        required=True,
        validate=Length(1, 21),
        metadata={"description": "the main site, then the sub-sites"},
    )

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        names = ("code", "starts", "opens_at", "expected_minutes", "overnight")
        named = {name: given.pop(name) for name in names}
        facts = SessionFacts(**named, lots=tuple(given.pop("lots")), sites=tuple(given.pop("sites")))
        return {**given, "facts": facts}


class Reason(Schema):
    reason = fields.String(required=True, validate=REASON)


class Rescheduling(SessionBody, Reason):
    pass


class Postponement(Reason):
    not_before = Moment(load_default=None, allow_none=True)


class RecusedUnit(Reason):
    code = fields.String(required=True, validate=CREDIT_TEXT)
    name = fields.String(required=True, validate=TITLE)


class RecusedPerson(Reason):
    name = fields.String(required=True, validate=[Length(1, 60), LINE])
    id_number = fields.String(load_default=None, allow_none=True, validate=CREDIT_TEXT)
    unit_code = fields.String(load_default=None, allow_none=True, validate=CREDIT_TEXT)


class Page(Schema):
    """Where a page of projects begins and how long it is."""

    after = fields.String(load_default=None, validate=CODE_TEXT, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


SESSION_ID = Matches(
    r"ses_[0-9a-z]{26}", zh="应为场次的编号，以 ses_ 开头。", en="This must be a session's identifier, ses_..."
)


class Period(Schema):
    """Sessions that begin from ``start`` on and before ``until``."""

    start = Moment(required=True)
    until = Moment(required=True)
    after = fields.String(load_default=None, validate=SESSION_ID, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=Range(1, 200))


class LotSchema(Schema):
    id = fields.String(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    budget = fields.Integer(required=True, metadata={"description": "分"})


class PartySchema(Schema):
    role = fields.Enum(PartyRole, by_value=fields.String, required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)


class ProjectSchema(Schema):
    id = fields.String(required=True)
    centre_id = fields.String(required=True)
    code = fields.String(required=True)
    regime = fields.Enum(Regime, by_value=fields.String, required=True)
    method = fields.Enum(Method, by_value=fields.String, required=True)
    title = fields.String(required=True)
    budget = fields.Integer(required=True, metadata={"description": "sum of the lots, in 分"})
    initiator_id = fields.String(required=True, allow_none=True)
    registered = fields.AwareDateTime(required=True, format="iso")
    lots = fields.List(fields.Nested(LotSchema), required=True)
    parties = fields.List(fields.Nested(PartySchema), required=True)


class ProjectList(Schema):
    items = fields.List(fields.Nested(ProjectSchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )


class PersonSchema(Schema):
    name = fields.String(required=True, metadata={"description": "masked"})
    number = fields.String(required=True, allow_none=True, metadata={"description": "masked"})


class RecusalSchema(Schema):
    id = fields.String(required=True)
    project_id = fields.String(required=True)
    kind = fields.Enum(RecusalKind, by_value=fields.String, required=True)
    unit_code = fields.String(required=True, allow_none=True)
    unit_name = fields.String(required=True, allow_none=True)
    person = fields.Nested(PersonSchema, required=True, allow_none=True)
    reason = fields.String(required=True)
    named = fields.AwareDateTime(required=True, format="iso")
    withdrawn = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    withdrawn_reason = fields.String(required=True, allow_none=True)


RECUSAL: Final = tuple(name for name in RecusalSchema().fields if name != "person")
"""What a recusal shows as its row has it."""


class RecusalList(Schema):
    items = fields.List(fields.Nested(RecusalSchema), required=True)


class SiteSchema(Schema):
    area = fields.String(required=True)
    place = fields.String(required=True)
    site_id = fields.String(required=True, allow_none=True)


class WordsSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class SessionSchema(Schema):
    id = fields.String(required=True)
    project_id = fields.String(required=True)
    code = fields.String(required=True)
    state = fields.Enum(SessionState, by_value=fields.String, required=True)
    lots = fields.Method("lot_codes", required=True, metadata={"type": "array", "items": {"type": "string"}})
    starts = fields.AwareDateTime(required=True, format="iso")
    opens_at = fields.AwareDateTime(required=True, format="iso")
    expected_minutes = fields.Integer(required=True)
    overnight = fields.Boolean(required=True)
    sites = fields.List(fields.Nested(SiteSchema), required=True)
    not_before = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    reason = fields.String(required=True, allow_none=True)
    drawn_elsewhere = fields.Method(
        "provenance",
        required=True,
        metadata={
            "type": ["object", "null"],
            "description": "what to show when the draw's result was imported: it is not proven here",
        },
    )

    def lot_codes(self, session: EvaluationSession) -> list[str]:
        return sorted(each.lot.code for each in session.session_lots)

    def provenance(self, session: EvaluationSession) -> dict[str, str] | None:
        imported = any(each.kind is SealedKind.DRAW_RESULT for each in session.deliveries)
        return DRAWN_ELSEWHERE._asdict() if imported else None


class SessionList(Schema):
    items = fields.List(fields.Nested(SessionSchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null at the end"}
    )
