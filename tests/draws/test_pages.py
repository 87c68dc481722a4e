"""The desks in a browser: what they show of a day, who decides, how an agency applies; and that they name nobody."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from expertpool.draws import desk_queries
from expertpool.draws.events import DrawReferred
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of
from expertpool.identity import service as identity
from expertpool.identity.roles import Role
from expertpool.projects.facts import LotFacts
from expertpool.projects.models import EvaluationSession
from expertpool.web.access import CONFIRMED_FOR
from tests.browser import Browser, entered, settle
from tests.draws.world import CODE, STARTS, DrawWorld
from tests.projects.world import FACTS, SITTING

DAY = STARTS.date().isoformat()


def seats_shown(text: str) -> dict[str, str]:
    """Tone by code."""
    found = re.findall(r'class="seat seat-(\w+)" title.*?class="seat-code">(\w+)<', text, re.DOTALL)
    return {code: tone for tone, code in found}


def fields(**changed: str) -> dict[str, str]:
    return {
        "lines.0.codes": CODE,
        "lines.0.seats": "4",
        "lines.0.site": "0",
        "owner_representatives.0.appointed_on": "2026-11-30",
        **changed,
    }


def draws(world: DrawWorld) -> list[Draw]:
    with world.session() as session:
        return list(session.query(Draw))


def test_today_shows_seats_by_code_and_state(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    staff = entered(world.site, Role.CENTRE_STAFF)
    assert "按规则审核中" in staff.get("/today").text
    world.go_on(vault)
    codes = world.seated(draw)
    assert seats_shown(staff.get("/today").text) == dict.fromkeys(codes, "amber")
    world.filled(vault, draw)
    text = staff.get("/today").text
    assert seats_shown(text) == dict.fromkeys(codes, "green")
    for said in ("席位已满", FACTS.title, "第三评标室"):
        assert said in text


def test_a_session_without_an_application_says_who_has_to_act(world: DrawWorld) -> None:
    world.sitting(world.project())
    text = entered(world.site, Role.CENTRE_STAFF).get("/today").text
    assert "尚未申请抽取" in text
    assert "请代理机构提交抽取申请" in text


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "0001-01-01", "9999-12-31", "1900-01-01", "2199-12-31"])
def test_a_day_that_is_none_is_today(world: DrawWorld, day: str) -> None:
    world.sitting(world.project())
    assert FACTS.title in entered(world.site, Role.CENTRE_STAFF).get(f"/today?day={day}").text


def test_an_empty_day_says_what_to_do(world: DrawWorld) -> None:
    world.sitting(world.project())
    text = entered(world.site, Role.CENTRE_STAFF).get("/today?day=2026-12-24").text
    assert FACTS.title not in text
    assert "这一天没有评标场次" in text


def test_a_day_begins_at_midnight_in_beijing(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    staff = entered(world.site, Role.CENTRE_STAFF)
    for starts, there in [
        ("2026-11-30T15:59:59", False),
        ("2026-11-30T16:00:00", True),
        ("2026-12-01T16:00:00", False),
    ]:
        with world.site.service.engine.begin() as connection:
            moment = datetime.fromisoformat(starts).replace(tzinfo=UTC)
            moved = update(EvaluationSession).where(EvaluationSession.id == sitting.id)
            connection.execute(moved.values(starts=moment))
        assert (FACTS.title in staff.get("/today?day=2026-12-01").text) == there


def test_no_desk_names_anybody(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    world.filled(vault, draw)
    secrets = {text for member in world.seated(draw).values() for text in texts(asdict(member))}
    secrets |= {text for message in world.told for text in texts(asdict(message)) if text not in (FACTS.title, "sms")}
    assert len(secrets) >= 8
    for role, path in [
        (Role.CENTRE_STAFF, f"/today?day={DAY}"),
        (Role.SUPERVISOR, "/supervision"),
        (Role.INITIATOR, "/agency"),
        (Role.INITIATOR, f"/agency/{draw.session_id}"),
    ]:
        answer = entered(world.site, role).get(path)
        assert answer.status_code == 200
        assert [secret for secret in secrets if secret in answer.text] == []


def texts(value: Any) -> Iterator[str]:
    """Whatever could tell who it is: every text in it of some length."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, str) and len(value) > 4:
        yield value


