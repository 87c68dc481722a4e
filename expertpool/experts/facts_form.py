"""Facts about an expert as the fields of a form, and back to the JSON that the API's schema reads.

A field's name is its dotted path in the API (``employments.0.unit.code``), so a complaint finds its field. Of several
ties of one kind each is a row; rows that were left blank do not count. A list without rows is unknown, unless somebody
vouches that there are none.

Public: `LISTS`, `Column`, `filled`, `given`, `rows_of`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from expertpool.experts import words
from expertpool.experts.words import Words
from policies.facts import Expert


class Column(NamedTuple):
    """A field of a row. ``kind``: text, day, whole, or choice (of ``choices``); ``hidden`` ones are only kept."""

    path: str
    name: Words = Words("", "")
    kind: str = "text"
    choices: Mapping[Any, Words] = {}
    hidden: bool = False


class List(NamedTuple):
    """Facts of which there may be several."""

    name: Words
    columns: tuple[Column, ...]


_UNIT = (
    Column("unit.name", Words("单位名称", "Unit")),
    Column("unit.code", Words("统一社会信用代码", "Credit code")),
)
_SPAN = (Column("start", Words("自", "From"), "day"), Column("end", Words("至", "To"), "day"))
_POST = Column("post", Words("职务", "Post"), "choice", words.POSTS)

LISTS: Final[Mapping[str, List]] = {
    "claims": List(
        Words("评标专业", "Specialties"),
        (
            Column("code", Words("专业代码", "Specialty code")),
            Column("scheme", hidden=True),
            Column("version", hidden=True),
        ),
    ),
    "employments": List(Words("工作单位", "Employers"), (*_UNIT, *_SPAN)),
    "directorships": List(Words("任职（董事、监事、高管）", "Offices held"), (*_UNIT, _POST, *_SPAN)),
    "shareholdings": List(
        Words("持股", "Shares held"),
        (
            *_UNIT,
            Column("permille", Words("持股（‰）", "Share (‰)"), "whole"),
            Column("controls", Words("是否控制", "In control"), "choice", words.YES_OR_NO),
            *_SPAN,
        ),
    ),
    "kinships": List(
        Words("近亲属任职", "Relatives’ posts"),
        (*_UNIT, Column("relation", Words("关系", "Relation"), "choice", words.RELATIONS), _POST, *_SPAN),
    ),
    "interests": List(
        Words("其他利害关系", "Other interests"), (*_UNIT, Column("project", Words("项目编号", "Project code")))
    ),
    "penalties": List(
        Words("处罚和不良记录", "Penalties"),
        (
            Column("kind", Words("事由", "Cause"), "choice", words.PENALTIES),
            Column("decided", Words("决定日", "Decided"), "day"),
            Column("until", Words("禁止至", "Banned until"), "day"),
        ),
    ),
}
SINGLE: Final = ("practice_since", "title", "equivalent", "degree", "area")
FLAGS: Final = frozenset({"equivalent", "controls"})
NONE: Final = "none"


def filled(known: Expert) -> dict[str, str]:
    """What is known of an expert, as the fields of the form show it."""
    values = {name: _said(getattr(known, name)) for name in SINGLE}
    for name, each in LISTS.items():
        rows = getattr(known, name)
        if rows == ():
            values[f"{name}.{NONE}"] = "on"
        for number, row in enumerate(rows or ()):
            values |= {f"{name}.{number}.{column.path}": _said(_reach(row, column.path)) for column in each.columns}
    return values


def rows_of(values: Mapping[str, str], name: str) -> int:
    """How many rows of a list the form shows."""
    numbers = [int(number) for number in _numbers(values, name)]
    return max(numbers, default=-1) + 1


def given(sent: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """What was typed, blank rows left out, and what it says as the API's schema takes it."""
    values = {key: value for key, value in sent.items() if key.split(".")[0] not in LISTS}
    body: dict[str, Any] = {name: _value(name, sent.get(name, "")) for name in SINGLE}
    for name, each in LISTS.items():
        visible = [column.path for column in each.columns if not column.hidden]
        rows = [
            row
            for number in _numbers(sent, name)
            if any((row := _row(sent, f"{name}.{number}", each))[path] for path in visible)
        ]
        for number, row in enumerate(rows):
            values |= {f"{name}.{number}.{path}": said for path, said in row.items()}
        vouched = f"{name}.{NONE}" in sent
        if vouched:
            values[f"{name}.{NONE}"] = "on"
        body[name] = [_nested(row) for row in rows] if rows or vouched else None
    return values, body


def _row(sent: Mapping[str, str], at: str, each: List) -> dict[str, str]:
    return {column.path: sent.get(f"{at}.{column.path}", "").strip() for column in each.columns}


def _numbers(values: Mapping[str, str], name: str) -> Iterator[str]:
    """The numbers of a list's rows, in order, each once."""
    found = {key.split(".")[1] for key in values if key.startswith(f"{name}.")}
    yield from sorted((each for each in found if each.isascii() and each.isdigit() and len(each) < 4), key=int)


def _nested(row: Mapping[str, str]) -> dict[str, Any]:
    """A row as JSON; a unit of which nothing is said is unknown."""
    made: dict[str, Any] = {}
    for path, said in row.items():
        if not said:
            continue
        outer, _, inner = path.rpartition(".")
        (made.setdefault(outer, {}) if outer else made)[inner] = _value(inner, said)
    return made


def _value(name: str, said: str) -> Any:
    """What the schema takes for a field, or what it will refuse."""
    said = said.strip()
    if not said:
        return None
    if name in FLAGS:
        return {"true": True, "false": False}.get(said, said)
    if name == "permille" and said.isascii() and said.isdigit() and len(said) < 6:
        return int(said)
    return said


def _reach(row: Any, path: str) -> Any:
    for part in path.split("."):
        row = None if row is None else getattr(row, part)
    return row


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
