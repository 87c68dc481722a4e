"""The desk of a session's day: whoever may sees it, each with their own buttons; what it takes, and what it tells."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT
from expertpool.identity.roles import Role
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, following, membership, pages
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import DayStep, SessionDay
from expertpool.sessions.recording import locked
from expertpool.sessions.steps import Cause, StepKind
from tests.browser import Browser, entered
from tests.draws.prepared import prepared
from tests.draws.world import STARTS
from tests.sessions.room import SEATS, Line, Room, seat_everybody

EXPERTS = 60
REASON = "测试理由"


@contextmanager
def opened_room(folder: Path) -> Iterator[Room]:
    with prepared(f"sqlite:///{folder / 'expertpool.db'}", folder, EXPERTS) as world:
        draw = world.applied()
        with world.site.service.transactions.begin(VAULT) as tx:
            seat_everybody(tx, draw.id)
        yield Room(world, draw)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as made:
        yield made


def until(room: Room, minutes: int) -> None:
    """Let it be so many minutes after the assembly."""
    room.world.clock.advance(STARTS + timedelta(minutes=minutes) - room.world.clock.now())


def reviewing(room: Room) -> None:
    """Everybody has come and declared, and there is a chair."""
    until(room, -10)
    for seat in SEATS:
        room.come(seat)
    until(room, 5)
    keys = [room.key(seat) for seat in SEATS]
    with room.transactions.begin(VAULT) as tx:
        for act in (acts.read_discipline, acts.show_bidders, acts.declare):
            for key in keys:
                act(tx, room.session_id, key)
        for key in keys[1:]:
            acts.vote_chair(tx, room.session_id, key, SEATS[0])
    until(room, 30)


def signed(room: Room) -> None:
    """All have signed, and the trading system has said so."""
    keys = [room.key(seat) for seat in SEATS]
    with room.transactions.begin(VAULT) as tx:
        for key in keys:
            acts.sign_report(tx, room.session_id, key)
    with room.transactions.begin("svc:test") as tx:
        note_report(
            tx, tx.session.get_one(EvaluationSession, room.session_id), at=tx.now, said=tx.now, document="0" * 64
        )
    with room.transactions.begin(VAULT) as tx:
        following.after(tx, locked(tx, room.session_id), tx.now)


def state(room: Room) -> DayState:
    with room.world.session() as session:
        return session.get_one(SessionDay, room.session_id).state


def revision(room: Room) -> str:
    with room.world.session() as session:
        return str(session.get_one(SessionDay, room.session_id).revision)


def address(room: Room, verb: str = "") -> str:
    return f"/sessions/{room.session_id}" + (f"/{verb}" if verb else "")


def enter(room: Room, browser: Browser, verb: str, **fields: str) -> int:
    """Press a button of the day's page."""
    given = {"revision": revision(room), **fields}
    return browser.send(address(room, verb), given, page=address(room)).status_code


def test_before_anybody_came_it_tells_when_and_offers_nothing(room: Room) -> None:
    shown = room.clerk().get(address(room)).text
    assert "等待第一位专家签到" in shown
    assert all(seat in shown for seat in SEATS)
    assert f"/arrivals/{room.session_id}/0" in shown
    assert "例外情况" not in shown
    assert 'name="revision"' in shown, "the terminal can be opened"


def test_an_ordinary_day_shows_who_is_there_and_what_it_waits_for(room: Room) -> None:
    until(room, -10)
    room.come(SEATS[0])
    clerk = room.clerk()
    shown = clerk.get(address(room)).text
    assert "集合中" in shown
    assert "1 / 4" in shown
    until(room, 1)
    assert "已过集合时间" in clerk.get(address(room)).text


def test_when_all_are_there_and_the_review_does_not_begin_that_is_said(room: Room) -> None:
    until(room, -10)
    for seat in SEATS:
        room.come(seat)
    until(room, 30)
    assert "已过计划时间，评审尚未开始" not in room.clerk().get(address(room)).text
    until(room, 31)
    assert "已过计划时间，评审尚未开始" in room.clerk().get(address(room)).text


