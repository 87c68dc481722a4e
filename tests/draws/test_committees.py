"""Once a draw is filled, each of its key holders is given every sealed record, once, in tasks like all others."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import CommitteeTask, Draw
from expertpool.invitations.answering import Word
from expertpool.protocol import agents
from expertpool.protocol.committee import Meeting
from expertpool.protocol.envelope import HPKE_OVERHEAD, About, Holders, parse_envelope, quorums, seal_to_holders
from expertpool.sealing.models import AgentTask
from tests.draws.dying_vault import LEASE, dies
from tests.draws.prepared import prepared
from tests.draws.scenes import seats
from tests.draws.world import STARTS, DrawWorld
from tests.sealing.world import private_opener


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    with prepared(sqlite_url, tmp_path, experts=300) as world:
        yield world


def filled(world: DrawWorld) -> Draw:
    draw = world.applied()
    vault = world.vault()
    world.go_on(vault)
    world.filled(vault, draw)
    assert world.state(draw) is DrawState.FILLED
    return draw


def given(world: DrawWorld, draw: Draw) -> list[CommitteeTask]:
    with world.session() as session:
        return list(session.scalars(select(CommitteeTask).where(CommitteeTask.draw_id == draw.id)))


def test_every_holder_is_given_every_record_and_says_that_it_kept_it(small: DrawWorld) -> None:
    draw = filled(small)
    small.go_on(small.vault(), rounds=3)
    found = given(small, draw)
    assert Counter(task.seat for task in found) == dict.fromkeys(seats(small, draw), len(small.agents))
    assert Counter(task.holder_id for task in found) == {agent.holder.id: 4 for agent in small.agents}
    assert all(task.kept is not None for task in found)


def test_what_a_holder_is_given_is_what_the_ledger_shows(small: DrawWorld) -> None:
    draw = filled(small)
    agent = small.agents[0]
    agent.silent = True
    shown = {code: seat.record for code, seat in seats(small, draw).items()}
    with small.session() as session:
        rows = session.scalars(select(AgentTask).where(AgentTask.holder_id == agent.holder.id)).all()
    sizes, found = set(), {}
    for row in rows:
        plain = agents.open_task(private_opener(agent.keys.share), agent.holder.id, row.id, row.sealed)
        sizes.add(len(row.sealed))
        if plain["kind"] == "keep":
            envelope = parse_envelope(b64decode(plain["envelope"]))
            found[envelope.info["subject"]] = envelope.digest.hex()
            assert plain["meeting"]["starts"] == STARTS.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            names = (each.expert for each in small.seated(draw).values())
            assert not any(name in str(plain) for name in names)
    assert found == shown
    assert len(sizes) == 1


def test_nothing_is_given_twice(small: DrawWorld) -> None:
    draw = filled(small)
    vault = small.vault()
    small.go_on(vault, rounds=4)
    assert len(given(small, draw)) == 4 * len(small.agents)


def test_a_vault_that_dies_while_it_hands_out_does_so_once(small: DrawWorld) -> None:
    draw = small.applied()
    vault = small.vault()
    small.go_on(vault)
    for occupant in small.seated(draw).values():
        small.answer(occupant.answer_code, Word.ACCEPT)
    assert dies(small, "release.committee-posted")
    assert given(small, draw) == []
    small.clock.advance(2 * LEASE)
    small.go_on(small.vault(), rounds=3)
    assert len(given(small, draw)) == 4 * len(small.agents)


@pytest.mark.parametrize(("count", "least"), [(3, 2), (5, 2), (5, 3)], ids=str)
def test_the_records_of_these_policies_fit_into_a_task(count: int, least: int) -> None:
    """A task that is too long is refused when it is posted; so look before anybody chooses such a policy."""
    private = {f"khd_{number:026d}": X25519PrivateKey.generate() for number in range(count)}
    keys = {name: key.public_key().public_bytes_raw() for name, key in private.items()}
    sets = quorums([*keys], least, frozenset([*keys][1:]))
    about = About("drw_" + "x" * 26, bytes(32), "record", "ABCD", bytes(32), "2026-12-01T06:00:00.000000Z")
    record = b64encode(seal_to_holders(b"x" * 1020, about, Holders(keys, sets)).to_bytes()).decode()
    place: dict[str, Any] = {"draw": about.draw, "envelope": record, "task": "tsk_" + "x" * 26}
    keep = {
        **place,
        "kind": "keep",
        "filled": 10**9,
        "meeting": Meeting(about.not_before, ("三楼第五评标室" * 6,)).plain(),
    }
    order = {"key": "0" * 64, "reason": "0" * 64, "signature": "A" * 88}
    passed = b64encode(bytes(32 + 48 * (least - 1))).decode()
    ask = {**place, "kind": "open", "order": order, "passed": passed, "position": 1, "release": 10**9, "set": 9}
    for plain in (keep, ask):
        sealed = agents.seal_task(next(iter(keys.values())), next(iter(keys)), place["task"], plain)
        assert len(sealed) == agents.TASK_BYTES + HPKE_OVERHEAD
