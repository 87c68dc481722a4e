"""Bulk acts: rows staged ahead, in short transactions, and made visible by one short act with one ledger entry.

An import of 100,000 rows in one transaction would hold the ledger's lock for many seconds. So its rows are written
before, a chunk at a time, under the number of a batch that nobody has published: no query of the service sees them.
Then one act publishes the batch; its entry commits to the images of all its rows by count and Merkle root::

    batch = open_batch(engine, clock.now())
    batch.stage({Expert: [{...}, ...]}, beside={PersonKey: [{...}, ...]})       # as often as needed
    with transactions.begin(actor) as tx:
        tx.publish(batch)
        tx.record(ExpertsImported(...))

Whatever is interrupted before that leaves rows that never were: `discard_batch` removes them. Staging only adds rows;
later changes of a row are ordinary acts. See docs/adr/0004-bulk-acts-are-staged.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Connection,
    CursorResult,
    Dialect,
    Engine,
    ForeignKey,
    ScalarSelect,
    delete,
    event,
    insert,
    inspect,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql.elements import ColumnElement

from expertpool.core.database import READ_ONLY, Base
from expertpool.core.driver_sql import DriverStatement
from expertpool.core.ledger_tables import LedgerBatch, LedgerImage
from expertpool.core.rows import LedgeredRow, OperationalRow, imager
from ledger.merkle import Frontier, leaf_hash

ABANDONED_AFTER: Final = timedelta(days=1)
_AT_ONCE: Final = 500

Values = Mapping[str, Any]
T = TypeVar("T")


class StagedRow(LedgeredRow):
    """Business state that may be staged ahead. ``batch`` is None for a row that an ordinary act added."""

    __abstract__ = True

    batch: Mapped[int | None] = mapped_column(ForeignKey("ledger_batches.number"))


class AlreadyPublished(RuntimeError):
    """A batch is published once, and not after it was discarded: a mistake in the program, never in the input."""


def published() -> ScalarSelect[int]:
    """The numbers of the batches that have been published, as a subquery."""
    return select(LedgerBatch.number).where(LedgerBatch.entry.is_not(None)).scalar_subquery()


def visible(batch: ColumnElement[int | None] | Mapped[int | None]) -> ColumnElement[bool]:
    """The condition on a ``batch`` column under which a row exists. Sessions add it by themselves."""
    return or_(batch.is_(None), batch.in_(published()))


def visible_images() -> ColumnElement[bool]:
    """The condition under which an image belongs to an entry: images of a batch stand under minus its number."""
    return or_(LedgerImage.entry >= 0, (-LedgerImage.entry).in_(published()))


class Batch:
    """Rows staged for one act, in this process."""

    def __init__(self, engine: Engine, number: int) -> None:
        self.number = number
        self._engine = engine
        self._leaves = Frontier()

    def stage(
        self,
        rows: Mapping[type[StagedRow], Sequence[Values]],
        beside: Mapping[type[OperationalRow], Sequence[Values]] | None = None,
    ) -> None:
        """Write rows that stay invisible until the batch is published, in one transaction of its own.

        ``rows`` have a value for every attribute but ``batch``. What is ``beside`` must go with them when they are
        deleted (ON DELETE CASCADE). Raises IntegrityError for a row that exists, staged by another or visible.
        """
        images: list[dict[str, Any]] = []
        leaves: list[bytes] = []
        added: list[tuple[type[LedgeredRow | OperationalRow], Sequence[Values]]] = []
        for model, values in rows.items():
            make_image, complete = imager(model), [{**row, "batch": self.number} for row in values]
            for row in complete:
                image = make_image(row)
                leaf = leaf_hash(image.data)
                leaves.append(leaf)
                images.append(
                    {
                        "row_table": image.table,
                        "row_key": image.key,
                        "entry": -self.number,
                        "position": self._leaves.size + len(images),
                        "leaf": leaf,
                        "data": image.data,
                    }
                )
            added.append((model, complete))
        added += (beside or {}).items()
        with self._engine.begin() as connection:
            for table, some in [*added, (LedgerImage, images)]:
                if some:
                    _inserter(table, connection.dialect).run(connection, some)
        for leaf in leaves:
            self._leaves.append(leaf)

    def commitment(self) -> dict[str, Any]:
        """What the entry of the act says of the batch: how many rows, and the Merkle root of their images."""
        return {"count": self._leaves.size, "root": self._leaves.root().hex()}

    def publish(self, connection: Connection, entry: int) -> None:
        """Make the rows visible, as a part of the act with this entry. Raises `AlreadyPublished`."""
        staged = (LedgerBatch.number == self.number, LedgerBatch.entry.is_(None))
        done: CursorResult[Any] = connection.execute(update(LedgerBatch).where(*staged).values(entry=entry))
        if done.rowcount != 1:
            raise AlreadyPublished(f"batch {self.number}")


def open_batch(engine: Engine, now: datetime) -> Batch:
    """Begin a batch."""
    with engine.begin() as connection:
        number = connection.execute(insert(LedgerBatch).values(staged_at=now)).inserted_primary_key
    return Batch(engine, number[0] if number else 0)


def discard_batch(engine: Engine, number: int) -> None:
    """Remove what was staged under a batch that will not be published, some rows at a time."""
    with engine.begin() as connection:
        unpublished = (LedgerBatch.number == number, LedgerBatch.entry.is_(None))
        if not connection.scalar(select(LedgerBatch.number).where(*unpublished).with_for_update()):
            return
        images = select(LedgerImage.row_table, LedgerImage.row_key).where(LedgerImage.entry == -number)
        keys = [(table, key) for table, key in connection.execute(images)]
    for model in _staged_models():
        own = [key for table, key in keys if table == model.__tablename__]
        for some in _batched(iter(own), _AT_ONCE):
            with engine.begin() as connection:
                column = next(iter(model.__table__.primary_key))
                connection.execute(delete(model).where(column.in_(some), model.batch == number))
                at = tuple_(LedgerImage.row_table, LedgerImage.row_key)
                known = [(model.__tablename__, key) for key in some]
                connection.execute(delete(LedgerImage).where(at.in_(known), LedgerImage.entry == -number))
    with engine.begin() as connection:
        connection.execute(delete(LedgerBatch).where(LedgerBatch.number == number, LedgerBatch.entry.is_(None)))


def discard_abandoned(engine: Engine, now: datetime) -> None:
    """Remove every batch that was begun more than a day ago and never published."""
    old = select(LedgerBatch.number).where(LedgerBatch.entry.is_(None), LedgerBatch.staged_at < now - ABANDONED_AFTER)
    with engine.execution_options(**READ_ONLY).connect() as connection:
        numbers = list(connection.scalars(old))
    for number in numbers:
        discard_batch(engine, number)


class _Inserter:
    """Inserts many rows of one kind, past the work that SQLAlchemy does anew for every row."""

    def __init__(self, model: type[Base], dialect: Dialect) -> None:
        columns = inspect(model).local_table.columns
        self._text = DriverStatement(insert(model), [column.key for column in columns]).text(dialect.name)
        processors = ((column.key, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns)
        self._write = [(name, write) for name, write in processors if write is not None]

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Insert rows that have a value for every column."""
        written = [{**row, **{name: write(row[name]) for name, write in self._write}} for row in rows]
        connection.exec_driver_sql(self._text, written)


