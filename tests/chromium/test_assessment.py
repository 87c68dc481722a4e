"""One project, one assessment in a browser: three parties and five seats, all clean in three taps; and one with a
deduction, which is revealed, signed for, appealed and amended, on a phone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from expertpool.assessments.consequences import follow
from expertpool.assessments.models import Result
from expertpool.draws.keeping import Occupant, keep_occupant
from expertpool.identity.roles import Role
from expertpool.invitations.gateways import Gateways
from expertpool.sessions import acts
from expertpool.sessions.steps import Cause
from expertpool.vault import sign_ins
from expertpool.vault.courier import Courier
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from policies.conduct_items import SubjectKind
from tests.assessments.evaluated import Evaluated
from tests.chromium.live import DESKTOP, PHONE, Reader, serving
from tests.sessions.days import FOURTH, opened_day
from tests.sessions.room import SEATS

PARTIES: Final = (Role.CENTRE_STAFF, Role.SUPERVISOR, Role.INITIATOR)
FIVE: Final = 5
"""Four seats, and whoever came for one who was replaced."""
COOKIE: Final = "expertpool-expert-demo"
NOTHING: Final = ("0" * 64, "0" * 64)
ONE_TAP: Final = "全部无扣分"


@contextmanager
def evening(folder: Path) -> Iterator[Evaluated]:
    """The assessment of a session is open; somebody was replaced in its course."""
    with opened_day(f"sqlite:///{folder / 'expertpool.db'}", folder, served=True, experts=60) as day:
        made = Evaluated(day.world, day.draw)
        made.begin()
        made.wait(minutes=20)
        made.replace(FOURTH, Cause.HEALTH)
        made.wait(minutes=20)
        made.come(FOURTH)
        made.declare(FOURTH)
        made.member(acts.redo, FOURTH)
        made.report()
        made.close().open()
        for role in (*PARTIES, Role.COMPETENT_DEPARTMENT):
            made.world.site.token(role)
        with made.world.site.service.signing():
            yield made


@contextmanager
def reader(browser: Browser, base: str, role: Role, viewport: dict[str, int]) -> Iterator[Reader]:
    made = Reader(browser, base, viewport=viewport)
    made.enter(role.value)
    yield made
    made.close()


def sheet(of: Evaluated) -> str:
    return f"/sessions/{of.session_id}/assessment"


def scores(of: Evaluated) -> list[int]:
    """Of the seats, by number."""
    seats = [each.number for each in of.subjects if each.kind is SubjectKind.SEAT]
    return [each.score for each in of.results if each.subject in seats]


@pytest.mark.timeout(300)
def test_all_clean_in_three_taps(browser: Browser, tmp_path: Path) -> None:
    taps = 0
    with evening(tmp_path) as of, serving(of.world.site.app) as base:
        for role in PARTIES:
            with reader(browser, base, role, PHONE) as party:
                party.page.goto(sheet(of))
                assert not party.wide()
                party.page.get_by_role("button", name=ONE_TAP).click()
                taps += 1
                expect(party.page.get_by_role("status")).to_contain_text("已记录在案")
                expect(party.page.get_by_role("button", name=ONE_TAP)).to_have_count(0)
        assert of.reveal()
        assert scores(of) == [10_000] * FIVE
        assert taps == len(PARTIES)
        with reader(browser, base, Role.SUPERVISOR, DESKTOP) as party:
            party.page.goto(sheet(of))
            expect(party.page.locator(".subjects .score")).to_have_count(FIVE + 2)


@pytest.mark.timeout(300)
def test_a_deduction_is_revealed_appealed_and_amended(browser: Browser, tmp_path: Path) -> None:
    with evening(tmp_path) as of:
        desk = of.world.desk()
        handlers = Handlers(desk, of.world.site.service.settings.vault, Courier(desk.parts, Gateways(())).deliver)
        with (
            Listener(of.world.site.service.settings.vault.socket, handlers.by_verb()),
            serving(of.world.site.app) as base,
        ):
            deduct(browser, base, of)
            for role in PARTIES[1:]:
                with reader(browser, base, role, DESKTOP) as party:
                    party.page.goto(sheet(of))
                    expect(party.page.get_by_text("10:05")).to_have_count(0)
                    party.page.get_by_role("button", name=ONE_TAP).click()
                    expect(party.page.get_by_role("status")).to_be_visible()
            assert of.reveal()
            of.rule(lambda tx: follow(tx, of.session_id))
            assert scores(of) == [9_700, *[10_000] * (FIVE - 1)]
            appeal(browser, base, of)
            decide(browser, base, of)
    with of.world.session() as session:
        first = session.get_one(Result, (of.session_id, 1))
    assert first.score == 9_700, "the first result stays"


def deduct(browser: Browser, base: str, of: Evaluated) -> None:
    """A clerk on a phone enters one exception; what is wrong is said beside its field, and nothing is lost."""
    with reader(browser, base, Role.CENTRE_STAFF, PHONE) as clerk:
        clerk.page.goto(sheet(of))
        clerk.page.get_by_role("button", name="填写扣分").click()
        clerk.page.locator("[id='deductions.0.subject']").select_option(label=SEATS[0])
        clerk.page.locator("[id='deductions.0.item']").select_option("phone")
        clerk.page.locator("[id='deductions.0.points']").fill("11")
        clerk.page.locator("[id='deductions.0.evidence']").select_option("statement")
        clerk.page.locator("[id='deductions.0.grounds']").fill("10:05 见证人员发现")
        clerk.page.get_by_role("button", name="提交：列出的扣分").click()
        expect(clerk.page.locator("[id='deductions.0.points-hint']")).to_be_visible()
        expect(clerk.page.locator("[id='deductions.0.grounds']")).to_have_value("10:05 见证人员发现")
        assert clerk.grave_findings() == []
        assert not clerk.wide()
        clerk.page.locator("[id='deductions.0.points']").fill("10")
        clerk.page.get_by_role("button", name="提交：列出的扣分").click()
        expect(clerk.page.get_by_role("status")).to_be_visible()


def appeal(browser: Browser, base: str, of: Evaluated) -> None:
    """The expert signs for the result on a phone, reads it and appeals with a paper."""
    who = "exp_somebody"
    first = of.subjects[0].key
    assert first is not None
    with of.transactions.begin("svc:vault") as tx:
        keep_occupant(
            tx, of.world.parts().keys, first, Occupant(0, who, "13900000000", *NOTHING, "0" * 32, "ABCD-EFGH")
        )
        token = sign_ins.sign_in(tx, of.world.parts().keys, [who], timedelta(days=1))
    expert = Reader(browser, base, viewport=PHONE)
    expert.context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
    expert.page.goto("/me/assessments")
    expect(expert.page.get_by_text("10:05 见证人员发现")).to_have_count(0)
    expert.page.get_by_role("button", name="签收并查看").click()
    expect(expert.page.get_by_text("10:05 见证人员发现")).to_be_visible()
    expert.page.locator("summary", has_text="提出申诉").click()
    expert.page.locator("textarea").fill("手机是工作人员遗落的")
    expert.page.locator("input[type=file]").set_input_files(
        {"name": "说明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    )
    assert expert.grave_findings() == []
    assert not expert.wide()
    expert.page.get_by_role("button", name="提交申诉").click()
    expect(expert.page.get_by_text("处理中")).to_be_visible()
    expert.close()


def decide(browser: Browser, base: str, of: Evaluated) -> None:
    """The department upholds it; both scores stand side by side."""
    with reader(browser, base, Role.COMPETENT_DEPARTMENT, DESKTOP) as department:
        department.page.goto("/cases")
        department.page.locator("a[href^='/appeals/']").click()
        expect(department.page.get_by_text("手机是工作人员遗落的")).to_be_visible()
        expect(department.page.get_by_text("附件 1")).to_be_visible()
        department.page.get_by_role("link", name="作出决定").click()
        department.page.locator("[id='points.0']").fill("0")
        department.page.locator("#reason").fill("监控录像查实")
        department.page.get_by_role("button", name="申诉成立").click()
        expect(department.page.get_by_text("申诉成立").first).to_be_visible()
        department.page.goto(sheet(of))
        expect(department.page.locator(".subjects s")).to_have_text("97")
