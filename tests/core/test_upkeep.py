"""The worker's daily sweep: when it is due, that it repeats, and that a failure waits and holds up nothing."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from expertpool.core.clock import FixedClock
from expertpool.core.database import DatabaseBusy
from expertpool.core.ledger_tables import LedgerBatch
from expertpool.core.staging import ABANDONED_AFTER, open_batch
from expertpool.core.upkeep import AGAIN, EVERY, TASKS, Upkeep
from tests.core.ledgered import START, Office

TICK = timedelta(microseconds=1)


class Sweep:
    """A task that notes when it ran, and fails while it is told to."""

    def __init__(self) -> None:
        self.ran: list[datetime] = []
        self.fails: Exception | None = None

    def __call__(self, engine: Engine, now: datetime) -> None:
        self.ran.append(now)
        if self.fails is not None:
            raise self.fails


def batches(office: Office) -> int:
    with office.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(LedgerBatch.__table__)) or 0


def test_it_runs_at_the_start_and_then_daily(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    sweep = Sweep()
    upkeep = Upkeep(office.engine, office.clock, {"sweep": sweep})
    for step in (timedelta(0), EVERY - TICK, TICK, TICK, EVERY - TICK):
        office.clock.advance(step)
        upkeep.run_due()
    assert sweep.ran == [START, START + EVERY, START + 2 * EVERY]


def test_a_failure_is_tried_again_and_holds_up_nothing(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    first, second = Sweep(), Sweep()
    upkeep = Upkeep(office.engine, office.clock, {"first": first, "second": second})
    for fails in (DatabaseBusy(), ValueError("a secret")):
        first.fails = fails
        upkeep.run_due()
        office.clock.advance(AGAIN - TICK)
        upkeep.run_due()
        office.clock.advance(TICK)
    first.fails = None
    upkeep.run_due()
    office.clock.advance(AGAIN)
    upkeep.run_due()
    assert first.ran == [START, START + AGAIN, START + 2 * AGAIN]
    assert second.ran == [START]


def test_abandoned_batches_are_swept_up(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    open_batch(office.engine, START)
    upkeep = Upkeep(office.engine, office.clock)
    upkeep.run_due()
    assert batches(office) == 1
    office.clock.advance(ABANDONED_AFTER + TICK)
    upkeep.run_due()
    assert batches(office) == 0
    assert list(TASKS) == ["staging.discard-abandoned"]
