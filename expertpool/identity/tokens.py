"""Access tokens: an identifier and 256 random bits, of which only the SHA-256 is kept.

``ept_...`` is an account's own token and does whatever the account may; ``eps_...`` is limited to scopes.

A fast hash is right here: nobody can guess 256 bits, so there is nothing for a slow one to slow down.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

_FORM: Final = re.compile(r"(ept|eps)_([0-9a-z]{26})_([A-Za-z0-9_-]{43})", re.ASCII)
_BEGINNINGS: Final = {"act": "ept", "stk": "eps"}
_OWNERS: Final = {beginning: kind for kind, beginning in _BEGINNINGS.items()}
_NOBODY: Final = hashlib.sha256(secrets.token_bytes(32)).digest()


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its holder sends it: ``ept_ID_SECRET``. The secret stays out of ``repr`` and so out of logs.

    ``owner`` is what the identifier names: an account, or a `ScopedToken`.
    """

    owner: str
    secret: str = field(repr=False)

    def text(self) -> str:
        kind, _, number = self.owner.partition("_")
        return f"{_BEGINNINGS[kind]}_{number}_{self.secret}"

    def digest(self) -> bytes:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, stored: bytes | None) -> bool:
        """Whether this is the token whose digest is stored; takes as long when none is."""
        return compare_digest(self.digest(), stored or _NOBODY)


def new_token(owner: str) -> Token:
    """A fresh token of an account, or a fresh scoped one."""
    return Token(owner, secrets.token_urlsafe(32))


def parse_token(text: str) -> Token | None:
    """Read a token; None if it is nothing of the kind."""
    match = _FORM.fullmatch(text)
    return Token(f"{_OWNERS[match[1]]}_{match[2]}", match[3]) if match else None
