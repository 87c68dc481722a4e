"""axe-core on every page, in both languages, light and dark, on a phone and on a desk: nothing serious or critical."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from expertpool.identity.permissions import has_verb
from expertpool.web.access import PUBLIC
from tests.chromium.live import DESKTOP, PHONE, Reader
from tests.web.routes import ROUTES, Route
from tests.web.scene import COOKIE, HERE, ROLES, Scene

PAGES = [
    route for route in ROUTES if route.method == "GET" and route.is_page and (route.has_verb or route.who == PUBLIC)
]


READERS: dict[str, dict[str, Any]] = {
    "zh-desk-light": {"lang": "zh", "viewport": DESKTOP, "scheme": "light"},
    "en-phone-dark": {"lang": "en", "viewport": PHONE, "scheme": "dark"},
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", READERS)
def test_every_page(browser: Browser, served: tuple[Scene, str], kind: str, subtests: pytest.Subtests) -> None:
    scene, base = served
    reader = Reader(browser, base, **READERS[kind])
    for route in PAGES:
        reader.context.clear_cookies()
        if route.has_verb:
            role = next(role for role in ROLES if has_verb(role, route.who))
            cookie = {"name": COOKIE, "value": scene.people[HERE, role].cookie, "url": base}
            reader.context.add_cookies([cookie])  # type: ignore[list-item]  # as its documentation has it
        with subtests.test(page=str(route)):
            if not is_page(scene, route):
                continue
            reader.page.goto(scene.address(route))
            assert reader.page.locator("html").get_attribute("lang") == ("zh-CN" if reader.lang == "zh" else "en")
            assert reader.grave_findings() == []
            assert not reader.wide()
    reader.close()


def is_page(scene: Scene, route: Route) -> bool:
    """Whether it answers with a page, not a file or a redirect."""
    role = next((role for role in ROLES if has_verb(role, route.who)), ROLES[0])
    visitor = scene.people[HERE, role] if route.has_verb else scene.outsiders["nobody"]
    with scene.ask(route, visitor) as answer:
        return answer.status_code == 200 and answer.mimetype == "text/html"
