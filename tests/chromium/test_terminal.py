"""The room's terminal in a browser: what a finger or a key can do, and axe-core on each of its pages."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from expertpool.sessions import terminal_pages
from tests.chromium.live import PHONE, Reader, serving
from tests.sessions.room import COOKIE, SEATS, Line, filled_room

SCREEN: Final = {"width": 1024, "height": 768}
READERS: Final[dict[str, dict[str, Any]]] = {
    "zh-screen-light": {"lang": "zh", "viewport": SCREEN, "scheme": "light"},
    "en-phone-dark": {"lang": "en", "viewport": PHONE, "scheme": "dark"},
}


def look(reader: Reader) -> None:
    """Nothing grave, nothing wider than the screen, and nothing too small for a finger (44 px)."""
    assert reader.grave_findings() == []
    assert not reader.wide()
    small = "each => each.offsetParent && each.getBoundingClientRect().height < 44 ? [each.textContent.trim()] : []"
    assert reader.page.evaluate(f"[...document.querySelectorAll('main .btn, main summary')].flatMap({small})") == []


@pytest.mark.timeout(600)
def test_from_the_code_to_the_review(
    browser: Browser, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    with filled_room(sqlite_url, tmp_path) as room, serving(room.world.site.app) as base:
        monkeypatch.setattr(terminal_pages, "line", lambda: Line(room))
        for seat, (kind, how) in zip(SEATS, READERS.items(), strict=False):
            with subtests.test(kind=kind):
                code, (_, token) = room.come(seat), room.opened()
                reader = Reader(browser, base, **how)
                reader.context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
                reader.page.goto("/terminal")
                look(reader)
                for digit in "999999":  # by finger: the keypad goes on by itself
                    reader.page.locator(f"[data-key='{digit}']").click()
                expect(reader.page.locator("#refusal")).to_be_visible()
                look(reader)
                reader.page.locator("#code").press_sequentially(code)  # and so does a keyboard
                act = reader.page.locator
                for name in ("read", "declare", "chair"):
                    expect(act(f"form:has([value={name}]) button").first).to_be_visible()
                    look(reader)
                    reader.press(act(f"form:has([value={name}]) button").first)
                expect(act("[aria-pressed=true]")).to_be_visible()
                look(reader)
                assert code not in reader.page.url
                reader.page.locator(".terminal-leave").click()
                expect(reader.page.locator("#code")).to_be_focused()
                reader.close()
        assert all(room.standing.sitters[room.key(seat)].votes_for for seat in SEATS[:2])
