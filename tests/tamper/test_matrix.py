"""The tamper matrix: each attack, with and without an outside witness, and what detects it.

A cell whose ``detected_by`` is None says that nothing can; its test shows that honestly, by seeing the attack succeed.
``docs/tamper-matrix.md`` shows this table to readers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.mark import write_mark
from expertpool.core.reconcile import reconcile
from expertpool.core.signer import Rewritten, RolledBack
from ledger.errors import Refused
from tests.core.ledgered import Room
from tests.tamper.world import DAY, World, another_history, rechained


@dataclass(frozen=True)
class Cell:
    """One attack under one condition; ``detected_by`` names the check that finds it, None when nothing does."""

    attack: str
    witnessed: bool
    detected_by: str | None
    explanation: str


ANYONE = "ledger verify"
KEPT = "ledger verify --known"
SIGNER = "signer"
WITNESS = "witness"

MATRIX = [
    Cell("edit", False, ANYONE, "the entry's bytes no longer hash to the signed tree"),
    Cell("edit", True, ANYONE, "the entry's bytes no longer hash to the signed tree"),
    Cell("delete", False, ANYONE, "indexes and chain break, the root differs"),
    Cell("delete", True, ANYONE, "indexes and chain break, the root differs"),
    Cell("insert", False, ANYONE, "indexes and chain break, the root differs"),
    Cell("insert", True, ANYONE, "indexes and chain break, the root differs"),
    Cell("reorder", False, ANYONE, "indexes and chain break, the root differs"),
    Cell("reorder", True, ANYONE, "indexes and chain break, the root differs"),
    Cell("truncate", False, SIGNER, "fewer entries than the signer's mark; a verifier needs a checkpoint they kept"),
    Cell("truncate", True, WITNESS, "the witness cosigns no smaller tree, so there is no quorum for the shorter log"),
    Cell("full rewrite, tree signed again", False, KEPT, "only whoever kept an older checkpoint or receipt can tell"),
    Cell("full rewrite, tree signed again", True, WITNESS, "not an extension of what it cosigned: no cosignature"),
    Cell("database restored from yesterday", False, SIGNER, "behind the signer's mark, which is not in the database"),
    Cell("database restored from yesterday", True, SIGNER, "behind the mark and the last cosigned checkpoint"),
    Cell("tail deleted before a checkpoint", False, None, "nothing was signed or acknowledged yet; see reconcile"),
    Cell("tail deleted before a checkpoint", True, None, "no outsider had seen it yet, and no caller was acknowledged"),
    Cell("split view", False, None, "each view is consistent in itself; only comparing kept checkpoints would tell"),
    Cell("split view", True, WITNESS, "it cosigns one tree of each size; the other view never reaches a quorum"),
    Cell("whole-host snapshot", False, None, "database and mark agree; only a checkpoint kept elsewhere would tell"),
    Cell("whole-host snapshot", True, WITNESS, "it remembers a larger tree and cosigns only what extends that"),
]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Two days lived honestly; yesterday evening's copy of the host exists."""
    world = World(tmp_path, witnessed=request.param)
    world.live_a_day()
    world.snapshot("yesterday")
    world.live_a_day()
    yield world
    world.close()


def in_cell(attack: str) -> pytest.MarkDecorator:
    """Run a test once for each cell of an attack, handing it the cell and its world."""
    cells = [cell for cell in MATRIX if cell.attack == attack]
    assert len(cells) == 2, attack
    return pytest.mark.parametrize(
        ("cell", "world"),
        [pytest.param(cell, cell.witnessed, id="witnessed" if cell.witnessed else "alone") for cell in cells],
        indirect=["world"],
    )


def test_the_honest_ledger_stands(tmp_path: Path) -> None:
    for witnessed in (True, False):
        (tmp_path / str(witnessed)).mkdir()
        world = World(tmp_path / str(witnessed), witnessed=witnessed)
        world.live_a_day()
        world.live_a_day()
        report = world.audit(world.kept[-1], known=world.kept)
        assert report.findings == []
        assert report.verdict == ("proven" if witnessed else "not-proven")
        world.office.signer().check()
        assert reconcile(world.office.engine) == []
        world.close()


def _in_place(world: World, change: Callable[[list[bytes]], list[bytes]], first_bad: int, code: str) -> None:
    """Tamper below the last signed checkpoint; whoever verifies sees it and where, whatever the insider repairs."""
    before = world.entries()
    world.write(change(list(before)))
    report = world.audit(world.kept[-1])
    assert report.verdict == "broken"
    assert report.first_bad == first_bad
    assert code in {found.code for found in report.findings}

    world.write([*rechained(change(list(before))), before[-1]][: len(before)])  # now with the chain repaired
    repaired = world.audit(world.kept[-1])
    assert repaired.verdict == "broken"
    assert "verify.root" in {found.code for found in repaired.findings}
    with pytest.raises(Rewritten):
        world.office.signer().check()


def _edit(entries: list[bytes]) -> list[bytes]:
    entries[3] = entries[3].replace(b'"svc:test"', b'"svc:ghost"')
    return entries


@in_cell("edit")
def test_edit(cell: Cell, world: World) -> None:
    assert cell.detected_by == ANYONE
    _in_place(world, _edit, first_bad=3, code="entry.prev")  # the next entry names another predecessor

    world.write(world.entries())
    with world.office.engine.begin() as connection:  # a careless insider leaves the stored hash: the entry itself shows
        connection.execute(update(LedgerEntry).where(LedgerEntry.index == 3).values(data=world.entries()[4]))
    assert world.audit(world.kept[-1]).first_bad == 3


