"""The page behind a session on *Today*: a draw from application to close, without a name, a cause or a figure."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from expertpool.core.clock import FixedClock
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import fixed_intent
from expertpool.identity import service as identity
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.invitations.events import ExpertLate, InvitationUnreached
from expertpool.invitations.models import Preflight
from policies.facts import day_of
from tests.audit.public_draw import Checker
from tests.browser import Browser, entered
from tests.draws.world import ENROLLED, STARTS, DrawWorld
from tests.projects.world import FACTS
from tests.sealing.world import World
from tests.website import opened

EXPERTS = 120


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare(EXPERTS)


def shown(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def seats(text: str) -> dict[str, str]:
    """Tone by code."""
    found = re.findall(r'class="seat seat-(\w+)" title.*?class="seat-code">(\w+)<', text, re.DOTALL)
    return {code: tone for tone, code in found}


def given(text: str) -> list[str]:
    """Which entries the contributions that are in have."""
    return re.findall(
        r'entries/(\d+)">#\1</a> <time[^>]*>[^<]*</time> <span class="standing standing-green">已到达', text
    )


def texts(value: Any) -> Iterator[str]:
    """Whatever could tell who somebody is."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, str) and len(value) > 4:
        yield value


def note(world: DrawWorld, draw: Draw, kind: type, **said: Any) -> None:
    """Have the ledger say something of a seat, as the vault does."""
    with world.site.service.transactions.begin("svc:vault") as tx:
        tx.session.get_one(Draw, draw.id).move()
        tx.record(kind(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index, **said))
    world.sign()


