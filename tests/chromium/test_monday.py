"""The whole Monday in a browser: five experts of whom two never answer and one is struck at nine, a remote sub-site,
lunch, a night, a replacement with a clock of its own, the report; how often anybody had to do something.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState
from expertpool.identity.roles import Role
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.replay import Trust, as_text, replay
from expertpool.sessions import following
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.queries import clock_of
from expertpool.sessions.steps import StepKind
from ledger.verify import verify
from tests.chromium.live import PHONE, Reader
from tests.chromium.monday import MAIN, REMOTE, STARTS, Monday, monday
from tests.draws.bidding import STRANGERS, bidder, deliver, employers
from tests.draws.world import CODE
from tests.invitations.calls import Called

SEATS: Final = 5


@pytest.fixture
def day(browser: Browser, tmp_path: Path) -> Iterator[Monday]:
    with monday(browser, tmp_path) as made:
        yield made


def apply(day: Monday) -> None:
    """The agency wants four at the main site and one at the sub-site."""
    agency = day.enter(Role.INITIATOR)
    agency.page.goto(f"/agency/{day.stage.sitting.id}")
    for line, (seats, site) in enumerate(((SEATS - 1, MAIN), (1, REMOTE))):
        agency.page.locator(f"[id='lines.{line}.codes']").fill(CODE)
        agency.page.locator(f"[id='lines.{line}.seats']").fill(str(seats))
        agency.page.locator(f"[id='lines.{line}.site']").select_option(str(site))
    day.press("agency: apply", agency.page.get_by_role("button", name="提交申请"))
    agency.page.wait_for_url("**/agency?receipt=*")
    agency.close()


def seat_them(day: Monday) -> None:
    """Drawn and called: two never answer, three accept, two others are drawn and accept."""
    stage = day.stage
    called = Called(stage.world, given=stage.draw())
    stage.vault = called.vault
    called.drawn()
    first = sorted(day.seats(SeatState.CALLED))
    assert len(first) == SEATS
    expert = Reader(day.browser, stage.base, viewport=PHONE)
    expert.page.goto(f"/i#{day.occupant(first[2]).answer_code}")
    day.press("expert: answer", expert.page.get_by_role("button", name="接受"))
    expect(expert.page.get_by_text("您已接受")).to_be_visible()
    expert.close()
    day.answer(*first[3:])
    day.nobody_answers(called, *first[:2])
    assert sorted(day.seats(SeatState.CALLED)) == first[:2]
    day.answer(*first[:2])
    assert stage.world.state(stage.draw()) is DrawState.FILLED


def bid(day: Monday) -> None:
    """Among the bidders is the employer of somebody who sits."""
    world = day.stage.world
    seated = world.seated(day.stage.draw())
    units = {seat: employers(world, [who.expert])[0] for seat, who in seated.items() if employers(world, [who.expert])}
    deliver(world, day.stage.draw(), map(bidder, [*list(units.values())[:1], *STRANGERS]))


def come(day: Monday) -> None:
    """From half past eight on; one has checked in by telephone before."""
    day.at(8, 10)
    somebody = min(day.seats(SeatState.ACCEPTED))
    expert = Reader(day.browser, day.stage.base, viewport=PHONE)
    expert.page.goto(f"/i#{day.occupant(somebody).answer_code}")
    day.press("expert: check in", expert.page.get_by_role("button", name="报到"))
    expect(expert.page.get_by_text("已报到")).to_be_visible()
    expert.close()
    day.at(8, 45)
    clerk = day.enter(Role.CENTRE_STAFF)
    for seat, site in day.seats(SeatState.ACCEPTED).items():
        day.sign_in(clerk, seat, site)
    clerk.page.goto("/today")
    expect(clerk.page.get_by_text("集合中")).to_be_visible()
    for site in (MAIN, REMOTE):
        day.open_room(site)
    clerk.close()


def strike(day: Monday) -> None:
    """At nine the bids are opened: whoever may not sit is struck, others are drawn, accept and come."""
    day.at(9)
    struck = day.seats(SeatState.CALLED)
    assert struck, "the employer of a member bids"
    day.answer(*struck)
    day.at(9, 25)
    clerk = day.enter(Role.CENTRE_STAFF)
    for seat, site in struck.items():
        day.sign_in(clerk, seat, site)
    clerk.page.goto(day.address)
    expect(clerk.page.locator(".row-seat .seat-red")).to_have_count(len(struck))
    expect(clerk.page.get_by_text("应当回避")).to_have_count(0)
    assert clerk.grave_findings() == []
    clerk.close()


def begin(day: Monday) -> str:
    """All read, see, declare and vote; the review begins by rule. Returns the chair's seat."""
    seats = day.seats(SeatState.SIGNED_IN)
    assert len(seats) == SEATS
    chair = next(seat for seat, site in seats.items() if site == MAIN)
    for seat, site in seats.items():
        day.declare(seat, site)
    for seat, site in list(seats.items())[: SEATS // 2 + 1]:
        assert day.state() is DayState.ASSEMBLING
        room = day.come_to_terminal(seat, site)
        day.press("member: terminal", room.page.locator(f".terminal-choice[value='{chair}']"))
        room.page.wait_for_load_state()
    assert day.state() is DayState.REVIEWING
    return chair


def eat_and_lose_one(day: Monday, chair: str) -> str:
    """Lunch; at three somebody falls ill, and whoever is drawn instead does the work again. Returns that seat."""
    day.at(12)
    clerk = day.enter(Role.CENTRE_STAFF)
    clerk.page.goto(day.address)
    expect(clerk.page.get_by_text("到用餐时间了")).to_be_visible()
    day.press("clerk: the day", clerk.page.get_by_role("button", name="用餐休息"))
    expect(clerk.page.get_by_role("status")).to_be_visible()
    clerk.close()
    day.at(13)
    day.tap(chair, MAIN, "结束休息，继续评审")
    day.at(15)
    ill, site = next((seat, site) for seat, site in day.seats(SeatState.SIGNED_IN).items() if seat != chair)
    supervisor = day.enter(Role.SUPERVISOR)
    supervisor.page.goto(f"{day.address}/replace")
    supervisor.page.locator("#replace-seat").select_option(ill)
    supervisor.page.locator("#replace-reason").fill("身体不适，已送医")
    day.press("supervisor: replace", supervisor.page.get_by_role("button", name="成员不能继续"))
    expect(supervisor.page.get_by_role("status")).to_be_visible()
    supervisor.close()
    day.go_on()
    day.answer(*day.seats(SeatState.CALLED))
    day.at(15, 50)
    clerk = day.enter(Role.CENTRE_STAFF)
    day.sign_in(clerk, ill, site)
    day.declare(ill, site)
    clerk.page.goto(day.address)
    expect(clerk.page.get_by_role("heading", name="更换的成员须重新评审")).to_be_visible()
    clerk.close()
    day.at(17)
    day.tap(ill, site, "我已重新评审完毕")
    return ill


def sleep(day: Monday) -> None:
    """Adjourn until Tuesday."""
    day.at(18, 30)
    clerk = day.enter(Role.CENTRE_STAFF)
    clerk.page.goto(day.address)
    clerk.page.locator("summary", has_text="隔夜休会").click()
    day.press("clerk: the day", clerk.page.get_by_role("button", name="隔夜休会"))
    expect(clerk.page.get_by_role("heading", name="隔夜休会")).to_be_visible()
    clerk.close()
    day.at(9, day=1)
    clerk = day.enter(Role.CENTRE_STAFF)
    clerk.page.goto(day.address)
    day.press("clerk: the day", clerk.page.get_by_role("button", name="到齐，继续评审"))
    expect(clerk.page.get_by_role("heading", name="评审进行中")).to_be_visible()
    clerk.close()


def finish(day: Monday) -> None:
    """All sign, the trading system states the report, one clerk confirms the course of the day."""
    day.at(11, day=1)
    for seat, site in day.seats(SeatState.SIGNED_IN).items():
        room = day.come_to_terminal(seat, site)
        room.page.locator("summary", has_text="签署……").click()
        day.press("member: terminal", room.page.get_by_role("button", name="确认签署"))
        expect(room.page.get_by_text("您已完成报告签署")).to_be_visible()
    session_id = day.stage.sitting.id
    with day.stage.world.site.service.transactions.begin("svc:test") as tx:
        note_report(tx, tx.session.get_one(EvaluationSession, session_id), at=tx.now, said=tx.now, document="0" * 64)
        following.report_stated(tx, session_id)
    clerk = day.enter(Role.CENTRE_STAFF)
    clerk.page.goto(day.address)
    assert clerk.grave_findings() == []
    day.press("clerk: the day", clerk.page.get_by_role("button", name="确认时间线，办结"))
    expect(clerk.page.get_by_role("heading", name="当日已办结")).to_be_visible()
    clerk.close()
    assert day.state() is DayState.CLOSED


@pytest.mark.timeout(600)
def test_the_whole_monday(day: Monday) -> None:
    apply(day)
    seat_them(day)
    bid(day)
    come(day)
    strike(day)
    chair = begin(day)
    replaced = eat_and_lose_one(day, chair)
    sleep(day)
    finish(day)
    check_clock(day, replaced)
    check_record(day)
    check_proof(day)
    print(f"\n{day.acts.total()} human acts: {dict(day.acts)}")  # noqa: T201 -- the count is what is wanted
    by_clerks_in_the_day = day.acts["clerk: the day"]
    assert by_clerks_in_the_day == 4, "lunch, night, morning, confirmation"


def check_clock(day: Monday, replaced: str) -> None:
    """The fee clock: two sittings from the assembly to the last signature, and a later beginning for whoever came."""
    with day.stage.world.session() as session:
        clock = clock_of(session, day.stage.sitting.id, day.stage.world.clock.now())
    assert clock.assembly == STARTS
    assert len(clock.pauses) == 2
    began = {key[1:]: presence.begins for key, presence in clock.seats.items()}
    (later,) = [begins for (seat, _), begins in began.items() if seat == replaced and begins and begins.hour == 7]
    assert later is not None, "at 15:50 in China"


def check_record(day: Monday) -> None:
    """Every step is in the ledger by its number, in one entry."""
    entries = [each for each in day.stage.world.sealing.entries() if each["kind"] in ("session.moved", "session.noted")]
    told = [each["body"]["number"] for each in entries if each["body"]["session"] == day.stage.sitting.id]
    assert sorted(told) == [step.number for step in day.steps()]
    kinds = {step.kind for step in day.steps()}
    assert kinds >= {
        StepKind.BIDDERS_SHOWN,
        StepKind.CHAIR_ELECTED,
        StepKind.MEMBER_LOST,
        StepKind.MEMBER_REPLACED,
        StepKind.OVERNIGHT_ENDED,
        StepKind.REPORT_SIGNED,
    }


def check_proof(day: Monday) -> None:
    """An outsider checks bundle and ledger: the committee follows from what was fixed before, whoever was replaced."""
    stage = day.stage
    day.go_on()
    assert stage.world.state(stage.draw()) is DrawState.CLOSED
    report = replay(BytesIO(stage.closed_bundle()), Trust(policy=stage.world.site.service.policy))
    assert report.verdict == "proven", as_text(report, "en")
    assert verify(f"{stage.base}/ledger", policy=stage.world.site.service.policy).verdict == "proven"