def test_a_board_takes_as_many_statements_for_many_sessions_as_for_one(world: DrawWorld) -> None:
    def add(number: int) -> None:
        code = f"E430100000100{number:04d}"
        facts = replace(FACTS, code=code, lots=(LotFacts(f"{code}001", "一标段", 1_000_000),))
        world.sitting(world.project(facts), replace(SITTING, lots=(f"{code}001",)))

    statements: list[str] = []
    event.listen(
        world.site.service.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement)
    )
    counts: list[int] = []
    staff = entered(world.site, Role.CENTRE_STAFF)
    for more in (1, 5):
        for number in range(more):
            add(len(counts) * 10 + number + 1)
        statements.clear()
        assert staff.get("/today").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 30


def sittings(world: DrawWorld, count: int) -> list[str]:
    """Sessions of so many projects, for none of which anybody has applied."""
    made = []
    for number in range(count):
        code = f"E430100000200{number:04d}"
        facts = replace(FACTS, code=code, lots=(LotFacts(f"{code}001", "一标段", 1_000_000),))
        made.append(world.sitting(world.project(facts), replace(SITTING, lots=(f"{code}001",))).id)
    return made


def test_an_agency_sees_all_that_waits_and_leafs_through_the_rest(
    world: DrawWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_queries, "AT_ONCE", 2)
    made, agency = sittings(world, 5), entered(world.site, Role.INITIATOR)
    coming = agency.get("/agency").text
    assert [each for each in made if f'href="/agency/{each}"' not in coming] == []
    assert 'rel="next"' in coming  # the two that would come next wait already, and are above
    with world.site.service.engine.begin() as connection:
        connection.execute(update(EvaluationSession).values(starts=world.clock.now() - timedelta(days=2)))
    today = agency.get("/agency").text
    assert 'class="sitting ' not in today
    assert "没有其他场次" in today
    shown, address = [], "/agency?past=1"
    while address:
        text = agency.get(address).text
        shown.append(text.count('class="sitting '))
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = f"/agency{following[1].replace('&amp;', '&')}" if following else ""
    assert shown == [2, 2, 1]


def test_an_agency_leafs_from_no_session_of_others(world: DrawWorld) -> None:
    agency = entered(world.site, Role.INITIATOR)
    assert agency.get("/agency?after=ses_nothing").status_code == 403


def test_a_supervisor_decides_on_the_earliest_first(world: DrawWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_queries, "AT_ONCE", 1)
    found = sittings(world, 2)
    with world.session() as session:
        meetings = [session.get_one(EvaluationSession, each) for each in found]
    made = [world.apply(each).id for each in meetings]
    with world.site.service.engine.begin() as connection:
        connection.execute(update(Draw).values(state=DrawState.REFERRED, referred="thin-pool", reason="人数偏少"))
    text = entered(world.site, Role.SUPERVISOR).get("/supervision").text
    assert "先列出最早的 1 项" in text
    assert sum(f'href="/supervision/{each}"' in text for each in made) == 1


def test_a_board_that_renews_keeps_nobody_signed_in(world: DrawWorld) -> None:
    staff = entered(world.site, Role.CENTRE_STAFF)
    for _ in range(3):
        world.clock.advance(timedelta(minutes=10))
        staff.client.get("/today", headers={**staff.headers, "X-By-Itself": "1"})
    assert staff.get("/today").status_code == 303


