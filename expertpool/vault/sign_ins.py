"""Experts' own sign-ins: a token that only the vault can tell a person by, and what was opened with it.

Nobody is ever looked up: a token is found by its digest, which is random, and everything about its holder is sealed.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import VaultKeys, open_padded, seal_padded
from expertpool.invitations.desk_errors import SignedOut
from expertpool.vault.models import SignIn

SIZE: Final = 2048
TOKEN_BYTES: Final = 32
MOST_OPEN: Final = 24
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


def holder(session: Session, keys: VaultKeys, token: str, now: datetime) -> Holder:
    """Who holds a token. Raises `SignedOut`."""
    return _opened(keys, _valid(session.get(SignIn, _digest(token)), now))


def remember(tx: Transaction, keys: VaultKeys, token: str, code: str) -> None:
    """Remember an invitation that was opened, the newest first. Raises `SignedOut`."""
    row = _locked(tx, token)
    kept = _opened(keys, row)
    codes = (code, *(each for each in kept.codes if each != code))[:MOST_OPEN]
    row.sealed = _seal(keys, row.token, Holder(kept.experts, codes))


def sign_out(tx: Transaction, token: str) -> None:
    """End a sign-in. Raises `SignedOut`."""
    tx.session.delete(_locked(tx, token))


def _locked(tx: Transaction, token: str) -> SignIn:
    row = tx.session.get(SignIn, _digest(token), with_for_update=True, populate_existing=True)
    return _valid(row, tx.now)


def _valid(row: SignIn | None, now: datetime) -> SignIn:
    if row is None or row.expires <= now:
        raise SignedOut
    return row


def _opened(keys: VaultKeys, row: SignIn) -> Holder:
    kept = open_padded(keys, row.sealed, _place(row.token))
    return Holder(tuple(kept["experts"]), tuple(kept["codes"]))


def _seal(keys: VaultKeys, digest: str, content: Holder) -> bytes:
    return seal_padded(keys, asdict(content), _place(digest), SIZE)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _place(digest: str) -> str:
    return f"{SignIn.__tablename__}:{digest}"
