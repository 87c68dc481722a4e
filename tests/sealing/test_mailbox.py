"""The mailbox: opaque, one answer each, for the right agent only."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.core.jobs import Job
from expertpool.core.jobs_table import OutboxJob
from expertpool.identity.roles import Role
from expertpool.protocol import agents
from expertpool.protocol.errors import ContentTooLong, EnvelopeBroken
from expertpool.sealing import errors, mailbox, service
from expertpool.sealing.models import AgentTask, KeyHolder
from tests.sealing.world import ANSWERS, Keys, World, credit_code, private_opener
from tests.website import problem_of

TASKS = "/api/v1/agents/tasks"


def post(world: World, holder: KeyHolder, plain: dict[str, Any], **more: Any) -> str:
    with world.site.service.transactions.begin("svc:vault") as tx:
        return mailbox.post_task(tx, holder, plain, then="test.go-on", args={"draw": "drw_1"}, **more)


def settled(world: World, number: int = 1) -> tuple[KeyHolder, Keys]:
    keys = Keys(credit_code(number))
    return world.enrol(keys), keys


def test_an_answer_goes_on_with_the_job_that_was_meant(either_world: World) -> None:
    world = either_world
    holder, keys = settled(world)
    ran: list[dict[str, Any]] = []

    def go_on(tx: Any, job: Any) -> None:
        ran.append({**job.args, "answer": mailbox.opened_answer(tx.session, job.args["task"], world.opener)})

    world.jobs["test.go-on"] = go_on
    task = post(world, holder, {"kind": "contribute"})
    with world.session() as session:
        assert mailbox.answer_of(session, task) is None
        assert mailbox.opened_answer(session, task, world.opener) is None
    [listed] = world.tasks(holder, keys)
    plain = agents.open_task(private_opener(keys.share), holder.id, task, listed["sealed"])
    assert plain == {"kind": "contribute", "task": task}

    assert world.answer(holder, keys, task, {"pi": "00"}).get_json() == {"taken": True}
    assert world.tasks(holder, keys) == []
    world.work()
    assert ran == [{"draw": "drw_1", "task": task, "answer": {"pi": "00"}}]


def test_the_first_answer_counts_and_repeating_it_does_no_harm(world: World) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"})
    for answer in ({"pi": "00"}, {"pi": "00"}, {"pi": "01"}):
        assert world.answer(holder, keys, task, answer).status_code == 200
    with world.session() as session:
        assert mailbox.opened_answer(session, task, world.opener) == {"pi": "00"}
        jobs = session.scalars(select(OutboxJob).where(OutboxJob.kind == mailbox.ANSWERED, OutboxJob.done_at.is_(None)))
        assert len(list(jobs)) == 1


def test_an_agent_sees_and_answers_its_own_tasks_only(world: World) -> None:
    holder, keys = settled(world)
    other, others = settled(world, 2)
    task = post(world, holder, {"kind": "contribute"})
    assert world.tasks(other, others) == []
    problem_of(world.answer(other, others, task, {}), 404, "sealing.task-unknown")
    problem_of(world.answer(holder, keys, "tsk_none", {}), 404, "sealing.task-unknown")
    assert [each["id"] for each in world.tasks(holder, keys)] == [task]


def test_twenty_tasks_at_a_time_the_oldest_first(world: World) -> None:
    holder, keys = settled(world)
    posted = []
    for _ in range(22):
        posted.append(post(world, holder, {"kind": "contribute"}))
        world.clock.advance(timedelta(seconds=1))
    assert [each["id"] for each in world.tasks(holder, keys)] == posted[:20]


def test_a_task_expires_at_its_moment(world: World) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"}, expires=world.clock.now() + timedelta(minutes=1))
    world.clock.advance(timedelta(seconds=59))
    assert len(world.tasks(holder, keys)) == 1
    world.clock.advance(timedelta(seconds=1))
    assert world.tasks(holder, keys) == []
    problem_of(world.answer(holder, keys, task, {}), 409, "sealing.task-expired")
    with world.session() as session:
        assert mailbox.answer_of(session, task) is None


def test_a_task_that_was_taken_back_gets_no_answer(world: World) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"})
    with world.site.service.transactions.begin("svc:vault") as tx:
        mailbox.withdraw(tx, task)
    problem_of(world.answer(holder, keys, task, {}), 409, "sealing.task-expired")


@pytest.mark.parametrize("octets", [0, mailbox.SEALED_ANSWER_BYTES - 1, mailbox.SEALED_ANSWER_BYTES + 1])
def test_an_answer_of_another_size_is_refused(world: World, octets: int) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"})
    sealed = b64encode(bytes(octets)).decode()
    problem_of(world.hand_in(holder, keys, {task: sealed}), 422, "sealing.answer-misshapen")


@pytest.mark.parametrize(
    "value",
    [
        *({}, [], "x", {"answers": []}, {"answers": {}}, {"answers": [{}]}, {"answers": [{"sealed": ""}]}),
        *({"answers": [{"task": "tsk_1", "sealed": each}]} for each in (1, "?", None)),
        {"answers": [{"task": "tsk_1", "sealed": "", "more": 1}]},
        {"answers": [{"task": "..", "sealed": ""}]},
        {"answers": [{"task": f"tsk_{number}", "sealed": ""} for number in range(21)]},
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_answer_that_is_none_is_refused(world: World, value: object) -> None:
    holder, keys = settled(world)
    problem_of(world.ask(holder, keys, "POST", ANSWERS, value), 422, "web.invalid-input")


def test_of_several_answers_all_are_taken_or_none(world: World) -> None:
    """Those that are no acts go on in one transaction, every other one in its own."""
    holder, keys = settled(world)
    tasks = [post(world, holder, {"kind": "contribute"}) for _ in range(3)]
    sealed = b64encode(bytes(mailbox.SEALED_ANSWER_BYTES)).decode()
    problem_of(world.hand_in(holder, keys, dict.fromkeys([*tasks, "tsk_none"], sealed)), 404, "sealing.task-unknown")
    problem_of(world.hand_in(holder, keys, {tasks[0]: sealed, tasks[1]: ""}), 422, "sealing.answer-misshapen")
    assert [each["id"] for each in world.tasks(holder, keys)] == sorted(tasks)
    for number in (1, 3):  # the second time two of them are new
        assert world.hand_in(holder, keys, dict.fromkeys(tasks[:number], sealed)).status_code == 200
    assert world.tasks(holder, keys) == []

    ran: list[tuple[object, str]] = []
    world.jobs["test.go-on"] = lambda tx, job: ran.append((tx, job.args["task"]))
    world.work()
    assert sorted(task for _, task in ran) == sorted(tasks)
    assert len({id(tx) for tx, _ in ran}) == 3
    many = {"test.go-on": lambda tx, jobs: ran.extend((tx, each.args["task"]) for each in jobs)}
    again = mailbox.continuing(world.jobs, world.opener, together=many)
    with world.site.service.transactions.begin("svc:vault") as tx:
        again(tx, Job("job_1", mailbox.ANSWERED, {"tasks": tasks}, 1))
    assert {task for at, task in ran if at is tx} == set(tasks)


def test_an_answer_that_is_not_for_this_vault_opens_for_nobody(world: World) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"})
    sealed = b64encode(bytes(mailbox.SEALED_ANSWER_BYTES)).decode()
    assert world.hand_in(holder, keys, {task: sealed}).status_code == 200
    with world.session() as session, pytest.raises(EnvelopeBroken):
        mailbox.opened_answer(session, task, world.opener)


def test_a_dump_of_the_mailbox_tells_nothing_but_that_an_agent_was_asked(world: World) -> None:
    """All ciphertexts of one column are of one size, whatever is in them, and no column names a kind."""
    holder, _ = settled(world)
    for plain in ({"kind": "contribute", "lots": ["x" * 7000]}, {"kind": "open", "seat": "AB12"}, {"kind": "x"}):
        post(world, holder, plain)
    with world.session() as session:
        rows = list(session.scalars(select(AgentTask).where(AgentTask.answered.is_(None))))
    assert {(len(row.sealed), len(row.context)) for row in rows} == {(8192 + 48, 1024 + 48)}
    columns = {column.name for column in AgentTask.__table__.columns}
    assert columns == {"id", "holder_id", "sealed", "context", "posted", "expires", "answer", "answered"}
    with pytest.raises(ContentTooLong):
        post(world, holder, {"kind": "contribute", "lots": ["x" * 8192]})


def test_nothing_can_be_asked_without_a_vault_key(world: World) -> None:
    holder, _ = settled(world)
    with world.site.service.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM vault_key")
    with pytest.raises(errors.NoVaultKey):
        post(world, holder, {"kind": "contribute"})


# Who asks


def test_a_request_without_a_good_signature_is_nobodys(world: World) -> None:
    holder, keys = settled(world)
    _, others = settled(world, 2)
    good = keys.header(holder.id, "GET", TASKS, b"", world.clock.now())
    five = timedelta(minutes=5)
    bad: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {world.site.token(Role.SUPERVISOR)}"},
        {"Authorization": good["Authorization"][:-8] + "AAAAAA=="},
        others.header(holder.id, "GET", TASKS, b"", world.clock.now()),
        keys.header("khd_" + "0" * 26, "GET", TASKS, b"", world.clock.now()),
        keys.header(holder.id, "POST", TASKS, b"", world.clock.now()),
        keys.header(holder.id, "GET", TASKS + "/", b"", world.clock.now()),
        keys.header(holder.id, "GET", TASKS, b"{}", world.clock.now()),
        keys.header(holder.id, "GET", TASKS, b"", world.clock.now() - five - timedelta(seconds=1)),
        keys.header(holder.id, "GET", TASKS, b"", world.clock.now() + five + timedelta(seconds=1)),
    ]
    for headers in bad:
        problem_of(world.site.client.get(TASKS, headers=headers), 403, "sealing.agent-unknown")
    for now in (world.clock.now() - five, world.clock.now(), world.clock.now() + five):
        headers = keys.header(holder.id, "GET", TASKS, b"", now)
        assert world.site.client.get(TASKS, headers=headers).status_code == 200


def test_a_body_that_was_changed_on_the_way_is_refused(world: World) -> None:
    holder, keys = settled(world)
    task = post(world, holder, {"kind": "contribute"})
    signed, body = (b'{"answers": [{"task": "%s", "sealed": "%s"}]}' % (task.encode(), each) for each in (b"", b"AAAA"))
    headers = keys.header(holder.id, "POST", ANSWERS, signed, world.clock.now())
    sent = world.site.client.post(ANSWERS, headers=headers, data=body, content_type="application/json")
    problem_of(sent, 403, "sealing.agent-unknown")


def test_a_retired_holders_agent_is_refused(world: World) -> None:
    holder, keys = settled(world)
    world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, holder.id, reason="更换"))
    problem_of(world.ask(holder, keys, "GET", TASKS), 403, "sealing.agent-unknown")
