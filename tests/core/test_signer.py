"""The signer never signs a smaller or another tree than the one it knows."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from expertpool.core.checkpoints import latest
from expertpool.core.ledger_store import TransactionLog
from expertpool.core.ledger_tables import LedgerCheckpoint, LedgerEntry, LedgerHead
from expertpool.core.mark import DamagedMark, create_mark, read_mark, write_mark
from expertpool.core.signer import Rewritten, RolledBack
from expertpool.core.startup import NotInitialised, refuse_rollback
from ledger.entry import Draft
from ledger.memory import MemoryLog, Tree
from tests.core.ledgered import START, Office


def test_it_covers_whatever_has_arrived_with_one_signature(office: Office) -> None:
    signer = office.signer()
    for _ in range(7):
        office.open_room()

    assert signer.step() == 7
    assert signer.step() == 0
    signed = latest(office.engine)
    assert signed is not None
    assert signed.opened_by(office.vkey).size == 7
    tree = Tree()
    for data in office.log.entries(0, 7):
        tree.append(data)
    assert signed.root == tree.root()


def test_the_empty_ledger_is_signed_at_start(office: Office) -> None:
    office.signer().check()
    signed = latest(office.engine)
    assert signed is not None
    assert signed.opened_by(office.vkey).size == 0


def test_it_goes_on_from_its_mark(office: Office) -> None:
    office.open_room()
    office.signer().step()
    office.open_room()

    again = office.signer()
    again.check()

    assert again.step() == 1
    assert read_mark(office.mark).size == 2


def test_a_lost_publication_is_repeated_with_the_same_bytes(office: Office) -> None:
    office.open_room()
    office.signer().step()
    first = latest(office.engine)
    with office.engine.begin() as connection:
        connection.execute(delete(LedgerCheckpoint))

    office.signer().check()

    again = latest(office.engine)
    assert first is not None
    assert again is not None
    assert again.to_bytes() == first.to_bytes()


def _cut_to(office: Office, size: int) -> None:
    """Restore the past: drop the newest entries and put the head back, as a backup would."""
    kept = [office.log.entries(index, index + 1)[0] for index in range(size)]
    tree = Tree()
    for data in kept:
        tree.append(data)
    head = {"size": size, "frontier": b"".join(tree.frontier().nodes)}
    with office.engine.begin() as connection:
        connection.execute(delete(LedgerEntry).where(LedgerEntry.index >= size))
        connection.execute(update(LedgerHead).values(**head, last_hash=tree.node(0, size - 1) if size else None))


def test_a_rolled_back_database_is_refused(office: Office) -> None:
    for _ in range(3):
        office.open_room()
    signer = office.signer()
    signer.step()
    _cut_to(office, 2)

    with pytest.raises(RolledBack):
        signer.step()
    with pytest.raises(RolledBack):
        office.signer().check()
    with pytest.raises(RolledBack):
        refuse_rollback(office.engine, office.mark, Path("no such file"))


def test_a_rolled_back_database_that_grew_again_is_refused(office: Office) -> None:
    for _ in range(3):
        office.open_room()
    signer = office.signer()
    signer.step()
    _cut_to(office, 2)
    office.open_room()
    office.open_room()

    with pytest.raises(Rewritten):
        office.signer().check()
    with pytest.raises(Rewritten):
        refuse_rollback(office.engine, office.mark, Path("no such file"))
    with pytest.raises(Rewritten):
        signer.step()


def test_an_edited_entry_below_the_mark_is_found_at_start(office: Office) -> None:
    for _ in range(3):
        office.open_room()
    office.signer().step()
    with office.engine.begin() as connection:
        connection.execute(update(LedgerEntry).where(LedgerEntry.index == 1).values(data=b"{}"))

    with pytest.raises(Rewritten):
        office.signer().check()


def test_an_edited_entry_above_the_mark_is_not_signed(office: Office) -> None:
    signer = office.signer()
    office.open_room()
    with office.engine.begin() as connection:
        connection.execute(update(LedgerEntry).values(data=b"{}"))

    with pytest.raises(Rewritten):
        signer.step()
    assert read_mark(office.mark).size == 0


def test_a_missing_entry_is_not_signed(office: Office) -> None:
    signer = office.signer()
    office.open_room()
    office.open_room()
    with office.engine.begin() as connection:
        connection.execute(delete(LedgerEntry).where(LedgerEntry.index == 0))

    with pytest.raises(Rewritten):
        signer.step()


def test_a_database_behind_the_last_cosigned_checkpoint_is_refused(office: Office, tmp_path: Path) -> None:
    for _ in range(3):
        office.open_room()
    office.signer().step()
    signed = latest(office.engine)
    assert signed is not None
    cosigned = tmp_path / "cosigned"
    cosigned.write_bytes(signed.to_bytes())
    refuse_rollback(office.engine, office.mark, cosigned)
    _cut_to(office, 2)
    write_mark(office.mark, office.log.head())

    with pytest.raises(RolledBack):
        refuse_rollback(office.engine, office.mark, cosigned)


def test_an_uninitialised_database_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    from expertpool.core.database import open_engine
    from expertpool.core.settings import DatabaseSettings

    with pytest.raises(NotInitialised):
        refuse_rollback(open_engine(DatabaseSettings(url=sqlite_url)), tmp_path / "mark", tmp_path / "cosigned")


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"size": 2, "frontier": []}', b"\xff", None])
def test_a_damaged_or_missing_mark_never_means_an_empty_tree(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "mark"
    create_mark(path)
    assert read_mark(path).size == 0
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)

    with pytest.raises(DamagedMark):
        read_mark(path)


def test_a_mark_is_made_once(tmp_path: Path) -> None:
    create_mark(tmp_path / "mark")
    with pytest.raises(FileExistsError):
        create_mark(tmp_path / "mark")


def test_the_store_agrees_with_a_log_in_memory(office: Office) -> None:
    drafts = [Draft("test.entry", "svc:test", START, {"n": number}) for number in range(700)]
    memory = MemoryLog()
    for first, end in ((0, 1), (1, 255), (255, 257), (257, 600), (600, 700)):
        made = memory.append(drafts[first:end])
        with office.engine.begin() as connection:
            assert TransactionLog(connection).append(drafts[first:end]) == made

    from ledger.tiles import bundles_of, tiles_of

    assert office.log.head().root() == memory.tree.root()
    for tile in (*tiles_of(700), *bundles_of(700)):
        assert office.log.tile(tile) == memory.tile(tile)
