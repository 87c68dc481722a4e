"""The room's terminal: what a member does there under the short code, and that without one nothing is done or told."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from structlog.testing import capture_logs

from expertpool.core.reconcile import reconcile
from expertpool.core.vault_line import VaultSilent
from expertpool.draws.parts import VAULT
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.sessions import acts, membership, notes, recording, terminal_pages, terminals
from expertpool.sessions.lifecycle import DayState, DayVerb
from expertpool.sessions.models import SessionDay, Terminal
from expertpool.sessions.steps import Cause, StepKind
from tests.sessions.room import COOKIE, LOTS, SEATS, Line, Room, filled_room

REFUSAL = "短码不符"


@pytest.fixture
def room(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A room whose line to the vault is answered at once."""
    with filled_room(sqlite_url, tmp_path) as room:
        monkeypatch.setattr(terminal_pages, "line", lambda: Line(room))
        yield room


def begun(room: Room) -> dict[str, str]:
    """Have everybody come and choose the first seat to chair; the codes by seat."""
    codes = {seat: room.come(seat) for seat in SEATS}
    with room.transactions.begin(VAULT) as tx:
        for seat in codes:
            acts.read_discipline(tx, room.session_id, room.key(seat))
            acts.show_bidders(tx, room.session_id, room.key(seat))
            acts.declare(tx, room.session_id, room.key(seat))
        for seat in list(codes)[: len(codes) // 2 + 1]:
            acts.vote_chair(tx, room.session_id, room.key(seat), next(iter(codes)))
    assert state(room) is DayState.REVIEWING
    return codes


def state(room: Room) -> DayState:
    with room.world.session() as session:
        return session.get_one(SessionDay, room.session_id).state


def everything(room: Room) -> str:
    """Every value of every table."""
    with room.world.session() as session:
        tables = inspect(session.get_bind()).get_table_names()
        return "\n".join(repr(row) for table in tables for row in session.execute(text(f'SELECT * FROM "{table}"')))


def refusals(room: Room) -> int:
    return len(room.world.bodies("session.code-refused"))


def test_three_taps_after_the_code_and_the_review_begins_by_itself(room: Room) -> None:
    terminal = room.terminal()
    first = SEATS[0]
    for seat in SEATS:
        code = room.come(seat)
        asked = terminal.enter(code)
        assert asked.headers["Refresh"] == "300; url=/terminal"
        assert ("评审纪律" in asked.text, "甲公司" in asked.text) == (True, False)
        shown = terminal.enter(code, "read")
        assert "甲公司" in shown.text
        assert "回避声明与承诺书" in shown.text
        assert "推选组长" in terminal.enter(code, "declare").text
    assert state(room) is DayState.ASSEMBLING
    for seat in SEATS:
        if state(room) is DayState.ASSEMBLING:
            assert terminal.enter(room.codes[seat], "chair", seat=first).status_code == 200
    assert state(room) is DayState.REVIEWING
    assert room.standing.chair == room.key(first)
    kinds = room.kinds
    for each in (StepKind.DISCIPLINE_READ, StepKind.BIDDERS_SHOWN, StepKind.DECLARED):
        assert kinds.count(each) == len(SEATS)
    assert refusals(room) == 0
    assert reconcile(room.world.site.service.engine) == []


def test_every_wrong_code_gets_the_same_refusal_is_counted_and_nowhere_written(room: Room) -> None:
    right, elsewhere = room.come(SEATS[0], code="Zq-Xj-1"), room.come(SEATS[1], site=1)
    terminal = room.terminal()
    answers = set()
    wrong = ["999999", "", "12345", "1234567", "Typed-Here", "' OR 1=1", elsewhere, "９９９９９９"]
    with capture_logs() as logs:
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', terminal.browser.get("/terminal").text)
        assert token is not None
        for code in wrong:
            answer = terminal.browser.post("/terminal", {"form_token": token[1], "code": code, "act": "read"})
            assert answer.status_code == 403
            answers.add(answer.text)
    (told,) = answers
    assert REFUSAL in told
    assert refusals(room) == len(wrong)
    with room.world.session() as session:
        assert session.get_one(Terminal, terminal.id).failures == len(wrong)
    kept = everything(room) + repr(logs)
    for code in ("Typed-Here", right):
        assert code not in kept
    assert StepKind.DISCIPLINE_READ not in room.kinds


def test_whoever_has_left_is_nobody(room: Room) -> None:
    code = room.come(SEATS[0])
    terminal = room.terminal()
    with room.transactions.begin(VAULT) as tx:
        membership.lose(tx, room.session_id, room.key(SEATS[0]), cause=Cause.HEALTH)
    unknown, left = terminal.enter("999999"), terminal.enter(code)
    assert (unknown.status_code, unknown.data) == (left.status_code, left.data)


def test_a_terminal_takes_so_many_wrong_codes_and_no_more(room: Room) -> None:
    code = room.come(SEATS[0])
    terminal = room.terminal()
    for _ in range(terminals.FAILURES - 1):
        terminal.enter("999999")
    assert terminal.enter(code).status_code == 200
    assert REFUSAL not in terminal.enter("999999").text
    answer = terminal.browser.get("/terminal")
    assert "不是评审室终端" in answer.text
    assert terminal.browser.get("/terminal").status_code == 200
    again = room.terminal()
    assert again.enter(code).status_code == 200
    assert refusals(room) == terminals.FAILURES
    assert reconcile(room.world.site.service.engine) == []


def test_the_chair_calls_a_break_and_ends_it(room: Room) -> None:
    chair, member = list(begun(room).items())[:2]
    terminal = room.terminal()
    assert 'value="meal"' not in terminal.enter(member[1]).text
    refused = terminal.enter(member[1], "break")
    assert (refused.status_code, state(room)) == (409, DayState.REVIEWING)
    assert "组长" in refused.text
    assert 'value="go-on"' in terminal.enter(chair[1], "meal").text
    assert state(room) is DayState.BREAK
    assert "由组长宣布继续" in terminal.enter(member[1]).text
    room.world.clock.advance(timedelta(minutes=31))
    terminal.enter(chair[1], "go-on")
    assert state(room) is DayState.REVIEWING
    (pause,) = room.standing.pauses
    assert pause.why.value == "meal"
    assert terminal.enter(chair[1], "go-on").status_code == 409


def test_what_is_written_is_sealed(room: Room) -> None:
    code = next(iter(begun(room).values()))
    terminal = room.terminal()
    question, dissent = "请说明工期安排\r\n第 3 页", "我不同意第二名的商务分"
    assert terminal.enter(code, "ask", text=question).status_code == 200
    assert terminal.enter(code, "dissent", text=dissent).status_code == 200
    kept = everything(room)
    assert "工期" not in kept
    assert "商务分" not in kept
    written = [step.note for step in room.steps if step.note is not None]
    opened = [notes.opened(room.keys, room.session_id, note) for note in written]
    assert opened == ["请说明工期安排 第 3 页", dissent]
    assert len({len(note) for note in written}) == 1


def test_what_cannot_be_kept_is_refused_beside_its_field(room: Room) -> None:
    code = next(iter(begun(room).values()))
    steps, terminal = len(room.steps), room.terminal()
    for written in ("", " \n ", "长" * 501):
        answer = terminal.enter(code, "dissent", text=written)
        assert answer.status_code == 422
        assert 'id="wrong-dissent"' in answer.text
        assert 'id="wrong-ask"' not in answer.text
    assert len(room.steps) == steps


def test_more_than_a_third_get_more_time(room: Room) -> None:
    codes = list(begun(room).values())
    terminal = room.terminal()
    assert "超过三分之一成员提出即延长" in terminal.enter(codes[0], "time").text
    assert terminal.enter(codes[0], "time").status_code == 409
    assert not room.standing.extensions
    terminal.enter(codes[1], "time")
    assert len(room.standing.extensions) == 1


def test_everybody_signs_the_report_once(room: Room) -> None:
    codes = begun(room)
    terminal = room.terminal()
    for code in codes.values():
        answer = terminal.enter(code, "sign")
        assert "您已完成报告签署" in answer.text
        assert 'value="sign"' not in answer.text
        assert terminal.enter(code, "sign").status_code == 409
    assert room.kinds.count(StepKind.REPORT_SIGNED_BY) == len(codes)
    assert room.standing.finished is not None


def test_whoever_steps_aside_does_so_before_the_vault(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(room)
    monkeypatch.setattr(terminal_pages, "line", lambda: line)
    terminal, code = room.terminal(), room.come(SEATS[0])
    terminal.enter(code, "read")
    line.asked.clear()
    answer = terminal.enter(code, "recuse", text="与甲公司负责人\n是同学")
    asked = {"session": room.session_id, "site": 0, "code": code, "grounds": "与甲公司负责人 是同学"}
    assert line.asked == [("session.recuse", asked)]
    assert "已记录您的回避声明" in answer.text
    assert terminal.enter(code, "recuse", text="").status_code == 422


def test_while_the_vault_is_away_nobody_declares(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def ask(self, *_verb: Any, **_given: Any) -> dict[str, Any]:
            raise VaultSilent

    monkeypatch.setattr(terminal_pages, "line", Silent)
    terminal, code = room.terminal(), room.come(SEATS[0])
    answer = terminal.enter(code, "read")
    assert "再试一次" in answer.text
    assert 'value="declare"' not in answer.text
    assert terminal.enter(code, "declare").status_code == 409  # the bidders were not seen
    assert StepKind.DECLARED not in room.kinds


def test_a_list_in_parts_is_shown_whole_and_one_that_never_came_is_said_so(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(room)
    monkeypatch.setattr(terminal_pages, "line", lambda: line)
    terminal, code = room.terminal(), room.come(SEATS[0])
    lot = LOTS[0]
    line.parts = [[lot], [{**lot, "bidders": [{"name": "乙公司", "code": None, "principals": ["某某"]}]}]]
    shown = terminal.enter(code, "read").text
    assert (shown.count(lot["title"]), shown.count("甲公司"), shown.count("乙公司")) == (1, 1, 1)
    assert "主要负责人：某某" in shown
    line.parts = []
    told = terminal.enter(code).text
    assert "没有收到电子名单" in told
    assert 'value="declare"' in told


@pytest.mark.parametrize("moved", [DayVerb.STAY_OVERNIGHT, DayVerb.SUSPEND])
def test_nothing_is_offered_while_the_committee_does_not_sit(room: Room, moved: DayVerb) -> None:
    code = next(iter(begun(room).values()))
    kind = {DayVerb.STAY_OVERNIGHT: StepKind.OVERNIGHT_BEGUN, DayVerb.SUSPEND: StepKind.SUSPENDED}[moved]
    with room.transactions.begin(VAULT) as tx:
        recording.take(tx, recording.locked(tx, room.session_id), moved, kind)
    terminal = room.terminal()
    assert 'name="act"' not in terminal.enter(code).text
    assert terminal.enter(code, "sign").status_code == 409


def test_an_act_that_there_is_not(room: Room) -> None:
    assert room.terminal().enter(room.come(SEATS[0]), "award").status_code == 404


def test_a_clerk_opens_it_and_is_signed_out_of_that_browser(room: Room) -> None:
    clerk = room.clerk()
    answer = clerk.send(f"/sessions/{room.session_id}/terminal/0", {}, page="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/terminal")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if "expertpool-terminal" in each)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "尚无成员签到" in clerk.get("/terminal").text
    assert clerk.get("/today").headers["Location"].startswith("/sign-in")
    shown = clerk.get("/terminal")
    assert shown.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    (body,) = room.world.bodies("session.terminal-opened")
    assert (body["session"], body["site"]) == (room.session_id, 0)


def test_a_clerk_closes_it_from_any_desk(room: Room) -> None:
    terminal, code = room.terminal(), room.come(SEATS[0])
    answer = room.clerk().send(f"/sessions/{room.session_id}/terminal/0/close", {}, page="/account")
    assert answer.status_code == 303
    assert "不是评审室终端" in terminal.browser.get("/terminal").text
    with room.world.session() as session:
        assert terminals.terminals_at(session, room.session_id, 0) == []
    assert terminal.browser.post("/terminal", {"code": code}).status_code == 403  # nor has it a form any more


def test_who_may_open_one_and_where(room: Room) -> None:
    room.world.site.token(Role.CENTRE_STAFF)
    for role, site, refusal in (
        (Role.SUPERVISOR, 0, NotPermitted),
        (Role.INITIATOR, 0, NotPermitted),
        (Role.CENTRE_STAFF, 7, NotPermitted),
    ):
        room.world.site.token(role)
        actor = room.world.site.actors[role].id
        with pytest.raises(refusal), room.transactions.begin(actor) as tx:
            terminals.open_terminal(tx, room.session_id, site)
    assert room.world.bodies("session.terminal-opened") == []


def test_a_token_that_nobody_gave_opens_nothing(room: Room) -> None:
    terminal = room.terminal()
    for token in ("A" * 43, "", "x", terminal.id):
        terminal.browser.client.set_cookie(COOKIE, token)
        assert "不是评审室终端" in terminal.browser.get("/terminal").text


def test_it_ends_with_the_day(room: Room) -> None:
    terminal, code = room.terminal(), room.come(SEATS[0])
    with room.transactions.begin(VAULT) as tx:
        acts.end_void(tx, recording.locked(tx, room.session_id), reason="理由")
    assert "不是评审室终端" in terminal.browser.get("/terminal").text
    assert terminal.browser.get("/terminal").status_code == 200
    assert room.standing.sitters[room.key(SEATS[0])].read is None
    assert code


def test_it_speaks_english(room: Room) -> None:
    terminal, code = room.terminal(), room.come(SEATS[0])
    assert "Enter your short code" in terminal.browser.get("/terminal?lang=en").text
    shown = terminal.enter(code)
    assert "Discipline of the review" in shown.text
    assert "评审纪律" not in shown.text
