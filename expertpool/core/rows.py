"""The two kinds of tables, and the image of a row that its ledger entry commits to.

A *ledgered* row is business state: a transaction that changes one must record an event, and the entry commits to the
row's image. An *operational* row (a queued job, an idempotency key) is bookkeeping of the service and changes freely.
A model is one or the other; there is no third kind to forget.
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import inspect

from expertpool.core.database import Base
from ledger.canonical import canonical
from ledger.entry import format_time
from ledger.memory import Tree

SALT_BYTES = 16
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


class LedgeredRow(Base):
    """Business state: never changes without a ledger entry."""

    __abstract__ = True


class OperationalRow(Base):
    """Bookkeeping of the service itself: carries no fact that anyone would have to prove."""

    __abstract__ = True


@dataclass(frozen=True, slots=True)
class Image:
    """One row as a transaction left it. ``data`` is salted canonical JSON; None as values means the row was deleted."""

    table: str
    key: str
    data: bytes


def row_key(row: LedgeredRow) -> str:
    """Name a row inside its table: its primary key's parts, as text."""
    return "/".join(str(getattr(row, name)) for name in _columns(type(row)).key)


def row_values(row: LedgeredRow) -> dict[str, Any]:
    """The row's columns as JSON values: what an image holds and what reconciliation compares."""
    return {name: _json(getattr(row, name)) for name in _columns(type(row)).all}


def make_image(row: LedgeredRow, *, deleted: bool) -> Image:
    """Take the image of a row, under a fresh 128-bit salt, so that its hash tells nothing about guessable values."""
    key = row_key(row)
    salt = base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode()
    values = None if deleted else row_values(row)
    return Image(row.__tablename__, key, canonical([salt, row.__tablename__, key, values]))


def imager(model: type[LedgeredRow]) -> Callable[[Mapping[str, Any]], Image]:
    """A maker of images from a row's values by attribute, for rows that are never objects; equal to `make_image`.

    A bulk act makes hundreds of thousands, so names are sorted once and the values, whose types the columns fix, are
    written as they are: what `canonical` would write.
    """
    table, columns = model.__tablename__, _columns(model)
    names = sorted(columns.all)

    def make(values: Mapping[str, Any]) -> Image:
        key = "/".join(str(values[name]) for name in columns.key)
        salt = base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode()
        written = {name: _json(values[name]) for name in names}
        return Image(table, key, _ENCODER.encode([salt, table, key, written]).encode())

    return make


def images_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root over the images' leaf hashes, in the order of recording: what the entry commits to."""
    tree = Tree()
    for leaf in leaves:
        tree.append_hash(leaf)
    return tree.root()


class _Columns(NamedTuple):
    key: tuple[str, ...]
    all: tuple[str, ...]


@cache
def _columns(model: type[LedgeredRow]) -> _Columns:
    mapper = inspect(model)
    key = (mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return _Columns(tuple(key), tuple(attribute.key for attribute in mapper.column_attrs))


def _json(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is bytes:
        return base64.b64encode(value).decode()
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    return value


_WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (datetime, format_time),
    (date, date.isoformat),
    (bytes, lambda value: base64.b64encode(value).decode()),
)
