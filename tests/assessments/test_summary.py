"""The year added up: per expert once seats are people, per agency, by month, and the portrait that follows from it."""

import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import select

from expertpool.assessments import cases, portraits, summary
from expertpool.assessments.case_lifecycle import Measure
from expertpool.assessments.models import Case
from expertpool.assessments.summary import EDGES, FULL, ItemTally, MonthTally, Span, Summary
from expertpool.draws.models import Assignment
from expertpool.experts.models import Expert
from expertpool.identity.roles import Role
from policies.conduct_items import Dimension, Evidence, Party
from tests.assessments.evaluated import AGENCY, Evaluated, evaluated, taken
from tests.browser import entered
from tests.sessions.room import SEATS

LATE, LEFT = 10, 30
OF_CENTRE, OF_SUPERVISOR = 30, 40
"""The weights, in hundredths."""


class Year(NamedTuple):
    """A session that was assessed; what its year was before its seats were people, and who they are, by seat."""

    assessed: Evaluated
    before: Summary
    experts: Sequence[str]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """One seat lost points by two parties, and the agency by one."""
    folder = tmp_path_factory.mktemp("year")
    with evaluated(f"sqlite:///{folder / 'expertpool.db'}", folder, served=True) as made:
        made.close().open()
        late = taken(1, "late", LATE, evidence=Evidence.RECORD, step=1)
        made.give(Party.CENTRE, late, taken(AGENCY, "organisation", 1))
        made.give(Party.SUPERVISOR, taken(1, "left-post", LEFT))
        made.give(Party.PROJECT_UNIT)
        assert made.reveal()
        yield Year(made, year_of(made), put(made))


def put(assessed: Evaluated) -> Sequence[str]:
    """Have the seats be people, as the vault does when names open; returns them by seat."""
    with assessed.world.session() as session, session.begin():
        experts = session.scalars(select(Expert.id).order_by(Expert.id).limit(len(SEATS))).all()
        for seat, expert in zip(SEATS, experts, strict=True):
            at = {"draw_id": assessed.draw.id, "seat": seat, "vacancy": 0}
            session.add(Assignment(**at, expert_id=expert, at=assessed.now))
    return experts


def year_of(assessed: Evaluated, span: Span | None = None) -> Summary:
    with assessed.world.session() as session:
        return summary.summary(session, [assessed.assessment.centre_id], span or Span.of_year(assessed.now.year))


