"""One act in the ledger: its canonical bytes, and the chain that binds it to the act before.

An entry is the canonical JSON object {actor, body, index, kind, prev, time}. ``prev`` is the RFC 6962 leaf hash of the
entry before, in hex (64 zeros for entry 0): the hash chain that people expect and can read. Trust rests on the tree and
its cosigned checkpoints.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from ledger.canonical import canonical, parse, parse_all
from ledger.errors import Malformed
from ledger.merkle import leaf_hash

MAX_ENTRY_BYTES: Final = 65_535  # an entry bundle (C2SP tlog-tiles) prefixes each entry with a uint16 length
NO_PREVIOUS: Final = "0" * 64

_FIELDS: Final = frozenset(("actor", "body", "index", "kind", "prev", "time"))
_KIND: Final = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)  # newer Pythons take 24:00
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_ACTOR: Final = re.compile(r"[!#-\[\]-~]{1,128}")  # a code, never a person's name; no quote, no backslash
_ENVELOPE: Final = re.compile(
    rb'\{"actor":"[!#-\[\]-~]{1,128}","body":(\{.*\}),"index":(0|[1-9][0-9]{0,14}),'
    rb'"kind":"(?=[a-z0-9.-]{1,128}")[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+","prev":"([0-9a-f]{64})",'
    rb'"time":"([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"\}',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An act to be recorded, before it has a place in the ledger. ``time`` is aware UTC."""

    kind: str
    actor: str
    time: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded act. ``data`` are the bytes that are stored, served and hashed, verbatim."""

    index: int
    kind: str
    actor: str
    time: str
    prev: str
    body: Mapping[str, Any]
    data: bytes = field(repr=False)

    @property
    def hash(self) -> bytes:
        """The leaf hash: the entry's identity (数据身份证), and ``prev`` of the next entry."""
        return leaf_hash(self.data)


def make_entry(draft: Draft, index: int, previous: bytes | None) -> Entry:
    """Place ``draft`` at ``index`` after the entry whose leaf hash is ``previous`` (None at index 0).

    Raises Malformed when a field is not allowed or the entry would be longer than 65,535 bytes.
    """
    value = {
        "actor": draft.actor,
        "body": dict(draft.body),
        "index": index,
        "kind": draft.kind,
        "prev": NO_PREVIOUS if previous is None else previous.hex(),
        "time": format_time(draft.time),
    }
    _check_fields(value)
    data = canonical(value)
    if len(data) > MAX_ENTRY_BYTES:
        raise Malformed("entry.too-long", size=len(data))
    return _from_value(value, data)


def parse_entry(data: bytes) -> Entry:
    """Read an entry; raises Malformed unless ``data`` is canonical and every field is allowed."""
    if len(data) > MAX_ENTRY_BYTES:
        raise Malformed("entry.too-long", size=len(data))
    value = parse(data)
    _check_fields(value)
    return _from_value(value, data)


def check_entries(items: Sequence[bytes]) -> list[tuple[int, str] | Malformed]:
    """Check entries exactly as ``parse_entry`` does, faster; return the index and ``prev`` of each, or what is wrong.

    The canonical form fixes the order of the fields, so one expression reads the envelope, and only the bodies are left
    to parse, all at once. When any is not accepted like this, all go the long way.
    """
    checked, bodies = list[tuple[int, str] | Malformed](), []
    for data in items:
        match = _ENVELOPE.fullmatch(data)
        if match is None or len(data) > MAX_ENTRY_BYTES or not _is_day(match[4]):
            break
        bodies.append(match[1])
        checked.append((int(match[2]), match[3].decode()))
    else:
        try:
            parse_all(bodies, within=1)
        except Malformed:
            pass  # one of them: the long way tells which
        else:
            return checked
    return [_check_entry(data) for data in items]


def _check_entry(data: bytes) -> tuple[int, str] | Malformed:
    try:
        entry = parse_entry(data)
    except Malformed as error:
        return error
    return entry.index, entry.prev


def format_time(moment: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC with six digits of a second and Z."""
    if moment.utcoffset() is None:
        raise Malformed("entry.field", field="time")
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except OverflowError:  # before year 1 or after 9999 in UTC
        raise Malformed("entry.field", field="time") from None


def _from_value(value: dict[str, Any], data: bytes) -> Entry:
    return Entry(value["index"], value["kind"], value["actor"], value["time"], value["prev"], value["body"], data)


def _check_fields(value: Any) -> None:
    if type(value) is not dict or value.keys() != _FIELDS:
        raise Malformed("entry.fields")
    index = value["index"]
    if type(index) is not int or index < 0:
        raise Malformed("entry.field", field="index")
    if type(value["body"]) is not dict:
        raise Malformed("entry.field", field="body")
    if not _is_time(value["time"]):
        raise Malformed("entry.field", field="time")
    for name, pattern in _PATTERNS:
        text = value[name]
        if type(text) is not str or pattern.fullmatch(text) is None or len(text) > 128:
            raise Malformed("entry.field", field=name)


def _is_time(text: Any) -> bool:
    if type(text) is not str or _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_day(text: bytes) -> bool:
    return _is_time(text.decode() + "T00:00:00.000000Z")


_PATTERNS: Final = (("actor", _ACTOR), ("kind", _KIND), ("prev", _HASH))
