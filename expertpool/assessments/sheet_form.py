"""Deductions as rows of a form, and back to what the API reads.

A field's name is its dotted path in the API (``deductions.0.item``), so that a complaint finds its field. One field
holds the number of a step or the digest of a document, by the kind of evidence. Rows that were left blank do not count.
A button adds a row, another one fills a row with a fact that the system knows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from expertpool.assessments.desk import FactShown
from policies.conduct_items import Evidence

REFERENCE: Final = "reference"
COLUMNS: Final = ("subject", "item", "points", "evidence", "grounds", REFERENCE)
NUMBERS: Final = frozenset({"subject", "points", "step"})
MOST: Final = 60
"""Rows that a form has at most."""


def rows_in(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows that were typed, the blank ones left out."""
    count = sent.get("rows", "")
    rows = range(min(int(count), MOST) if count.isascii() and count.isdigit() and len(count) < 4 else 0)
    typed = [{name: sent.get(f"deductions.{row}.{name}", "").strip() for name in COLUMNS} for row in rows]
    return [row for row in typed if any(row.values())]


def values_of(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The fields of a form with these rows."""
    return {f"deductions.{number}.{name}": row[name] for number, row in enumerate(rows) for name in COLUMNS}


def row_of(fact: FactShown, grounds: str) -> dict[str, str]:
    """A fact of the day's record as a row, with all the points that its item is worth."""
    values = (str(fact.subject.number), fact.item.code, str(fact.item.points), Evidence.RECORD, grounds, str(fact.step))
    return dict(zip(COLUMNS, values, strict=True))


def blank() -> dict[str, str]:
    """A row for somebody to fill in."""
    return dict.fromkeys(COLUMNS, "")


def body_of(sent: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the API's schema reads."""
    return {"rulebook": sent.get("rulebook", ""), "deductions": [_typed(row) for row in rows]}


def field_of(blamed: str) -> str:
    """The field of the form that a complaint about a field of the API belongs to; of one that nobody sees, none."""
    path, _, name = blamed.rpartition(".")
    if not path:
        return blamed if blamed == "label" else ""
    return f"{path}.{REFERENCE}" if name in ("step", "document") else blamed


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Numbers as numbers, so far as they are; what was left empty is missing."""
    given = {name: value for name, value in row.items() if value}
    reference = given.pop(REFERENCE, None)
    if reference:
        given["step" if row["evidence"] == Evidence.RECORD else "document"] = reference
    return {name: _number(value) if name in NUMBERS else value for name, value in given.items()}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