@in_cell("delete")
def test_delete(cell: Cell, world: World) -> None:
    assert cell.detected_by == ANYONE

    def change(entries: list[bytes]) -> list[bytes]:
        return [*entries[:3], *entries[4:], entries[-1]]

    _in_place(world, change, first_bad=3, code="entry.index")


@in_cell("insert")
def test_insert(cell: Cell, world: World) -> None:
    assert cell.detected_by == ANYONE

    def change(entries: list[bytes]) -> list[bytes]:
        return [*entries[:3], another_history(world.office, 4)[3], *entries[3:]]

    _in_place(world, change, first_bad=3, code="entry.prev")


@in_cell("reorder")
def test_reorder(cell: Cell, world: World) -> None:
    assert cell.detected_by == ANYONE

    def change(entries: list[bytes]) -> list[bytes]:
        return [*entries[:3], entries[4], entries[3], *entries[5:]]

    _in_place(world, change, first_bad=3, code="entry.index")


@in_cell("truncate")
def test_truncate(cell: Cell, world: World) -> None:
    world.write(world.entries()[: DAY + 2])

    with pytest.raises(RolledBack):
        world.office.signer().check()
    shorter = world.sign_with_the_stolen_key()
    assert world.audit(shorter, known=world.kept).verdict == "broken"
    if cell.witnessed:
        assert cell.detected_by == WITNESS
        with pytest.raises(Refused):
            world.have_cosigned(shorter)
        assert world.audit(shorter).verdict == "not-proven"
    else:
        assert cell.detected_by == SIGNER
        assert world.audit(shorter).findings == []  # a verifier who kept nothing sees a shorter, sound log


@in_cell("full rewrite, tree signed again")
def test_full_rewrite(cell: Cell, world: World) -> None:
    world.write(another_history(world.office, 2 * DAY + 3))
    write_mark(world.office.mark, world.office.log.head())  # the insider is root on the signer's host as well
    world.office.signer().check()
    forged = world.sign_with_the_stolen_key()

    assert "verify.known" in {found.code for found in world.audit(forged, known=world.kept).findings}
    if cell.witnessed:
        assert cell.detected_by == WITNESS
        with pytest.raises(Refused):
            world.have_cosigned(forged)
        assert world.audit(forged).verdict == "not-proven"
    else:
        assert cell.detected_by == KEPT
        assert world.audit(forged).findings == []


@in_cell("database restored from yesterday")
def test_restored_database(cell: Cell, world: World) -> None:
    assert cell.detected_by == SIGNER
    world.restore("yesterday", database_only=True)
    assert len(world.entries()) == DAY

    with pytest.raises(RolledBack):
        world.office.signer().check()

    for _ in range(DAY + 1):  # and also when it has grown past the mark before anyone looks
        world.office.open_room("after the restore")
    with pytest.raises(Rewritten):
        world.office.signer().check()


@in_cell("tail deleted before a checkpoint")
def test_tail_deleted(cell: Cell, world: World) -> None:
    assert cell.detected_by is None
    before = world.entries()
    room = world.office.open_room("committed, not yet signed")
    world.write(before)
    assert {found.what for found in reconcile(world.office.engine)} == {"image-altered"}  # what the act left behind

    with world.office.engine.begin() as connection:
        connection.execute(delete(LedgerImage).where(LedgerImage.row_key == room))
        connection.execute(delete(Room).where(Room.id == room))

    assert reconcile(world.office.engine) == []
    world.office.signer().check()
    assert world.audit(world.kept[-1], known=world.kept).findings == []


@in_cell("split view")
def test_split_view(cell: Cell, world: World) -> None:
    forged = another_history(world.office, 2 * DAY)
    shown_to_others = world.kept[-1]
    assert world.audit(shown_to_others).findings == []
    world.write(forged)
    shown_to_the_auditor = world.sign_with_the_stolen_key()

    if cell.witnessed:
        assert cell.detected_by == WITNESS
        with pytest.raises(Refused):
            world.have_cosigned(shown_to_the_auditor)
        assert world.audit(shown_to_the_auditor).verdict == "not-proven"
    else:
        assert cell.detected_by is None
        assert world.audit(shown_to_the_auditor).findings == []
        assert world.audit(shown_to_the_auditor, known=[shown_to_others]).verdict == "broken"  # unless they compare


@in_cell("whole-host snapshot")
def test_whole_host_snapshot(cell: Cell, world: World) -> None:
    newest = world.kept[-1]
    world.restore("yesterday", database_only=False)

    world.office.signer().check()  # database and mark agree: nothing on the host can tell
    for _ in range(DAY + 1):
        world.office.open_room("another second day")
    world.office.signer().step()
    again = world.sign_with_the_stolen_key()
    if cell.witnessed:
        assert cell.detected_by == WITNESS
        with pytest.raises(Refused):
            world.have_cosigned(again)
        assert world.audit(again).verdict == "not-proven"
    else:
        assert cell.detected_by is None
        assert world.audit(again).findings == []
        assert world.audit(again, known=[newest]).verdict == "broken"


def test_the_matrix_is_whole() -> None:
    attacks = [
        "edit",
        "delete",
        "insert",
        "reorder",
        "truncate",
        "full rewrite, tree signed again",
        "database restored from yesterday",
        "tail deleted before a checkpoint",
        "split view",
        "whole-host snapshot",
    ]
    assert [(cell.attack, cell.witnessed) for cell in MATRIX] == [(a, w) for a in attacks for w in (False, True)]
