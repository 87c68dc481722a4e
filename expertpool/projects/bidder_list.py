"""What a sealed bidder list says, once the vault has opened it: docs/spec/trading-door.md, section 5. Pure.

The rules ask for the unit, and a name alone joins nobody; members see names and principals before they declare.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length

from expertpool.core.errors import Invalid
from expertpool.experts.validation import check_credit_code, check_id_number
from expertpool.identity.schemas import LINE
from expertpool.projects.door_errors import ListMalformed
from expertpool.projects.facts import normal_code
from expertpool.projects.schemas import CODE_TEXT, TITLE
from policies.facts import Unit

ENOUGH: Final = 3
"""Fewer bidders than this, and a lot is not opened (招标投标法 28, 44; 财政部87号令 43)."""


@dataclass(frozen=True, slots=True)
class Bid:
    """One bidder: a unit by its credit code, or a natural person by the identity number."""

    unit: Unit | None
    id_number: str | None
    name: str
    principals: tuple[str, ...]

    def __repr__(self) -> str:
        return "Bid(...)"


class _BidderSchema(Schema):
    code = fields.String(load_default=None, validate=[Length(18, 24), LINE])
    name = fields.String(required=True, validate=TITLE)
    principals = fields.List(fields.String(validate=[Length(1, 200), LINE]), load_default=list)
    id_number = fields.String(load_default=None, validate=[Length(15, 24), LINE])


class _LotSchema(Schema):
    lot = fields.String(required=True, validate=CODE_TEXT)
    bidders = fields.List(fields.Nested(_BidderSchema), required=True)


class _ListSchema(Schema):
    lots = fields.List(fields.Nested(_LotSchema), required=True, validate=Length(1))


def read_bidder_list(plaintext: bytes) -> dict[str, tuple[Bid, ...]]:
    """The bidders of each lot, by its code in normal form. Raises `ListMalformed`, which tells nothing of it."""
    try:
        stated: dict[str, Any] = _ListSchema().load(json.loads(plaintext.decode()))
        read = {normal_code(lot["lot"]): tuple(map(_bid, lot["bidders"])) for lot in stated["lots"]}
    except (ValueError, RecursionError, ValidationError, Invalid):
        raise ListMalformed from None
    if len(read) != len(stated["lots"]):
        raise ListMalformed
    return read


def _bid(stated: dict[str, Any]) -> Bid:
    named = (stated["name"], tuple(stated["principals"]))
    if stated["code"] is not None:
        return Bid(Unit(stated["name"], check_credit_code(stated["code"], "code")), None, *named)
    if stated["id_number"] is None:
        raise ValueError("neither code nor number")
    return Bid(None, check_id_number(stated["id_number"]), *named)
