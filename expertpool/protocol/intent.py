"""The intent: everything that decides a draw, in one ledger entry, before anyone can know the outcome.

docs/spec/draw.md, section 4. The entry's leaf hash is ``alpha``, over which every contributor computes its VRF.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from expertpool.protocol.encoding import from_hex
from expertpool.protocol.envelope import Holders
from expertpool.protocol.errors import Malformed
from expertpool.protocol.table import MOST_LINES
from ledger.entry import Entry, format_time

ALGORITHM: Final = "panel/v1"
KIND: Final = "draw.intended"
COMMITMENT: Final = 32  # bytes


@dataclass(frozen=True, slots=True)
class Contributor:
    """A standing institution, its VRF key (32 bytes), and the index of the entry that registered the key."""

    organisation: str
    registered: int
    vrf: bytes


@dataclass(frozen=True, slots=True)
class Constraint:
    """At most ``cap`` members may have the same token of a kind."""

    kind: int
    cap: int


@dataclass(frozen=True, slots=True)
class Beacon:
    """A future round of a drand chain."""

    chain: bytes
    round: int


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent as its entry shows it; members as docs/spec/draw.md, section 4, lists them."""

    draw: str
    centre: str
    request: bytes
    lots: tuple[bytes, ...]
    first: int | None
    rulebook: bytes
    roster_centre: str
    roster_origin: str
    roster_size: int
    table: bytes
    seats: tuple[int, ...]
    constraints: tuple[Constraint, ...]
    retained: tuple[bytes, ...]
    contributors: tuple[Contributor, ...]
    alternates: tuple[Contributor, ...]
    required: int
    step_seconds: int
    deadline: datetime
    max_attempts: int
    vacancies: int
    vault: bytes
    holders: Holders
    not_before: datetime
    beacon: Beacon | None

    def shown(self) -> dict[str, Any]:
        """The members that the entry's body shows."""
        return {
            "algorithm": ALGORITHM,
            "draw": self.draw,
            "centre": self.centre,
            "request": self.request.hex(),
            "lots": [lot.hex() for lot in self.lots],
            "first": self.first,
            "rulebook": self.rulebook.hex(),
            "pool": {"centre": self.roster_centre, "origin": self.roster_origin, "size": self.roster_size},
            "table": self.table.hex(),
            "seats": list(self.seats),
            "constraints": [{"cap": each.cap, "kind": each.kind} for each in self.constraints],
            "retained": [each.hex() for each in self.retained],
            "contributors": [_written(each) for each in self.contributors],
            "alternates": [_written(each) for each in self.alternates],
            "required": self.required,
            "step_seconds": self.step_seconds,
            "deadline": format_time(self.deadline),
            "max_attempts": self.max_attempts,
            "vacancies": self.vacancies,
            "vault": self.vault.hex(),
            "holders": {
                "keys": {organisation: key.hex() for organisation, key in self.holders.keys.items()},
                "sets": [list(each) for each in self.holders.sets],
            },
            "not_before": format_time(self.not_before),
            "beacon": None if self.beacon is None else {"chain": self.beacon.chain.hex(), "round": self.beacon.round},
        }


def read_intent(entry: Entry) -> Intent:
    """Read an intent from its entry. Raises `Malformed`, naming the member that is not as the protocol says."""
    if entry.kind != KIND:
        raise Malformed(field="kind")
    return _Reader(entry.body).intent()


