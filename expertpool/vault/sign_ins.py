"""Experts' own sign-ins: a token that only the vault can tell a person by, and what was opened with it.

Nobody is ever looked up: a token is found by its digest, which is random, and everything about its holder is sealed.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete

from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import VaultKeys, open_padded, seal_padded
from expertpool.invitations.desk_errors import SignedOut
from expertpool.vault.models import SignIn

SIZE: Final = 2048
TOKEN_BYTES: Final = 32
MOST_OPEN: Final = 40
"""Invitations that one sign-in remembers; an older one can be opened again with its code."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who signed in: the experts with this number (as a rule one), and the answer codes of opened invitations."""

    experts: tuple[str, ...]
    codes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Holder(...)"


def sign_in(tx: Transaction, keys: VaultKeys, experts: Sequence[str], lasts: timedelta) -> str:
    """Begin a sign-in; returns its token, which is nowhere else."""
    tx.session.execute(delete(SignIn).where(SignIn.expires <= tx.now))
    token = f"exs_{secrets.token_urlsafe(TOKEN_BYTES)}"
    digest = _digest(token)
    sealed = _seal(keys, digest, Holder(tuple(experts)))
    tx.session.add(SignIn(token=digest, sealed=sealed, expires=tx.now + lasts))
    return token


def holder(tx: Transaction, keys: VaultKeys, token: str) -> Holder:
    """Who holds a token. Raises `SignedOut`."""
    row = _row(tx, token)
    kept = open_padded(keys, row.sealed, _place(row.token))
    return Holder(tuple(kept["experts"]), tuple(kept["codes"]))


def remember(tx: Transaction, keys: VaultKeys, token: str, code: str) -> None:
    """Remember an invitation that was opened, the newest first. Raises `SignedOut`."""
    row, now = _row(tx, token), holder(tx, keys, token)
    codes = (code, *(each for each in now.codes if each != code))[:MOST_OPEN]
    row.sealed = _seal(keys, row.token, Holder(now.experts, codes))


def sign_out(tx: Transaction, token: str) -> None:
    """End a sign-in. Raises `SignedOut`."""
    tx.session.delete(_row(tx, token))


def _row(tx: Transaction, token: str) -> SignIn:
    row = tx.session.get(SignIn, _digest(token), with_for_update=True)
    if row is None or row.expires <= tx.now:
        raise SignedOut
    return row


def _seal(keys: VaultKeys, digest: str, content: Holder) -> bytes:
    return seal_padded(keys, asdict(content), _place(digest), SIZE)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _place(digest: str) -> str:
    return f"{SignIn.__tablename__}:{digest}"
