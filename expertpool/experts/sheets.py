"""Sheets in and out: .xlsx, .xls and .csv in UTF-8 or GBK. Knows cells and nothing of experts.

A text that a spreadsheet would take for a formula is written behind an apostrophe and read back without it, so that
nothing which somebody typed into a field is ever run on the machine of whoever opens an export.

Public: `read_sheet`, `write_sheet`, `csv_text`, `Sheet`, `Form`, `Cell`, `as_text`.
"""

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]
from python_calamine import CalamineError, load_workbook

from expertpool.experts.sheet_errors import SheetEmpty, SheetEncodingUnknown, SheetTooLarge, SheetUnreadable

Cell = str | int | float | bool | date | datetime | time | timedelta | None

MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 200
MOST_BYTES: Final = 64 * 2**20
MOST_UNPACKED: Final = 2**30
EXACT: Final = 10**15
"""Below this a number in a sheet still has all its digits."""

_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED: Final = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_LONG_NUMBER: Final = re.compile(r"[0-9]{11,}[0-9X]", re.ASCII)


class Form(StrEnum):
    """A kind of file, and for text its encoding."""

    XLSX = "xlsx"
    XLS = "xls"
    CSV_UTF8 = "csv"
    CSV_GBK = "csv-gbk"


class Sheet(NamedTuple):
    """The first sheet of a file. ``rows`` begin below the titles: the first of them is row 2 on screen."""

    titles: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    form: Form

    def numbered(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows that hold anything, with their numbers on screen."""
        for number, row in enumerate(self.rows, 2):
            if any(cell not in ("", None) for cell in row):
                yield number, row


def read_sheet(path: Path) -> Sheet:
    """Read a sheet. Raises `SheetUnreadable`, `SheetEncodingUnknown`, `SheetTooLarge`, `SheetEmpty`, OSError."""
    if path.stat().st_size > MOST_BYTES:
        raise too_large()
    if path.suffix.lower() == ".csv":
        form, rows = _read_csv(path.read_bytes())
    elif path.suffix.lower() in (".xlsx", ".xls"):
        form, rows = Form(path.suffix.lower()[1:]), _read_workbook(path)
    else:
        raise SheetUnreadable
    if len(rows) > MOST_ROWS + 1 or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise too_large()
    sheet = Sheet(tuple(as_text(cell) for cell in rows[0]) if rows else (), rows[1:], form)
    if not any(sheet.titles) or next(sheet.numbered(), None) is None:
        raise SheetEmpty
    return sheet


def write_sheet(path: Path, form: Form, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a sheet that only its owner may read, whole or not at all; ``Form.XLS`` is written as .xlsx."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    everything = chain([titles], rows)
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            if form in (Form.XLSX, Form.XLS):
                _write_workbook(file, everything)
            else:
                _write_csv(file, "utf-8-sig" if form is Form.CSV_UTF8 else "gb18030", everything)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as the lines of a csv file."""
    text = io.StringIO(newline="")
    _write_lines(text, rows)
    return text.getvalue()


def as_text(cell: Cell) -> str:
    """A cell as somebody reads it; a whole number without a decimal point, a day as 2026-11-21."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def guard(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Undo `guard`."""
    return text[1:] if _GUARDED.match(text) else text


def too_large() -> SheetTooLarge:
    """The refusal, with what is taken at most."""
    return SheetTooLarge(MOST_ROWS, MOST_COLUMNS, MOST_BYTES // 2**20)


def _read_csv(data: bytes) -> tuple[Form, list[list[Cell]]]:
    for form, encoding in ((Form.CSV_UTF8, "utf-8-sig"), (Form.CSV_GBK, "gb18030")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            return form, [[unguard(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
        except csv.Error:
            raise SheetUnreadable from None
    raise SheetEncodingUnknown


def _read_workbook(path: Path) -> list[list[Cell]]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                    raise too_large()
        sheet = load_workbook(path).get_sheet_by_index(0)
        if sheet.total_height > MOST_ROWS + 1 or sheet.total_width > MOST_COLUMNS:
            raise too_large()
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, ValueError, IndexError):
        raise SheetUnreadable from None
    return [[unguard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def _write_csv(file: io.BufferedWriter, encoding: str, rows: Iterable[Sequence[Cell]]) -> None:
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        _write_lines(text, rows)


def _write_lines(text: TextIO, rows: Iterable[Sequence[Cell]]) -> None:
    csv.writer(text).writerows(
        [guard(cell if isinstance(cell, str) else as_text(cell)) for cell in row] for row in rows
    )


def _write_workbook(file: io.BufferedWriter, rows: Iterable[Sequence[Cell]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in rows:
        sheet.append([_written(sheet, cell) for cell in row])
    book.save(file)


def _written(sheet: object, cell: Cell) -> object:
    """A cell for openpyxl: texts are texts whatever they look like, long numbers are formatted as text too."""
    if not isinstance(cell, str):
        return cell
    text = guard(ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell))
    if not _LONG_NUMBER.fullmatch(text):
        return text
    written = WriteOnlyCell(sheet, text)
    written.number_format = "@"
    return written
