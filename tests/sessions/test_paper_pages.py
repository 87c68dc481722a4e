"""Paper sheets in a browser: typed by a clerk, signed by another role who has the same paper."""

import re
from datetime import datetime, timedelta

import pytest

from expertpool.identity.roles import Role
from expertpool.sessions.steps import StepKind
from policies.facts import CHINA
from tests.browser import Browser, entered
from tests.sessions.days import DOCUMENT, FIRST, SECOND, Day


@pytest.fixture
def page(day_with_pages: Day) -> str:
    return f"/sessions/{day_with_pages.session_id}/papers"


def typed(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")


def break_on_paper(day: Day) -> dict[str, str]:
    """A meal of half an hour, an hour ago, its second line two rows below the first."""
    begun = day.now - timedelta(hours=1)
    return {
        "lines.0.kind": StepKind.BREAK_BEGUN,
        "lines.0.at": typed(begun),
        "lines.0.meal": "true",
        "lines.0.seat": FIRST,  # which a break has none of
        "lines.3.kind": StepKind.BREAK_ENDED,
        "lines.3.at": typed(begun + timedelta(minutes=30)),
        "document": DOCUMENT,
        "reason": "停电",
        "site": "0",
    }


def test_a_clerk_enters_and_the_supervisor_signs_by_the_same_paper(day_with_pages: Day, page: str) -> None:
    day = day_with_pages.begin()
    day.wait(hours=2)
    clerk = day.clerk()
    assert clerk.send(page, break_on_paper(day)).status_code == 303
    shown = clerk.get(page).text
    assert "等待签署" in shown
    assert "与原件一致，签署" not in shown, "who entered does not sign"
    assert "开始休息" in shown
    supervisor = entered(day.world.site, Role.SUPERVISOR)
    assert "录入一份" not in supervisor.get(page).text
    sheet = f"{page}/{sheet_in(supervisor, page)}"
    wrong = supervisor.send(sheet, {"decision": "sign", "document": "cd" * 32}, page=page)
    assert wrong.status_code >= 400
    assert 'class="wrong"' in wrong.text
    assert supervisor.send(sheet, {"decision": "sign", "document": DOCUMENT}, page=page).status_code == 303
    assert "已签署，计入记录" in supervisor.get(page).text
    assert [each.meal for each in day.steps if each.late] == [True, None]


def test_what_is_refused_goes_back_with_a_reason(day_with_pages: Day, page: str) -> None:
    day = day_with_pages.begin()
    day.wait(hours=2)
    day.clerk().send(page, break_on_paper(day))
    agency = entered(day.world.site, Role.INITIATOR)
    sheet = f"{page}/{sheet_in(agency, page)}"
    assert agency.send(sheet, {"decision": "refuse", "reason": ""}, page=page).status_code == 422
    assert agency.send(sheet, {"decision": "refuse", "reason": "日期不符"}, page=page).status_code == 303
    assert "已退回，不计" in agency.get(page).text


def test_what_is_wrong_is_told_beside_its_line_and_nothing_is_lost(day_with_pages: Day, page: str) -> None:
    day = day_with_pages.begin()
    day.wait(hours=2)
    clerk = day.clerk()
    answer = clerk.send(page, {**break_on_paper(day), "lines.3.at": "昨天"})
    assert answer.status_code == 422
    assert "请填写日期和时间" in answer.text
    assert 'value="停电"' in answer.text
    incomplete = {"lines.0.kind": StepKind.CHAIR_VOTED, "lines.0.at": typed(day.now), "lines.0.seat": SECOND}
    answer = clerk.send(page, {"document": DOCUMENT, "reason": "停电", **incomplete})
    assert answer.status_code >= 400
    assert "paper-wrong" in answer.text
    assert clerk.send(page, {"document": DOCUMENT, "reason": "停电"}).status_code == 422
    more = clerk.send(page, {**break_on_paper(day), "rows": "4", "more": "1"})
    assert 'id="lines.4.kind"' in more.text
    assert "还没有" not in clerk.get(page).text


def sheet_in(browser: Browser, page: str) -> str:
    """The sheet that the page shows."""
    found = re.search(rf'action="{page}/(\w+)"', browser.get(page).text)
    assert found is not None
    return found[1]
