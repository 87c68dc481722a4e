"""Compare the business rows with what the ledger's entries commit to, and say what was changed behind its back.

Three comparisons, each starting from the entries' own bytes: the entries hash to the tree; the images of an entry hash
to the root that it names; every row is as its last image says, and none is missing or extra. What differs is told
column by column. Rows of a batch that nobody published are no rows yet (see ``core.staging``).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Literal, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.ledger_tables import LedgerBatch, LedgerEntry, LedgerHead, LedgerImage
from expertpool.core.rows import LedgeredRow, images_root, row_key, row_values
from expertpool.core.staging import visible_images
from ledger.entry import parse_entry
from ledger.errors import LedgerError
from ledger.merkle import Frontier, leaf_hash

AT_ONCE = 500
T = TypeVar("T")

What = Literal["entry-altered", "head-altered", "image-altered", "changed", "added", "removed"]
Member = Literal["rows", "staged"]  # of an entry's body: what the act changed, and the batch that it published
Roots = dict[tuple[int, Member], tuple[int, str]]  # -> (count of rows, root of their images), as the entry's bytes say
MEMBERS: tuple[Member, ...] = ("rows", "staged")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that is not what the ledger says. ``columns``: name -> (what the ledger has, what was found)."""

    what: What
    table: str
    key: str
    entry: int | None = None
    columns: dict[str, tuple[Any, Any]] | None = None


def reconcile(engine: Engine) -> list[Difference]:
    """Compare everything, in one snapshot; an empty list means that rows and entries agree."""
    with Session(_snapshot(engine)) as session:
        differences, roots = _check_entries(session)
        differences += _check_images(session, roots)
        for mapper in LedgeredRow.registry.mappers:
            if issubclass(mapper.class_, LedgeredRow):
                differences += _check_rows(session, mapper.class_)
        return differences


def _snapshot(engine: Engine) -> Engine:
    """A transaction on SQLite always reads one snapshot; PostgreSQL must be asked to."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(**READ_ONLY, isolation_level="REPEATABLE READ")
    return engine.execution_options(**READ_ONLY)


def _check_entries(session: Session) -> tuple[list[Difference], Roots]:
    differences, roots, tree = [], Roots(), Frontier()
    entries = select(LedgerEntry.index, LedgerEntry.data, LedgerEntry.hash).order_by(LedgerEntry.index)
    for index, data, stored in session.execute(entries.execution_options(yield_per=AT_ONCE)):
        tree.append(leaf_hash(data))
        if leaf_hash(data) != stored:
            differences.append(Difference("entry-altered", LedgerEntry.__tablename__, str(index), index))
            continue
        try:
            body = parse_entry(data).body
        except LedgerError:
            differences.append(Difference("entry-altered", LedgerEntry.__tablename__, str(index), index))
            continue
        for member in MEMBERS:
            if isinstance(said := body.get(member), dict):
                roots[index, member] = (said.get("count", 0), said.get("root", ""))
    head = session.get_one(LedgerHead, 1)
    if (head.size, head.frontier) != (tree.size, b"".join(tree.nodes)):
        differences.append(Difference("head-altered", LedgerHead.__tablename__, "1"))
    return differences, roots


def _check_images(session: Session, roots: Roots) -> Iterator[Difference]:
    """Each entry that changed rows must have all their images, unaltered unless erased."""
    columns = (LedgerImage.entry, LedgerImage.row_table, LedgerImage.row_key, LedgerImage.leaf, LedgerImage.data)
    images = select(*columns).where(visible_images()).order_by(LedgerImage.entry, LedgerImage.position)
    batches = _published(session)
    found = session.execute(images.execution_options(yield_per=AT_ONCE))
    for number, group in groupby(found, lambda image: image.entry):
        entry, member, leaves = batches.get(number, number), MEMBERS[number < 0], []
        for _, table, key, leaf, data in group:
            leaves.append(leaf)
            if data is not None and leaf_hash(data) != leaf:
                yield Difference("image-altered", table, key, entry)
        if roots.pop((entry, member), None) != (len(leaves), images_root(leaves).hex()):
            yield Difference("image-altered", LedgerImage.__tablename__, "*", entry)
    for entry, _ in roots:
        yield Difference("image-altered", LedgerImage.__tablename__, "*", entry)


def _check_rows(session: Session, model: type[LedgeredRow]) -> Iterator[Difference]:
    table, seen, batches = model.__tablename__, set(), _published(session)
    for rows in _batched(session.scalars(select(model).execution_options(yield_per=AT_ONCE)), AT_ONCE):
        found = {row_key(row): row_values(row) for row in rows}
        images = _last_images(session, table, found)
        for key, values in found.items():
            seen.add(key)
            if key not in images:
                yield Difference("added", table, key)
                continue
            number, data = images[key]
            entry = batches.get(number, number)
            recorded = _values(data)
            if data is not None and recorded is None:
                yield Difference("added", table, key, entry)
            elif recorded is not None and recorded != values:
                yield Difference("changed", table, key, entry, _compare(recorded, values))
    keys = select(LedgerImage.row_key).where(LedgerImage.row_table == table, visible_images()).distinct()
    for missing in _batched((key for key in session.scalars(keys) if key not in seen), AT_ONCE):
        for key, (number, data) in sorted(_last_images(session, table, missing).items()):
            if data is None or _values(data) is not None:
                yield Difference("removed", table, key, batches.get(number, number))


def _published(session: Session) -> dict[int, int]:
    """Under which number the images of a batch stand -> the entry that published it."""
    batches = select(LedgerBatch.number, LedgerBatch.entry).where(LedgerBatch.entry.is_not(None))
    return {-number: entry for number, entry in session.execute(batches) if entry is not None}


def _last_images(session: Session, table: str, keys: Iterable[str]) -> dict[str, tuple[int, bytes | None]]:
    images = (
        select(LedgerImage.row_key, LedgerImage.entry, LedgerImage.data)
        .where(LedgerImage.row_table == table, LedgerImage.row_key.in_(list(keys)), visible_images())
        .order_by(LedgerImage.entry)
    )
    return {key: (entry, data) for key, entry, data in session.execute(images)}


def _values(data: bytes | None) -> dict[str, Any] | None:
    """The row's values in an image; None for an erased image and for one that records a deletion."""
    if data is None:
        return None
    values: dict[str, Any] | None = json.loads(data)[3]
    return values


def _compare(recorded: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted(recorded.keys() | found.keys())
    return {name: (recorded.get(name), found.get(name)) for name in names if recorded.get(name) != found.get(name)}


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut into lists of at most ``size`` (itertools.batched, which Python 3.11 lacks)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
