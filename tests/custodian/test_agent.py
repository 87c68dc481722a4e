"""Agents over HTTP: registered, cosigning one checkpoint together, contributing once, stopping where they must."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from expertpool.core import checkpoints
from expertpool.core.clock import SystemClock
from expertpool.core.ledger_tables import LedgerCheckpoint
from expertpool.custodian import errors, running
from expertpool.custodian.status import status
from expertpool.identity.roles import Role
from expertpool.protocol import vrf
from expertpool.sealing import mailbox, service
from expertpool.sealing.models import AgentTask
from ledger.checkpoint import parse_signed_checkpoint
from ledger.errors import Unreadable
from ledger.policy import parse_policy
from tests.custodian.village import DAY, PASSPHRASE, TAKE, Village

DRAW = "drw_1"


def contribute(village: Village, draw: str = DRAW, **changes: Any) -> tuple[int, str]:
    """An intent to which the centre has contributed, asked of the first outside agent; index and task."""
    centre, outside, _ = village.neighbours
    intent = village.intend(draw, **changes)
    village.contributed(centre, draw, intent)
    return intent, village.ask(outside, draw, intent)


def test_the_whole_way_from_a_file_to_a_contribution(village: Village) -> None:
    centre, outside, _ = village.neighbours
    intent = village.intend(DRAW)
    first = village.ask(centre, DRAW, intent)
    village.round()
    assert set(village.answers) == {first}

    village.contributed(centre, DRAW, intent)
    second = village.ask(outside, DRAW, intent)
    village.round()  # everyone cosigns; the outside agent has not seen yet that a quorum did
    village.round()

    alpha = village.world.entry_hash(intent)
    for task, neighbour in ((first, centre), (second, outside)):
        proof = bytes.fromhex(village.answers[task]["pi"])
        assert len(vrf.verify(neighbour.holder.vrf, alpha, proof)) == 64
    assert [status(each.directory)["contributions"] for each in village.neighbours] == [1, 1, 0]


def test_a_key_that_no_policy_names_is_offered_rarely(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, asked = village.neighbours[0].agent, []

    def refuse(_identity: Any, note: bytes) -> None:
        asked.append(note)
        raise errors.CentreRefused("/cosignatures", 422, "sealing.cosignature-refused")

    agent.round()
    [mine] = agent.acting()
    newest = checkpoints.latest(village.world.site.service.engine)
    assert newest is not None
    monkeypatch.setattr(agent._centre, "cosign", refuse)
    assert [agent._cosign_as(mine, newest) for _ in range(2)] == [False, False]
    assert len(asked) == 2, "the owner's own policy names it"
    log = village.policy_text.splitlines()[0]
    monkeypatch.setattr(agent, "_policy", parse_policy(f"{log}\nquorum none\n".encode()))
    assert [agent._cosign_as(mine, newest) for _ in range(2)] == [False, False]
    assert len(asked) == 2
    monkeypatch.setattr(agent, "_refused", {})  # as after ten minutes
    assert not agent._cosign_as(mine, newest)
    assert len(asked) == 3


def test_an_agent_that_is_not_registered_follows_and_does_nothing_else(founding: Village) -> None:
    founding.record("draw.requested", draw=DRAW, centre="ctr_x")
    for done in founding.round():
        assert (done.cosigned, done.answered, done.stopped) == (False, 0, None)
        assert done.size > 0


def test_agents_cosign_one_checkpoint_though_the_log_goes_on_between_them(village: Village) -> None:
    """Each comes at its own time; were each to cosign the newest, no checkpoint would have two."""
    quorum = []
    for _ in range(3):
        for neighbour in village.neighbours:
            village.record("draw.requested", draw=DRAW, centre="ctr_x")
            village.sign()
            village.world.clock.advance(timedelta(seconds=1))
            neighbour.agent.round()
        note = village.world.site.service.settings.ledger.cosigned.read_bytes()
        quorum.append(parse_signed_checkpoint(note))
    policy = parse_policy(village.policy_text.encode())
    assert all(policy.judge(signed).quorum for signed in quorum)
    assert quorum[0].size < quorum[1].size < quorum[2].size


def test_the_same_task_gets_the_same_answer_and_a_replay_changes_nothing(village: Village) -> None:
    outside = village.neighbours[1]
    intent, task = contribute(village)
    village.round()
    village.round()
    answered = village.answers[task]
    with village.world.site.service.engine.begin() as connection:  # the centre forgets that it was answered
        connection.execute(update(AgentTask).where(AgentTask.id == task).values(answered=None, answer=None))
    village.answers.clear()
    village.round()
    assert village.answers == {task: answered}

    again = village.ask(outside, DRAW, intent)  # and asks in another task
    village.round()
    assert village.answers[again] == answered
    assert outside.agent._memory.contributions() == 1


def test_a_second_intent_is_refused_and_the_centre_is_told_which_entry(village: Village) -> None:
    first, _ = contribute(village)
    village.round()
    village.round()
    _, task = contribute(village, "drw_2")
    village.round()
    village.round()
    assert village.answers[task] == {"entry": first, "refused": "custodian.second-intent"}
    [refusal] = status(village.neighbours[1].directory)["refusals"]
    assert refusal["refused"] == "custodian.second-intent"
    assert village.round()[1].stopped is None  # cosigning goes on


def test_a_task_waits_and_says_what_for(village: Village) -> None:
    outside = village.neighbours[1]
    intent = village.intend(DRAW)
    task = village.ask(outside, DRAW, intent)
    assert village.round()[1].waiting == 1
    assert status(outside.directory)["waiting"] == {task: "centre-has-not-contributed"}
    village.world.clock.advance(2 * DAY)
    village.round()
    assert village.answers[task] == {"entry": intent, "refused": "custodian.deadline-passed"}


def test_a_task_that_nobody_understands_is_refused(village: Village) -> None:
    holder = village.neighbours[1].holder
    kinds: list[dict[str, Any]] = [{"kind": "dance"}, {}, {"kind": "contribute"}, {"kind": "open"}]
    with village.world.site.service.transactions.begin("svc:vault") as tx:
        tasks = [mailbox.post_task(tx, holder, plain, then=TAKE, args={}) for plain in kinds]
    village.round()
    refused = [village.answers[task]["refused"] for task in tasks]
    assert refused == ["custodian.task-unknown"] * 2 + ["custodian.task-malformed"] * 2


def test_a_task_that_was_sealed_to_another_is_refused(village: Village) -> None:
    _, outside, other = village.neighbours
    with village.world.site.service.transactions.begin("svc:vault") as tx:
        task = mailbox.post_task(tx, other.holder, {"kind": "prove-share", "nonce": "n"}, then=TAKE, args={})
        tx.session.get_one(AgentTask, task).holder_id = outside.holder.id
    village.neighbours[1].agent.round()
    with village.world.session() as session:
        assert session.get_one(AgentTask, task).answered is not None
    assert status(outside.directory)["refusals"][0]["refused"] == "custodian.task-malformed"


def test_a_log_that_was_rolled_back_gets_neither_cosignature_nor_answer(village: Village) -> None:
    outside = village.neighbours[1]
    _, task = contribute(village)
    village.round()
    size = outside.agent._memory.frontier().size
    with village.world.site.service.engine.begin() as connection:  # the centre shows less than it has signed
        connection.exec_driver_sql("DELETE FROM ledger_checkpoints WHERE size > 15")
    with pytest.raises(errors.LogRolledBack) as alarm:
        outside.agent.round()
    assert (alarm.value.known, alarm.value.found <= 15) == (size, True)
    assert outside.agent.round().stopped == "custodian.log-rolled-back"
    assert task not in village.answers
    found = status(outside.directory)
    assert json.loads(json.dumps(found))["alarm"]["params"]["known"] == size

    outside.stop()  # nor after it was started again
    outside.start()
    assert outside.agent.round().stopped == "custodian.log-rolled-back"


def test_a_checkpoint_by_another_key_is_not_taken(village: Village) -> None:
    with village.world.site.service.engine.begin() as connection:
        note = checkpoints.latest(village.world.site.service.engine)
        assert note is not None
        forged = note.to_bytes().replace(b"centre.example/log", b"forged.example/log")
        connection.execute(update(LedgerCheckpoint).where(LedgerCheckpoint.size == note.size).values(note=forged))
    with pytest.raises(errors.NotThisLog):
        village.neighbours[1].agent.round()
    assert status(village.neighbours[1].directory)["alarm"] is None


def test_a_clock_that_goes_back_stops_cosigning_and_answering(village: Village) -> None:
    neighbour = village.neighbours[1]
    neighbour.agent._memory.notice(village.world.clock.now() + DAY)
    before = neighbour.agent._memory.cosigned()
    with pytest.raises(errors.ClockWentBack):
        neighbour.agent.round()
    assert neighbour.agent._memory.cosigned() == before


def test_a_retired_holder_is_nobody(village: Village) -> None:
    neighbour = village.neighbours[1]
    village.world.as_(
        Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, neighbour.holder.id, reason="更换")
    )
    village.sign()
    done = neighbour.agent.round()
    assert (done.cosigned, done.answered) == (False, 0)
    assert neighbour.agent.acting() == []


def test_one_process_holds_a_directory(village: Village) -> None:
    with (
        pytest.raises(Unreadable) as refused,
        running.opened(village.neighbours[0].directory, PASSPHRASE, SystemClock()),
    ):
        pass
    assert refused.value.code == "store.locked"


def test_an_agent_that_has_seen_more_still_cosigns_what_the_others_did(village: Village) -> None:
    """Agents look at different moments: were each to cosign only the largest that it knows, no quorum would come."""
    _, first, second = village.neighbours
    village.round()
    village.request("drw_2")
    village.sign()
    assert first.agent.round().cosigned
    village.request("drw_3")
    village.sign()
    newest = checkpoints.latest(village.world.site.service.engine)
    assert newest is not None
    second.agent._follow(newest)

    assert second.agent.round().cosigned

    policy = parse_policy(village.policy_text.encode())
    found = checkpoints.covering(village.world.site.service.engine, newest.size - 2)
    assert [policy.judge(signed).quorum for signed in found] == [False, True]
