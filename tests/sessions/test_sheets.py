"""The day's sheets: by seat code and never a name, the same bytes for the same day, in both languages."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.draws.parts import VAULT
from expertpool.identity.roles import Role
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, membership, printing_pages
from expertpool.sessions.sheets import SHEETS, paper_of
from expertpool.sessions.steps import Cause
from expertpool.web.paper import print_record
from tests.browser import Browser, entered
from tests.projects.world import FACTS
from tests.sessions.room import SEATS, Room, filled_room


@pytest.fixture
def room(sqlite_url: str, tmp_path: Path) -> Iterator[Room]:
    with filled_room(sqlite_url, tmp_path) as room:
        yield room


def sat(room: Room) -> None:
    """Two of them come, one declares; the other is lost and the chair's place stays open."""
    for seat in SEATS[:2]:
        room.come(seat)
        room.world.clock.advance(timedelta(minutes=3))
    with room.transactions.begin(VAULT) as tx:
        who = room.key(SEATS[0])
        acts.read_discipline(tx, room.session_id, who)
        acts.show_bidders(tx, room.session_id, who)
        acts.declare(tx, room.session_id, who)
        membership.lose(tx, room.session_id, room.key(SEATS[1]), cause=Cause.HEALTH)
    room.world.sign()


def text_of(room: Room, name: str, language: str = "zh") -> str:
    with room.world.session() as session:
        paper = paper_of(session, session.get_one(EvaluationSession, room.session_id))
        sheet = SHEETS[name](
            paper, lambda zh, en: zh if language == "zh" else en, centre="某中心", address="https://centre.example"
        )
    return str(asdict(sheet))


def test_before_anybody_comes_the_sign_in_sheet_is_a_form_to_write_into(room: Room) -> None:
    text = text_of(room, "sign-in")
    for said in (*SEATS, "业主代表", "第三评标室", FACTS.title, "尚未开始"):
        assert said in text
    assert "尚无人签到" in text_of(room, "record")
    assert "当日尚未开始" in text_of(room, "record")


def test_each_sheet_says_what_happened_by_seat_code(room: Room) -> None:
    sat(room)
    place = {member.seat: str(member.place) for member in room.members}
    signing, declared, record = (text_of(room, name) for name in ("sign-in", "declaration", "record"))
    assert f"('{SEATS[0]}', '{place[SEATS[0]]}', '2026-12-01 09:00'" in signing
    assert "离席" in signing
    assert f"('{SEATS[0]}', '第三评标室', '2026-12-01 09:06', '')" in declared
    assert "终身负责" in declared
    for said in ("宣读评审纪律", "签署回避声明与承诺书", "健康原因"):
        assert said in record
    entries = [f"#{entry['index']}" for entry in room.world.sealing.entries() if entry["kind"] == "session.noted"]
    assert entries
    assert entries[-1] in record
    assert "甲公司" not in signing + declared + record


@pytest.mark.parametrize("name", SHEETS)
def test_who_may_have_a_sheet(room: Room, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing_pages, "print_record", lambda sheet: str(asdict(sheet)).encode())
    address = f"/sessions/{room.session_id}/sheets/{name}.pdf"
    for role in (Role.CENTRE_STAFF, Role.SUPERVISOR, Role.INITIATOR):
        assert entered(room.world.site, role).get(address).status_code == 200
    assert entered(room.world.site, Role.FINANCE).get(address).status_code == 403
    assert Browser(room.world.site).get(address).headers["Location"].startswith("/sign-in")
    clerk = entered(room.world.site, Role.CENTRE_STAFF)
    assert clerk.get(f"/sessions/ses_{'0' * 26}/sheets/{name}.pdf").status_code == 404
    assert (
        "Sign-in sheet"
        in entered(room.world.site, Role.CENTRE_STAFF)
        .get(f"/sessions/{room.session_id}/sheets/sign-in.pdf?lang=en")
        .text
    )


def test_the_same_day_has_the_same_bytes_and_the_code_leads_to_its_proof(room: Room) -> None:
    sat(room)
    clerk, address = entered(room.world.site, Role.CENTRE_STAFF), f"/sessions/{room.session_id}/sheets/record.pdf"
    print_record.cache_clear()
    first = clerk.get(address)
    print_record.cache_clear()
    assert clerk.get(address).data == first.data
    assert first.data.startswith(b"%PDF-")
    assert first.content_type == "application/pdf"
    again = Browser(room.world.site, {**clerk.headers, "If-None-Match": first.headers["ETag"]})
    again.client = clerk.client
    assert again.get(address).status_code == 304
    with room.world.session() as session:
        last = paper_of(session, session.get_one(EvaluationSession, room.session_id)).last_entry
    assert Browser(room.world.site).get(f"/ledger/entries/{last}").status_code == 200
