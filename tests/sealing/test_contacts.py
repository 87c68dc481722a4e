"""That an agent asked is kept, rounded, whatever it was asked; whoever cannot sign leaves nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from expertpool.sealing.contacts import STEP, rounded
from expertpool.sealing.models import AgentContact, KeyHolder
from tests.sealing.world import Keys, World, credit_code

TASKS = "/api/v1/agents/tasks"


def contact(world: World, holder: KeyHolder) -> tuple[datetime, int] | None:
    with world.session() as session:
        row = session.get(AgentContact, holder.id)
        return None if row is None else (row.seen, row.ahead)


def ask(world: World, holder: KeyHolder, keys: Keys, ahead: int = 0) -> int:
    headers = keys.header(holder.id, "GET", TASKS, b"", world.clock.now() + timedelta(seconds=ahead))
    return world.site.client.get(TASKS, headers=headers).status_code


def test_a_contact_is_kept_rounded_and_written_once_a_step(either_world: World) -> None:
    world, keys = either_world, Keys(credit_code(1))
    holder = world.register(keys)
    assert contact(world, holder) is None
    world.clock.advance(timedelta(minutes=7, seconds=3))
    assert ask(world, holder, keys, ahead=5) == 200
    assert contact(world, holder) == (datetime(2026, 11, 21, 1, 0, tzinfo=UTC), 5)
    world.clock.advance(timedelta(minutes=2, seconds=56))  # 01:09:59
    assert ask(world, holder, keys, ahead=9) == 200
    assert contact(world, holder) == (datetime(2026, 11, 21, 1, 0, tzinfo=UTC), 5)
    world.clock.advance(timedelta(seconds=1))
    assert ask(world, holder, keys, ahead=-9) == 200
    assert contact(world, holder) == (datetime(2026, 11, 21, 1, 10, tzinfo=UTC), -9)


def test_within_a_step_asking_writes_nothing(world: World) -> None:
    keys = Keys(credit_code(1))
    holder = world.register(keys)
    ask(world, holder, keys)
    written: list[str] = []
    event.listen(
        world.site.service.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: written.append(statement) if not statement.startswith("SELECT") else None,
    )
    for _ in range(3):
        assert ask(world, holder, keys) == 200
    assert [statement for statement in written if "agent_contacts" in statement] == []


@pytest.mark.parametrize("ahead", [-301, 301])
def test_a_request_that_is_refused_leaves_no_contact(world: World, ahead: int) -> None:
    keys = Keys(credit_code(1))
    holder = world.register(keys)
    assert ask(world, holder, keys, ahead=ahead) == 403
    assert ask(world, holder, Keys(credit_code(1))) == 403
    with world.session() as session:
        assert session.scalars(select(AgentContact)).all() == []


@pytest.mark.parametrize(
    ("moment", "step"),
    [
        (datetime(2026, 11, 21, 1, 0, tzinfo=UTC), datetime(2026, 11, 21, 1, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 1, 9, 59, 999_999, tzinfo=UTC), datetime(2026, 11, 21, 1, 0, tzinfo=UTC)),
    ],
    ids=["first", "last"],
)
def test_a_step_is_ten_minutes(moment: datetime, step: datetime) -> None:
    assert rounded(moment) == step
    assert rounded(moment + STEP) == step + STEP