def test_whoever_checked_in_and_never_came_is_replaced_by_the_supervisor(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(room, -10)
    room.come(SEATS[0])
    line = Line(room)
    monkeypatch.setattr(pages, "line", lambda: line)
    supervisor = entered(room.world.site, Role.SUPERVISOR)
    assert f"{SEATS[1]} · 未到" in supervisor.get(address(room, "replace")).text
    fields = {"seat": SEATS[1], "cause": "absent", "reason": REASON}
    assert supervisor.send(address(room, "replace"), fields).status_code == 303
    ((name, given),) = line.asked
    assert name == "session.replace"
    assert (given["seat"], given["vacancy"], given["cause"]) == (SEATS[1], 0, "absent")


def test_the_clerk_has_breaks_and_exceptions_the_supervisor_decisions_the_agency_neither(room: Room) -> None:
    reviewing(room)
    clerk = room.clerk().get(address(room)).text
    assert "评审进行中" in clerk
    for text in ("短休", "隔夜休会", "场地连线中断", "成员拒绝签署报告"):
        assert text in clerk
    assert "中止评审" not in clerk
    supervisor = entered(room.world.site, Role.SUPERVISOR).get(address(room)).text
    for text in ("中止评审", "成员不能继续", "宣布本场无效"):
        assert text in supervisor
    assert "短休" not in supervisor
    agency = entered(room.world.site, Role.INITIATOR).get(address(room)).text
    assert "短休" not in agency
    assert "中止评审" not in agency


def test_no_account_is_shown_who_voted_nor_the_agency_what_each_seat_did(room: Room) -> None:
    reviewing(room)
    votes = [step for step in room.steps if step.kind is StepKind.CHAIR_VOTED]
    assert len(votes) == len(SEATS) - 1
    clerk = room.clerk().get(address(room)).text
    for part in clerk.split("推选组长")[1:]:
        said = part.split("</p>")[0]
        assert not any(seat in said for seat in SEATS)
    agency = entered(room.world.site, Role.INITIATOR).get(address(room)).text
    assert "推选组长" not in agency
    assert "签署回避声明" not in agency.replace("签署回避声明与承诺书</a>", "")


def test_a_break_is_one_button_and_back_another(room: Room) -> None:
    reviewing(room)
    clerk = room.clerk()
    assert enter(room, clerk, "take-break", meal="true") == 303
    assert state(room) is DayState.BREAK
    assert room.steps[-1].meal
    assert "继续评审" in clerk.get(address(room)).text
    assert enter(room, clerk, "end-break") == 303
    assert state(room) is DayState.REVIEWING


def test_at_its_hour_the_meal_is_proposed(room: Room) -> None:
    reviewing(room)  # from two in the afternoon in China
    until(room, 4 * 60 - 1)
    assert "到用餐时间了" not in room.clerk().get(address(room)).text
    until(room, 4 * 60)
    clerk = room.clerk()  # whoever was away so long signs in again
    assert "到用餐时间了" in clerk.get(address(room)).text
    enter(room, clerk, "take-break", meal="true")
    room.world.clock.advance(timedelta(minutes=20))
    enter(room, clerk, "end-break")
    assert "到用餐时间了" not in clerk.get(address(room)).text


def test_of_two_clerks_the_second_is_told(room: Room) -> None:
    reviewing(room)
    clerk, seen = room.clerk(), revision(room)
    assert enter(room, clerk, "take-break") == 303
    enter(room, clerk, "end-break")
    answer = clerk.send(address(room, "stay-overnight"), {"revision": seen}, page=address(room))
    assert answer.status_code == 409
    assert "他人已作登记" in answer.text
    assert state(room) is DayState.REVIEWING


@pytest.mark.parametrize(
    "fields",
    [{"site": "1", "reason": "长" * 501}, {"site": "x", "reason": REASON}, {"site": "9", "reason": REASON}],
    ids=["too-long", "no-number", "no-such-site"],
)
def test_what_is_wrong_is_told_and_nothing_is_entered(room: Room, fields: dict[str, str]) -> None:
    reviewing(room)
    before = len(room.steps)
    answer = room.clerk().send(address(room, "lose-line"), {"revision": revision(room), **fields}, page=address(room))
    assert answer.status_code >= 400
    assert 'class="wrong"' in answer.text
    assert len(room.steps) == before


def test_a_lost_line_is_red_until_it_is_back(room: Room) -> None:
    reviewing(room)
    clerk = room.clerk()
    assert enter(room, clerk, "lose-line", site="1", reason=REASON) == 303
    assert "线路已恢复" in clerk.get(address(room)).text
    assert enter(room, clerk, "restore-line", site="1") == 303
    assert "线路已恢复" not in clerk.get(address(room)).text


def test_questions_and_refusals_are_entered_and_their_text_is_sealed(room: Room) -> None:
    reviewing(room)
    clerk = room.clerk()
    assert enter(room, clerk, "ask", text="请说明工期") == 303
    shown = clerk.get(address(room)).text
    assert "请说明工期" not in shown
    number = str(room.steps[-1].number)
    assert f'value="{number}"' in shown
    assert enter(room, clerk, "answer", question=number) == 303
    assert enter(room, clerk, "refuse-signature", seat=SEATS[1], reason=REASON) == 303
    assert "拒签，视为同意" in clerk.get(address(room)).text


def test_the_supervisor_suspends_and_resumes_with_the_second_factor(room: Room) -> None:
    reviewing(room)
    with room.world.site.service.engine.begin() as connection:  # these seats were never drawn: no intent to suspend
        connection.execute(update(Draw).values(state=DrawState.FILLING))
    supervisor = entered(room.world.site, Role.SUPERVISOR)
    fields = {"revision": revision(room), "reason": REASON}
    assert supervisor.send(address(room, "suspend"), fields).status_code == 303
    assert state(room) is DayState.SUSPENDED
    assert "等待监督部门" in room.clerk().get(address(room)).text
    room.world.clock.advance(timedelta(minutes=6))
    late = supervisor.get(address(room, "resume"))
    assert late.status_code == 303
    assert "/confirm" in late.headers["Location"]
    fresh = entered(room.world.site, Role.SUPERVISOR)
    assert "现在不能这样决定" in fresh.get(address(room, "suspend")).text
    fields = {"revision": revision(room), "reason": REASON}
    assert fresh.send(address(room, "resume"), fields).status_code == 303
    assert state(room) is DayState.REVIEWING


def test_a_lost_member_is_shown_gone_and_why_only_where_it_is_said(room: Room) -> None:
    reviewing(room)
    for seat, cause in ((SEATS[1], Cause.HEALTH), (SEATS[2], None)):
        with room.transactions.begin(VAULT) as tx:
            membership.lose(tx, room.session_id, room.key(seat), cause=cause)
    shown = room.clerk().get(address(room)).text
    assert "健康原因" in shown
    assert "已空出" in shown
    assert "应当回避" not in shown


def test_one_clerk_confirms_the_course_once(room: Room) -> None:
    reviewing(room)
    until(room, 200)
    signed(room)
    clerk = room.clerk()
    assert "请确认时间线" in clerk.get(address(room)).text
    assert "确认时间线，办结" not in entered(room.world.site, Role.SUPERVISOR).get(address(room)).text
    seen = revision(room)
    assert enter(room, clerk, "close") == 303
    assert state(room) is DayState.CLOSED
    answer = clerk.send(address(room, "close"), {"revision": seen}, page="/duty")
    assert answer.status_code == 409
    shown = clerk.get(address(room)).text
    assert "当日已办结" in shown
    assert "every 20s" not in shown
    with room.world.session() as session:
        assert session.scalar(select(func.count()).where(DayStep.kind == StepKind.CLOSED)) == 1


def test_a_time_that_was_changed_becomes_a_step_of_its_own_and_wants_a_reason(room: Room) -> None:
    reviewing(room)
    clerk = room.clerk()
    enter(room, clerk, "take-break")
    until(room, 40)
    enter(room, clerk, "end-break")
    until(room, 60)
    signed(room)
    (ended,) = (step for step in room.steps if step.kind is StepKind.BREAK_ENDED)
    earlier = (ended.at + timedelta(hours=8, minutes=-1)).strftime("%Y-%m-%dT%H:%M")
    field = f"at-{ended.number}"
    shown = clerk.get(address(room)).text
    assert f'name="{field}"' in shown
    begun = next(step for step in room.steps if step.kind is StepKind.REVIEW_BEGUN)
    assert f'name="at-{begun.number}"' not in shown, "what the system recorded takes a second signature"
    assert enter(room, clerk, "close", **{field: earlier}) >= 400
    assert enter(room, clerk, "close", **{field: "gestern", "reason": REASON}) == 422
    assert state(room) is DayState.REPORT_SIGNED
    assert enter(room, clerk, "close", **{field: earlier, "reason": REASON}) == 303
    corrections = [step for step in room.steps if step.corrects is not None]
    assert [step.corrects for step in corrections] == [ended.number]
    assert "时间已更正" in clerk.get(address(room)).text


def test_the_agency_enters_the_report_and_the_supervisor_confirms_by_the_same_paper(room: Room) -> None:
    reviewing(room)
    until(room, 200)
    keys = [room.key(seat) for seat in SEATS]
    with room.transactions.begin(VAULT) as tx:
        for key in keys:
            acts.sign_report(tx, room.session_id, key)
    assert "等待报告登记" in room.clerk().get(address(room)).text
    agency = entered(room.world.site, Role.INITIATOR)
    at = (room.world.clock.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    fields = {"of": f"report-signed:{room.session_id}", "at": at, "document": "ab" * 32}
    assert agency.send(address(room, "outcomes"), {**fields, "at": "x"}, page=address(room)).status_code == 422
    assert agency.send(address(room, "outcomes"), fields, page=address(room)).status_code == 303
    assert "等待监督部门确认" in agency.get(address(room)).text
    supervisor = entered(room.world.site, Role.SUPERVISOR)
    found = re.search(r"/outcomes/(out_[0-9a-z]+)", supervisor.get(address(room)).text)
    assert found is not None
    page = address(room, f"outcomes/{found[1]}")
    assert supervisor.send(page, {"decision": "confirm", "document": "cd" * 32}).status_code >= 400
    assert supervisor.send(page, {"decision": "confirm", "document": "ab" * 32}).status_code == 303
    assert state(room) is DayState.REPORT_SIGNED
    assert "中标（成交）结果确定" in agency.get(address(room)).text


def test_nobody_of_another_centre_sees_it(room: Room) -> None:
    assert entered(room.world.site, Role.POOL_MANAGER).get(address(room)).status_code == 403
    assert room.clerk().get("/sessions/ses_" + "0" * 26).status_code == 404
