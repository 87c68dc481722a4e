"""How often a source may be wrong: counted by the vault, so that no process that serves people can forget it.

A source is kept as a keyed digest that changes every hour, and for an hour: nothing tells later who was here.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.parts import VAULT, Parts
from expertpool.invitations.desk_errors import CodeRefused, SignInRefused, TooManyAttempts
from expertpool.sessions.errors import ShortCodeRefused
from expertpool.vault.models import Attempt

HOUR: Final = timedelta(hours=1)
COUNTED: Final = (CodeRefused, SignInRefused, ShortCodeRefused)


class Attempts:
    """The attempts of the last hour. One for a process: it lets in one attempt at a time."""

    def __init__(self, parts: Parts, most: int) -> None:
        self._parts = parts
        self._most = most
        self._turn = threading.Lock()

    @contextmanager
    def watched(self, source: str) -> Iterator[None]:
        """Let a source try something: a wrong code counts. Raises `TooManyAttempts` before anything is tried."""
        with self._turn:
            with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
                self._refuse(session, source)
            try:
                yield
            except COUNTED:
                with self._parts.transactions.begin(VAULT) as tx:
                    self._note(tx, source)
                raise

    def count(self, source: str) -> None:
        """Count something of which there may not be too much, right or wrong. Raises `TooManyAttempts`."""
        with self._turn, self._parts.transactions.begin(VAULT) as tx:
            self._refuse(tx.session, source)
            self._note(tx, source)

    def _refuse(self, session: Session, source: str) -> None:
        now = self._parts.transactions.clock.now()
        own = [self._digest(source, moment) for moment in (now - HOUR, now)]
        times = sorted(session.scalars(select(Attempt.at).where(Attempt.source.in_(own), Attempt.at > now - HOUR)))
        if len(times) >= self._most:
            free = times[-self._most] + HOUR - now
            raise TooManyAttempts(ceil(free.total_seconds() / 60))

    def _note(self, tx: Transaction, source: str) -> None:
        tx.session.execute(delete(Attempt).where(Attempt.at <= tx.now - HOUR))
        tx.session.add(Attempt(source=self._digest(source, tx.now), at=tx.now))

    def _digest(self, source: str, moment: datetime) -> str:
        hour = int(moment.timestamp()) // 3600
        return self._parts.keys.hmac_sha256(VAULT_KEY, f"attempts\0{hour}\0{source}".encode()).hex()
