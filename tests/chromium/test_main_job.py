"""The main job through the pages, by everybody who has a part in it; and its three acts by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.chromium.centre import Centre, centre
from tests.chromium.live import DESKTOP, PHONE, Reader
from tests.draws.world import CODE
from tests.projects.world import FACTS

SEATS: Final = 4
"""Beside one owner's representative."""
WITHOUT_OWNER: Final = 5


class Words(NamedTuple):
    """What the pages say in one language."""

    codes: str
    seats: str
    appointed: str
    submit: str
    nothing: str
    show: str
    accept: str
    accepted: str
    full: str
    check: str
    find: str


SAID: Final = {
    "zh": Words(
        "第 1 行：专业代码",
        "人数",
        "第 1 位的书面委派日期",
        "提交申请",
        "没有需要决定的事项",
        "查看邀请",
        "接受",
        "您已接受",
        "席位已满",
        "核验",
        "查找",
    ),
    "en": Words(
        "Line 1: specialty codes",
        "Seats",
        "Written appointment of no. 1",
        "Submit",
        "Nothing to decide",
        "Show the invitation",
        "Accept",
        "You accepted",
        "all seats taken",
        "Check",
        "Find",
    ),
}
KINDS: Final[dict[str, dict[str, Any]]] = {
    "zh-phone": {"lang": "zh", "viewport": PHONE, "scheme": "light"},
    "en-desk": {"lang": "en", "viewport": DESKTOP, "scheme": "dark"},
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Centre]:
    with centre(tmp_path) as made:
        yield made


def files(stage: Centre) -> tuple[FilePayload, FilePayload]:
    """What an outsider has got: the bundle, and whom to trust."""
    bundle: FilePayload = {"name": "draw.zip", "mimeType": "application/zip", "buffer": stage.bundle()}
    policy: FilePayload = {"name": "trust.policy", "mimeType": "text/plain", "buffer": stage.policy()}
    return bundle, policy


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_application_to_the_outsiders_own_verdict(browser: Browser, stage: Centre, kind: str) -> None:
    settings, said = KINDS[kind], SAID[KINDS[kind]["lang"]]
    agency = Reader(browser, stage.base, **settings)
    agency.enter("initiator")
    agency.page.goto("/agency")
    agency.page.locator(f"a[href='/agency/{stage.sitting.id}']").first.click()
    agency.page.get_by_label(said.codes).fill(CODE)
    agency.page.get_by_label(said.seats).first.fill(str(SEATS))
    agency.page.get_by_label(said.appointed).fill("2026-11-30")
    agency.page.get_by_role("button", name=said.submit).click()
    agency.page.wait_for_url("**/agency?receipt=*")
    expect(agency.page.get_by_text(FACTS.title).first).to_be_visible()
    agency.close()

    stage.go_on()
    supervisor = Reader(browser, stage.base, **settings)
    supervisor.enter("supervisor")
    supervisor.page.goto("/supervision")
    expect(supervisor.page.get_by_text(said.nothing)).to_be_visible()
    supervisor.close()

    staff = Reader(browser, stage.base, **settings)
    staff.enter("centre-staff")
    staff.page.goto("/today")
    expect(staff.page.locator(".seat-amber .seat-code")).to_have_count(SEATS)

    code = stage.answer_code()
    expert = Reader(browser, stage.base, settings["lang"], PHONE, settings["scheme"])
    expert.page.goto(f"/i#{code}")
    expect(expert.page.get_by_text("第三评标室")).to_be_visible()
    assert code not in expert.page.url
    expert.page.get_by_role("button", name=said.accept).click()
    expect(expert.page.get_by_text(said.accepted)).to_be_visible()
    expert.close()

    stage.others_accept(but=code)
    staff.page.reload()
    expect(staff.page.locator(".seat-green .seat-code")).to_have_count(SEATS)
    expect(staff.page.get_by_text(said.full).first).to_be_visible()
    staff.close()

    bundle, policy = files(stage)
    public = Reader(browser, stage.base, **settings)
    public.page.goto("/ledger")
    public.page.locator("#q").fill(stage.draw().id)
    public.page.locator("#q").press("Enter")
    public.page.locator(f"a[href$='/ledger/draws/{stage.draw().id}']").first.click()
    expect(public.page.locator(".seat-list > li")).to_have_count(SEATS)
    public.page.goto(f"/ledger/replay/?lang={settings['lang']}")
    public.page.locator("#bundle").set_input_files(bundle)
    public.page.locator("#policy-file").set_input_files(policy)
    expect(public.page.locator("#policy")).to_have_value(policy["buffer"].decode())
    public.page.locator("#run").click()
    expect(public.page.locator("#verdict[data-verdict=proven]")).to_be_visible()
    public.close()


def test_by_keyboard_alone(browser: Browser, stage: Centre) -> None:
    """Apply, accept, verify: the tabulator gets everywhere, and Enter does it."""
    said = SAID["zh"]
    agency = Reader(browser, stage.base)
    agency.page.goto("/sign-in")
    agency.press(agency.page.locator("button[name=role][value=initiator]"))
    agency.page.wait_for_url("**/agency")
    agency.press(agency.page.locator(f"a[href='/agency/{stage.sitting.id}']").first)
    agency.page.wait_for_url(f"**/agency/{stage.sitting.id}")
    agency.type_into(agency.page.get_by_label(said.codes), CODE)
    agency.type_into(agency.page.get_by_label(said.seats).first, str(WITHOUT_OWNER))
    agency.press(agency.page.get_by_role("button", name=said.submit))
    agency.page.wait_for_url("**/agency?receipt=*")
    agency.close()

    stage.go_on()
    code = stage.answer_code()
    expert = Reader(browser, stage.base, viewport=PHONE)
    expert.page.goto("/i")
    expect(expert.page.locator("#code")).to_be_focused()
    expert.page.keyboard.type(code.lower())
    expert.press(expert.page.get_by_role("button", name=said.show))
    expert.press(expert.page.get_by_role("button", name=said.accept))
    expect(expert.page.get_by_text(said.accepted)).to_be_visible()
    expert.close()

    stage.others_accept(but=code)
    bundle, policy = files(stage)
    public = Reader(browser, stage.base)
    public.page.goto("/ledger")
    public.type_into(public.page.locator("#q"), stage.draw().id)
    public.page.keyboard.press("Enter")
    public.press(public.page.locator(f"a[href$='/ledger/draws/{stage.draw().id}']").first)
    public.page.wait_for_url(f"**/ledger/draws/{stage.draw().id}*")
    public.page.goto("/ledger/replay/")
    for field, file in (("#bundle", bundle), ("#policy-file", policy)):
        public.tab_to(public.page.locator(field))
        public.page.locator(field).set_input_files(file)  # in the system's own dialog
    expect(public.page.locator("#policy")).to_have_value(policy["buffer"].decode())
    public.press(public.page.locator("#run"))
    expect(public.page.locator("#verdict[data-verdict=proven]")).to_be_visible()
    public.close()
