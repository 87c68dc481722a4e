"""Salted disclosures, after RFC 9901 (SD-JWT), section 4.2: commit to a field now, show it later, or never.

An entry's body holds under ``_sd`` the sorted digests of its hidden fields. Whoever holds a disclosure (salt, name,
value) can prove that one field; without the 128-bit salt a digest tells nothing about a guessable value. Erasing
a disclosure leaves the ledger whole: the digest stays and nobody can open it again.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import canonical
from ledger.errors import Malformed, Refused

DIGESTS: Final = "_sd"
SALT_BYTES: Final = 16

_RESERVED: Final = frozenset((DIGESTS, "..."))


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
    """Commit to ``name: value`` under a fresh 128-bit salt (or ``salt``, for test vectors only).

    Raises Malformed for a value that has no canonical JSON form: a hidden field holds what a clear one may hold.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    if len(salt) < SALT_BYTES:
        raise Malformed("disclosure.salt")
    if name in _RESERVED:
        raise Malformed("disclosure.name", name=name)
    return Disclosure(name, value, _b64url(canonical([_b64url(salt), name, value])))


def parse_disclosure(encoded: str) -> Disclosure:
    """Read a disclosure made here or by any SD-JWT tool; raises Malformed."""
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        fields = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
        json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()  # fails for NaN and lone surrogates
    except (ValueError, RecursionError):
        raise Malformed("disclosure.malformed") from None
    if type(fields) is not list or len(fields) != 3 or _b64url(raw) != encoded:
        raise Malformed("disclosure.malformed")
    salt, name, value = fields
    if type(salt) is not str or type(name) is not str:
        raise Malformed("disclosure.malformed")
    if name in _RESERVED:
        raise Malformed("disclosure.name", name=name)
    return Disclosure(name, value, encoded)


def commit(clear: Mapping[str, Any], hidden: Mapping[str, Any]) -> tuple[dict[str, Any], list[Disclosure]]:
    """Return the body that shows ``clear`` and commits to ``hidden``, and the disclosures to keep outside the log.

    Raises Malformed for a name that stands in both or is reserved: a reader would not know which value holds.
    """
    for name in clear:
        if name in hidden or name in _RESERVED:
            raise Malformed("disclosure.name", name=name)
    disclosures = [make_disclosure(name, value) for name, value in hidden.items()]
    body = dict(clear)
    if disclosures:
        body[DIGESTS] = sorted(disclosure.digest for disclosure in disclosures)
    return body, disclosures


def check_disclosure(body: Mapping[str, Any], disclosure: Disclosure) -> None:
    """Check one field against an entry's body.

    Raises Refused when the entry does not commit to it, or shows a field of that name in the clear (RFC 9901, 7.1).
    """
    digests = body.get(DIGESTS)
    if not isinstance(digests, list) or disclosure.digest not in digests:
        raise Refused("disclosure.not-committed")
    if disclosure.name in body:
        raise Refused("disclosure.name", name=disclosure.name)


def erase(disclosures: Iterable[Disclosure], names: Iterable[str]) -> list[Disclosure]:
    """Return what is left to keep once the fields ``names`` are forgotten; their digests stay in the ledger."""
    forgotten = frozenset(names)
    return [disclosure for disclosure in disclosures if disclosure.name not in forgotten]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError  # two values under one name: readers would disagree
    return fields


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
