"""What the vault does by rule: it looks for what waits, and does each in a transaction of its own."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import Select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction
from expertpool.draws.parts import VAULT, Parts

PAUSE: Final = timedelta(seconds=1)


class Look(ABC):
    """Looked for at most once a second. ``waiting`` finds by identifier what waits; what is done no longer waits."""

    waiting: ClassVar[Select[str]]

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def step(self) -> bool:
        """Do what waits; returns whether there was anything."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            found = session.scalars(self.waiting).all()
        for each in found:
            with self._parts.transactions.begin(VAULT) as tx:
                self.do(tx, each)
        return bool(found)

    @abstractmethod
    def do(self, tx: Transaction, waiting: str) -> None:
        """Do one, unless somebody else has done it meanwhile."""
