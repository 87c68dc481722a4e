"""One transaction per act: business rows, ledger entry, tree head and queued work commit together or not at all.

    with transactions.begin(actor) as tx:
        service.verb(tx, ...)          # changes rows, then tx.record(SomethingHappened(...))

Services take the transaction and never commit. A transaction that changed business state and recorded nothing is a
programming error and is rolled back. The entry commits to the image of every row that changed, so that what is done to
a row behind the service's back shows (see ``core.reconcile``).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Engine, event, insert
from sqlalchemy.orm import ORMExecuteState, Session

from expertpool.core.clock import Clock
from expertpool.core.driver_sql import DriverStatement
from expertpool.core.events import Event
from expertpool.core.faults import crash_point
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_store import TransactionLog
from expertpool.core.ledger_tables import LedgerImage
from expertpool.core.rows import Image, LedgeredRow, images_root, make_image
from expertpool.core.staging import AlreadyPublished, Batch
from ledger.disclosure import Disclosure, commit
from ledger.entry import Draft, Entry
from ledger.merkle import leaf_hash

DISCLOSURE_KEY: Final = "disclosures"
_CHANGED: Final = "changed business rows"
_ADD_IMAGES: Final = DriverStatement(insert(LedgerImage), ["row_table", "row_key", "entry", "position", "leaf", "data"])


class Sealer(Protocol):
    """The part of a key store that a transaction needs."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt under the named key, bound to ``associated``."""


class UnrecordedChange(RuntimeError):
    """Business state would have changed without a ledger entry: a mistake in the program, never in the input."""


class _ActSession(Session):
    """A session whose changes to business state are seen by its transaction."""


class Transaction:
    """One act by one actor at one moment. ``entries`` is filled when the transaction has committed.

    ``token`` is the identifier of the limited token under which the actor acts, if it is one.
    """

    def __init__(self, session: Session, actor: str, now: datetime, token: str | None = None) -> None:
        self.session = session
        self.actor = actor
        self.token = token
        self.now = now
        self.entries: tuple[Entry, ...] = ()
        self._recorded: list[Event] = []
        self._changed: dict[LedgeredRow, bool] = {}  # -> whether it was deleted
        self._batch: Batch | None = None
        self._finishing: list[Callable[[], None]] = []
        session.info[_CHANGED] = self._changed

    def record(self, happened: Event) -> None:
        """Add an entry to the ledger when this transaction commits; entries keep the order of recording."""
        self._recorded.append(happened)

    def at_end(self, finish: Callable[[], None]) -> None:
        """Run this when the verbs are done, before the entries are written: to sum up several verbs in one event."""
        self._finishing.append(finish)

    def publish(self, batch: Batch) -> None:
        """Make rows visible that were staged ahead; the last entry commits to them. One batch in one transaction."""
        if self._batch is not None:
            raise AlreadyPublished("an act publishes one batch")
        self._batch = batch

    def enqueue(self, kind: str, args: Mapping[str, Any], not_before: datetime | None = None) -> None:
        """Queue work for after the commit: the worker runs the job of this kind with ``args`` (plain JSON)."""
        self.session.add(OutboxJob(kind=kind, args=json.dumps(args), due=not_before or self.now, queued_at=self.now))

    def _write_entries(self, sealer: Sealer) -> None:
        """Append what was recorded. The rows of the whole act are committed to by its last entry."""
        if not self._recorded:
            if self._changed:
                tables = ", ".join(sorted({row.__tablename__ for row in self._changed}))
                raise UnrecordedChange(f"{tables} changed, but no event was recorded")
            if self._batch:
                raise UnrecordedChange("a batch was published, but no event was recorded")
            return
        images = [make_image(row, deleted=deleted) for row, deleted in self._changed.items()]
        leaves = [leaf_hash(image.data) for image in images]
        commitments = [commit(happened.shown(), happened.hidden()) for happened in self._recorded]
        if images:
            commitments[-1][0]["rows"] = {"count": len(images), "root": images_root(leaves).hex()}
        if self._batch:
            commitments[-1][0]["staged"] = self._batch.commitment()
        drafts = [
            Draft(happened.kind, self.actor, self.now, body)
            for happened, (body, _) in zip(self._recorded, commitments, strict=True)
        ]

        def seal(first: int) -> list[bytes | None]:
            return [
                _seal(sealer, index, disclosures) if disclosures else None
                for index, (_, disclosures) in enumerate(commitments, first)
            ]

        connection = self.session.connection()
        self.entries = tuple(TransactionLog(connection).append(drafts, seal))
        if self._batch:
            self._batch.publish(connection, self.entries[-1].index)
        if images:
            _ADD_IMAGES.run(connection, *_image_rows(self.entries[-1].index, images, leaves))


