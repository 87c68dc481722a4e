"""The year of a centre: sums per expert and agency, trend, spread, and the month's notice as page, paper and sheet.

Experts stand here by masked name, and only those whose seats the rulebook has opened to everybody.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments import notice, summary
from expertpool.assessments.errors import NoSuchMonth
from expertpool.assessments.months import agency_names, item_words, notice_of
from expertpool.assessments.notice import Notice, points
from expertpool.assessments.summary import EDGES, FULL, MonthTally, Span, Tally
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import all_masked
from expertpool.experts.sheets import Form, write_sheet
from expertpool.identity.gate import caller
from expertpool.identity.queries import centres_below
from expertpool.web.access import never_kept, signed_in
from expertpool.web.edge import edge, language, reading
from expertpool.web.paper import print_record
from expertpool.web.rendering import page, t
from policies.facts import CHINA

Column = tuple[str, int, str, bool]
"""A column of a picture: name, how much, what is written above, whether it is the reader's own."""
SEE: Final = "statistics.see"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE: Final = 50
FIRST_YEAR: Final = 2000

blueprint = Blueprint("assessment-statistics", __name__)


@blueprint.get("/statistics")
@never_kept
@signed_in(SEE)
def year() -> Response:
    """A year of the caller's centre and those below it."""
    wished, this_year = wished_year()
    with reading() as session:
        found = summary.summary(session, centres_below(session, caller().centre), Span.of_year(wished))
        pages = max(1, -(-len(found.experts) // PER_PAGE))
        at = _number("at", 1, 1, pages)
        shown = found.experts[(at - 1) * PER_PAGE : at * PER_PAGE]
        names = masked_names(session, [each.who for each in shown])
        agencies = agency_names(session, [each.who for each in found.agencies])
    words = item_words(found.span.start)
    return page(
        "assessments/year.html",
        year=wished,
        this_year=this_year,
        found=found,
        at=at,
        pages=pages,
        trend=_trend(found.months),
        most=max((FULL - each.mean for each in found.months), default=0),
        month_rows=[_month_row(each) for each in found.months],
        spread=spread_columns(found.spread),
        spread_most=max(found.spread),
        item_rows=[[t(*words(each.item)), each.times, each.points] for each in found.items],
        expert_rows=[_row(_portrait(each.who, names[each.who]), each) for each in shown],
        agency_rows=[_row(agencies[each.who], each) for each in found.agencies],
    )


@blueprint.get("/statistics/notices/<month>")
@never_kept
@signed_in(SEE)
def show_notice(month: str) -> Response:
    """The notice of a month."""
    found = _notice(month)
    return page(
        "assessments/notice.html",
        notice=found,
        title=notice.title(found, t),
        summary=notice.facts(found, t),
        sections=notice.sections(found, t),
    )


@blueprint.get("/statistics/notices/<month>.pdf")
@never_kept
@signed_in(SEE)
def print_notice(month: str) -> Response:
    """The notice of a month to print."""
    service = edge().settings.service
    centre, address = t(service.name_zh, service.name_en), f"{service.base_url}/ledger"
    printed = print_record(notice.paper(_notice(month), t, centre=centre, address=address))
    return _file(printed, "application/pdf", f"notice-{month}.pdf")


@blueprint.get("/statistics/notices/<month>.xlsx")
@never_kept
@signed_in(SEE)
def sheet_of_notice(month: str) -> Response:
    """The notice of a month as a sheet."""
    found = _notice(month)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "notice.xlsx"
        write_sheet(path, Form.XLSX, [t(*each) for each in notice.TITLES], notice.rows(found, t))
        return _file(path.read_bytes(), XLSX, f"notice-{month}.xlsx")


def wished_year() -> tuple[int, int]:
    """The year that the address names, by default the present one, which comes second."""
    this_year = edge().clock.now().astimezone(CHINA).year
    return _number("year", this_year, FIRST_YEAR, this_year), this_year


def spread_columns(spread: Sequence[int], own: int | None = None) -> list[Column]:
    """The pool's spread as columns; ``own`` is the reader's score, whose column is marked."""
    return [
        (_band(low, high), count, str(count), own is not None and low <= own < high)
        for low, high, count in zip(EDGES, EDGES[1:], spread, strict=False)
    ]


def _trend(months: Sequence[MonthTally]) -> list[Column]:
    """The mean deduction of each of the twelve months; nothing for one without any."""
    lost = {int(each.month[5:]): FULL - each.mean for each in months}
    return [(str(month), lost.get(month, 0), points(lost.get(month, 0)), False) for month in range(1, 13)]


def _band(low: int, high: int) -> str:
    if high > FULL:
        return "100"
    return f"<{points(high)}" if low == 0 else f"{points(low)}+"


def _notice(month: str) -> Notice:
    """The notice of a month that has begun. Raises `NoSuchMonth`."""
    year, _, number = month.partition("-")
    now = edge().clock.now()
    right = len(month) == 7 and (year + number).isascii() and (year + number).isdigit() and 1 <= int(number) <= 12
    if not right or int(year) < FIRST_YEAR or Span.of_month(int(year), int(number)).start > now:
        raise NoSuchMonth
    with reading() as session:
        centres = centres_below(session, caller().centre)
        return notice_of(session, Protector(edge().keys), centres, int(year), int(number))


def masked_names(session: Session, experts: Sequence[str]) -> dict[str, str]:
    """Experts by masked name."""
    rows = session.scalars(select(Expert).where(Expert.id.in_(experts))).all()
    shown = all_masked(session, Protector(edge().keys), rows)
    return {each: masked.name for each, masked in shown.items()}


def _portrait(expert_id: str, name: str) -> Markup:
    address = f"{request.script_root}/statistics/experts/{expert_id}"
    return Markup('<a href="{}">{}</a>').format(address, name)


def _row(name: str, each: Tally) -> list[str | int]:
    return [name, each.projects, each.flawed, points(each.mean), points(each.lowest), points(each.deducted)]


def _month_row(each: MonthTally) -> list[str | int]:
    address = f"{request.script_root}/statistics/notices/{each.month}"
    link = Markup('<a href="{}">{}</a>').format(address, t("通报", "notice"))
    return [each.month, each.projects, each.seats, each.flawed, points(each.mean), link]


def _number(name: str, otherwise: int, least: int, most: int) -> int:
    """A number of the address within bounds."""
    given = request.args.get(name, "")
    wished = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else otherwise
    return min(max(wished, least), most)


def _file(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Language"] = language()
    answer.headers.add("Vary", "Accept-Language, Cookie")
    return answer
