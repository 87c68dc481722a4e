"""Workbooks that have the same bytes whenever they are made: no clock goes into them, and nothing is compressed.

A text stays a text, whatever it looks like: an account keeps its digits, a name is never run as a formula. Money is in
分 inside and in yuan on the sheet.

Public: `workbook`, `Table`.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # type: ignore[import-untyped]

from policies.money import Money

EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # the format has no zones
"""Stands in every file for the time at which it was made, which is not told."""
FACE: Final = "Microsoft YaHei"
LINE: Final = Font(name=FACE, size=10)
HEAD: Final = Font(name=FACE, size=10, bold=True)
SHADE: Final = PatternFill("solid", start_color="FFF0ECE4")
EDGE: Final = Border(bottom=Side(style="thin", color="FFD9D3C7"))
MIDDLE: Final = Alignment(vertical="center")
TEXT: Final = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
MONEY: Final = "#,##0.00"

_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: titles in the first row, then rows. ``widths`` in characters; ``notes`` stand below the rows."""

    title: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[tuple[str | int | Money, ...]]
    money: str = MONEY
    notes: tuple[str, ...] = ()


def workbook(*tables: Table) -> bytes:
    """The tables as an .xlsx file, a sheet for each."""
    book = Workbook()
    book.remove(book.active)
    for table in tables:
        _fill(book.create_sheet(table.title), table)
    return _steady(book)


def _fill(sheet: Any, table: Table) -> None:
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    for place, (head, width) in enumerate(zip(table.heads, table.widths, strict=True), 1):
        cell = sheet.cell(1, place, head)
        cell.font, cell.fill, cell.border = HEAD, SHADE, EDGE
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for down, row in enumerate(table.rows, 2):
        for place, value in enumerate(row, 1):
            _write(sheet.cell(down, place), value, table.money)
    for below, note in enumerate(table.notes, len(table.rows) + 3):
        sheet.cell(below, 1, note).font = LINE


def _write(cell: Any, value: str | int | Money, money: str) -> None:
    cell.font, cell.border = LINE, EDGE
    cell.alignment = TEXT if isinstance(value, str) else MIDDLE
    if isinstance(value, Money):
        cell.value, cell.number_format = Decimal(value.plain), money
    elif isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
        cell.data_type, cell.number_format = "s", "@"
    else:
        cell.value, cell.alignment = value, Alignment(horizontal="center", vertical="center")


def _steady(book: Any) -> bytes:
    book.properties.created = EPOCH
    made, written = io.BytesIO(), io.BytesIO()
    book.save(made)
    with ZipFile(made) as parts, ZipFile(written, "w", ZIP_STORED) as archive:
        for name in sorted(parts.namelist()):
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", content)
            archive.writestr(ZipInfo(name), content)
    return written.getvalue()