def test_an_agency_applies_in_one_page(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    agency = entered(world.site, Role.INITIATOR)
    shown = agency.get("/agency").text
    assert f"/agency/{sitting.id}" in shown
    answer = agency.send(f"/agency/{sitting.id}", fields(contact_name="王某", contact_phone="0731-88888888"))
    assert answer.status_code == 303, answer.text
    receipt = re.fullmatch(r"/agency\?receipt=(\d+)", answer.headers["Location"])
    assert receipt is not None
    (draw,) = draws(world)
    asked = request_of(draw)
    assert (draw.state, [(line.codes, line.seats) for line in asked.lines]) == (DrawState.SUBMITTED, [((CODE,), 4)])
    assert [contact.name for contact in asked.contacts] == ["王某"]
    world.sign()
    assert f"/ledger/proof/{receipt[1]}" in agency.get(answer.headers["Location"]).text
    assert agency.get(f"/ledger/proof/{receipt[1]}").status_code == 200
    world.go_on(world.vault())
    assert world.state(draw) is DrawState.FILLING  # nobody had to approve it
    again = agency.send(f"/agency/{sitting.id}", fields())
    assert again.status_code == 409
    assert len(draws(world)) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lines.0.seats": "2"}, "依据"),
        ({"lines.0.seats": "x"}, "应为整数"),
        ({"lines.0.seats": ""}, "应为整数"),
        ({"lines.0.codes": "Z9999"}, "专业代码"),
        ({"lines.0.codes": " "}, "长度"),
        ({"owner_representatives.0.appointed_on": "yesterday"}, "日期"),
        ({"draw_at": "soon"}, "日期时间"),
        ({"contact_name": "王某", "contact_phone": "<script>"}, "电话"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(world: DrawWorld, changed: dict[str, str], said: str) -> None:
    sitting = world.sitting(world.project())
    answer = entered(world.site, Role.INITIATOR).send(
        f"/agency/{sitting.id}",
        fields(**{"lines.1.codes": "A0801", "lines.1.seats": "", **changed})
        if "lines.0.codes" not in changed
        else fields(**changed),
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")
    assert draws(world) == []


def test_blank_lines_do_not_count_and_complaints_stand_by_their_line(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    sent = fields(
        **{"lines.0.codes": "", "lines.0.seats": "", "lines.2.codes": "Z9999", "lines.2.seats": "1", "rows": "3"}
    )
    answer = entered(world.site, Role.INITIATOR).send(f"/agency/{sitting.id}", sent)
    first_line = re.search(r'id="lines\.0\.said">(.*?)</div>', answer.text, re.DOTALL)
    assert first_line is not None
    assert "Z9999" in first_line[1]


def test_an_agency_asks_whether_there_are_enough(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    agency = entered(world.site, Role.INITIATOR)
    way = f"/agency/{sitting.id}/lines"
    answer = agency.send(way, fields(), page=f"/agency/{sitting.id}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "充足" in answer.text
    assert answer.text.lstrip().startswith("<fieldset")
    whole = agency.send(way, fields(), page=f"/agency/{sitting.id}")  # without a script
    assert "充足" in whole.text
    assert "<!doctype html>" in whole.text
    wrong = agency.send(way, fields(**{"lines.0.codes": "Z9999"}), page=f"/agency/{sitting.id}")
    assert "充足</strong>" not in wrong.text
    assert draws(world) == []


def test_one_line_more_up_to_a_limit(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    agency = entered(world.site, Role.INITIATOR)
    for rows, then in [("2", 3), ("8", 8), ("99999999999999999999", 3), ("-1", 3), ("²", 3)]:
        sent = {"rows": rows, "more": "1"}
        text = agency.send(f"/agency/{sitting.id}/lines", sent, page=f"/agency/{sitting.id}").text
        assert len(re.findall(r'id="lines\.\d\.codes"', text)) == then, rows


def test_others_sessions_are_not_there(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    site = world.site
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        identity.register_actor(tx, code="another", role=Role.INITIATOR, centre_id=site.centre.id)
    stranger = entered(site, Role.INITIATOR)  # the first by code
    assert "another" in stranger.get("/account").text
    assert FACTS.title not in stranger.get("/agency").text
    for path in (f"/agency/{sitting.id}", "/agency/ses_nothing"):
        assert stranger.get(path).status_code == 403
        assert stranger.send(path, fields(), page="/account").status_code == 403
    assert draws(world) == []


def waiting(world: DrawWorld) -> Draw:
    """A draw that was referred, with its reason."""
    draw = world.applied()
    with world.site.service.transactions.begin("svc:test") as tx:
        row = tx.session.get_one(Draw, draw.id)
        row.move(None)
        row.state, row.referred, row.reason = DrawState.REFERRED, "thin-pool", "合格专家人数偏少"
        tx.record(DrawReferred(draw=row.id, centre=row.centre_id, findings=[]))
    return draw


@pytest.mark.parametrize(
    ("decision", "state"), [("approve", DrawState.ACCEPTED), ("decline", DrawState.RETURNED), ("", DrawState.RETURNED)]
)
def test_the_supervisor_decides_what_was_referred(world: DrawWorld, decision: str, state: DrawState) -> None:
    draw = waiting(world)
    supervisor = entered(world.site, Role.SUPERVISOR)
    shown = supervisor.get("/supervision").text
    assert "今日 1 场，0 项例外" in shown
    assert f"/supervision/{draw.id}" in shown
    assert "合格专家人数偏少" in supervisor.get(f"/supervision/{draw.id}").text
    empty = supervisor.send(f"/supervision/{draw.id}", {"decision": decision, "reason": " "})
    assert empty.status_code == 422
    assert world.state(draw) is DrawState.REFERRED
    done = supervisor.send(f"/supervision/{draw.id}", {"decision": decision, "reason": "已核实"})
    assert done.status_code == 303
    assert world.state(draw) is state
    assert supervisor.get(f"/supervision/{draw.id}").status_code == 404
    assert "没有需要决定的事项" in supervisor.get("/supervision?decided=1").text


def test_to_decide_takes_the_second_factor(world: DrawWorld) -> None:
    draw = waiting(world)
    person = settle(world.site, Role.SUPERVISOR)
    world.clock.advance(timedelta(minutes=2))
    supervisor = Browser(world.site)
    supervisor.sign_in(person)
    page = supervisor.get(f"/supervision/{draw.id}").text
    token = re.search(r'name="form_token" value="(\w+)"', page)
    assert token is not None
    world.clock.advance(CONFIRMED_FOR + timedelta(seconds=1))
    assert supervisor.get(f"/supervision/{draw.id}").headers["Location"].startswith("/confirm?next=/supervision/drw_")
    late = supervisor.post(f"/supervision/{draw.id}", {"form_token": token[1], "decision": "approve", "reason": "x"})
    assert late.headers["Location"].startswith("/confirm")
    assert world.state(draw) is DrawState.REFERRED


def test_a_returned_application_is_corrected_in_the_same_form(world: DrawWorld) -> None:
    draw = waiting(world)
    supervisor, agency = entered(world.site, Role.SUPERVISOR), entered(world.site, Role.INITIATOR)
    supervisor.send(f"/supervision/{draw.id}", {"decision": "decline", "reason": "席位有误"})
    assert "席位有误" in agency.get("/agency").text
    form = agency.get(f"/agency/{draw.session_id}").text
    assert f'value="{CODE}"' in form
    assert 'value="2026-11-30"' in form
    assert agency.send(f"/agency/{draw.session_id}", fields()).status_code == 303
    assert [(each.id, each.state) for each in draws(world)] == [(draw.id, DrawState.SUBMITTED)]


def test_supplementing_is_for_exhausted_draws_only(world: DrawWorld) -> None:
    draw = world.applied()
    agency = entered(world.site, Role.INITIATOR)
    way = f"/agency/{draw.session_id}/supplement"
    assert agency.send(way, {"reason": "缺额"}, page="/account").status_code == 409
    assert agency.send(way, {"reason": ""}, page="/account").status_code == 422