@cache
def _inserter(model: type[Base], dialect: Dialect) -> _Inserter:
    return _Inserter(model, dialect)


def _staged_models() -> list[type[StagedRow]]:
    """Every kind of row that can be staged, those that refer to others first."""
    models: dict[str, type[StagedRow]] = {
        mapper.class_.__tablename__: mapper.class_
        for mapper in StagedRow.registry.mappers
        if issubclass(mapper.class_, StagedRow)
    }
    tables = reversed(StagedRow.metadata.sorted_tables)
    return [models[table.name] for table in tables if table.name in models]


def _batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while some := list(islice(items, size)):
        yield some


_HIDDEN: Final = with_loader_criteria(StagedRow, lambda row: visible(row.batch), include_aliases=True)
_KNOWN: Final = WeakKeyDictionary[Any, Any]()
"""Statements with the condition: one that is made once, and executed often, gets it once."""


def _hide_staged(state: ORMExecuteState) -> None:
    """Add the condition to whatever a session reads of rows that can be staged, joins and counts included."""
    if state.is_select:
        known = _KNOWN.get(state.statement)
        if known is None:
            known = _KNOWN[state.statement] = state.statement.options(_HIDDEN)
        state.statement = known


event.listen(Session, "do_orm_execute", _hide_staged)
