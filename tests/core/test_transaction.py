"""One act, one transaction: rows, entry, head and queued work together or not at all."""

import json

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from expertpool.core.checkpoints import NotYetSigned, acknowledge, latest
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.rows import images_root
from expertpool.core.transaction import DISCLOSURE_KEY, Transaction, UnrecordedChange, disclosures_context
from ledger.disclosure import check_disclosure, parse_disclosure
from ledger.entry import parse_entry
from ledger.merkle import leaf_hash
from ledger.policy import Policy
from ledger.tiles import WIDTH, bundle, split_bundle, tiles_of
from tests.core.ledgered import Office, Room, RoomClosed, RoomOpened, TestSealer, open_room


def test_an_act_is_in_the_ledger(office: Office) -> None:
    tx = office.act(lambda tx: open_room(tx, "第一评标室"))

    (entry,) = tx.entries
    assert (entry.index, entry.kind, entry.actor) == (0, "test.room-opened", "svc:test")
    assert office.log.entries(0, 10) == [entry.data]
    assert parse_entry(entry.data) == entry


def test_entries_form_a_chain(office: Office) -> None:
    for number in range(5):
        office.open_room(f"room {number}")

    entries = [parse_entry(data) for data in office.log.entries(0, 99)]
    assert [entry.index for entry in entries] == [0, 1, 2, 3, 4]
    assert [entry.prev for entry in entries[1:]] == [entry.hash.hex() for entry in entries[:-1]]
    assert office.log.head().size == 5


def test_hidden_fields_are_salted_digests_that_open(office: Office) -> None:
    tx = office.act(lambda tx: open_room(tx, "第一评标室"))

    (entry,) = tx.entries
    assert "第一评标室" not in entry.data.decode()
    with Session(office.engine) as session:
        sealed = session.get_one(LedgerEntry, entry.index).sealed
    assert sealed is not None
    opened = TestSealer().open(DISCLOSURE_KEY, sealed, disclosures_context(entry.index))
    (disclosure,) = map(parse_disclosure, json.loads(opened))
    assert (disclosure.name, disclosure.value) == ("name", "第一评标室")
    check_disclosure(entry.body, disclosure)


def test_equal_facts_have_different_digests(office: Office) -> None:
    one, other = (office.act(lambda tx: open_room(tx, "same")).entries[0] for _ in range(2))
    assert one.body["_sd"] != other.body["_sd"]


def test_the_entry_commits_to_the_rows(office: Office) -> None:
    tx = office.act(lambda tx: (open_room(tx, "甲"), open_room(tx, "乙")))

    rows = tx.entries[-1].body["rows"]
    with Session(office.engine) as session:
        images = session.scalars(select(LedgerImage).order_by(LedgerImage.position)).all()
    assert rows == {"count": 2, "root": images_root([image.leaf for image in images]).hex()}
    assert [leaf_hash(image.data or b"") for image in images] == [image.leaf for image in images]
    assert "rows" not in tx.entries[0].body


def test_a_change_without_an_event_is_rolled_back(office: Office) -> None:
    room = office.open_room()

    def rename(tx: Transaction) -> None:
        tx.session.get_one(Room, room).name = "renamed"

    with pytest.raises(UnrecordedChange, match="test_rooms"):
        office.act(rename)
    with Session(office.engine) as session:
        assert session.get_one(Room, room).name == "第一评标室"


def test_a_deletion_without_an_event_is_rolled_back(office: Office) -> None:
    room = office.open_room()
    with pytest.raises(UnrecordedChange):
        office.act(lambda tx: tx.session.delete(tx.session.get_one(Room, room)))
    with Session(office.engine) as session:
        assert session.get(Room, room) is not None


@pytest.mark.parametrize("flushes", [0, 1, 2])
def test_flushing_early_hides_nothing(office: Office, flushes: int) -> None:
    def verb(tx: Transaction) -> None:
        tx.session.add(Room(id="room_x", name="x", seats=1, opened=tx.now))
        for _ in range(flushes):
            tx.session.flush()

    with pytest.raises(UnrecordedChange):
        office.act(verb)


def test_bulk_statements_on_business_rows_are_refused(office: Office) -> None:
    with pytest.raises(UnrecordedChange):
        office.act(lambda tx: tx.session.execute(update(Room).values(seats=9)))
    with pytest.raises(UnrecordedChange):
        office.act(lambda tx: tx.session.execute(insert(Room), [{"id": "r", "name": "n", "seats": 1}]))


def test_reading_records_nothing(office: Office) -> None:
    office.open_room()
    assert office.act(lambda tx: tx.session.scalars(select(Room)).all()).entries == ()


def test_a_failing_verb_leaves_nothing(office: Office) -> None:
    def verb(tx: Transaction) -> None:
        open_room(tx, "gone")
        tx.enqueue("test.job", {})
        tx.session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.act(verb)
    with Session(office.engine) as session:
        assert session.scalars(select(Room)).all() == []
        assert session.scalars(select(OutboxJob)).all() == []
    assert office.log.head().size == 0


def test_a_deletion_has_an_image_without_values(office: Office) -> None:
    room = office.open_room()

    def close(tx: Transaction) -> None:
        tx.session.delete(tx.session.get_one(Room, room))
        tx.record(RoomClosed(room=room))

    office.act(close)
    with Session(office.engine) as session:
        last = session.scalars(select(LedgerImage).order_by(LedgerImage.entry.desc())).first()
    assert last is not None
    assert json.loads(last.data or b"")[1:] == ["test_rooms", room, None]


def test_tiles_are_those_of_the_entries(office: Office) -> None:
    def many(tx: Transaction) -> None:
        for number in range(300):
            tx.record(RoomOpened(room=f"r{number}", name="n"))

    for _ in range(2):
        office.act(many)
    office.open_room()

    size = office.log.head().size
    assert size == 601
    entries = split_bundle(office.log.tile(bundle(0)), bundle(0))
    assert len(entries) == WIDTH
    for tile in tiles_of(size):
        assert len(office.log.tile(tile)) == 32 * tile.width


def test_the_receipt_proves_the_entry(office: Office) -> None:
    office.open_room()
    tx = office.act(lambda tx: open_room(tx, "第二评标室"))
    office.signer().step()

    receipt = acknowledge(office.engine, tx.entries[0], timeout_s=0)

    entry, trust = receipt.check(Policy({office.vkey: ""}, {}, "none"))
    assert entry == tx.entries[0]
    assert trust.log == office.vkey


def test_without_a_signer_the_act_stands_and_the_receipt_is_late(office: Office) -> None:
    tx = office.act(lambda tx: open_room(tx, "x"))
    with pytest.raises(NotYetSigned) as refused:
        acknowledge(office.engine, tx.entries[0], timeout_s=0)
    assert refused.value.index == 0
    assert latest(office.engine) is None
    assert office.log.head().size == 1
