"""An agent reads every entry; a log that is set back, forked or spoilt does not get past it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.custodian import errors
from expertpool.custodian.following import Follower
from expertpool.custodian.memory import Memory
from ledger.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint, sign_checkpoint
from ledger.entry import Draft, Entry
from ledger.errors import Unreadable
from ledger.memory import MemoryLog
from ledger.merkle import leaf_hash
from ledger.tiles import Tile, join_bundle, split_bundle
from tests.custodian.scene import Scene
from tests.ledger.signers import signer
from tests.service import ORIGIN


def forked(log: MemoryLog, at: int) -> MemoryLog:
    """A log of the same key that has other entries from ``at`` on, and one more."""
    other = MemoryLog()
    for entry in log.entries:
        body = entry.body if entry.index < at else {"other": entry.index}
        other.append([_draft(entry, body)])
    other.append([_draft(log.entries[-1], {"more": True})])
    return other


def _draft(entry: Entry, body: Mapping[str, Any]) -> Draft:
    return Draft(entry.kind, entry.actor, datetime.fromisoformat(entry.time), body)


def shown(log: MemoryLog, size: int | None = None) -> SignedCheckpoint:
    size = log.tree.size if size is None else size
    return sign_checkpoint(Checkpoint(ORIGIN, size, log.tree.root(size)), signer(ORIGIN))


def follower_of(scene: Scene, log: MemoryLog) -> Follower:
    return Follower(scene.memory, log, signer(ORIGIN).key, scene.evidence, scene.clock)


def test_what_was_followed_is_the_logs_tree(scene: Scene) -> None:
    for number in range(600):  # more than two bundles
        scene.add("room.opened", number=number)
        if number % 97 == 0:
            scene.follow()
    scene.follow()
    assert scene.memory.frontier().root() == scene.log.tree.root()
    assert scene.memory.head(scene.log.tree.size) == scene.log.tree.root()
    assert scene.memory.last_hash() == scene.log.entries[-1].hash
    assert scene.memory.entries("room.opened") == []  # of no use to an agent


def test_an_entry_is_between_two_moments_of_the_agents_own_clock(scene: Scene) -> None:
    scene.follow()
    before = scene.clock.now().timestamp()
    scene.clock.advance(timedelta(hours=1))
    index = scene.request()
    scene.clock.advance(timedelta(hours=1))
    scene.follow()
    kept = scene.memory.entry(index)
    assert kept is not None
    assert (kept.not_before, kept.seen) == (before, scene.clock.now().timestamp())
    assert kept.earliest == kept.latest == before + 3600


def test_an_older_checkpoint_that_was_followed_is_nothing_new(scene: Scene) -> None:
    old = scene.checkpoint()
    scene.follow()
    scene.request()
    scene.follow()
    scene.follower.follow(old)
    assert scene.memory.alarm() is None
    assert scene.memory.frontier().size == scene.log.tree.size


def test_a_log_that_was_rolled_back_stops_the_agent(scene: Scene) -> None:
    old = scene.checkpoint()
    scene.request()
    scene.follow()
    scene.follower.expect(scene.checkpoint())
    with pytest.raises(errors.LogRolledBack) as alarm:
        scene.follower.expect(old)
    assert (alarm.value.known, alarm.value.found) == (scene.log.tree.size, old.size)
    stored = scene.memory.alarm()
    assert stored is not None
    assert stored["code"] == "custodian.log-rolled-back"
    folder = Path(alarm.value.evidence)
    assert parse_signed_checkpoint((folder / "known").read_bytes()).size == scene.log.tree.size
    assert parse_signed_checkpoint((folder / "shown").read_bytes()).root == old.root


def test_another_tree_of_the_same_size_is_a_fork(scene: Scene) -> None:
    scene.follow()
    other = forked(scene.log, 2)
    with pytest.raises(errors.LogForked) as alarm:
        follower_of(scene, other).follow(shown(other, scene.log.tree.size))
    assert (alarm.value.known, alarm.value.entry) == (scene.log.tree.size, 2)
    assert (Path(alarm.value.evidence) / "known").exists()


def test_a_larger_tree_that_does_not_extend_what_was_followed_is_a_fork(scene: Scene) -> None:
    scene.follow()
    other = forked(scene.log, 2)
    with pytest.raises(errors.LogForked) as alarm:
        follower_of(scene, other).follow(shown(other))
    assert alarm.value.entry == 2
    assert "from entry 2 on" in alarm.value.message("en")
    assert scene.memory.frontier().root() == scene.log.tree.root()


def test_two_agents_each_follow_their_own_fork_and_their_checkpoints_tell(scene: Scene, tmp_path: Path) -> None:
    """Neither notices alone; whoever compares what they followed sees two histories under the log's one key."""
    other = forked(scene.log, scene.log.tree.size - 1)
    elsewhere = Memory.create(tmp_path / "elsewhere.db")
    Follower(elsewhere, other, signer(ORIGIN).key, tmp_path / "evidence", scene.clock).follow(shown(other))
    scene.add("room.opened", number=1)
    scene.follow()
    mine, theirs = scene.memory.last_checkpoint(), elsewhere.last_checkpoint()
    elsewhere.close()
    assert mine is not None
    assert theirs is not None
    assert mine.size == theirs.size
    assert mine.root != theirs.root

    with pytest.raises(errors.LogForked):  # shown the other's, an agent tells at once
        follower_of(scene, other).follow(theirs)


