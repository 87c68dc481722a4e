"""What supervisors and key holders sign outside of requests: orders, consents, openings without the centre.

Each is Ed25519 over a domain and canonical JSON, so that no signature serves for anything else. docs/spec/agents.md.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final

from expertpool.protocol.agents import Sign
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.errors import Malformed
from ledger import ed25519
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

ORDER: Final = b"expertpool/agent/order/v1\n"
CONSENT: Final = b"expertpool/agent/consent/v1\n"
OPENED: Final = b"expertpool/agent/opened-offline/v1\n"


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
