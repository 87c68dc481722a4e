"""What a release hands out: a seat's record and its key, sealed to the recipient. docs/spec/agents.md, section 6.

The last holder of a set seals the key to the recipient that the logged request names, so that neither the vault nor
the web ever has what opens a name for a person.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import HPKE_OVERHEAD, KEY_BYTES, Envelope, Open, parse_envelope, seal_to
from expertpool.protocol.errors import EnvelopeBroken, Malformed
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

REQUESTED: Final = "draw.release-requested"
ORDERED: Final = "draw.release-ordered"
BREAK_GLASS: Final = "draw.break-glass-requested"
CONSENTED: Final = "draw.break-glass-consented"
REQUESTS: Final = frozenset({REQUESTED, ORDERED, BREAK_GLASS})
"""The kinds of entries that request a release: its moment has come, a supervisor orders it, the glass is broken."""

PURPOSE: Final = "record"
SEALED_KEY_BYTES: Final = KEY_BYTES + HPKE_OVERHEAD
SHARE: Final = b"expertpool/release/share/v1\n"

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "initiator": frozenset({"report-signed"}),
    "supervisor": frozenset({"report-signed"}),
    "inspection": frozenset({"report-signed"}),
    "archive": frozenset({"report-signed"}),
    "payer": frozenset({"award-fixed", "notice-published"}),
    "public": frozenset({"award-fixed", "notice-published"}),
}
"""Of which milestones one must be in the log before an audience learns names. No other audience's moment ever comes."""
ORDERS: Final = "supervisor"
"""The audience that learns names by order."""
GLASS: Final = "break-glass"
"""The audience that learns names when the glass is broken."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which key: ``release`` is the index of the entry that requests it."""

    draw: str
    release: int
    seat: str

    @property
    def info(self) -> bytes:
        """What a sealed key is bound to."""
        return SHARE + canonical({"draw": self.draw, "release": self.release, "seat": self.seat})


@dataclass(frozen=True, slots=True)
class Released:
    """A seat as it is handed out: the envelope's bytes, and its key sealed to the recipient."""

    seat: str
    envelope: bytes
    sealed: bytes


def give_share(envelope: Envelope, peeled: bytes, *, last: bool, recipient: bytes, place: Place) -> dict[str, str]:
    """A holder's answer: what the next holder opens, or, by the last one, the key sealed to the recipient.

    Raises `EnvelopeBroken` where what the last one peeled is not the envelope's key.
    """
    if not last:
        return {"share": b64encode(peeled).decode()}
    envelope.content(peeled)
    return {"sealed": b64encode(seal_to(recipient, place.info, peeled)).decode()}


def make_package(draw: str, release: int, audience: str, recipient: bytes, seats: Iterable[Released]) -> bytes:
    """The file that a recipient downloads."""
    return canonical(
        {
            "audience": audience,
            "draw": draw,
            "recipient": recipient.hex(),
            "release": release,
            "seats": [
                {
                    "envelope": b64encode(each.envelope).decode(),
                    "seat": each.seat,
                    "sealed": b64encode(each.sealed).decode(),
                }
                for each in seats
            ],
        }
    )


def open_package(package: bytes, opener: Open) -> list[dict[str, Any]]:
    """The records in a package, by seat; docs/spec/draw.md, section 8, has their members.

    Raises `Malformed`, and `EnvelopeBroken` where the key is not the recipient's or a record is not of its seat.
    """
    try:
        value = parse(package)
        draw, release = value["draw"], value["release"]
        seats = [
            (Place(draw, release, each["seat"]), each["envelope"], from_base64(each["sealed"], "sealed"))
            for each in value["seats"]
        ]
    except (LedgerError, KeyError, TypeError):
        raise Malformed(field="package") from None
    return [
        _open(place, parse_envelope(from_base64(text, "envelope")), sealed, opener) for place, text, sealed in seats
    ]


def _open(place: Place, envelope: Envelope, sealed: bytes, opener: Open) -> dict[str, Any]:
    named = {"draw": place.draw, "purpose": PURPOSE, "subject": place.seat}
    if {name: envelope.info.get(name) for name in named} != named:
        raise EnvelopeBroken
    return dict(parse(envelope.content(opener(sealed, place.info))))
