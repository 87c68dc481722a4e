"""The form for what was kept on paper: rows of what happened, when, and by which seat, as the API wants them."""

from collections.abc import Mapping
from typing import Any, Final

from expertpool.sessions.desk_forms import moment_of, typed
from expertpool.sessions.papers import BY_SEAT, BY_SITE
from expertpool.sessions.schemas import PaperSheetBody
from expertpool.sessions.steps import StepKind
from expertpool.web import forms

PARTS: Final = ("kind", "at", "seat", "votes_for", "site", "meal")
FIRST_ROWS: Final = 4
MOST_ROWS: Final = 40


def rows_of(values: Mapping[str, str]) -> int:
    """How many rows the form shows."""
    said = values.get("rows", "")
    known = int(said) if said.isascii() and said.isdigit() and len(said) <= len(str(MOST_ROWS)) else FIRST_ROWS
    return min(max(known, FIRST_ROWS), MOST_ROWS)


def filled_first(sent: Mapping[str, str]) -> dict[str, str]:
    """What was typed, the rows left blank at the end: so a row's number here is its line's number in the sheet."""
    values = dict(sent)
    rows = [{part: values.pop(f"lines.{number}.{part}", "") for part in PARTS} for number in range(MOST_ROWS)]
    rows.sort(key=lambda row: not row["kind"])
    return {**values, **{f"lines.{i}.{part}": row[part] for i, row in enumerate(rows) for part in PARTS}}


def sheet_in(values: Mapping[str, str]) -> dict[str, Any]:
    """The sheet that the form says. Raises `InvalidInput`."""
    numbers = [number for number in range(MOST_ROWS) if values[f"lines.{number}.kind"]]
    said = typed({name: values.get(name, "") for name in ("revision", "site", "reason", "document")})
    given: dict[str, Any] = forms.load(PaperSheetBody, {**said, "lines": [_line(values, each) for each in numbers]})
    return given


def _line(values: Mapping[str, str], number: int) -> dict[str, Any]:
    """A line, with what its kind has need of: the page shows every field of a row, and ignores what is not asked."""
    name = f"lines.{number}"
    kind = values[f"{name}.kind"]
    line = typed({part: values[f"{name}.{part}"] for part in ("kind", "seat", "votes_for", "site")})
    wanted = {"kind"} | ({"site"} if kind in BY_SITE else {"seat"} if kind in BY_SEAT else set())
    wanted |= {"votes_for"} if kind == StepKind.CHAIR_VOTED else set()
    at = moment_of(values[f"{name}.at"], f"{name}.at").isoformat()
    meal = kind == StepKind.BREAK_BEGUN and values[f"{name}.meal"] == "true"
    return {**{part: said for part, said in line.items() if part in wanted}, "at": at, "meal": meal}
