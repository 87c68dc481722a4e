"""A repeated request gets the first answer: kept in the transaction of the act, so that both exist or neither.

The key belongs to one caller. A refused request keeps nothing, since it did nothing: repeating it asks again. Kept
answers are sealed, because one may show a token; what was asked is kept as a keyed digest, because whoever reads the
database could try what a sealed sheet says.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.keyrings import ANSWER_KEY
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.web.edge import Keys
from expertpool.web.errors import KeyReused
from expertpool.web.models import KeptAnswer


class AnswerAltered(Exception):
    """A kept answer was altered or moved: nothing that its caller did or can mend, so a failure of the service."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the resource as JSON and the index of the act's ledger entry; None where it left none."""

    body: bytes
    entry: int | None


def request_digest(method: str, address: str, content: bytes) -> bytes:
    """What makes a request the same: method, address with its query, and content, byte for byte."""
    parts = (method.encode(), address.encode(), content)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


class KeptAnswers:
    """The answers to one caller's requests under one key, inside a transaction."""

    def __init__(self, tx: Transaction, keys: Keys, key: str, request: bytes) -> None:
        self._tx = tx
        self._keys = keys
        kept = keys.hmac_sha256(ANSWER_KEY, request)
        self._row = KeptAnswer(actor=tx.actor, key=key, request=kept, answered=tx.now)
        self._context = f"idempotency_keys.body:{tx.actor}:{key}".encode()

    def first(self) -> Answer | None:
        """Claim the key, or return what was answered under it. Raises `KeyReused`.

        Of two at once, the database lets one claim it; the other waits for the first to commit and gets its answer.
        """
        session, row = self._tx.session, self._row
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            kept = session.get_one(KeptAnswer, (row.actor, row.key))
            if kept.request != row.request:
                raise KeyReused from None
            return self._opened(kept)
        return None

    def keep(self, body: bytes) -> None:
        """Keep the answer, with the index that the entry gets, if there is one, when the transaction commits."""
        self._row.body = self._keys.seal(ANSWER_KEY, body, self._context)
        event.listen(self._tx.session, "before_commit", self._note_entry, once=True)

    def _note_entry(self, _: Session) -> None:
        self._row.entry = self._tx.entries[-1].index if self._tx.entries else None

    def _opened(self, kept: KeptAnswer) -> Answer:
        sealed: Any = kept.body  # it is there: whoever claimed the key committed it along
        try:
            return Answer(self._keys.open(ANSWER_KEY, sealed, self._context), kept.entry)
        except SealBroken as broken:
            raise AnswerAltered from broken
