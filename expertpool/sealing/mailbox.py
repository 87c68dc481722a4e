"""The mailbox: opaque tasks for agents, which come and ask for them, and their first answers.

Who posts a task says with which job it wants to go on (``then``, ``args``). That is sealed to the vault beside the
task, so that a row says no more than that some agent was asked; every answer queues the one kind of job `ANSWERED`, and
the vault, which alone can open answers, finds the job that was meant: `continuing`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from expertpool.core.ids import new_id
from expertpool.core.jobs import Handler, Job
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.protocol import agents
from expertpool.protocol.envelope import HPKE_OVERHEAD, Open
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.sealing import errors, queries
from expertpool.sealing.models import AgentTask

ANSWERED: Final = "agents.answered"
MOST_TASKS: Final = 20
SEALED_ANSWER_BYTES: Final = agents.ANSWER_BYTES + HPKE_OVERHEAD

HandlerOfMany = Callable[[Transaction, Sequence[Job]], None]


class Addressee(Protocol):
    """A key holder, as far as a task needs one: `models.KeyHolder`, `queries.HolderInForce`."""

    @property
    def id(self) -> str: ...

    @property
    def share(self) -> bytes: ...


class OpensHpke(Protocol):
    """The part of a key store that opens."""

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes: ...


def post_task(
    tx: Transaction,
    holder: Addressee,
    plain: Mapping[str, Any],
    *,
    then: str,
    args: Mapping[str, Any],
    expires: datetime | None = None,
) -> str:
    """Leave a task for a holder's agent; returns its id.

    ``plain`` has its ``kind``; ``task`` is added. When the answer has come, the vault runs the job ``then`` with
    ``args`` and ``task``. Raises `NoVaultKey`, and `ContentTooLong` for a task above 8 KiB or args above 1 KiB.
    """
    [task] = post_tasks(tx, [(holder, plain)], then=then, args=args, expires=expires)
    return task


def post_tasks(
    tx: Transaction,
    asked: Iterable[tuple[Addressee, Mapping[str, Any]]],
    *,
    then: str,
    args: Mapping[str, Any],
    expires: datetime | None = None,
) -> list[str]:
    """The same for several, each with what it is to do; returns their ids in this order."""
    vault = queries.vault_key(tx.session)
    if vault is None:
        raise errors.NoVaultKey
    posted = []
    for holder, plain in asked:
        task = new_id("tsk")
        tx.session.add(
            AgentTask(
                id=task,
                holder_id=holder.id,
                sealed=agents.seal_task(holder.share, holder.id, task, {**plain, "task": task}),
                context=agents.seal_context(vault, holder.id, task, {"args": dict(args), "then": then}),
                posted=tx.now,
                expires=expires,
            )
        )
        posted.append(task)
    return posted


def tasks_for(session: Session, holder_id: str, now: datetime) -> list[AgentTask]:
    """The oldest tasks that wait for this holder's answer, at most `MOST_TASKS`."""
    alive = or_(AgentTask.expires.is_(None), AgentTask.expires > now)
    waiting = select(AgentTask).where(AgentTask.holder_id == holder_id, AgentTask.answered.is_(None), alive)
    return list(session.scalars(waiting.order_by(AgentTask.posted, AgentTask.id).limit(MOST_TASKS)))


def take_answers(tx: Transaction, holder_id: str, sealed: Mapping[str, bytes]) -> None:
    """Keep an agent's answers, by task, and queue what follows; to a task the first answer counts.

    Raises `TaskUnknown`, `TaskExpired`, `AnswerMisshapen`: then none of them is kept.
    """
    wanted = select(AgentTask).where(AgentTask.id.in_(sorted(sealed)), AgentTask.holder_id == holder_id)
    tasks = tx.session.scalars(wanted.order_by(AgentTask.posted, AgentTask.id).with_for_update()).all()
    if len(tasks) != len(sealed):
        raise errors.TaskUnknown
    if any(len(each) != SEALED_ANSWER_BYTES for each in sealed.values()):
        raise errors.AnswerMisshapen(SEALED_ANSWER_BYTES, field="sealed")
    new = [task for task in tasks if task.answered is None]
    if any(task.expires is not None and task.expires <= tx.now for task in new):
        raise errors.TaskExpired
    for task in new:
        task.answer, task.answered = sealed[task.id], tx.now
    if new:
        tx.enqueue(ANSWERED, {"tasks": [task.id for task in new]})


def answer_of(session: Session, task_id: str) -> bytes | None:
    """The sealed answer to a task, None while there is none: `agents.open_answer(opener, holder, task, answer)`."""
    task = session.get(AgentTask, task_id)
    return None if task is None else task.answer


def opened_answer(session: Session, task_id: str, opener: Open) -> dict[str, Any] | None:
    """What an agent answered, None while it has not. Raises `EnvelopeBroken`, `Malformed`: then nobody answered."""
    task = session.get(AgentTask, task_id)
    if task is None or task.answer is None:
        return None
    return agents.open_answer(opener, task.holder_id, task.id, task.answer)


def withdraw(tx: Transaction, task_id: str) -> None:
    """Take back a task that has no answer, so that it gets none any more."""
    task = tx.session.get(AgentTask, task_id, with_for_update=True)
    if task is not None and task.answered is None:
        task.expires = tx.now


def vault_opener(keys: OpensHpke, name: str) -> Open:
    """What opens answers and contexts with the vault's key of this name."""

    def opener(ciphertext: bytes, info: bytes) -> bytes:
        try:
            return keys.open_hpke(name, ciphertext, info)
        except SealBroken:
            raise EnvelopeBroken from None

    return opener


def continuing(
    handlers: Mapping[str, Handler], opener: Open, together: Mapping[str, HandlerOfMany] = MappingProxyType({})
) -> Handler:
    """The vault's handler of `ANSWERED`: runs the jobs that the tasks' posters named, from ``handlers``.

    Jobs of the kinds ``together``, which are no acts, are done in one transaction; each of the others in its own.
    """

    def handle(tx: Transaction, job: Job) -> None:
        tasks = _in_order(tx.session, job.args["tasks"])  # held, so that no handler reads its task again
        meant = [_meant(job, task, opener) for task in tasks]
        for kind, do in together.items():
            if these := [each for each in meant if each.kind == kind]:
                do(tx, these)
        for each in (each for each in meant if each.kind not in together):
            if len(meant) == 1:
                handlers[each.kind](tx, each)
            else:
                tx.enqueue(ANSWERED, {"tasks": [each.args["task"]]})

    return handle


def _in_order(session: Session, tasks: Sequence[str]) -> Sequence[AgentTask]:
    return session.scalars(
        select(AgentTask).where(AgentTask.id.in_(tasks)).order_by(AgentTask.posted, AgentTask.id)
    ).all()


def _meant(job: Job, task: AgentTask, opener: Open) -> Job:
    """The job with which the poster of a task wants to go on."""
    context = agents.open_context(opener, task.holder_id, task.id, task.context)
    return Job(job.id, context["then"], {**context["args"], "task": task.id}, job.attempt)
