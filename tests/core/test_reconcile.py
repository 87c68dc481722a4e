"""Whatever is done to rows, images or entries behind the service's back is told, column by column."""

import pytest
from sqlalchemy import delete, insert, text, update

from expertpool.core.ledger_tables import LedgerEntry, LedgerHead, LedgerImage
from expertpool.core.reconcile import Difference, reconcile
from expertpool.core.transaction import Transaction
from tests.core.ledgered import START, Chair, Office, Room, RoomClosed, RoomOpened, open_room


def _sql(office: Office, statement: object) -> None:
    with office.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # any statement will do


def _rename(tx: Transaction, room: str, name: str) -> None:
    tx.session.get_one(Room, room).name = name
    tx.record(RoomOpened(room=room, name=name))


def _close(tx: Transaction, room: str) -> None:
    tx.session.delete(tx.session.get_one(Room, room))
    tx.record(RoomClosed(room=room))


def test_an_honest_history_agrees(office: Office) -> None:
    rooms = [office.open_room(f"room {number}") for number in range(3)]
    office.act(lambda tx: _rename(tx, rooms[0], "renamed"))
    office.act(lambda tx: _close(tx, rooms[1]))
    office.act(lambda tx: (open_room(tx, "甲"), open_room(tx, "乙")))

    assert reconcile(office.engine) == []


def test_what_is_taken_out_of_a_list_is_recorded_as_deleted(office: Office) -> None:
    room = office.open_room()

    def put_in(tx: Transaction) -> None:
        filled = tx.session.get_one(Room, room)
        filled.chairs.append(Chair(id="chair_1"))
        tx.record(RoomOpened(room=room, name="x"))

    def take_out(tx: Transaction) -> None:
        emptied = tx.session.get_one(Room, room)
        emptied.chairs.clear()
        tx.record(RoomOpened(room=room, name="x"))

    office.act(put_in)
    office.act(take_out)

    assert reconcile(office.engine) == []


def test_an_empty_ledger_agrees(office: Office) -> None:
    assert reconcile(office.engine) == []


def test_a_changed_row_shows_what_was_changed(office: Office) -> None:
    office.open_room("other")
    room = office.open_room("第一评标室", seats=5)
    _sql(office, update(Room).where(Room.id == room).values(seats=7))

    assert reconcile(office.engine) == [Difference("changed", "test_rooms", room, 1, {"seats": (5, 7)})]


def test_an_added_row_shows(office: Office) -> None:
    office.open_room()
    _sql(office, insert(Room).values(id="room_ghost", name="ghost", seats=1, opened=START))

    assert reconcile(office.engine) == [Difference("added", "test_rooms", "room_ghost")]


def test_a_removed_row_shows(office: Office) -> None:
    room = office.open_room()
    _sql(office, delete(Room))

    assert reconcile(office.engine) == [Difference("removed", "test_rooms", room, 0)]


def test_a_deleted_row_that_came_back_shows(office: Office) -> None:
    room = office.open_room()
    office.act(lambda tx: _close(tx, room))
    _sql(office, insert(Room).values(id=room, name="第一评标室", seats=5, opened=START))

    assert reconcile(office.engine) == [Difference("added", "test_rooms", room, 1)]


def test_a_row_set_back_to_an_older_image_shows(office: Office) -> None:
    room = office.open_room("old")
    office.act(lambda tx: _rename(tx, room, "new"))
    _sql(office, update(Room).values(name="old"))

    assert reconcile(office.engine) == [Difference("changed", "test_rooms", room, 1, {"name": ("new", "old")})]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (update(LedgerImage).values(data=b'["","test_rooms","x",null]'), "image-altered"),
        (update(LedgerImage).values(leaf=bytes(32), data=None), "image-altered"),
        (delete(LedgerImage), "image-altered"),
        (update(LedgerEntry).values(data=b"{}"), "entry-altered"),
        (update(LedgerEntry).values(hash=bytes(32)), "entry-altered"),
        (update(LedgerHead).values(size=9), "head-altered"),
        (update(LedgerHead).values(frontier=bytes(32)), "head-altered"),
    ],
)
def test_altered_bookkeeping_shows(office: Office, statement: object, what: str) -> None:
    office.open_room()
    _sql(office, statement)

    assert what in {difference.what for difference in reconcile(office.engine)}


def test_a_row_rewritten_together_with_its_image_shows(office: Office) -> None:
    """Whoever rewrites row and image alike cannot rewrite the root in the entry."""
    room = office.open_room("honest")
    changed = {"name": "forged"}
    _sql(office, update(Room).where(Room.id == room).values(**changed))
    with office.engine.begin() as connection:
        data = connection.execute(text("SELECT data FROM ledger_images")).scalar_one()
    forged = bytes(data).replace(b"honest", b"forged")
    from ledger.merkle import leaf_hash

    _sql(office, update(LedgerImage).values(data=forged, leaf=leaf_hash(forged)))

    assert [difference.what for difference in reconcile(office.engine)] == ["image-altered"]


def test_an_erased_image_keeps_the_root_computable(office: Office) -> None:
    room = office.open_room("first")
    office.act(lambda tx: _rename(tx, room, "second"))
    _sql(office, update(LedgerImage).where(LedgerImage.entry == 0).values(data=None))

    assert reconcile(office.engine) == []


def test_more_rows_than_are_read_at_once(sqlite_office: Office) -> None:
    def many(tx: Transaction) -> None:
        for number in range(1200):
            tx.session.add(Room(id=f"room_{number:05}", name="n", seats=1, opened=tx.now))
        tx.record(RoomOpened(room="many", name="many"))

    sqlite_office.act(many)
    assert reconcile(sqlite_office.engine) == []
    _sql(sqlite_office, delete(Room).where(Room.id == "room_00777"))
    _sql(sqlite_office, update(Room).where(Room.id == "room_01100").values(seats=2))
    assert {(found.what, found.key) for found in reconcile(sqlite_office.engine)} == {
        ("removed", "room_00777"),
        ("changed", "room_01100"),
    }
