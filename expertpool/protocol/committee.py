"""The committee file that every key holder keeps, and its opening without the centre: docs/spec/committee-file.md.

Records are sealed as they always were; a file opens nothing. To open one, a set of key holders each add what only they
can peel, in the order of the set, and hand the file on; nobody before the last learns anything.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import Envelope, Open, parse_envelope
from expertpool.protocol.errors import EnvelopeBroken, Malformed
from expertpool.protocol.release import PURPOSE
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

COMMITTEE: Final = "expertpool/committee/v1"
SHARES: Final = "expertpool/committee-shares/v1"


@dataclass(frozen=True, slots=True)
class Meeting:
    """When (as entries write it) and where the committee meets, so that an opener knows which file it needs."""

    starts: str
    places: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As a task and a file have it."""
        return {"places": list(self.places), "starts": self.starts}


@dataclass(frozen=True, slots=True)
class Committee:
    """The sealed records of the seats of a draw. ``intent`` is the index of its entry."""

    draw: str
    intent: int
    meeting: Meeting
    records: Mapping[str, Envelope]

    def plain(self) -> dict[str, Any]:
        """As the file shows it."""
        return {
            "draw": self.draw,
            "form": COMMITTEE,
            "intent": self.intent,
            "meeting": self.meeting.plain(),
            "records": [
                {"envelope": _base64(self.records[seat].to_bytes()), "seat": seat} for seat in sorted(self.records)
            ],
        }

    def to_bytes(self) -> bytes:
        """The file."""
        return canonical(self.plain())


class Place(NamedTuple):
    """Where a share belongs: the seat, the number of the set in the record, the position in that set."""

    seat: str
    number: int
    position: int


@dataclass(frozen=True, slots=True)
class Shares:
    """A committee with what holders have peeled of it so far; each share opens only for the next of its set."""

    committee: Committee
    given: Mapping[Place, bytes] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The file that one holder hands to the next."""
        given = [
            {"position": at.position, "seat": at.seat, "set": at.number, "share": _base64(self.given[at])}
            for at in sorted(self.given)
        ]
        return canonical({"committee": self.committee.plain(), "form": SHARES, "shares": given})

    def next_ones(self) -> frozenset[str]:
        """The holders any of whom can go on now: where somebody has begun, only those who complete what was begun."""
        ahead = {
            (depth, record.sets[number][depth])
            for seat, record in self.committee.records.items()
            for number in range(len(record.sets))
            if (depth := self._depth(seat, number)) < len(record.sets[number])
        }
        most = max((depth for depth, _ in ahead), default=0)
        return frozenset(holder for depth, holder in ahead if depth == most)

    def _depth(self, seat: str, number: int) -> int:
        """How many of a set have peeled a record."""
        return sum(at[:2] == (seat, number) for at in self.given)


class Peeled(NamedTuple):
    """What came of a holder's turn: the file for the next, or, by seat, the records once a set was complete."""

    shares: Shares
    names: dict[str, dict[str, Any]]


def peel(shares: Shares, holder: str, opener: Open) -> Peeled:
    """Add what ``holder`` can peel in every set in which it is its turn.

    Records are told when every one of them is open. Raises `EnvelopeBroken`: somebody altered a record or a share.
    """
    given, names = dict(shares.given), {}
    for seat, record in shares.committee.records.items():
        for number, members in enumerate(record.sets):
            position = members.index(holder) if holder in members else 0
            passed = given.get(Place(seat, number, position - 1))
            if holder not in members or (position and passed is None):
                continue
            peeled = record.peel(number, passed, position, opener)
            if position + 1 == len(members):
                names[seat] = _record(record, seat, peeled)
            else:
                given[Place(seat, number, position)] = peeled
    complete = names.keys() == shares.committee.records.keys()
    return Peeled(replace(shares, given=given), names if complete else {})


def parse_committee(data: bytes) -> Committee:
    """Read a committee file. Raises `Malformed`."""
    committee = _committee(_parsed(data))
    if committee.to_bytes() != data:
        raise Malformed(field="committee")
    return committee


def parse_shares(data: bytes) -> Shares:
    """Read a file that a holder handed on. Raises `Malformed`."""
    value = _parsed(data)
    try:
        committee = _committee(value["committee"])
        given = {
            Place(_text(each["seat"]), _whole(each["set"]), _whole(each["position"])): from_base64(
                each["share"], "share"
            )
            for each in value["shares"]
        }
        fits = all(_fits(committee, at) for at in given)
    except (KeyError, TypeError):
        raise Malformed(field="shares") from None
    shares = Shares(committee, given)
    if not fits or value.get("form") != SHARES or shares.to_bytes() != data:
        raise Malformed(field="shares")
    return shares


def read_meeting(value: object) -> Meeting:
    """Raises `Malformed`."""
    if type(value) is not dict or value.keys() != {"places", "starts"} or type(value["places"]) is not list:
        raise Malformed(field="meeting")
    return Meeting(_text(value["starts"]), tuple(_text(place) for place in value["places"]))


def _committee(value: Any) -> Committee:
    try:
        committee = Committee(
            _text(value["draw"]),
            _whole(value["intent"]),
            read_meeting(value["meeting"]),
            {_text(each["seat"]): parse_envelope(from_base64(each["envelope"], "e")) for each in value["records"]},
        )
    except (KeyError, TypeError):
        raise Malformed(field="committee") from None
    if value.get("form") != COMMITTEE:
        raise Malformed(field="committee")
    return committee


def _fits(committee: Committee, at: Place) -> bool:
    """It is a place of a record, and not the last of its set: what the last one peels is never handed on."""
    record = committee.records.get(at.seat)
    return record is not None and at.number < len(record.sets) and at.position < len(record.sets[at.number]) - 1


def _record(record: Envelope, seat: str, key: bytes) -> dict[str, Any]:
    """What was sealed, of this very seat."""
    if record.info.get("purpose") != PURPOSE or record.info.get("subject") != seat:
        raise EnvelopeBroken
    return dict(parse(record.content(key)))


def _parsed(data: bytes) -> Any:
    try:
        return parse(data)
    except LedgerError:
        raise Malformed(field="file") from None


def _text(value: object) -> str:
    if type(value) is not str:
        raise Malformed(field="file")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Malformed(field="file")
    return value


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
