"""Facts about an expert as JSON. `null`, or nothing, means unknown and counts against; `[]` means known to be none.

What changes by steps (standing, suspensions), what the service sets itself (days of record) and what belongs to one
request (distance, engagements) is not taken from outside.
"""

from typing import Any, ClassVar, Final

from marshmallow import Schema, fields, post_load
from marshmallow.validate import Length, Range

from expertpool.identity.schemas import LINE
from expertpool.web.fields import Day, Flag, Whole
from expertpool.web.validation import Matches
from policies.facts import (
    Claim,
    Degree,
    Directorship,
    Employment,
    Expert,
    Interest,
    Kinship,
    Penalty,
    PenaltyKind,
    Post,
    Relation,
    Shareholding,
    Title,
    Unit,
)

AREA: Final = Matches(r"[0-9]{6}", zh="应为六位行政区划代码。", en="This must be an area code of six digits.")
SPECIALTY: Final = Matches(
    r"[A-Z][0-9]{0,8}", zh="应为专业代码，如 A010101。", en="This must be a specialty code, such as A010101."
)
WORD: Final = Matches(
    r"[a-z0-9-]{1,20}", zh="只能用小写字母、数字和连字符。", en="Use small letters, digits and hyphens."
)
CREDIT_TEXT: Final = [Length(18, 24), LINE]
UNIT_NAME: Final = [Length(1, 200), LINE]
MOST: Final = 100  # ties of one kind


def _unknown(**more: Any) -> dict[str, Any]:
    """What makes a field one that may be unknown."""
    return {"load_default": None, "allow_none": True, **more}


class FactBody(Schema):
    """Loads to the named tuple that the rules read."""

    fact: ClassVar[type[Any]]

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> Any:
        return self.fact(**given)


class UnitBody(FactBody):
    fact = Unit

    name = fields.String(required=True, validate=UNIT_NAME)
    code = fields.String(
        **_unknown(validate=CREDIT_TEXT), metadata={"description": "unified social credit code (GB 32100)"}
    )


class ClaimBody(FactBody):
    fact = Claim

    code = fields.String(required=True, validate=SPECIALTY)
    scheme = fields.String(load_default="national", validate=WORD)
    version = fields.String(load_default="2018", validate=WORD)


class PenaltyBody(FactBody):
    fact = Penalty

    kind = fields.Enum(PenaltyKind, by_value=fields.String, required=True)
    decided = Day(**_unknown())
    until = Day(**_unknown(), metadata={"description": "last day of its ban"})


class SpanBody(FactBody):
    """What a person is in a unit, from a day to another; without an end it counts as going on."""

    unit = fields.Nested(UnitBody, required=True)
    start = Day(**_unknown())
    end = Day(**_unknown())


class EmploymentBody(SpanBody):
    fact = Employment


class DirectorshipBody(SpanBody):
    fact = Directorship

    post = fields.Enum(Post, by_value=fields.String, required=True)


class ShareholdingBody(SpanBody):
    fact = Shareholding

    permille = Whole(**_unknown(validate=Range(0, 1000)), metadata={"description": "share of the equity in per mille"})
    controls = Flag(**_unknown(), metadata={"description": "in law or in fact"})


class KinshipBody(SpanBody):
    fact = Kinship

    relation = fields.Enum(Relation, by_value=fields.String, required=True)
    post = fields.Enum(Post, by_value=fields.String, required=True)


class InterestBody(FactBody):
    fact = Interest

    unit = fields.Nested(UnitBody, **_unknown())
    project = fields.String(**_unknown(validate=[Length(1, 60), LINE]))


def _several(body: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(body), **_unknown(validate=Length(max=MOST)))


class FactsBody(Schema):
    """All that may be stated of an expert; loads to ``facts``."""

    birth_date = Day(
        **_unknown(),
        load_only=True,
        metadata={"description": "where there is no identity number to tell it; not shown again"},
    )
    practice_since = Day(**_unknown(), metadata={"description": "first day of work in the field"})
    title = fields.Enum(Title, by_value=fields.String, **_unknown())
    equivalent = Flag(**_unknown(), metadata={"description": "holds what the law puts on a level with a senior title"})
    degree = fields.Enum(Degree, by_value=fields.String, **_unknown())
    area = fields.String(**_unknown(validate=AREA), metadata={"description": "GB/T 2260"})
    claims = _several(ClaimBody)
    penalties = _several(PenaltyBody)
    employments = _several(EmploymentBody)
    directorships = _several(DirectorshipBody)
    shareholdings = _several(ShareholdingBody)
    kinships = _several(KinshipBody)
    interests = _several(InterestBody)

    @post_load
    def make(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        stated = {name: given.pop(name) for name in FactsBody().fields}
        lists = {name: tuple(value) for name, value in stated.items() if isinstance(value, list)}
        return {**given, "facts": Expert(**{**stated, **lists})}


class RecordedClaim(ClaimBody):
    """A claim with the day on which it was ledgered: it counts some days later."""

    recorded = fields.Date(required=True, allow_none=True)
