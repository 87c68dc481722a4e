"""Challenges for others to answer: made without writing anything, answered once, in five minutes, by one browser.

A challenge carries its moment and a keyed hash over purpose, moment and the browser's cookie, so that whoever only asks
for pages leaves no row behind. Answering it writes its digest, and the database lets that be written once.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.core.transaction import Transaction
from expertpool.identity.models import SpentChallenge
from expertpool.identity.sealing import Keys

VALID: Final = timedelta(minutes=5)
BYTES: Final = 56
_MOMENT, _HEAD = 8, 24  # bytes: seconds since 1970; with them 128 random bits


def new(keys: Keys, purpose: str, browser: str, now: datetime) -> bytes:
    """A challenge for one purpose; ``browser`` is the secret of the cookie of whoever is to answer it."""
    head = int(now.timestamp()).to_bytes(_MOMENT, "big") + secrets.token_bytes(_HEAD - _MOMENT)
    return head + _mark(keys, purpose, browser, head)


def spend(tx: Transaction, keys: Keys, challenge: bytes, purpose: str, browser: str) -> bool:
    """Whether this is a challenge of ours for this purpose and browser, in time and not answered before; now it is."""
    head, mark = challenge[:_HEAD], challenge[_HEAD:]
    if len(challenge) != BYTES or not compare_digest(mark, _mark(keys, purpose, browser, head)):
        return False
    expires = datetime.fromtimestamp(int.from_bytes(head[:_MOMENT], "big"), UTC) + VALID
    if tx.now > expires:
        return False
    try:
        with tx.session.begin_nested():
            tx.session.add(SpentChallenge(digest=hashlib.sha256(challenge).digest(), expires=expires))
    except IntegrityError:
        return False
    return True


def sweep(engine: Engine, now: datetime) -> None:
    """Forget challenges that are too old to be answered again."""
    with Session(engine) as session, session.begin():
        session.execute(delete(SpentChallenge).where(SpentChallenge.expires < now))


def _mark(keys: Keys, purpose: str, browser: str, head: bytes) -> bytes:
    return keys.hmac_sha256(ACCOUNTS_KEY, f"challenge\0{purpose}\0{browser}\0".encode() + head)
