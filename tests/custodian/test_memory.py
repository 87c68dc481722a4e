"""What an agent remembers survives it; what is lost or damaged stops it."""

from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.custodian.errors import ClockWentBack, MemoryLost
from expertpool.custodian.memory import Memory
from tests.custodian.scene import Scene
from tests.sealing.world import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Memory.create(tmp_path / "memory.db").close()
    return tmp_path / "memory.db"


def test_it_survives_the_process(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    intent = scene.ready()
    scene.answer(intent)
    scene.memory.wait("tsk_x", "no-quorum-yet")
    scene.memory.close()
    again = Memory(tmp_path / "memory.db")
    assert again.frontier().root() == scene.log.tree.root()
    assert again.witnessed() == scene.log.tree.size
    assert again.answer("tsk_drw_1") == {"pi": ""}
    assert again.contributions() == 1
    assert again.waiting() == {"tsk_x": "no-quorum-yet"}
    kept = again.entry(intent)
    assert kept is not None
    assert kept.entry == scene.log.entries[intent]
    again.close()


def test_only_the_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_every_commit_is_flushed(path: Path) -> None:
    memory = Memory(path)
    assert memory._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    memory.close()


def test_a_memory_that_is_gone_is_not_begun_again(tmp_path: Path) -> None:
    with pytest.raises(MemoryLost):
        Memory(tmp_path / "memory.db")
    assert not (tmp_path / "memory.db").exists()


@pytest.mark.parametrize("data", [b"", b"no database", bytes(4096)])
def test_a_memory_that_is_damaged_is_not_used(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(MemoryLost):
        Memory(path)


def test_a_damaged_page_is_found(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096 : 4096 + 200] = b"\xff" * 200
    path.write_bytes(raw)
    with pytest.raises(MemoryLost):
        Memory(path)


def test_a_decision_is_made_once(path: Path) -> None:
    import sqlite3

    memory = Memory(path)
    memory.decide("tsk_1", {"nonce": "a"})
    with pytest.raises(sqlite3.IntegrityError):
        memory.decide("tsk_1", {"nonce": "b"}, intent=1, project="p", lots=["l"])
    assert memory.answer("tsk_1") == {"nonce": "a"}
    assert memory.intents_answered("p", ["l"]) == set()  # all of it or nothing
    memory.close()


def test_a_clock_that_goes_back_stops_the_round(path: Path) -> None:
    memory = Memory(path)
    memory.notice(NOW)
    memory.notice(NOW - timedelta(seconds=5))
    with pytest.raises(ClockWentBack) as refused:
        memory.notice(NOW - timedelta(seconds=7))
    assert refused.value.seconds == 7
    memory.notice(NOW + timedelta(days=1))
    with pytest.raises(ClockWentBack):
        memory.notice(NOW)
    memory.close()


def test_a_wait_ends_with_the_answer(path: Path) -> None:
    memory = Memory(path)
    memory.wait("tsk_1", "no-quorum-yet")
    memory.wait("tsk_1", "owner-must-approve")
    assert memory.waiting() == {"tsk_1": "owner-must-approve"}
    memory.decide("tsk_1", {"entry": 3, "refused": "custodian.deadline-passed"})
    assert memory.waiting() == {}
    [refusal] = memory.refusals()
    assert (refusal["task"], refusal["entry"]) == ("tsk_1", 3)
    memory.close()
