"""Prints sheets and records as PDF: A4, the embedded Chinese font, a QR code to where each can be checked.

The same text gives the same bytes: no clock and no chance goes into them.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

FONT: Final = "NotoSansSC"
FILE: Final = Path(__file__).parent / "fonts" / "NotoSansSC.ttf"
MISSING: Final = "〓"
"""Stands for a character that the font has not, as printers do."""
MARGIN: Final = 18 * mm
PADDING: Final = 6
"""What reportlab leaves free within a page's frame, in points."""
QR_SIZE: Final = 30 * mm
ROOM: Final = 40 * mm
"""A section begins on a new page where less than this is left."""
INK, SOFT, LINE, SEAL = (HexColor(each) for each in ("#1d2430", "#5c6573", "#d9d3c7", "#a8342a"))


@dataclass(frozen=True, slots=True)
class Section:
    """A table. ``widths`` are parts of the page's width; ``empty`` is said where there is no row.

    ``height`` is that of a row that people write into, in millimetres; 0 for one as high as its text.
    """

    title: str
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "—"
    height: float = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What is printed: text in one language. ``address`` is what the QR code leads to, ``check`` the words below it.

    ``body`` are paragraphs to be read before the tables, as a declaration has them.
    """

    heading: str
    title: str
    subtitle: str
    address: str
    check: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    foot: str
    page: str
    body: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def print_record(record: Record) -> bytes:
    """The record as PDF; one that is asked for again is not made again."""
    _register()
    written = BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"{record.heading} {record.subtitle}",
        author=record.foot,
        invariant=1,
    )
    frame = partial(_frame, record)
    document.build(_story(record, A4[0] - 2 * MARGIN), onFirstPage=frame, onLaterPages=frame)
    return written.getvalue()


def _story(record: Record, width: float) -> list[Flowable]:
    story: list[Flowable] = [_head(record, width), Spacer(1, 5 * mm), _facts(record, width)]
    if record.body:
        story += [Spacer(1, 5 * mm), *(_words(paragraph, "body") for paragraph in record.body)]
    for section in record.sections:
        story += _section(section, width)
    story.append(Spacer(1, 4 * mm))
    story += [_words(note, "note") for note in record.notes]
    return story


def _head(record: Record, width: float) -> Flowable:
    words = [_words(record.heading, "heading"), _words(record.title, "title"), _words(record.subtitle, "code")]
    code = [_Code(record.address), Spacer(1, 1.5 * mm), _words(record.check, "caption")]
    table = Table([[words, code]], colWidths=[width - QR_SIZE - 4 * mm, QR_SIZE + 4 * mm])
    table.setStyle(
        TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_no_padding(), ("ALIGN", (1, 0), (1, 0), "RIGHT")])
    )
    return table


def _facts(record: Record, width: float) -> Flowable:
    rows = [[_words(name, "soft"), _words(value, "plain")] for name, value in record.facts]
    table = Table(rows, colWidths=[width * 0.22, width * 0.78])
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), *_tight()]))
    return table


def _section(section: Section, width: float) -> list[Flowable]:
    title: list[Flowable] = [CondPageBreak(ROOM), Spacer(1, 5 * mm), _words(section.title, "section")]
    if not section.rows:
        return [KeepTogether([*title, _words(section.empty, "soft")])]
    heads = [_words(head, "soft") for head in section.heads]
    rows = [[_words(cell, "plain") for cell in row] for row in section.rows]
    heights = [None, *([section.height * mm] * len(rows))] if section.height else None
    table = Table([heads, *rows], colWidths=[width * part for part in section.widths], rowHeights=heights, repeatRows=1)
    lines = [("LINEBELOW", (0, 0), (-1, 0), 0.8, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE)]
    table.setStyle(TableStyle([*lines, *_tight(), ("VALIGN", (0, 1), (-1, -1), "MIDDLE" if heights else "TOP")]))
    return [*title, table]


def _frame(record: Record, canvas: Canvas, _document: Any) -> None:
    """What stands on every page: a line in seal red, whose record it is, and the number of the page."""
    width, height = A4
    canvas.saveState()
    canvas.setFillColor(SEAL)
    canvas.rect(MARGIN, height - 11 * mm, width - 2 * MARGIN, 1.2 * mm, stroke=0, fill=1)
    canvas.setFont(FONT, 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(MARGIN, 10 * mm, _printable(record.foot))
    canvas.drawRightString(width - MARGIN, 10 * mm, _printable(record.page.format(canvas.getPageNumber())))
    canvas.restoreState()


class _Code(Flowable):  # type: ignore[misc]  # reportlab ships no types
    """A QR code, drawn square by square."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.width = self.height = QR_SIZE
        self.hAlign = "RIGHT"
        self._matrix = [list(row) for row in segno.make(address, error="m", micro=False).matrix]

    def draw(self) -> None:
        size = QR_SIZE / len(self._matrix)
        self.canv.setFillColor(INK)
        for down, row in enumerate(self._matrix):
            for across, dark in enumerate(row):
                if dark:
                    # a hair wider than its place, so that no line shows between two
                    self.canv.rect(
                        across * size, QR_SIZE - (down + 1) * size, size * 1.02, size * 1.02, stroke=0, fill=1
                    )


def _words(text: str, style: str) -> Paragraph:
    return Paragraph(escape(_printable(text)), _styles()[style])


def _printable(text: str) -> str:
    """The text with what the font has; control characters are left out."""
    known = _register().face.charToGlyph
    return "".join(each if ord(each) in known else MISSING for each in re.sub(r"[\x00-\x1f\x7f]", " ", text))


@cache
def _register() -> Any:
    """The font, once for each process."""
    font = TTFont(FONT, str(FILE))
    pdfmetrics.registerFont(font)
    return font


@cache
def _styles() -> dict[str, ParagraphStyle]:
    def style(size: float, **more: Any) -> ParagraphStyle:
        given = {"fontName": FONT, "fontSize": size, "leading": size * 1.5, "wordWrap": "CJK", "textColor": INK, **more}
        return ParagraphStyle("", **given)

    return {
        "heading": style(11, textColor=SEAL),
        "title": style(19, leading=27),
        "code": style(8.5, textColor=SOFT),
        "caption": style(6.5, textColor=SOFT, alignment=TA_RIGHT),
        "section": style(12, spaceAfter=1.5 * mm),
        "plain": style(8.5),
        "body": style(10.5, leading=19, spaceAfter=1.5 * mm),
        "soft": style(8, textColor=SOFT),
        "note": style(7.5, textColor=SOFT, spaceAfter=1 * mm),
    }


def _tight() -> list[tuple[Any, ...]]:
    return [
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]


def _no_padding() -> list[tuple[Any, ...]]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
