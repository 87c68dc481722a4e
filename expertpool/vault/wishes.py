"""What experts want of their own records: kept sealed until the day is over, then done all together.

So no act on a record stands beside the hour of a call or of a sign-in. What a day still tells: docs/threat-model.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import VaultKeys, open_padded, seal_padded
from expertpool.draws.parts import VAULT, Parts
from expertpool.experts import own
from expertpool.experts.errors import CorrectionAnswered, DaysInvalid, ExpertUnknown, MirroredElsewhere, StepNotAllowed
from expertpool.experts.protection import Protector
from expertpool.invitations.desk_errors import TooManyWishes
from expertpool.protocol.facts import Absence
from expertpool.vault.models import Wish
from policies.facts import day_of

SIZE: Final = 4096
MOST: Final = 10
"""Wishes of one expert that may wait."""
FARTHEST: Final = timedelta(days=366)
AWAY, BACK, CORRECT = "away", "back", "correct"
REFUSED: Final = (CorrectionAnswered, DaysInvalid, ExpertUnknown, MirroredElsewhere, StepNotAllowed)
"""What has come in between: such a wish is dropped."""

log = structlog.get_logger("vault")


@dataclass(frozen=True, slots=True)
class Wished:
    """Who wants what: days to be away on, or to come after all (ISO 8601), or a text for the pool's managers."""

    experts: tuple[str, ...]
    kind: str
    start: str = ""
    until: str = ""
    text: str = ""

    def __repr__(self) -> str:
        return "Wished(...)"

    def check(self, now: datetime) -> None:
        """Raise `DaysInvalid` unless the days lie in the order that they should, after today and within a year."""
        today = day_of(now)
        try:
            days = self.days()
        except ValueError:
            raise DaysInvalid(today.isoformat()) from None
        if not today < days.start <= days.until <= today + FARTHEST:
            raise DaysInvalid(today.isoformat())

    def days(self) -> Absence:
        """Days as the pool has them."""
        return Absence(date.fromisoformat(self.start), date.fromisoformat(self.until))


def keep(tx: Transaction, keys: VaultKeys, wished: Wished) -> None:
    """Keep a wish until the day is over. Raises `TooManyWishes`."""
    if len(of(tx.session, keys, wished.experts)) >= MOST:
        raise TooManyWishes(MOST)
    number = new_id("wsh")
    sealed = seal_padded(keys, asdict(wished), _place(number), SIZE)
    tx.session.add(Wish(id=number, sealed=sealed, day=day_of(tx.now)))


def of(session: Session, keys: VaultKeys, experts: Sequence[str]) -> list[Wished]:
    """What these experts still wait for; everybody's wishes are read."""
    opened = [_opened(keys, row) for row in session.scalars(select(Wish).order_by(Wish.id))]
    return [each for each in opened if set(each.experts) & set(experts)]


class Fulfilment:
    """Does the wishes of days that are over, each in a transaction of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def step(self) -> bool:
        """Do what is due; returns whether there was anything."""
        today = day_of(self._parts.transactions.clock.now())
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            due = session.scalars(select(Wish.id).where(Wish.day < today).order_by(Wish.id)).all()
        for number in due:
            self._fulfil(number)
        return bool(due)

    def _fulfil(self, number: str) -> None:
        try:
            with self._parts.transactions.begin(VAULT) as tx:
                row = _taken_out(tx, number)
                if row is not None:
                    self._do(tx, _opened(self._parts.keys, row), row.day)
        except REFUSED as refusal:
            log.info("vault.wish-refused", reason=refusal.code)
            with self._parts.transactions.begin(VAULT) as tx:
                _taken_out(tx, number)

    def _do(self, tx: Transaction, wished: Wished, made: date) -> None:
        protector = Protector(self._parts.service_keys)
        acts: dict[str, Callable[[str], None]] = {
            AWAY: lambda expert: own.be_away(tx, expert, wished.days()),
            BACK: lambda expert: own.be_back(tx, expert, wished.days()),
            CORRECT: lambda expert: own.ask_correction(tx, protector, expert, wished.text, made),
        }
        acts[wished.kind](wished.experts[0])


def _taken_out(tx: Transaction, number: str) -> Wish | None:
    """A wish, taken out; None when another vault was quicker."""
    row = tx.session.get(Wish, number, with_for_update=True, populate_existing=True)
    if row is not None:
        tx.session.delete(row)
    return row


def _opened(keys: VaultKeys, row: Wish) -> Wished:
    kept: dict[str, Any] = open_padded(keys, row.sealed, _place(row.id))
    return Wished(**{**kept, "experts": tuple(kept["experts"])})


def _place(number: str) -> str:
    return f"{Wish.__tablename__}:{number}"
