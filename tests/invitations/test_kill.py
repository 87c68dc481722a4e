"""kill -9 at every step of a call: whoever goes on calls nobody twice and forgets nobody."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.faults import CRASH_POINTS
from expertpool.draws.lifecycle import DrawState
from expertpool.invitations.answering import Word
from expertpool.invitations.file_gateway import FileGateway
from expertpool.invitations.gateway import Channel, Outcome
from expertpool.invitations.lifecycle import InvitationState
from tests.draws.dying_vault import LEASE, dies
from tests.draws.prepared import prepared
from tests.draws.scenes import kinds, until
from tests.draws.test_kill import nothing_half_written
from tests.draws.world import DrawWorld
from tests.invitations.calls import ANSWER_IN, EXPERTS, Called


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    yield from small_world(sqlite_url, tmp_path)


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    yield from small_world(database_url, tmp_path)


def small_world(url: str, var: Path) -> Iterator[DrawWorld]:
    with prepared(url, var, EXPERTS) as world:
        yield world


def messages(called: Called) -> list[dict[str, Any]]:
    """What came to the phones, each message once."""
    folder = called.world.site.service.settings.paths.var / "messages"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def contributed(world: DrawWorld) -> Called:
    """Everything is contributed, and nothing is drawn."""
    called = Called(world)
    world.phones = [FileGateway(world.site.service.settings.paths.var / "messages")]
    called.vault = world.vault()
    until(world, contributed=2)
    world.sign()
    return called


def everybody_called(world: DrawWorld) -> Called:
    called = contributed(world)
    called.go_on()
    assert world.state(called.draw) is DrawState.FILLING
    return called


def somebody_declined(world: DrawWorld) -> Called:
    called = everybody_called(world)
    world.answer(called.code(called.seat()), Word.DECLINE)
    return called


def a_key_was_pressed(world: DrawWorld) -> Called:
    called = everybody_called(world)
    at = called.seat()
    message = called.invitation(at, Channel.VOICE)
    called.pass_report(message, Outcome.ANSWERED, answer="decline", code=called.code(at))
    return called


def nobody_answered(world: DrawWorld) -> Called:
    called = everybody_called(world)
    called.tried(called.seat())
    world.clock.advance(ANSWER_IN)
    return called


Stage = Callable[[DrawWorld], Called]


@dataclass(frozen=True)
class Death:
    """How things stand when the vault starts, and where the vault dies."""

    stage: Stage
    point: str
    occurrence: int = 1

    def __str__(self) -> str:
        return f"{self.stage.__name__} {self.point} {self.occurrence}"


SHORT = [
    Death(contributed, "invitation.queued"),
    Death(contributed, "invitation.leased"),
    Death(contributed, "invitation.sent"),
    Death(contributed, "invitation.sent", 2),
    Death(contributed, "invitation.recorded"),
    Death(somebody_declined, "invitation.answered"),
    Death(a_key_was_pressed, "invitation.reported"),
    Death(nobody_answered, "invitation.expired"),
]
"""One death for each step, and again after the first message of a pair."""
STAGES = (contributed, somebody_declined, a_key_was_pressed, nobody_answered)
LONG = [
    Death(stage, point, occurrence)
    for stage in STAGES
    for point in CRASH_POINTS
    if point.split(".")[0] in {"tx", "outbox", "invitation"}
    for occurrence in (1, 3)
]


def killed_and_resumed(world: DrawWorld, death: Death) -> bool:
    """Let a vault die, start another, and see who was called; says whether it died."""
    called = death.stage(world)
    died = dies(world, death.point, death.occurrence)
    nothing_half_written(world, called.draw)
    world.clock.advance(LEASE)
    called.vault = world.vault()
    called.go_on()
    assert world.state(called.draw) is DrawState.FILLING
    replaced = 0 if death.stage is contributed else 1
    assert kinds(world, called.draw).count("draw.vacated") == replaced
    asked = Counter((each["to"], each["channel"]) for each in messages(called) if each["code"])
    assert set(asked.values()) == {1}, "somebody was called twice"
    assert len(asked) == 2 * (4 + replaced), "somebody was forgotten"
    for place in range(4):
        assert called.known(called.seat(place)).state is InvitationState.CALLED
        world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.go_on()
    assert world.state(called.draw) is DrawState.FILLED
    nothing_half_written(world, called.draw)
    return died


@pytest.mark.parametrize("death", SHORT, ids=str)
def test_a_killed_vault_calls_nobody_twice_and_forgets_nobody(world: DrawWorld, death: Death) -> None:
    assert killed_and_resumed(world, death), "the point was not reached"


@pytest.mark.faults
@pytest.mark.parametrize("death", LONG, ids=str)
def test_killed_at_every_point_and_stage(either_world: DrawWorld, death: Death) -> None:
    """Not every stage passes every point so often: then the vault comes to its end, and all is as well."""
    killed_and_resumed(either_world, death)


def test_every_step_of_a_call_is_died_at() -> None:
    assert {death.point for death in SHORT} == {point for point in CRASH_POINTS if point.startswith("invitation.")}