def test_a_draw_is_watched_from_its_application_to_its_close(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    staff, path = entered(world.site, Role.CENTRE_STAFF), f"/draws/{draw.id}"
    assert f'href="{path}"' in staff.get("/today").text
    before = shown(staff, path)
    for said in (FACTS.title, "第三评标室", "按规则审核中", "还没有抽出席位", "锁定名单后各方开始贡献"):
        assert said in before
    world.agents[1].silent = True
    world.go_on(vault)
    waiting = shown(staff, path)
    assert len(given(waiting)) == 1
    assert "已请求，等待应答" in waiting
    assert "充足" in waiting
    world.clock.advance(timedelta(minutes=11))
    assert "超过时限未应答" in shown(staff, path)
    world.go_on(vault)
    drawn = shown(staff, path)
    assert "已由候补方接替" in drawn
    assert len(given(drawn)) == 2
    codes = world.seated(draw)
    assert seats(drawn) == dict.fromkeys(codes, "amber")
    world.filled(vault, draw, declines=1)
    full = shown(staff, path)
    assert seats(full) == dict.fromkeys(codes, "green")
    assert full.count("补抽 1 次") == 1
    assert "已保存 4 / 4 份" in full
    assert "没有开封" in full
    for early, there in ((timedelta(minutes=61), False), (timedelta(minutes=60), True)):
        world.clock.advance(STARTS - early - world.clock.now())
        board = shown(entered(world.site, Role.CENTRE_STAFF), path).split('id="board"')[1]
        assert ('href="/arrivals"' in board) == there, "people are let in from an hour before the assembly on"
    world.close(vault, draw)
    assert "已结束" in shown(entered(world.site, Role.CENTRE_STAFF), path)


def test_every_line_of_its_story_leads_to_the_ledger(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    answer = entered(world.site, Role.SUPERVISOR).get(f"/draws/{draw.id}?lang=en")
    tags = Checker(answer.text).tags
    links = {str(attributes["href"]) for tag, attributes in tags if tag == "a" and "href" in attributes}
    told = {link for link in links if link.startswith("/ledger/entries/")}
    assert len(told) >= 6
    visitor = Browser(world.site)
    assert {visitor.get(link).status_code for link in (*told, f"/ledger/draws/{draw.id}")} == {200}
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag


def test_nobody_is_named_and_no_cause_is_told(world: DrawWorld) -> None:
    """And the page takes so many statements, however far the draw is and whoever has declined."""
    draw, vault = world.applied(), world.vault()
    staff = entered(world.site, Role.CENTRE_STAFF)
    statements: list[str] = []
    event.listen(
        world.site.service.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement)
    )

    def asked() -> list[str]:
        statements.clear()
        shown(staff, f"/draws/{draw.id}")
        return [statement for statement in statements if statement.startswith("SELECT")]

    world.go_on(vault)
    first, called = world.seated(draw), asked()
    world.filled(vault, draw, declines=2)
    assert asked() == called
    assert len(called) <= 45
    secrets = {text for each in (first, world.seated(draw)) for one in each.values() for text in texts(asdict(one))}
    secrets |= {text for message in world.told for text in texts(asdict(message)) if text not in (FACTS.title, "sms")}
    assert len(secrets) >= 8
    for role in (Role.CENTRE_STAFF, Role.SUPERVISOR, Role.INITIATOR):
        page = shown(entered(world.site, role), f"/draws/{draw.id}")
        assert [secret for secret in secrets if secret in page] == []
        assert [cause for cause in ("谢绝", "婉拒", "请假", "回避", "无人应答") if cause in page] == []
        assert list(seats(page)) == sorted(seats(page)), "they stand by their random codes"


def test_a_seat_that_nobody_may_have_reached_calls_the_duty_desk(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    code, other, *_ = world.seated(draw)
    note(world, draw, InvitationUnreached, seat=code)
    world.answer(world.seated(draw)[other].answer_code, Word.ACCEPT)
    world.go_on(vault, rounds=2)
    note(world, draw, ExpertLate, seat=other, minutes=20)
    staff = entered(world.site, Role.CENTRE_STAFF)
    page = shown(staff, f"/draws/{draw.id}")
    assert {tone for seat, tone in seats(page).items() if seat == code} == {"red"}
    assert "未能确认送达" in page
    assert 'href="/duty"' in page.split('id="board"')[1]
    assert "告知迟到 20 分钟" in page
    world.answer(world.seated(draw)[code].answer_code, Word.ACCEPT)
    world.go_on(vault, rounds=2)
    assert seats(shown(staff, f"/draws/{draw.id}"))[code] == "green"


def test_the_one_button_is_the_roles_own(world: DrawWorld) -> None:
    draw = world.applied()
    path = f"/draws/{draw.id}"
    staff, supervisor = entered(world.site, Role.CENTRE_STAFF), entered(world.site, Role.SUPERVISOR)
    assert "watch-act" not in shown(staff, path) + shown(supervisor, path)
    with world.site.service.transactions.begin("svc:test") as tx:
        row = tx.session.get_one(Draw, draw.id)
        row.move(None)
        row.state, row.referred = DrawState.REFERRED, "shortage.thin"
        tx.record(ExpertLate(draw=row.id, intent=0, seat="X", minutes=1))
    text = shown(supervisor, path)
    assert f'href="/supervision/{draw.id}"' in text
    assert "偏少" in text
    assert "watch-act" not in shown(staff, path)
    with world.site.service.transactions.begin("svc:test") as tx:
        row = tx.session.get_one(Draw, draw.id)
        row.move(None)
        row.state, row.referred = DrawState.RETURNED, None
        tx.record(ExpertLate(draw=row.id, intent=0, seat="X", minutes=1))
    assert "watch-act" in shown(entered(world.site, Role.INITIATOR), path)
    assert "watch-act" not in shown(supervisor, path)


def test_what_was_found_the_evening_before_is_for_the_desks_alone(world: DrawWorld) -> None:
    draw = world.applied()
    path = f"/draws/{draw.id}"
    assert "还没有检查" in shown(entered(world.site, Role.CENTRE_STAFF), path)
    with world.site.service.transactions.begin("svc:test") as tx:
        found = [{"code": "preflight.gateway-down", "zh": "网关没有应答", "en": "gateway down"}]
        row = Preflight(day=day_of(STARTS), made=tx.now, findings=json.dumps(found))
        tx.session.add(row)
        tx.record(ExpertLate(draw=draw.id, intent=0, seat="X", minutes=1))
    for role, there in ((Role.CENTRE_STAFF, True), (Role.SUPERVISOR, True), (Role.INITIATOR, False)):
        page = shown(entered(world.site, role), path)
        assert ("网关没有应答" in page) == there
        assert ("前一晚的检查" in page) == there


def test_others_draws_are_not_there(world: DrawWorld) -> None:
    draw = world.applied()
    site = world.site
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        identity.register_actor(tx, code="another", role=Role.INITIATOR, centre_id=site.centre.id)
    stranger = entered(site, Role.INITIATOR)  # the first by code
    assert "another" in stranger.get("/account").text
    assert FACTS.title not in shown(stranger, f"/draws/{draw.id}", 404)
    shown(entered(site, Role.CENTRE_STAFF), "/draws/drw_nothing", 404)
