"""What the pool's desk tells of a draw to whoever keeps the pool: nothing. Its pages are the same before and after."""

import re

from expertpool.core.ledger_store import SqlLog
from expertpool.identity.roles import Role
from tests.browser import Browser, entered
from tests.draws.world import CODE, DrawWorld

LISTS = ("/pool", f"/pool?specialty={CODE}", "/pool?status=enrolled", "/pool?status=suspended", "/pool?area=430100")


def pages(browser: Browser) -> dict[str, str]:
    """Lists, and the pages of some who stand on them, without the forms' tokens."""
    seen = {path: browser.get(path).text for path in LISTS}
    some = sorted({each for text in seen.values() for each in re.findall(r"/pool/experts/exp_\w+", text)})[:10]
    seen |= {path: browser.get(path).text for path in some}
    return {path: re.sub(r'name="form_token" value="[0-9a-f]*"', "", text) for path, text in seen.items()}


def test_the_pools_pages_are_the_same_before_and_after_a_draw(world: DrawWorld) -> None:
    draw = world.applied()
    browser, size = entered(world.site, Role.POOL_MANAGER), SqlLog(world.site.service.engine).head().size
    before = pages(browser)
    assert len(before) == len(LISTS) + 10
    vault = world.vault()
    world.go_on(vault)
    world.filled(vault, draw)
    assert pages(browser) == before
    members = world.seated(draw).values()
    assert members
    for member in members:  # and of those who were drawn nothing is told that happened since
        text = browser.get(f"/pool/experts/{member.expert}").text
        assert "standing-green" in text
        told = [int(index) for index in re.findall(r"/ledger/entries/(\d+)", text)]
        assert told
        assert max(told) < size
