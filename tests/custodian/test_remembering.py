"""An agent that forgot what it did is stopped for good; an alarm that its owner has looked into is lifted."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from expertpool.custodian import errors, remembering, running, troubles
from expertpool.custodian.directory import Directory
from expertpool.custodian.memory import Memory
from expertpool.custodian.remembering import KEEP_ANSWERS, lift
from expertpool.custodian.status import status
from expertpool.identity.roles import Role
from expertpool.sealing import service
from expertpool.sealing.mailbox import withdraw
from tests.custodian.scene import Scene
from tests.custodian.test_agent import contribute
from tests.custodian.village import PASSPHRASE, Neighbour, Village
from tests.sealing.world import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Memory.create(tmp_path / "memory.db").close()
    return tmp_path / "memory.db"


def answered(path: Path, count: int = 1) -> None:
    memory = Memory(path)
    for number in range(count):
        memory.decide(f"tsk_{path.stat().st_mtime_ns}_{number}", {"nonce": ""})
    memory.close()


# A memory that is older than its mark


@pytest.mark.parametrize("missing", [1, 3])
def test_a_memory_from_a_backup_is_not_used(path: Path, missing: int) -> None:
    answered(path)
    backup = path.read_bytes()
    answered(path, missing)
    path.write_bytes(backup)
    with pytest.raises(troubles.MemoryRestored) as refused:
        Memory(path)
    assert "retire" in refused.value.message("en")


@pytest.mark.parametrize("mark", [None, b"", b"many", b"\xff"])
def test_a_memory_without_a_mark_that_can_be_read_is_not_used(path: Path, mark: bytes | None) -> None:
    file = path.with_suffix(".mark")
    if mark is None:
        file.unlink()
    else:
        file.write_bytes(mark)
    with pytest.raises(troubles.MemoryRestored):
        Memory(path)


def test_a_memory_that_is_ahead_of_its_mark_is_whole(path: Path) -> None:
    """Whoever was killed between the two steps goes on, and the mark catches up."""
    before = path.with_suffix(".mark").read_bytes()
    answered(path)
    after = path.with_suffix(".mark").read_bytes()
    path.with_suffix(".mark").write_bytes(before)
    memory = Memory(path)
    memory.catch_up()
    memory.close()
    assert (before, after, path.with_suffix(".mark").read_bytes()) == (b"0\n", b"1\n", b"1\n")


def test_what_only_status_shows_does_not_count(path: Path) -> None:
    memory = Memory(path)
    memory.notice(NOW)
    memory.wait("tsk_1", "no-quorum-yet")
    memory.note_fact("keys", "[]")
    assert path.with_suffix(".mark").read_bytes() == b"0\n"
    memory.begin_cosigning(5)
    memory.begin_cosigning(5)  # the same again is no other cosignature
    memory.decide("tsk_1", {"nonce": ""})
    assert path.with_suffix(".mark").read_bytes() == b"2\n"
    memory.close()


# A memory that was restored together with its mark


def restored(neighbour: Neighbour, backup: Path) -> Directory:
    """The whole folder as it was, memory and mark alike."""
    neighbour.stop()
    shutil.rmtree(neighbour.directory.path)
    shutil.copytree(backup, neighbour.directory.path)
    return neighbour.directory


def kept(neighbour: Neighbour, path: Path) -> Path:
    neighbour.stop()
    shutil.copytree(neighbour.directory.path, path)
    neighbour.start()
    return path


def test_a_contribution_that_it_does_not_remember_stops_it_for_good(village: Village, tmp_path: Path) -> None:
    outside = village.neighbours[1]
    village.round()
    backup = kept(outside, tmp_path / "backup")
    intent, task = contribute(village)
    village.round()
    village.round()
    assert set(village.answers[task]) == {"pi"}
    entry = village.contributed(outside, "drw_1", intent)
    village.sign()
    directory = restored(outside, backup)
    with running.opened(directory, PASSPHRASE, village.world.clock) as agent:
        agent._memory.begin_cosigning(10**9)  # so that it is not its cosignatures which give it away
        with pytest.raises(troubles.AnswerForgotten) as alarm:
            agent.round()
        assert alarm.value.entry == entry
        done = agent.round()
        assert (done.stopped, done.cosigned, done.answered) == ("custodian.answer-forgotten", False, 0)
    memory = directory.memory()
    with pytest.raises(troubles.AlarmFinal):
        lift(memory, "A1", "we are sure", village.world.clock.now())
    assert memory.alarm() is not None
    memory.close()


def test_a_cosignature_that_it_does_not_remember_stops_it_for_good(village: Village, tmp_path: Path) -> None:
    outside = village.neighbours[1]
    village.round()
    backup = kept(outside, tmp_path / "backup")
    village.request("drw_1")
    village.round()
    size = status(outside.directory)["cosigned"]
    directory = restored(outside, backup)
    with running.opened(directory, PASSPHRASE, village.world.clock) as agent:
        with pytest.raises(troubles.CosignatureForgotten) as alarm:
            agent.round()
        assert alarm.value.size == size
        assert agent.round().stopped == "custodian.cosignature-forgotten"


def test_another_holders_acts_are_not_its_own(village: Village) -> None:
    centre, outside, other = village.neighbours
    intent = village.intend("drw_1")
    village.contributed(centre, "drw_1", intent)
    village.contributed(other, "drw_1", intent)
    village.round()
    village.round()
    assert [status(each.directory)["alarm"] for each in village.neighbours] == [None, None, None]
    assert not outside.agent._memory.has_contributed(intent)


def test_a_holder_that_lost_its_state_is_retired_and_not_started_again(village: Village, tmp_path: Path) -> None:
    """A new directory, new keys, and the wait that every key has: nothing of the old one is taken over."""
    outside = village.neighbours[1]
    former = outside.holder
    outside.stop()
    (outside.directory.path / "memory.db").unlink()
    with pytest.raises(errors.MemoryLost), running.opened(outside.directory, PASSPHRASE, village.world.clock):
        pass

    village.world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, former.id, reason="记忆丢失"))
    outside.directory = village.set_up("again", outside.organisation)
    outside.start()
    village.register(outside)
    village.round()
    village.round()
    village.world.approve(outside.holder)
    village.round()

    _, task = contribute(village)  # too soon: its new keys have not settled
    village.round()
    village.round()
    assert village.answers[task]["refused"] == "custodian.key-not-settled"
    assert outside.holder.id != former.id
    assert [each.me.id for each in outside.agent.acting()] == [outside.holder.id]


# Alarms and their end


def test_an_owner_lifts_an_alarm_with_a_reason_and_the_evidence_stays(scene: Scene) -> None:
    old = scene.checkpoint()
    scene.request()
    scene.follow()
    with pytest.raises(errors.LogRolledBack) as raised:
        scene.follower.expect(old)
    memory, now = scene.memory, scene.clock.now()
    for alarm, reason, refusal in (
        ("A9", "x", troubles.NoSuchAlarm),
        ("A1", " ", troubles.ReasonMissing),
    ):
        with pytest.raises(refusal):
            lift(memory, alarm, reason, now)
    assert memory.alarm() is not None
    lift(memory, "A1", " 审计函 12 号 ", now)
    assert memory.alarm() is None
    [found] = memory.alarms()
    assert (found["id"], found["code"], found["reason"]) == ("A1", "custodian.log-rolled-back", "审计函 12 号")
    assert (Path(raised.value.evidence) / "known").exists()

    with pytest.raises(errors.LogRolledBack):  # it was lifted, not believed
        scene.follower.expect(old)
    again = memory.alarm()
    assert again is not None
    assert again["id"] == "A2"
    with pytest.raises(troubles.NoSuchAlarm):
        lift(memory, "A1", "x", now)


def test_after_a_lifted_alarm_the_agent_goes_on_where_it_was(village: Village) -> None:
    outside = village.neighbours[1]
    village.round()
    memory = outside.agent._memory
    memory.raise_alarm(errors.LogForked(evidence="/e", known=5, entry=4).as_dict())
    village.request("drw_1")
    assert village.round()[1].stopped == "custodian.log-forked"
    lift(memory, "A1", "查明", village.world.clock.now())
    done = village.round()[1]
    assert (done.stopped, done.cosigned) == (None, True)


# What need not be remembered any longer


def test_answers_are_forgotten_long_after_their_draw_was_closed_and_never_for_which_lots(scene: Scene) -> None:
    memory = scene.memory
    memory.notice(scene.clock.now())
    for draw in ("drw_open", "drw_shut"):
        scene.answer(scene.ready(draw, lots=[draw]), draw, lots=[draw])
    memory.decide("tsk_nonce", {"nonce": ""})
    scene.add("draw.closed", draw="drw_shut")
    scene.follow()
    tasks = ("tsk_drw_open", "tsk_drw_shut", "tsk_nonce")

    memory.forget_answers(scene.clock.now() + KEEP_ANSWERS, KEEP_ANSWERS)
    assert [memory.answer(task) is None for task in tasks] == [False, False, False]
    memory.forget_answers(scene.clock.now() + KEEP_ANSWERS + timedelta(seconds=1), KEEP_ANSWERS)
    assert [memory.answer(task) is None for task in tasks] == [False, True, True]
    assert memory.contributions() == 2
    assert len(memory.intents_answered("A4301000001", ["drw_open", "drw_shut"])) == 2


def test_it_is_done_once_a_day(scene: Scene) -> None:
    memory = scene.memory
    remembering.forget(memory, NOW)
    memory.notice(NOW - 2 * KEEP_ANSWERS)
    memory.decide("tsk_1", {"nonce": ""})
    remembering.forget(memory, NOW + timedelta(hours=24) - timedelta(seconds=1))
    assert memory.answer("tsk_1") is not None
    remembering.forget(memory, NOW + timedelta(hours=24))
    assert memory.answer("tsk_1") is None


def test_a_task_that_the_centre_does_not_ask_any_more_waits_for_nothing(village: Village) -> None:
    outside = village.neighbours[1]
    intent = village.intend("drw_1")
    task = village.ask(outside, "drw_1", intent)
    village.round()
    assert set(status(outside.directory)["waiting"]) == {task}
    with village.world.site.service.transactions.begin("svc:vault") as tx:
        withdraw(tx, task)
    village.round()
    assert status(outside.directory)["waiting"] == {}
