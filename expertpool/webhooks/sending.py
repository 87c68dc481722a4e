"""Tells every webhook what is due: leases one, sends one message with no transaction open, and notes what came of it.

The ledger is the queue: a webhook is due as long as the latest checkpoint covers entries that it has not looked at.
What was sent and not noted (kill -9) is sent again under the same id: at least once, in the ledger's order.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.database import READ_ONLY, DatabaseBusy, DatabaseDown
from expertpool.core.ids import new_id
from expertpool.core.jobs import WORKER
from expertpool.core.settings import Settings
from expertpool.core.transaction import Transactions
from expertpool.webhooks import queries, signing
from expertpool.webhooks.errors import AddressRefused
from expertpool.webhooks.events import WebhookStopped
from expertpool.webhooks.models import Webhook, WebhookProgress
from expertpool.webhooks.posting import NotSent, Poster
from expertpool.webhooks.selection import message_of
from expertpool.webhooks.service import Keys, keys_in_force

THREADS: Final = 3
"""At once in one worker: so many receivers that hang hold up no other."""
POLL_S: Final = 1.0
LEASE: Final = timedelta(minutes=3)
AT_ONCE: Final = 500
"""Entries looked at in one turn."""
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=2)
GIVEN_UP_AFTER: Final = timedelta(days=5)
"""How long a receiver may fail before its webhook is stopped: a long weekend is no reason."""
_PARTS: Final = 1000

log = structlog.get_logger("webhooks")


@dataclass(frozen=True, slots=True)
class _Turn:
    """A leased webhook with the entries that it is to look at: [first, end)."""

    webhook: str
    lease: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Message:
    """A message that is due, and where it goes."""

    entry: int
    url: str
    id: str
    body: bytes
    keys: tuple[bytes, ...]


class Courier:
    """Sends messages; several may run, in one process or in many."""

    def __init__(self, transactions: Transactions, keys: Keys, poster: Poster) -> None:
        self._transactions = transactions
        self._engine = transactions.engine
        self._keys = keys
        self._poster = poster

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        while not stop.is_set():
            try:
                if self.step():
                    continue
            except (DatabaseBusy, DatabaseDown) as error:
                log.warning("webhooks.waiting", reason=error.code)
            stop.wait(POLL_S)

    def step(self) -> bool:
        """Take one webhook that is due a step further; False when there is none."""
        turn = self._take()
        if turn is None:
            return False
        message = self._next(turn)
        if message is None:
            self._note(turn, turn.end, None)
        else:
            failure = self._send(message)
            log.info("webhooks.sent" if failure is None else "webhooks.failed", webhook=turn.webhook, reason=failure)
            self._note(turn, message.entry + (failure is None), failure, sent=True)
        return True

    def _take(self) -> _Turn | None:
        """Lease the webhook that has waited longest."""
        signed = checkpoints.latest(self._engine)
        if signed is None:
            return None
        now = self._transactions.clock.now()
        due = (
            select(WebhookProgress)
            .join(Webhook, Webhook.id == WebhookProgress.webhook_id)
            .where(
                Webhook.ended.is_(None),
                Webhook.stopped.is_(None),
                WebhookProgress.next_entry < signed.size,
                WebhookProgress.due <= now,
                or_(WebhookProgress.leased_until.is_(None), WebhookProgress.leased_until <= now),
            )
            .order_by(WebhookProgress.due, WebhookProgress.webhook_id)
            .limit(1)
        )
        with Session(self._engine.execution_options(**READ_ONLY)) as session:
            if session.scalar(due) is None:
                return None  # the usual case takes no lock
        with Session(self._engine) as session, session.begin():
            row = session.scalar(due.with_for_update(skip_locked=True, of=WebhookProgress))
            if row is None:
                return None
            row.lease, row.leased_until = new_id("lse"), now + LEASE
            return _Turn(row.webhook_id, row.lease, row.next_entry, min(signed.size, row.next_entry + AT_ONCE))

    def _next(self, turn: _Turn) -> _Message | None:
        with Session(self._engine.execution_options(**READ_ONLY)) as session:
            hook = session.get_one(Webhook, turn.webhook)
            entry = queries.next_told(session, hook, turn.first, turn.end)
            if entry is None:
                return None
            keys = keys_in_force(self._keys, hook, self._transactions.clock.now())
            return _Message(entry.index, hook.url, f"{hook.id}-{entry.index}", message_of(entry), tuple(keys))

    def _send(self, message: _Message) -> str | None:
        """None when it was taken, else why not: a word without anything of the answer."""
        seconds = int(self._transactions.clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "expertpool-webhooks",
            **signing.headers(message.id, seconds, message.body, message.keys),
        }
        try:
            status = self._poster.post(message.url, message.body, headers)
        except NotSent as error:
            return str(error)
        except AddressRefused:
            return "address"
        return None if 200 <= status < 300 else f"status-{status}"

    def _note(self, turn: _Turn, reached: int, failure: str | None, *, sent: bool = False) -> None:
        with self._transactions.begin(WORKER) as tx:
            hook = tx.session.get_one(Webhook, turn.webhook, with_for_update=True)
            row = tx.session.get_one(WebhookProgress, turn.webhook, with_for_update=True)
            if row.lease != turn.lease:
                return  # it took too long, and another took over
            row.lease = row.leased_until = None
            row.next_entry, row.failure, row.due = reached, failure, tx.now
            if failure is None:
                row.attempts, row.failing_since = 0, None
                row.delivered = tx.now if sent else row.delivered
                return
            row.attempts, row.failing_since = row.attempts + 1, row.failing_since or tx.now
            row.due = tx.now + pause(row.attempts)
            if hook.ended is None and is_given_up(row.failing_since, tx.now, failure):
                hook.stopped = tx.now
                tx.record(WebhookStopped(account=hook.actor_id, webhook=hook.id, failure=failure))
                log.warning("webhooks.stopped", webhook=hook.id, reason=failure)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time, less up to half of it, so that none march."""
    whole = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    thousandths = _PARTS // 2 + secrets.randbelow(_PARTS // 2 + 1)
    return timedelta(microseconds=whole // timedelta(microseconds=1) * thousandths // _PARTS)


def is_given_up(failing_since: datetime, now: datetime, failure: str) -> bool:
    """Whether a receiver has failed for too long, or says that it is gone for good."""
    return now - failing_since >= GIVEN_UP_AFTER or failure == f"status-{HTTPStatus.GONE.value}"


def start(transactions: Transactions, keys: Keys, settings: Settings, stop: threading.Event) -> list[threading.Thread]:
    """Have couriers at work beside the worker's jobs. Raises `NetworkInvalid`."""
    given = settings.webhooks
    courier = Courier(transactions, keys, Poster(given.networks, given.authorities, given.timeout_s))
    threads = [threading.Thread(target=courier.run, args=(stop,), name=f"courier-{n}") for n in range(THREADS)]
    for thread in threads:
        thread.start()
    return threads
