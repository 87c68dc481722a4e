"""How the service and its gateways sign what they send each other: HMAC-SHA256, docs/spec/gateway.md, section 1."""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

SCHEME: Final = "Expertpool-HMAC"
REQUEST: Final = b"expertpool/gateway/request/v1\n"
"""The domain of what the service sends a gateway."""
REPORT: Final = b"expertpool/gateway/report/v1\n"
"""The domain of what a gateway sends the service."""
SKEW_SECONDS: Final = 300
SECRET_BYTES: Final = 32
"""A secret has at least as many."""

_HEADER: Final = re.compile(rf"{SCHEME} ([0-9]{{1,12}}):([0-9a-f]{{32}}):([0-9a-f]{{64}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sent:
    """What is signed of a request. ``path`` is that of its address, without the query; ``body`` may be empty."""

    domain: bytes
    method: str
    path: str
    body: bytes

    def signature(self, secret: bytes, seconds: int, nonce: str) -> str:
        """The signature by whoever has the secret, in hex."""
        text = f"{self.method} {self.path}\n{seconds}\n{nonce}\n{sha256(self.body).hexdigest()}"
        return hmac.digest(secret, self.domain + text.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Claim:
    """When a request was signed (POSIX seconds), its nonce and its signature. Not believed before `made_with`."""

    seconds: int
    nonce: str
    signature: str

    def made_with(self, secret: bytes, sent: Sent) -> bool:
        """Whether whoever has this secret signed this very request; takes as long whatever was wrong."""
        return hmac.compare_digest(sent.signature(secret, self.seconds, self.nonce), self.signature)

    def is_fresh(self, now: float) -> bool:
        """Whether it was made within the tolerance around ``now`` (POSIX seconds)."""
        return abs(now - self.seconds) <= SKEW_SECONDS


def authorise(secret: bytes, sent: Sent, *, seconds: int, nonce: str) -> str:
    """The `Authorization` header of a request. ``nonce`` is 32 hex digits that were never used before."""
    return f"{SCHEME} {seconds}:{nonce}:{sent.signature(secret, seconds, nonce)}"


def read_claim(header: str) -> Claim | None:
    """What an `Authorization` header claims; None for one of another form."""
    match = _HEADER.fullmatch(header)
    return None if match is None else Claim(int(match[1]), match[2], match[3])
