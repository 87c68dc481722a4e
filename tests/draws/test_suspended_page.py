"""The supervisor lets a suspended evaluation go on, or gives it up, in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from expertpool.draws import service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.web.access import CONFIRMED_FOR
from tests.browser import entered
from tests.draws.world import ENROLLED, DrawWorld
from tests.sealing.world import World
from tests.website import opened


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare(120)


def suspended(world: DrawWorld) -> Draw:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    world.filled(vault, draw)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.suspend(tx, draw.id, reason="停电"))
    world.sign()
    return draw


@pytest.mark.parametrize(
    ("decision", "state"), [("reconvene", DrawState.RECONVENED), ("cancel", DrawState.CANCELLED)], ids=str
)
def test_a_suspended_evaluation_goes_on_or_is_given_up(world: DrawWorld, decision: str, state: DrawState) -> None:
    draw = suspended(world)
    supervisor = entered(world.site, Role.SUPERVISOR)
    way = f"/supervision/{draw.id}/suspended"
    for page in ("/supervision", f"/draws/{draw.id}"):
        assert f'href="{way}"' in supervisor.get(page).text
    assert "停电" in supervisor.get(way).text
    assert f'href="{way}"' not in entered(world.site, Role.CENTRE_STAFF).get(f"/draws/{draw.id}").text
    assert supervisor.send(way, {"decision": decision, "reason": " "}).status_code == 422
    assert world.state(draw) is DrawState.SUSPENDED
    assert supervisor.send(way, {"decision": decision, "reason": "已恢复供电"}).status_code == 303
    assert world.state(draw) is state
    assert supervisor.get(way).status_code == 404


def test_it_takes_the_second_factor_and_a_suspension(world: DrawWorld) -> None:
    draw = world.applied()
    way = f"/supervision/{draw.id}/suspended"
    supervisor = entered(world.site, Role.SUPERVISOR)
    assert supervisor.get(way).status_code == 404
    assert supervisor.send(way, {"reason": "x"}, page="/account").status_code == 404
    world.clock.advance(CONFIRMED_FOR + CONFIRMED_FOR / 2)
    assert supervisor.get(way).headers["Location"].startswith(f"/confirm?next={way}")
