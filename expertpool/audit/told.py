"""An entry as the pages show it: words, its fields in the clear, and its hash."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from expertpool.audit.terms import BEIJING, THINGS, moment_of
from expertpool.audit.words import field_name, telling, title
from expertpool.core.ids import is_id
from expertpool.identity.roles import LABELS, Role
from ledger.entry import NO_PREVIOUS, Entry

ENTRY_FIELDS: Final = frozenset({"intent", "release", "first", "registered"})
"""Fields whose number is that of an entry."""
_HIDDEN: Final = "_sd"
_WORD: Final = 20
"""Longer texts are digests, keys and identifiers."""
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: its text, and where it leads. ``entry`` is the index of the entry that a number names."""

    text: str
    is_code: bool = False
    entry: int | None = None
    draw: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An entry for a page."""

    index: int
    kind: str
    title: str
    says: str
    at: datetime
    actor: str
    hash: str
    prev: str | None
    draw: str | None
    hidden: int
    fields: Sequence[tuple[str, Sequence[Shown]]]


def tell(entry: Entry, names: Mapping[str, str], language: str) -> Told:
    """The entry in the reader's language; ``names`` are those of key holders."""
    hidden = entry.body.get(_HIDDEN)
    draw = entry.body.get("draw")
    return Told(
        index=entry.index,
        kind=entry.kind,
        title=title(entry.kind, language),
        says=telling(entry, names, language),
        at=moment_of(entry),
        actor=entry.actor,
        hash=entry.hash.hex(),
        prev=None if entry.prev == NO_PREVIOUS else entry.prev,
        draw=draw if isinstance(draw, str) else None,
        hidden=len(hidden) if isinstance(hidden, list) else 0,
        fields=[
            (_capitalised(field_name(name, language)), _values(name, value, names, language))
            for name, value in sorted(entry.body.items())
            if name != _HIDDEN
        ],
    )


def _values(name: str, value: Any, names: Mapping[str, str], language: str) -> list[Shown]:
    if isinstance(value, list):
        return [one for each in value for one in _values(name, each, names, language)] or [Shown("—")]
    text = _text(value, names, language)
    if name == "role" and value in LABELS:
        return [Shown(LABELS[Role(value)][0 if language == "zh" else 1])]
    if name in ENTRY_FIELDS and type(value) is int:
        return [Shown(f"#{value}", entry=value)]
    if isinstance(value, dict):
        return [Shown(text, is_code=True)]
    if name == "draw":
        return [Shown(text, is_code=True, draw=text)]
    if name in THINGS and isinstance(value, str) and is_id(value.partition("_")[0], value):
        return [Shown(text, is_code=text == value, search=value)]
    return [Shown(text, is_code=text == value and len(text) > _WORD)]


def _text(value: Any, names: Mapping[str, str], language: str) -> str:
    """A value in one line, whatever it is made of."""
    if isinstance(value, bool):
        yes, no = ("是", "否") if language == "zh" else ("yes", "no")
        return yes if value else no
    if isinstance(value, dict):
        named = ((names.get(key) or field_name(key, language), each) for key, each in sorted(value.items()))
        return " · ".join(f"{key} {_text(each, names, language)}" for key, each in named)
    if isinstance(value, list):
        inner = (_text(each, names, language) for each in value)
        return ("、" if language == "zh" else ", ").join(f"[{text}]" if " " in text else text for text in inner) or "—"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    return "—" if value is None else names.get(str(value), str(value))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