class Spoilt:
    """Serves a log with some of its bytes changed."""

    def __init__(self, log: MemoryLog, spoil: Callable[[bytes, Tile], bytes]) -> None:
        self._log = log
        self._spoil = spoil

    def checkpoint(self) -> bytes:
        return self._log.checkpoint()

    def tile(self, tile: Tile) -> bytes:
        return self._spoil(self._log.tile(tile), tile)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data, tile: data[:-1],
        lambda data, tile: data + b"\0\0",
        lambda data, tile: data.replace(b"drw_1", b"drw_2"),
        lambda data, tile: join_bundle(list(reversed(split_bundle(data, tile)))),
    ],
    ids=["cut off", "too long", "changed", "reordered"],
)
def test_bytes_that_do_not_add_up_are_not_taken_and_are_no_alarm(
    scene: Scene, spoil: Callable[[bytes, Tile], bytes]
) -> None:
    scene.follow()
    size = scene.memory.frontier().size
    scene.request()
    scene.contributed(0)
    source = Spoilt(scene.log, spoil)
    follower = Follower(scene.memory, source, signer(ORIGIN).key, scene.evidence, scene.clock)
    with pytest.raises(errors.EntriesBad):
        follower.follow(scene.checkpoint())
    assert scene.memory.frontier().size == size
    assert scene.memory.alarm() is None
    scene.follow()
    assert scene.memory.frontier().size == scene.log.tree.size


def test_entries_that_cannot_be_had_are_asked_for_again(scene: Scene) -> None:
    def gone(data: bytes, tile: Tile) -> bytes:
        raise Unreadable("store.missing", path=tile.path)

    scene.request()
    follower = Follower(scene.memory, Spoilt(scene.log, gone), signer(ORIGIN).key, scene.evidence, scene.clock)
    with pytest.raises(Unreadable):
        follower.follow(scene.checkpoint())
    assert scene.memory.alarm() is None


@pytest.mark.parametrize("key", ["another.example/log", ORIGIN])
def test_a_checkpoint_that_the_logs_key_did_not_sign_is_not_taken(scene: Scene, key: str) -> None:
    signed = sign_checkpoint(replace(scene.checkpoint().checkpoint, origin="another.example/log"), signer(key))
    with pytest.raises(errors.NotThisLog):
        scene.follower.check(signed)
    assert scene.memory.alarm() is None


@pytest.mark.parametrize("wrong", ["form", "index", "prev"])
def test_a_signed_entry_that_is_not_as_specified_stops_the_agent(scene: Scene, wrong: str) -> None:
    scene.follow()
    good = scene.log.append([_draft(scene.log.entries[-1], {"draw": "drw_1"})])[0]
    data = {
        "form": good.data.replace(b'{"actor"', b'{ "actor"'),
        "index": good.data.replace(b'"index":%d' % good.index, b'"index":%d' % (good.index + 1)),
        "prev": good.data.replace(good.prev.encode(), b"0" * 64),
    }[wrong]
    assert data != good.data
    scene.log.entries[-1] = replace(good, data=data)
    tree = scene.memory.frontier()
    tree.append(leaf_hash(data))
    signed = sign_checkpoint(Checkpoint(ORIGIN, tree.size, tree.root()), signer(ORIGIN))
    with pytest.raises(errors.LogMalformed) as alarm:
        scene.follower.follow(signed)
    assert alarm.value.malformed == good.index
    stored = scene.memory.alarm()
    assert stored is not None
    assert stored["params"]["malformed"] == good.index


def test_the_first_alarm_stays(scene: Scene) -> None:
    scene.follow()
    first = scene.checkpoint()
    scene.request()
    scene.follow()
    for _ in range(2):
        with pytest.raises(errors.LogRolledBack):
            scene.follower.expect(first)
    other = forked(scene.log, 2)
    with pytest.raises(errors.LogForked):
        follower_of(scene, other).follow(shown(other))
    stored = scene.memory.alarm()
    assert stored is not None
    assert stored["code"] == "custodian.log-rolled-back"
