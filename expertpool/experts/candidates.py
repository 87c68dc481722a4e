"""One row of a sheet as a person and what is known of them. Pure; what it cannot read it names by field.

Public: `RowReader`, `Candidate`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.errors import ExpertInvalid
from expertpool.experts.mapping import NONE_FIELDS, place_columns
from expertpool.experts.mapping import Mapping as ColumnMapping
from expertpool.experts.protection import IDENTITY, Identity
from expertpool.experts.sheet_errors import CellIsNumber, DayInvalid, EmployerBlank, NotNone, WordUnknown
from expertpool.experts.sheets import EXACT, Cell, as_text
from expertpool.experts.validation import check_credit_code
from policies.facts import Claim, Degree, Employment, Title, Unit
from policies.facts import Expert as Facts

_DAY: Final = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))", re.ASCII)
_BETWEEN: Final = re.compile(r"[\s,;、，；]+")
_YES_NO: Final = {"是": True, "否": False, "yes": True, "no": False}


class Candidate(NamedTuple):
    """A row that could be read, by its number on screen."""

    row: int
    identity: Identity
    facts: Facts


class RowReader:
    """Reads the rows of one sheet."""

    def __init__(self, mapping: ColumnMapping, titles: Sequence[str]) -> None:
        """Raises `ColumnMissing`, `ColumnTwice`."""
        self._mapping = mapping
        self._places = place_columns(mapping, titles)
        self._titles = {name: titles[place] for name, place in self._places.items()}
        self._known_none: dict[str, Any] = {name: () for name in mapping.none if name not in self._places}
        self._facts: list[tuple[str, int, Callable[[str], Any]]] = [
            (name, self._places[name], read) for name, read in self._readers() if name in self._places
        ]

    def title(self, field: str | None) -> str:
        """The title of the column that a problem's field comes from; the field itself where no column is."""
        base = (field or "").partition(".")[0]
        if base == "employments":
            wanted = ("employer_code", "employer") if field and field.endswith("code") else ("employer",)
            base = next((name for name in wanted if name in self._titles), "employer")
        return self._titles.get(base, base)

    def read(self, number: int, row: Sequence[Cell]) -> Candidate:
        """Read a row. Raises `ExpertInvalid` with everything that cannot be read."""
        problems: list[ExpertpoolError] = []

        def attempt(name: str, read: Callable[[str], Any], text: str) -> Any:
            try:
                return read(text)
            except ExpertpoolError as problem:
                problem.field = name
                problems.append(problem)
                return None

        texts: dict[str, str] = {}
        for name, place in self._places.items():
            cell = row[place] if place < len(row) else None
            if isinstance(cell, int | float) and abs(cell) >= EXACT:
                problems.append(CellIsNumber(field=name))
                cell = None
            texts[name] = as_text(cell.date() if isinstance(cell, datetime) else cell)
        known: dict[str, Any] = {name: attempt(name, read, texts[name]) for name, _, read in self._facts if texts[name]}
        if "employer" in texts or "employer_code" in texts:
            known["employments"] = attempt("employer", lambda _: self._employments(texts, attempt), "")
        if problems:
            raise ExpertInvalid(tuple(problems))
        identity = Identity(**{name: texts.get(name) or None for name in IDENTITY[1:]}, name=texts["name"])
        return Candidate(number, identity, Facts(**known, **self._known_none))

    def _readers(self) -> list[tuple[str, Callable[[str], Any]]]:
        titles, degrees = self._mapping.titles, self._mapping.degrees
        return [
            ("birth_date", _day),
            ("practice_since", _day),
            ("title", lambda text: Title(_word(text, titles))),
            ("equivalent", lambda text: _word(text, _YES_NO)),
            ("degree", lambda text: Degree(_word(text, degrees))),
            ("area", str),
            ("claims", _claims),
            *((name, _none) for name in NONE_FIELDS),
        ]

    def _employments(
        self, texts: Mapping[str, str], attempt: Callable[[str, Callable[[str], Any], str], Any]
    ) -> tuple[Employment, ...]:
        name, code = texts.get("employer", ""), texts.get("employer_code", "")
        if not name and not code:
            if self._mapping.by_name:
                return ()  # the rulebook of such a roster says what follows
            raise EmployerBlank
        since = texts.get("employed_since")
        start = attempt("employed_since", _day, since) if since else None
        known = attempt("employer_code", _credit_code, code) if code else None
        return (Employment(Unit(name, known), start),)


@lru_cache(maxsize=20_000)
def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    if match is None:
        raise DayInvalid
    year, *rest = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, *rest)
    except ValueError:
        raise DayInvalid from None


@lru_cache(maxsize=10_000)
def _credit_code(text: str) -> str:
    return check_credit_code(text, "employer_code")


@lru_cache(maxsize=10_000)
def _claims(text: str) -> tuple[Claim, ...]:
    return tuple(_claim(code) for code in dict.fromkeys(_BETWEEN.split(text)) if code)


@cache
def _claim(code: str) -> Claim:
    return Claim(code.upper())


def _word(text: str, words: Mapping[str, Any]) -> Any:
    found = words.get(text)
    if found is None:
        raise WordUnknown("、".join(words))
    return found


def _none(text: str) -> tuple[()]:
    if text not in ("无", "none"):
        raise NotNone
    return ()