class _Reader:
    """Reads a body member by member, so that a refusal can name one."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def intent(self) -> Intent:
        if self._body.get("algorithm") != ALGORITHM:
            raise Malformed(field="algorithm")
        pool, holders = self._object("pool"), self._object("holders")
        intent = Intent(
            draw=self._text("draw"),
            centre=self._text("centre"),
            request=self._hash("request"),
            lots=self._hashes("lots"),
            first=None if self._body.get("first", 0) is None else self._number("first"),
            rulebook=self._hash("rulebook"),
            roster_centre=_text(pool.get("centre"), "pool"),
            roster_origin=_text(pool.get("origin"), "pool"),
            roster_size=_number(pool.get("size"), "pool"),
            table=self._hash("table"),
            seats=tuple(_number(each, "seats") for each in self._list("seats")),
            constraints=tuple(_constraint(each) for each in self._list("constraints")),
            retained=self._hashes("retained"),
            contributors=tuple(_contributor(each, "contributors") for each in self._list("contributors")),
            alternates=tuple(_contributor(each, "alternates") for each in self._list("alternates")),
            required=self._number("required"),
            step_seconds=self._number("step_seconds"),
            deadline=self._time("deadline"),
            max_attempts=self._number("max_attempts"),
            vacancies=self._number("vacancies"),
            vault=self._hash("vault"),
            holders=_holders(holders),
            not_before=self._time("not_before"),
            beacon=_beacon(self._body.get("beacon", 0)),
        )
        _check(intent)
        return intent

    def _text(self, name: str) -> str:
        return _text(self._body.get(name), name)

    def _number(self, name: str) -> int:
        return _number(self._body.get(name), name)

    def _hash(self, name: str) -> bytes:
        return from_hex(self._body.get(name), COMMITMENT, name)

    def _time(self, name: str) -> datetime:
        return _time(self._body.get(name), name)

    def _object(self, name: str) -> Mapping[str, Any]:
        value = self._body.get(name)
        if type(value) is not dict:
            raise Malformed(field=name)
        return value

    def _list(self, name: str) -> Sequence[Any]:
        value = self._body.get(name)
        if type(value) is not list:
            raise Malformed(field=name)
        return value

    def _hashes(self, name: str) -> tuple[bytes, ...]:
        return tuple(from_hex(each, COMMITMENT, name) for each in self._list(name))


def _check(intent: Intent) -> None:
    """What must hold between the members. Raises `Malformed`."""
    organisations = [each.organisation for each in (*intent.contributors, *intent.alternates)]
    keys = [each.vrf for each in (*intent.contributors, *intent.alternates)]
    sound = {
        "lots": bool(intent.lots) and list(intent.lots) == sorted(set(intent.lots)),
        "seats": 0 < len(intent.seats) <= MOST_LINES and sum(intent.seats) > 0,
        "constraints": [each.kind for each in intent.constraints] == sorted({each.kind for each in intent.constraints}),
        "retained": list(intent.retained) == sorted(set(intent.retained)),
        "contributors": len(intent.contributors) >= 2,
        "alternates": len(set(organisations)) == len(organisations) and len(set(keys)) == len(keys),
        "required": intent.required == len(intent.contributors),
        "max_attempts": 0 < intent.max_attempts <= 0xFFFFFFFF,
        "holders": bool(intent.holders.sets),
    }
    for name, holds in sound.items():
        if not holds:
            raise Malformed(field=name)


def _written(contributor: Contributor) -> dict[str, Any]:
    return {
        "organisation": contributor.organisation,
        "registered": contributor.registered,
        "vrf": contributor.vrf.hex(),
    }


def _contributor(value: Any, field: str) -> Contributor:
    if type(value) is not dict or value.keys() != {"organisation", "registered", "vrf"}:
        raise Malformed(field=field)
    organisation, registered = _text(value["organisation"], field), _number(value["registered"], field)
    return Contributor(organisation, registered, from_hex(value["vrf"], 32, field))


def _constraint(value: Any) -> Constraint:
    if type(value) is not dict or value.keys() != {"cap", "kind"}:
        raise Malformed(field="constraints")
    kind, cap = _number(value["kind"], "constraints"), _number(value["cap"], "constraints")
    if not (0 < kind < 256 and cap > 0):
        raise Malformed(field="constraints")
    return Constraint(kind, cap)


def _holders(value: Mapping[str, Any]) -> Holders:
    keys, sets = value.get("keys"), value.get("sets")
    if value.keys() != {"keys", "sets"} or type(keys) is not dict or type(sets) is not list:
        raise Malformed(field="holders")
    known = {organisation: from_hex(key, 32, "holders") for organisation, key in keys.items()}
    for each in sets:
        named = type(each) is list and all(type(one) is str for one in each)
        if not named or not each or each != sorted(set(each)) or not known.keys() >= set(each):
            raise Malformed(field="holders")
    return Holders(known, tuple(tuple(each) for each in sets))


def _beacon(value: Any) -> Beacon | None:
    if value is None:
        return None
    if type(value) is not dict or value.keys() != {"chain", "round"}:
        raise Malformed(field="beacon")
    number = _number(value["round"], "beacon")
    if not 0 < number <= 0xFFFFFFFF:
        raise Malformed(field="beacon")
    return Beacon(from_hex(value["chain"], 32, "beacon"), number)


def _text(value: Any, field: str) -> str:
    if type(value) is not str or not value:
        raise Malformed(field=field)
    return value


def _number(value: Any, field: str) -> int:
    if type(value) is not int or value < 0:
        raise Malformed(field=field)
    return value


def _time(value: Any, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, field))
    except ValueError:
        raise Malformed(field=field) from None
    if moment.utcoffset() is None or format_time(moment) != value:
        raise Malformed(field=field)
    return moment
