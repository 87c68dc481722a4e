"""What sealed scores say, once the vault has opened them: docs/spec/trading-door.md, section 5. Pure."""

import json
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, Range

from expertpool.core.errors import Invalid
from expertpool.experts.validation import check_credit_code
from expertpool.identity.schemas import LINE
from expertpool.projects.door_errors import ScoresMalformed
from expertpool.projects.facts import normal_code
from expertpool.projects.schemas import CODE_TEXT
from expertpool.web.fields import Whole

MOST: Final = 1_000_000
"""Ten thousand points, in hundredths."""


class Scored(NamedTuple):
    """What one member gave one bidder for a lot, in hundredths of a point."""

    lot: str
    bidder: str
    seat: str
    hundredths: int


class _ScoreSchema(Schema):
    seat = fields.String(required=True, validate=[Length(1, 8), LINE])
    score = Whole(required=True, validate=Range(0, MOST))


class _BidderSchema(Schema):
    bidder = fields.String(required=True, validate=[Length(18, 24), LINE])
    scores = fields.List(fields.Nested(_ScoreSchema), required=True, validate=Length(1))


class _LotSchema(Schema):
    lot = fields.String(required=True, validate=CODE_TEXT)
    bidders = fields.List(fields.Nested(_BidderSchema), required=True)


class _ScoresSchema(Schema):
    lots = fields.List(fields.Nested(_LotSchema), required=True, validate=Length(1))


def read_scores(plaintext: bytes, lots: Collection[str], seats: Collection[str]) -> list[Scored]:
    """The scores of a session with these lots and seats. Raises `ScoresMalformed`, which tells nothing of them."""
    try:
        stated: dict[str, Any] = _ScoresSchema().load(json.loads(plaintext.decode()))
        read = [
            Scored(normal_code(lot["lot"]), check_credit_code(each["bidder"], "bidder"), one["seat"], one["score"])
            for lot in stated["lots"]
            for each in lot["bidders"]
            for one in each["scores"]
        ]
    except (ValueError, RecursionError, ValidationError, Invalid):
        raise ScoresMalformed from None
    named = [normal_code(lot["lot"]) for lot in stated["lots"]]
    known = set(named) <= set(lots) and {each.seat for each in read} <= set(seats)
    if not known or len(named) != len(set(named)) or len({each[:3] for each in read}) != len(read):
        raise ScoresMalformed
    return read
