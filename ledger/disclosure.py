"""Salted disclosures, after RFC 9901 (SD-JWT), section 4.2: commit to a field now, show it later, or never.

An entry's body holds under ``_sd`` the sorted digests of its hidden fields. Whoever holds a disclosure (salt, name,
value) can prove that one field; without the 128-bit salt a digest tells nothing about a guessable value. Erasing
a disclosure leaves the ledger whole: the digest stays and nobody can open it again.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Malformed, Refused

DIGESTS: Final = "_sd"
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One hidden field, opened. ``encoded`` is the exact text that the digest covers."""

    name: str
    value: Any
    encoded: str

    @property
    def digest(self) -> str:
        """base64url(SHA-256(encoded)), unpadded: what stands in the entry."""
        return _b64url(hashlib.sha256(self.encoded.encode("ascii")).digest())


def make_disclosure(name: str, value: Any, salt: bytes | None = None) -> Disclosure:
    """Commit to ``name: value`` under a fresh 128-bit salt (or ``salt``, for test vectors only)."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    if len(salt) < SALT_BYTES:
        raise Malformed("disclosure.salt")
    text = json.dumps([_b64url(salt), name, value], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Disclosure(name, value, _b64url(text.encode("utf-8")))


def parse_disclosure(encoded: str) -> Disclosure:
    """Read a disclosure made here or by any SD-JWT tool; raises Malformed."""
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        salt, name, value = json.loads(raw)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise Malformed("disclosure.malformed") from None
    if not isinstance(salt, str) or not isinstance(name, str) or _b64url(raw) != encoded:
        raise Malformed("disclosure.malformed")
    return Disclosure(name, value, encoded)


def commit(clear: Mapping[str, Any], hidden: Mapping[str, Any]) -> tuple[dict[str, Any], list[Disclosure]]:
    """Return the body that shows ``clear`` and commits to ``hidden``, and the disclosures to keep outside the log."""
    disclosures = [make_disclosure(name, value) for name, value in hidden.items()]
    body = dict(clear)
    if disclosures:
        body[DIGESTS] = sorted(disclosure.digest for disclosure in disclosures)
    return body, disclosures


def check_disclosure(body: Mapping[str, Any], disclosure: Disclosure) -> None:
    """Check one field against an entry's body; raises Refused when the entry does not commit to it."""
    digest = disclosure.digest
    digests = body.get(DIGESTS)
    held = [item for item in digests if isinstance(item, str)] if isinstance(digests, list) else []
    if not any(hmac.compare_digest(item.encode(), digest.encode()) for item in held):
        raise Refused("disclosure.not-committed")


def erase(disclosures: Iterable[Disclosure], names: Iterable[str]) -> list[Disclosure]:
    """Return what is left to keep once the fields ``names`` are forgotten; their digests stay in the ledger."""
    forgotten = frozenset(names)
    return [disclosure for disclosure in disclosures if disclosure.name not in forgotten]


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