class Transactions:
    """Begins transactions. One per process; holds what every act needs: database, clock, keys."""

    def __init__(self, engine: Engine, clock: Clock, sealer: Sealer) -> None:
        self.engine = engine
        self.clock = clock
        self._sealer = sealer

    @contextmanager
    def begin(self, actor: str, *, token: str | None = None) -> Iterator[Transaction]:
        """Open a transaction for ``actor`` (a code); commits when the block ends, rolls back when it raises.

        ``token``: the limited token in use, so that verbs ask what it is limited to.
        """
        with _ActSession(self.engine, expire_on_commit=False) as session, session.begin():
            tx = Transaction(session, actor, self.clock.now(), token)
            yield tx
            for finish in tx._finishing:  # noqa: SLF001 -- the two classes are one mechanism
                finish()
            session.flush()
            crash_point("tx.before-entry")
            tx._write_entries(self._sealer)  # noqa: SLF001 -- the two classes are one mechanism
            crash_point("tx.after-entry")
            session.flush()
            crash_point("tx.before-commit")
        crash_point("tx.after-commit")


def disclosures_context(index: int) -> bytes:
    """What the sealed disclosures of an entry are bound to, so that they cannot be moved to another entry."""
    return f"ledger_entries.sealed:{index}".encode()


def _image_rows(entry: int, images: Sequence[Image], leaves: Sequence[bytes]) -> list[dict[str, Any]]:
    return [
        {
            "row_table": image.table,
            "row_key": image.key,
            "entry": entry,
            "position": position,
            "leaf": leaf,
            "data": image.data,
        }
        for position, (image, leaf) in enumerate(zip(images, leaves, strict=True))
    ]


def _seal(sealer: Sealer, index: int, disclosures: Sequence[Disclosure]) -> bytes:
    opened = json.dumps([disclosure.encoded for disclosure in disclosures]).encode()
    return sealer.seal(DISCLOSURE_KEY, opened, disclosures_context(index))


def _note_changes(session: Session, _context: object) -> None:
    changed: dict[LedgeredRow, bool] = session.info[_CHANGED]
    changed.update((row, False) for row in session.new if isinstance(row, LedgeredRow))
    changed.update((row, False) for row in session.dirty if isinstance(row, LedgeredRow) and session.is_modified(row))


def _note_deletion(session: Session, row: object) -> None:
    """Every deletion, that of an orphan included, which no list of the session shows before it has happened."""
    if isinstance(row, LedgeredRow):
        session.info[_CHANGED][row] = True


def _refuse_bulk_change(state: ORMExecuteState) -> None:
    """Refuse UPDATE, DELETE and INSERT statements on business state: they bypass the images."""
    if (state.is_update or state.is_delete or state.is_insert) and any(
        issubclass(mapper.class_, LedgeredRow) for mapper in state.all_mappers
    ):
        raise UnrecordedChange("change business rows as objects, so that the entry can commit to them")


event.listen(_ActSession, "after_flush", _note_changes)
event.listen(_ActSession, "persistent_to_deleted", _note_deletion)
event.listen(_ActSession, "do_orm_execute", _refuse_bulk_change)
