"""The bundle of a draw that was really made, checked by whoever trusts nobody here."""

from io import BytesIO

import pytest

from expertpool.draws.errors import NotClosed
from expertpool.draws.exporting import export
from expertpool.draws.lifecycle import DrawState
from expertpool.protocol.bundle import write_bundle
from expertpool.protocol.replay import Report, Trust, as_text, replay
from tests.draws.world import DrawWorld


def checked(world: DrawWorld, draw_id: str, *, audit: bool) -> Report:
    file = BytesIO()
    write_bundle(file, export(world.parts(), draw_id, audit=audit))
    file.seek(0)
    return replay(file, Trust(policy=world.site.service.policy))


@pytest.mark.parametrize("audit", [False, True], ids=["public", "audit"])
def test_the_bundle_of_a_draw_with_vacancies_replays(either_world: DrawWorld, *, audit: bool) -> None:
    world = either_world
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    world.filled(vault, draw, declines=2)
    world.close(vault, draw)
    assert world.state(draw) is DrawState.CLOSED

    report = checked(world, draw.id, audit=audit)

    assert report.verdict == "proven", as_text(report, "en")


def test_no_bundle_before_the_report_is_signed(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    with pytest.raises(NotClosed):
        export(world.parts(), draw.id, audit=False)
