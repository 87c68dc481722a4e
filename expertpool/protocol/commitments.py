"""What the ledger shows of things that stay hidden until the bundle opens them: docs/spec/draw.md."""

import hmac
from collections.abc import Mapping
from typing import Any

from expertpool.protocol.encoding import domain, lp, tagged
from ledger.canonical import canonical

SALT_BYTES = 16
KEY_BYTES = 32


def request_digest(salt: bytes, request: Mapping[str, Any]) -> bytes:
    """The commitment to a draw request (section 2)."""
    return tagged("request", salt + canonical(dict(request)))


def lot_code(lot_key: bytes, project: str, lot: str) -> bytes:
    """What stands in the intent for a lot, by the national codes in normal form (section 2)."""
    return hmac.digest(lot_key, domain("lot") + lp(project) + lp(lot), "sha256")


def contribution_digest(alpha: bytes, organisation: str, proof: bytes) -> bytes:
    """The commitment to a contribution (section 5); ``proof`` is the 80 bytes of the VRF."""
    return tagged("contribution", alpha + lp(organisation) + proof)


def seed_digest(seed: bytes) -> bytes:
    """The commitment to the panel seed (section 7)."""
    return tagged("seed", seed)


def member_digest(salt: bytes, leaf: bytes) -> bytes:
    """The commitment to who sits on a seat, by the leaf of the candidate table (section 7)."""
    return tagged("member", salt + leaf)


def answer_digest(salt: bytes, code: str) -> bytes:
    """The commitment to the code with which an expert answers (section 7)."""
    return tagged("answer", salt + code.encode())


def delivery_digest(salt: bytes, report: Mapping[str, str]) -> bytes:
    """The commitment to what a gateway reported of a message (section 7)."""
    return tagged("delivery", salt + canonical(dict(report)))


def retained_digest(member: bytes, groups: bytes) -> bytes:
    """The commitment to a member of the first draw who keeps the seat, with the groups under this draw's key (4)."""
    return tagged("retained", member + groups)