def test_seats_count_in_the_month_and_for_nobody_before_names_open(year: Year) -> None:
    found = year.before
    lost = LATE * OF_CENTRE + LEFT * OF_SUPERVISOR
    month = f"{year.assessed.now:%Y-%m}"
    assert found.months == [MonthTally(month, 1, len(SEATS), 1, FULL - -(-lost // len(SEATS)))]
    assert found.experts == []
    assert found.spread == [0] * (len(EDGES) - 1)
    assert ItemTally("late", 1, LATE) in found.items
    (agency,) = found.agencies
    assert (agency.projects, agency.flawed, agency.mean) == (1, 1, FULL - 43), "3/7 of a point"


def test_then_each_seat_counts_for_whoever_had_it(year: Year) -> None:
    experts = year.experts
    found = year_of(year.assessed)
    lost = LATE * OF_CENTRE + LEFT * OF_SUPERVISOR
    assert {each.who for each in found.experts} == set(experts)
    worst, *others = found.experts
    assert (worst.who, worst.projects, worst.flawed, worst.mean, worst.deducted) == (
        experts[0],
        1,
        1,
        FULL - lost,
        lost,
    )
    assert {each.mean for each in others} == {FULL}
    assert found.spread[-1] == len(SEATS) - 1
    assert sum(found.spread) == len(SEATS)


def test_a_portrait_takes_each_deduction_off_its_side(year: Year) -> None:
    first, second, *_ = year.experts
    with year.assessed.world.session() as session:
        wanted = summary.revealed_in([year.assessed.assessment.centre_id], Span.of_year(year.assessed.now.year))
        pool = portraits.pool_sides(session, wanted)
        own = {side.dimension: side for side in portraits.portrait_of(pool, first)}
        (project,) = portraits.projects_of(session, wanted, first)
    assert own[Dimension.PUNCTUALITY].value == FULL - LATE * OF_CENTRE
    assert own[Dimension.DISCIPLINE].value == FULL - LEFT * OF_SUPERVISOR
    assert {own[each].value for each in Dimension} - {FULL} == {FULL - LATE * OF_CENTRE, FULL - LEFT * OF_SUPERVISOR}
    assert {side.common for side in own.values()} == {FULL}
    assert pool[second] == dict.fromkeys(Dimension, FULL)
    assert (project.seat, project.deduction) == (SEATS[0], LATE * OF_CENTRE + LEFT * OF_SUPERVISOR)


def test_a_year_begins_and_ends_at_midnight_in_china() -> None:
    assert Span.of_year(2026) == (datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))
    assert Span.of_month(2026, 12) == (datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))


def test_a_span_has_its_beginning_and_not_its_end(year: Year) -> None:
    at, moment = year.assessed.assessment.revealed, timedelta(microseconds=1)
    assert at is not None
    assert year_of(year.assessed, Span(at, at + moment)).months
    assert not year_of(year.assessed, Span(at - moment, at)).months


def test_another_centre_has_none_of_it(year: Year) -> None:
    with year.assessed.world.session() as session:
        assert summary.summary(session, ["ctr_other"], Span.of_year(year.assessed.now.year)).months == []


def test_the_pages_of_year_month_and_expert(year: Year) -> None:
    first = year.experts[0]
    department = entered(year.assessed.world.site, Role.COMPETENT_DEPARTMENT)
    shown = html.unescape(department.get("/statistics").text)
    month = f"{year.assessed.now:%Y-%m}"
    assert f"/statistics/notices/{month}" in shown
    assert f"/statistics/experts/{first}" in shown
    portrait = html.unescape(department.get(f"/statistics/experts/{first}").text)
    assert {">97<", ">88<"} <= {f">{each}<" for each in re.findall(r">(\d+)<", portrait)}, "two of the five sides"
    notice = html.unescape(department.get(f"/statistics/notices/{month}").text)
    assert "1 / 1" not in notice
    assert f"{len(SEATS) - 1} / {len(SEATS)}" in notice
    assert department.get(f"/statistics/notices/{month}.pdf").data.startswith(b"%PDF-")
    sheet = load_workbook(BytesIO(department.get(f"/statistics/notices/{month}.xlsx").data)).active
    assert sheet.max_column == 5
    assert "扣分行为" in {row[0].value for row in sheet.iter_rows()}


def test_a_month_that_is_none_is_said_so(year: Year) -> None:
    department = entered(year.assessed.world.site, Role.COMPETENT_DEPARTMENT)
    for month in ("2026-13", "2026-1", "1999-12", "2026-00", "2999-01", "abcd-ef", "２０２６-01"):
        answer = department.get(f"/statistics/notices/{month}")
        assert answer.status_code == 404, month
        assert "没有这个月份的通报" in answer.text


def test_the_month_tells_what_was_decided_of_whom_the_names_are_open(year: Year) -> None:
    of, department = year.assessed, entered(year.assessed.world.site, Role.COMPETENT_DEPARTMENT)
    at = f"/statistics/notices/{of.now:%Y-%m}"
    assert "本月没有处理决定" in department.get(at).text
    given: dict[str, Any] = {"measure": Measure.SUSPENSION, "months": 3, "reason": "擅离岗位"}
    case = of.as_(Role.CENTRE_STAFF, lambda tx: cases.propose(tx, of.session_id, 1, **given))
    of.as_(Role.CENTRE_STAFF, lambda tx: cases.hand_over(tx, case.id))
    of.as_(Role.COMPETENT_DEPARTMENT, lambda tx: cases.decide(tx, case.id, **given))
    shown = html.unescape(department.get(at).text)
    assert "暂停抽取" in shown
    with of.world.session() as session:
        until = session.get_one(Case, case.id).until
    assert until is not None
    assert until.isoformat() in shown
