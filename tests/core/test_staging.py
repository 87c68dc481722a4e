"""Bulk acts: staged rows are nowhere to be seen until one act publishes them, and its entry commits to them all."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, String, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_tables import LedgerBatch, LedgerImage
from expertpool.core.reconcile import Difference, reconcile
from expertpool.core.rows import OperationalRow
from expertpool.core.staging import (
    AlreadyPublished,
    Batch,
    StagedRow,
    discard_abandoned,
    discard_batch,
    open_batch,
    published,
    visible,
)
from expertpool.core.transaction import Transaction, UnrecordedChange
from tests.core.ledgered import START, Office, RoomOpened, make_office, open_room


class Desk(StagedRow):
    """A stand-in for business state that arrives in bulk."""

    __tablename__ = "test_desks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    sealed: Mapped[bytes]


class Lamp(OperationalRow):
    """Something that goes with a desk."""

    __tablename__ = "test_lamps"

    desk_id: Mapped[str] = mapped_column(ForeignKey("test_desks.id", ondelete="CASCADE"), primary_key=True)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    office = make_office(database_url, tmp_path)
    yield office
    office.engine.dispose()


def desks(office: Office) -> list[str]:
    with Session(office.engine) as session:
        return list(session.scalars(select(Desk.id).order_by(Desk.id)))


def stage(office: Office, count: int = 3, first: int = 0) -> Batch:
    batch = open_batch(office.engine, office.clock.now())
    for number in range(first, first + count):
        desk = {"id": f"desk_{number:04}", "name": f"desk {number}", "sealed": bytes([number % 256])}
        batch.stage({Desk: [desk]}, beside={Lamp: [{"desk_id": desk["id"]}]})
    return batch


def publish(office: Office, batch: Batch) -> Transaction:
    def verb(tx: Transaction) -> None:
        tx.publish(batch)
        tx.record(RoomOpened(room="bulk", name="bulk"))

    return office.act(verb)


def test_staged_rows_are_seen_by_nobody_until_they_are_published(office: Office) -> None:
    batch = stage(office)

    with Session(office.engine) as session:
        assert session.get(Desk, "desk_0000") is None
        assert session.scalars(select(Desk)).all() == []
        assert session.scalar(select(func.count()).select_from(Desk)) == 0
        assert session.execute(select(Desk.name).join(Lamp, Lamp.desk_id == Desk.id)).all() == []
    assert reconcile(office.engine) == []

    publish(office, batch)

    assert desks(office) == ["desk_0000", "desk_0001", "desk_0002"]
    with Session(office.engine) as session:
        assert session.get_one(Desk, "desk_0002").sealed == b"\x02"
    assert reconcile(office.engine) == []


def test_a_statement_without_objects_asks_for_visible_rows_itself(office: Office) -> None:
    stage(office)
    table = Desk.__table__
    with office.engine.connect() as connection:
        assert len(connection.execute(select(table)).all()) == 3
        assert connection.execute(select(table).where(visible(table.c.batch))).all() == []


def test_the_entry_commits_to_all_rows_of_the_batch_and_to_those_of_the_act(office: Office) -> None:
    batch = stage(office, count=300)

    def verb(tx: Transaction) -> None:
        tx.publish(batch)
        open_room(tx, "and a room")

    (entry,) = office.act(verb).entries

    assert entry.body["staged"] == batch.commitment()
    assert entry.body["staged"]["count"] == 300
    assert entry.body["rows"]["count"] == 1
    assert reconcile(office.engine) == []


def test_a_published_row_changes_like_any_other(office: Office) -> None:
    publish(office, stage(office))

    def rename(tx: Transaction) -> None:
        tx.session.get_one(Desk, "desk_0001").name = "renamed"
        tx.record(RoomOpened(room="x", name="x"))

    office.act(rename)
    assert reconcile(office.engine) == []

    def drop(tx: Transaction) -> None:
        tx.session.delete(tx.session.get_one(Desk, "desk_0002"))
        tx.record(RoomOpened(room="x", name="x"))

    office.act(drop)
    assert reconcile(office.engine) == []
    assert desks(office) == ["desk_0000", "desk_0001"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            update(Desk).where(Desk.id == "desk_0001").values(name="forged"),
            [Difference("changed", "test_desks", "desk_0001", 1, {"name": ("desk 1", "forged")})],
        ),
        (delete(Desk).where(Desk.id == "desk_0001"), [Difference("removed", "test_desks", "desk_0001", 1)]),
        (
            insert(Desk).values(id="desk_x", name="slipped in", sealed=b"", batch=1),
            [Difference("added", "test_desks", "desk_x")],
        ),
        (
            delete(LedgerImage).where(LedgerImage.row_key == "desk_0001"),
            [Difference("image-altered", "ledger_images", "*", 1), Difference("added", "test_desks", "desk_0001")],
        ),
        (
            update(LedgerBatch).values(entry=0),
            [
                Difference("image-altered", "ledger_images", "*", 0),
                Difference("image-altered", "ledger_images", "*", 1),
            ],
        ),
        (update(LedgerBatch).values(entry=None), [Difference("image-altered", "ledger_images", "*", 1)]),
    ],
)
def test_whatever_is_done_to_a_batch_behind_the_service_shows(
    office: Office, statement: object, expected: list[Difference]
) -> None:
    office.open_room()
    publish(office, stage(office))
    with office.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # any statement will do

    found = reconcile(office.engine)
    assert {(each.what, each.table, each.key) for each in expected} <= {(e.what, e.table, e.key) for e in found}
    assert [each for each in found if each in expected] == expected


def test_publishing_without_an_event_is_rolled_back(office: Office) -> None:
    batch = stage(office)
    with pytest.raises(UnrecordedChange):
        office.act(lambda tx: tx.publish(batch))
    assert desks(office) == []


def test_a_batch_is_published_once(office: Office) -> None:
    batch = stage(office)
    publish(office, batch)
    with pytest.raises(AlreadyPublished):
        publish(office, batch)
    with pytest.raises(AlreadyPublished):
        office.act(lambda tx: [tx.publish(each) for each in (batch, batch)])  # type: ignore[func-returns-value]
    assert office.log.head().size == 1


def test_an_act_that_fails_leaves_the_batch_unpublished(office: Office) -> None:
    batch = stage(office)

    def verb(tx: Transaction) -> None:
        tx.publish(batch)
        tx.record(RoomOpened(room="x", name="x"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.act(verb)
    assert desks(office) == []
    publish(office, batch)
    assert len(desks(office)) == 3


def test_a_discarded_batch_leaves_nothing_and_is_not_published_any_more(office: Office) -> None:
    kept = stage(office, count=2, first=100)
    publish(office, kept)
    batch = stage(office)
    discard_batch(office.engine, batch.number)
    discard_batch(office.engine, kept.number)  # published: stays

    with office.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Desk.__table__)) == 2
        assert connection.scalar(select(func.count()).select_from(Lamp.__table__)) == 2
        assert connection.scalar(select(func.count()).select_from(LedgerImage.__table__)) == 2
    with pytest.raises(AlreadyPublished):
        publish(office, batch)
    assert stage(office).number > batch.number
    assert reconcile(office.engine) == []


def test_only_old_batches_count_as_abandoned(office: Office) -> None:
    assert isinstance(office.clock, FixedClock)
    stage(office)
    discard_abandoned(office.engine, START + timedelta(days=1))
    with office.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(LedgerBatch.__table__)) == 1
    discard_abandoned(office.engine, START + timedelta(days=1, microseconds=1))
    with office.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(LedgerBatch.__table__)) == 0
        assert connection.scalar(select(func.count()).select_from(Desk.__table__)) == 0


def test_a_row_that_exists_is_not_staged_again(office: Office) -> None:
    stage(office)
    again = open_batch(office.engine, START)
    with pytest.raises(IntegrityError):
        again.stage({Desk: [{"id": "desk_0000", "name": "other", "sealed": b""}]})
    assert again.commitment()["count"] == 0


def test_the_published_numbers_are_a_subquery(office: Office) -> None:
    first, second = stage(office), stage(office, first=10)
    publish(office, second)
    with office.engine.connect() as connection:
        assert connection.scalars(select(LedgerBatch.number).where(LedgerBatch.number.in_(published()))).all() == [
            second.number
        ]
    assert first.number != second.number
