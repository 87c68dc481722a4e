"""A sealed row that was altered in the database: it is told, and holds up nobody else's call, answer or seat."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from expertpool.draws.lifecycle import DrawState
from expertpool.invitations.answering import Word
from tests.draws.scenes import another_project
from tests.draws.world import DrawWorld
from tests.invitations.calls import Called, Provider

ALTERED = {"event": "invitations.altered", "log_level": "critical"}


def alter(called: Called, table: str, more: str = "") -> None:
    """Do what a database administrator can: exchange sealed bytes for others of the same size."""
    with called.world.site.service.engine.begin() as connection:
        found = connection.execute(
            text(f"UPDATE {table} SET sealed = zeroblob(length(sealed)) WHERE draw_id = :draw {more}"),
            {"draw": called.draw.id},
        )
        assert found.rowcount > 0


def test_an_altered_message_is_not_sent_and_every_other_one_is(world: DrawWorld) -> None:
    called = Called(world, Provider(trouble="down"), Provider("second", trouble="down")).drawn()
    assert (called.first.sent, called.second.sent) == ({}, {})
    alter(called, "invitation_messages", "AND id = (SELECT min(id) FROM invitation_messages)")
    called.first.trouble = called.second.trouble = ""
    with capture_logs() as logs:
        for _ in range(10):
            called.wait(timedelta(seconds=60))
    assert [{**ALTERED, "draw": called.draw.id}] == [line for line in logs if line["event"] == ALTERED["event"]]
    assert len({(each.to, each.channel) for each in (called.first.sent | called.second.sent).values()}) == 7


@pytest.mark.parametrize("table", ["invitations", "invitation_messages"])
def test_the_altered_rows_of_one_draw_hold_up_no_other(world: DrawWorld, table: str) -> None:
    first = Called(world).drawn()
    second = Called.of(first, another_project(world)).drawn()
    alter(first, table)
    before = second.occupant(second.seat())
    world.answer(before.answer_code, Word.DECLINE)
    world.go_on(second.vault, rounds=3)
    assert second.occupant(second.seat()) != before
    for place in range(4):
        world.answer(second.code(second.seat(place)), Word.ACCEPT)
    world.go_on(second.vault, rounds=2)
    assert world.state(second.draw) is DrawState.FILLED


def test_the_altered_rows_of_a_cancelled_draw_end_no_round(world: DrawWorld) -> None:
    """Its members cannot be told; the vault says so once, however often it looks, and lives."""
    first = Called(world).drawn()
    second = Called.of(first, another_project(world)).drawn()
    alter(first, "invitations")
    with capture_logs() as logs:
        first.cancel()
        second.cancel()
    assert [line["draw"] for line in logs if line["event"] == ALTERED["event"]] == [first.draw.id]
    assert (world.state(first.draw), world.state(second.draw)) == (DrawState.CANCELLED, DrawState.CANCELLED)
    assert second.first.to(second.occupant(second.seat()).phone)[-1].code is None
