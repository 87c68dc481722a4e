"""What a bundle opens of the commitments in the ledger: docs/spec/bundle.md, section 2.

Only forms are checked here; that an opening fits its commitment is for `expertpool.protocol.replay`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from expertpool.protocol.commitments import KEY_BYTES, SALT_BYTES
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import Malformed
from expertpool.protocol.table import LEAF_BYTES, TOKEN_BYTES, GroupsOpened, Token
from expertpool.protocol.vrf import PROOF_SIZE

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class AnswerOpened:
    """The code with which an expert declined or took leave, which made a vacancy."""

    vacancy: int
    code: str
    salt: bytes

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"code": self.code, "salt": self.salt.hex(), "vacancy": self.vacancy}


@dataclass(frozen=True, slots=True)
class BeaconOpened:
    """The round's signature, and on a chained network the one before."""

    signature: bytes
    previous: bytes | None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "previous": None if self.previous is None else self.previous.hex(),
            "signature": self.signature.hex(),
        }


@dataclass(frozen=True, slots=True)
class ContributionOpened:
    """One organisation's VRF proof."""

    organisation: str
    proof: bytes

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"organisation": self.organisation, "pi": self.proof.hex()}


@dataclass(frozen=True, slots=True)
class RowOpened:
    """The groups of a row that an attempt selected, by its leaf."""

    leaf: bytes
    groups: GroupsOpened

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"leaf": self.leaf.hex(), **_groups(self.groups)}


@dataclass(frozen=True, slots=True)
class RetainedOpened:
    """A member of the first draw who keeps the seat: the logged commitment, and the groups under this draw's key."""

    member: bytes
    groups: GroupsOpened

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"member": self.member.hex(), **_groups(self.groups)}


@dataclass(frozen=True, slots=True)
class LotsOpened:
    """What was evaluated, by the national codes, and the key of its codes in the ledger."""

    key: bytes
    project: str
    lots: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"key": self.key.hex(), "lots": list(self.lots), "project": self.project}


@dataclass(frozen=True, slots=True)
class StruckOpened:
    """The rows that the opened bidder list strikes, by leaf, and the salt of the commitment to them."""

    salt: bytes
    leaves: tuple[bytes, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"leaves": [leaf.hex() for leaf in self.leaves], "salt": self.salt.hex()}


@dataclass(frozen=True, slots=True)
class Openings:
    """All that a public bundle opens; ``struck`` only where a bidder list was opened after the draw."""

    contributions: tuple[ContributionOpened, ...]
    lots: LotsOpened
    groups: tuple[RowOpened, ...] = ()
    answers: tuple[AnswerOpened, ...] = ()
    retained: tuple[RetainedOpened, ...] = ()
    beacon: BeaconOpened | None = None
    struck: StruckOpened | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        struck = {} if self.struck is None else {"struck": self.struck.plain()}
        return struck | {
            "answers": [each.plain() for each in self.answers],
            "beacon": None if self.beacon is None else self.beacon.plain(),
            "contributions": [each.plain() for each in self.contributions],
            "groups": [each.plain() for each in self.groups],
            "lots": self.lots.plain(),
            "retained": [each.plain() for each in self.retained],
        }


def read_openings(value: Any) -> Openings:
    """Read what `Openings.plain` wrote. Raises `Malformed`, naming the member."""
    members = _Members("openings", value)
    openings = Openings(
        contributions=members.each("contributions", _read_contribution),
        lots=members.one("lots", _read_lots),
        groups=members.each("groups", _read_row),
        answers=members.each("answers", _read_answer),
        retained=members.each("retained", _read_retained),
        beacon=members.one("beacon", lambda each: None if each is None else _read_beacon(each)),
        struck=members.one("struck", _read_struck) if "struck" in members else None,
    )
    if openings.plain() != value:  # something more stands there, or it is written otherwise
        raise Malformed(field="openings")
    return openings


class _Members:
    """The members of the object, each read with its own name in what is refused."""

    def __init__(self, name: str, value: Any) -> None:
        if type(value) is not dict:
            raise Malformed(field=name)
        self._value: Mapping[str, Any] = value

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def one(self, name: str, read: Callable[[Any], Read]) -> Read:
        try:
            return read(self._value[name])
        except (KeyError, TypeError, ValueError):
            raise Malformed(field=name) from None

    def each(self, name: str, read: Callable[[Any], Read]) -> tuple[Read, ...]:
        return self.one(name, lambda values: tuple(read(value) for value in _list(values)))


def _read_contribution(value: Any) -> ContributionOpened:
    return ContributionOpened(_text(value["organisation"]), from_hex(value["pi"], PROOF_SIZE, "contributions"))


def _read_lots(value: Any) -> LotsOpened:
    lots = tuple(_text(each) for each in _list(value["lots"]))
    return LotsOpened(from_hex(value["key"], KEY_BYTES, "lots"), _text(value["project"]), lots)


def _read_row(value: Any) -> RowOpened:
    return RowOpened(from_hex(value["leaf"], LEAF_BYTES, "groups"), _read_groups(value, "groups"))


def _read_retained(value: Any) -> RetainedOpened:
    return RetainedOpened(from_hex(value["member"], LEAF_BYTES, "retained"), _read_groups(value, "retained"))


def _read_answer(value: Any) -> AnswerOpened:
    vacancy = value["vacancy"]
    if type(vacancy) is not int or vacancy < 1:
        raise Malformed(field="answers")
    return AnswerOpened(vacancy, _text(value["code"]), from_hex(value["salt"], SALT_BYTES, "answers"))


def _read_beacon(value: Any) -> BeaconOpened:
    previous = value["previous"]
    return BeaconOpened(bytes.fromhex(value["signature"]), None if previous is None else bytes.fromhex(previous))


def _read_struck(value: Any) -> StruckOpened:
    leaves = tuple(from_hex(each, LEAF_BYTES, "struck") for each in _list(value["leaves"]))
    return StruckOpened(from_hex(value["salt"], SALT_BYTES, "struck"), leaves)


def _read_groups(value: Any, field: str) -> GroupsOpened:
    tokens = tuple(_read_token(each, field) for each in _list(value["tokens"]))
    if list(tokens) != sorted(set(tokens)) or len(tokens) > 0xFF:
        raise Malformed(field=field)
    return GroupsOpened(from_hex(value["salt"], SALT_BYTES, field), tokens)


def _read_token(value: Any, field: str) -> Token:
    kind, token = _list(value)
    if type(kind) is not int or not 0 < kind <= 0xFF:
        raise Malformed(field=field)
    return kind, from_hex(token, TOKEN_BYTES, field)


def _groups(opened: GroupsOpened) -> dict[str, Any]:
    return {"salt": opened.salt.hex(), "tokens": [[kind, token.hex()] for kind, token in opened.tokens]}


def _list(value: Any) -> Sequence[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if type(value) is not str or not value:
        raise TypeError
    return value
