"""The queue: promised work is done, once, whoever dies meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.clock import FixedClock
from expertpool.core.errors import Unavailable
from expertpool.core.jobs import LONGEST_PAUSE, MAX_ATTEMPTS, Handler, Job, Outbox, stuck
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction
from tests.core.ledgered import Office, Room, open_room

LEASE = timedelta(seconds=60)


class GatewayDown(Unavailable):
    code = "test.gateway-down"
    zh = "网关不通。"
    en = "The gateway is down."


class Boom(RuntimeError):
    """What a process that dies in the middle looks like from outside."""


def _queue(office: Office, kind: str = "test.open", **args: str) -> None:
    office.act(lambda tx: tx.enqueue(kind, args))


def _outbox(office: Office, handler: Handler) -> Outbox:
    return Outbox(office.transactions, {"test.open": handler}, LEASE)


def _open(tx: Transaction, job: Job) -> None:
    open_room(tx, job.args["name"])


def _fail(tx: Transaction, job: Job) -> None:
    raise GatewayDown


def _rooms(office: Office) -> list[str]:
    with Session(office.engine) as session:
        return [room.name for room in session.scalars(select(Room))]


def _row(office: Office) -> OutboxJob:
    with Session(office.engine) as session:
        return session.scalars(select(OutboxJob)).one()


def test_a_job_runs_once_and_its_act_is_in_the_ledger(office: Office) -> None:
    _queue(office, name="queued")
    outbox = _outbox(office, _open)

    assert outbox.run_one() is True
    assert outbox.run_one() is False
    assert _rooms(office) == ["queued"]
    assert _row(office).done_at is not None
    assert office.log.head().size == 1


def test_a_job_waits_until_it_is_due(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    due = office.clock.now() + timedelta(minutes=5)
    office.act(lambda tx: tx.enqueue("test.open", {"name": "later"}, due))
    outbox = _outbox(office, _open)

    office.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert outbox.run_one() is False
    office.clock.advance(timedelta(microseconds=1))
    assert outbox.run_one() is True


def test_a_failure_leaves_nothing_and_is_tried_again_later_and_later(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    _queue(office, name="x")
    outbox = _outbox(office, _fail)

    pauses = []
    while outbox.run_one():
        row = _row(office)
        pauses.append(row.due - office.clock.now())
        assert (row.failure, row.lease, row.done_at) == ("test.gateway-down", None, None)
        office.clock.advance(pauses[-1])

    assert pauses == [min(timedelta(seconds=2**n), LONGEST_PAUSE) for n in range(MAX_ATTEMPTS)]
    assert _rooms(office) == []
    with Session(office.engine) as session:
        assert [job.attempts for job in stuck(session)] == [MAX_ATTEMPTS]


def test_what_a_stranger_raises_is_kept_by_its_class_only(office: Office) -> None:
    def handler(tx: Transaction, job: Job) -> None:
        raise Boom("the number 13800000000 is unreachable")

    _queue(office, name="x")
    _outbox(office, handler).run_one()
    assert _row(office).failure == "Boom"


def test_a_dead_workers_job_is_taken_over_when_its_lease_runs_out(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    _queue(office, name="x")
    dead, alive = _outbox(office, _open), _outbox(office, _open)
    assert len(dead._take(1)) == 1

    assert alive.run_one() is False
    office.clock.advance(LEASE - timedelta(microseconds=1))
    assert alive.run_one() is False
    office.clock.advance(timedelta(microseconds=1))
    assert alive.run_one() is True
    assert _rooms(office) == ["x"]


def test_a_slow_worker_whose_lease_ran_out_does_nothing(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    clock = office.clock
    _queue(office, name="x")
    quick = _outbox(office, _open)
    slow = _outbox(office, _open)
    [(job, token)] = slow._take(1)
    clock.advance(LEASE)
    assert quick.run_one() is True

    with office.transactions.begin("svc:worker") as tx:
        assert slow._still_ours(tx.session, job, token) is None
    assert _rooms(office) == ["x"]


def test_kinds_that_nobody_knows_wait(office: Office) -> None:
    _queue(office, kind="test.other")
    assert _outbox(office, _open).run_one() is False
    assert _row(office).attempts == 0


@pytest.mark.parametrize("count", [1, 20])
def test_all_jobs_are_done(office: Office, count: int) -> None:
    for number in range(count):
        _queue(office, name=str(number))
    outbox = _outbox(office, _open)
    while outbox.run_one():
        pass
    assert sorted(_rooms(office), key=int) == [str(number) for number in range(count)]


def test_several_jobs_are_leased_together_and_done_in_the_order_of_their_time(office: Office) -> None:
    for number in range(5):
        _queue(office, name=f"room {number}")
    outbox = _outbox(office, _open)
    assert [outbox.run(3), outbox.run(3), outbox.run(3)] == [3, 2, 0]
    assert sorted(_rooms(office)) == [f"room {number}" for number in range(5)]


def test_one_that_fails_holds_up_none_that_was_leased_with_it(office: Office) -> None:
    def picky(tx: Transaction, job: Job) -> None:
        (_fail if job.args["name"] == "bad" else _open)(tx, job)

    for name in ("good", "bad", "better"):
        _queue(office, name=name)
    assert _outbox(office, picky).run(9) == 3
    assert sorted(_rooms(office)) == ["better", "good"]


def test_what_a_killed_worker_had_leased_is_done_by_another_when_the_lease_runs_out(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)

    class Killed(BaseException):
        pass

    def die(tx: Transaction, job: Job) -> None:
        raise Killed

    for number in range(3):
        _queue(office, name=f"room {number}")
    with pytest.raises(Killed):
        _outbox(office, die).run(3)
    other = _outbox(office, _open)
    assert other.run(3) == 0
    office.clock.advance(LEASE + timedelta(microseconds=1))
    assert other.run(3) == 3
    assert len(_rooms(office)) == 3
