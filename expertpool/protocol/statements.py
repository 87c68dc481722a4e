"""What supervisors and key holders sign outside of requests: orders, consents, openings without the centre.

Each is Ed25519 over a domain and canonical JSON, so that no signature serves for anything else. docs/spec/agents.md.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from expertpool.protocol.agents import Sign
from expertpool.protocol.encoding import from_base64, from_hex, tagged
from expertpool.protocol.errors import Malformed, ProtocolError
from ledger import ed25519
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

SUPERVISOR_KEY: Final = b"expertpool/supervisor-key/v1\n"
ORDER: Final = b"expertpool/agent/order/v1\n"
CONSENT: Final = b"expertpool/agent/consent/v1\n"
OPENED: Final = b"expertpool/agent/opened-offline/v1\n"


# A supervisor registers the key that signs


def supervisor_registration(*, supervisor: str, public: str) -> bytes:
    """What the holder of a key (hex) signs to have it registered; ``supervisor`` is the account."""
    return SUPERVISOR_KEY + canonical({"public": public, "supervisor": supervisor})


# A supervisor orders that seats be opened during the session


def order_text(*, draw: str, intent: int, reason: str, recipient: str, seats: Sequence[str]) -> bytes:
    """What a supervisor signs. ``recipient``: the supervisor's own recipient key, hex; ``reason``: its SHA-256, hex."""
    return canonical({"draw": draw, "intent": intent, "reason": reason, "recipient": recipient, "seats": sorted(seats)})


def make_order(
    sign: Sign, public: bytes, *, draw: str, intent: int, reason: str, recipient: str, seats: Sequence[str]
) -> dict[str, str]:
    """The order as it is handed in, with its reason."""
    text = order_text(draw=draw, intent=intent, reason=_hashed(reason), recipient=recipient, seats=seats)
    return {"key": public.hex(), "reason": reason, "signature": _base64(sign(ORDER + text))}


def condensed(order: Mapping[str, str]) -> dict[str, str]:
    """The order as a task carries it: of the reason its SHA-256, so that a long one fits too."""
    return {**order, "reason": _hashed(order["reason"])}


def order_key(order: object, *, draw: str, intent: int, recipient: str, seats: Sequence[str]) -> bytes | None:
    """The key that signed a condensed order for exactly this; None if it is none."""
    if type(order) is not dict or order.keys() != {"key", "reason", "signature"}:
        return None
    if not all(type(part) is str for part in order.values()):
        return None
    try:
        public = from_hex(order["key"], 32, "key")
        signature = from_base64(order["signature"], "signature")
        text = order_text(draw=draw, intent=intent, reason=order["reason"], recipient=recipient, seats=seats)
    except (ProtocolError, LedgerError):
        return None
    return public if ed25519.verify(public, ORDER + text, signature) else None


def _hashed(reason: str) -> str:
    return sha256(reason.encode()).hexdigest()


# Every key holder consents to breaking the glass


def reason_digest(salt: bytes, reason: str) -> str:
    """How the request commits to its reason, hex: owners are shown the one that is on record. ``salt``: 16 bytes."""
    return tagged("break-glass", salt + reason.encode()).hex()


def sign_consent(sign: Sign, *, draw: str, holder: str, release: int) -> str:
    """A holder's consent, base64; ``release`` is the index of the request."""
    return _base64(sign(_consent(draw, holder, release)))


def is_consent(signature: object, public: bytes, *, draw: str, holder: str, release: int) -> bool:
    """Whether this transport key signed that consent."""
    try:
        raw = from_base64(signature, "signature")
    except ProtocolError:
        return False
    return ed25519.verify(public, _consent(draw, holder, release), raw)


def _consent(draw: str, holder: str, release: int) -> bytes:
    return CONSENT + canonical({"draw": draw, "holder": holder, "release": release})


# What was opened without the centre


def opening_statement(
    *, at: str, draw: str, holder: str, intent: int, names: bool, reason: str, seats: Sequence[str]
) -> str:
    """That a holder took part in an opening without the centre; ``names``: it was the one who read them."""
    return canonical(
        {
            "at": at,
            "draw": draw,
            "holder": holder,
            "intent": intent,
            "names": names,
            "reason": reason,
            "seats": sorted(seats),
        }
    ).decode()


def sign_opening(sign: Sign, statement: str) -> str:
    """The signature of such a statement, base64."""
    return _base64(sign(OPENED + statement.encode()))


def read_opening(statement: str, signature: str, public: bytes) -> dict[str, Any]:
    """The members of a statement that this transport key signed. Raises `Malformed`."""
    if not ed25519.verify(public, OPENED + statement.encode(), from_base64(signature, "signature")):
        raise Malformed(field="signature")
    try:
        value = parse(statement.encode())
    except LedgerError:
        raise Malformed(field="statement") from None
    kinds = {"at": str, "draw": str, "holder": str, "intent": int, "names": bool, "reason": str, "seats": list}
    if type(value) is not dict or value.keys() != kinds.keys():
        raise Malformed(field="statement")
    if not all(type(value[name]) is kind for name, kind in kinds.items()):
        raise Malformed(field="statement")
    if not all(type(seat) is str for seat in value["seats"]):
        raise Malformed(field="statement")
    return value


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
