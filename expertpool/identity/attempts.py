"""What every way to sign in has in common: an attempt is paid for, then decided, and both ends are in the trail.

It is paid for in a transaction of its own before anything is looked at, so that many at once buy no more than the
account's allowance and that of the source. All ways draw on the same allowances.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction, Transactions
from expertpool.identity import browsers, lockout, trail
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import SignInLocked
from expertpool.identity.lockout import Attempt
from expertpool.identity.models import Actor, TrailKind, Way

DOOR: Final = "svc:sign-in"


class NotGood(Exception):
    """What somebody showed is not taken: why, in a word for the trail."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its network address and what the browser says of itself."""

    address: str | None
    browser: str


def pay(transactions: Transactions, attempt: Attempt) -> None:
    """Pay for an attempt. Raises `SignInLocked`.

    It is asked without a write first, so that whoever keeps on trying writes nothing.
    """
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        _refuse_early(lockout.waiting(session, attempt, transactions.clock.now()))
    with transactions.begin(DOOR) as tx:
        wait = lockout.pay(tx, attempt)
    _refuse_early(wait)


def admit(
    tx: Transaction, actor: Actor, attempt: Attempt, way: Way, origin: Origin, *, confirmed: datetime | None
) -> Opened:
    """Sign a browser in; ``confirmed`` is when a second factor was given, None if nobody knows that one was."""
    lockout.give_back(tx, attempt)
    trail.note(tx, TrailKind.SIGNED_IN, actor=actor, source=attempt.source, way=way)
    return browsers.begin(tx, actor, browser=origin.browser, confirmed=confirmed)


def reconfirm(
    tx: Transaction, actor: Actor, attempt: Attempt, way: Way, session_id: str, *, confirmed: datetime
) -> Opened:
    """Have a session go on under a new secret, now that its holder has shown again who it is."""
    lockout.give_back(tx, attempt)
    trail.note(tx, TrailKind.CONFIRMED, actor=actor, source=attempt.source, way=way)
    return browsers.confirm(tx, session_id, confirmed)


def refuse(tx: Transaction, kind: TrailKind, actor: Actor | None, attempt: Attempt, *, way: Way, cause: str) -> None:
    """Write down that somebody was turned away and why, and whether that was the last attempt for now."""
    trail.note(tx, kind, actor=actor, source=attempt.source, cause=cause, way=way)
    if lockout.waiting(tx.session, attempt, tx.now):
        trail.note(tx, TrailKind.LOCKED, actor=actor, source=attempt.source, way=way)


def _refuse_early(wait: timedelta) -> None:
    if wait:
        raise SignInLocked(math.ceil(wait / timedelta(minutes=1)))
