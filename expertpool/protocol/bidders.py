"""The bidders of a draw, once the sealed list is opened, and whom they strike: docs/spec/draw.md, section 7.

The list comes sealed to the vault and may be known from the bid opening on. What the ledger shows of it are salted
digests; the salts follow from the table key, so that nothing more has to be kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from expertpool.protocol.commitments import SALT_BYTES
from expertpool.protocol.decisions import Decided, Decider, Extra
from expertpool.protocol.encoding import from_hex, mac, tagged
from expertpool.protocol.errors import Malformed
from expertpool.protocol.request import DrawRequest
from expertpool.protocol.table import LEAF_BYTES
from ledger.canonical import canonical
from policies.facts import Expert, Unit
from policies.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Bidders:
    """Who bids, as the rules are told: the units, and candidates (by roster leaf) who bid themselves."""

    units: tuple[Unit, ...]
    persons: tuple[bytes, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON: what the commitment is over."""
        return {
            "persons": [leaf.hex() for leaf in self.persons],
            "units": [{"code": unit.code, "name": unit.name} for unit in self.units],
        }

    def digest(self, table_key: bytes) -> bytes:
        """The commitment to them."""
        return tagged("bidders", mac(table_key, "bidders")[:SALT_BYTES] + canonical(self.plain()))


def read_bidders(value: Any) -> Bidders:
    """Read what `Bidders.plain` wrote. Raises `Malformed`."""
    try:
        read = Bidders(
            tuple(Unit(each["name"], each["code"]) for each in value["units"]),
            tuple(from_hex(each, LEAF_BYTES, "bidders") for each in value["persons"]),
        )
        sound = all(type(unit.name) is str and type(unit.code) is str for unit in read.units)
        same = sound and read.plain() == value
    except (KeyError, TypeError):
        raise Malformed(field="bidders") from None
    if not same:
        raise Malformed(field="bidders")
    return read


class Late:
    """Decides candidates again by a list that is opened after the draw: all else is as it was decided then."""

    def __init__(self, book: Rulebook, asked: DrawRequest, bidders: Bidders) -> None:
        """``asked`` is the decided request. Raises `BadInput`, `Malformed`."""
        self._decider = Decider(book, asked.regime, asked.for_rules(book, bidders.units))
        self._persons = frozenset(bidders.persons)

    def decide(self, roster_leaf: bytes, facts: Expert, extra: Extra) -> Decided:
        """What is decided now that the bidders are known; who bids in person has an interest in the project."""
        return self._decider.decide(facts, extra._replace(named=True) if roster_leaf in self._persons else extra)

    def strikes(self, roster_leaf: bytes, facts: Expert, extra: Extra, decided: Decided) -> bool:
        """Whether somebody who might be drawn may be drawn no more."""
        return bool(decided.lines) and not self.decide(roster_leaf, facts, extra).lines


def struck_salt(table_key: bytes) -> bytes:
    """What salts the commitment to the rows that are struck."""
    return mac(table_key, "struck")[:SALT_BYTES]


def struck_digest(salt: bytes, leaves: Iterable[bytes]) -> bytes:
    """The commitment to the rows that are struck, by their leaves in the order of the table."""
    return tagged("struck", salt + b"".join(leaves))
