"""What a database administrator changes behind the service shows, does not open, or changes nothing; and answers."""

from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from expertpool.core.keystore import SealBroken
from expertpool.core.reconcile import reconcile
from expertpool.draws.contributing import proofs_of
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Contribution, Draw, Seat, TablePart, WorkingCopy
from expertpool.draws.queries import intended
from expertpool.draws.stored_table import stored_table
from expertpool.experts.models import RosterLine
from expertpool.invitations.answering import Word
from expertpool.protocol.request import SeatLine
from tests.draws.reckoning import reckon
from tests.draws.scenes import another_project, decline, kinds, seats, sits, until
from tests.draws.world import DrawWorld


def altered(world: DrawWorld, statement: Any) -> None:
    """What a database administrator does behind the service's back."""
    with Session(world.site.service.engine) as session, session.begin():
        session.execute(statement)


def test_a_row_of_the_roster_that_was_edited_behind_the_service_shows(world: DrawWorld) -> None:
    with world.session() as session:
        one = session.query(RosterLine.expert_id).order_by(RosterLine.expert_id).first()
        assert one
    altered(world, update(RosterLine).where(RosterLine.expert_id == one[0]).values(area="110000"))
    (found,) = reconcile(world.site.service.engine)
    assert (found.table, found.key, found.what) == ("roster_lines", one[0], "changed")


# ---------------------------------------------------------------- the database


def parts_of(world: DrawWorld, draw: Draw) -> list[bytes]:
    with world.session() as session:
        return [part.sealed for part in session.query(TablePart).filter_by(draw_id=draw.id).order_by(TablePart.number)]


def test_a_table_that_was_exchanged_does_not_open(world: DrawWorld) -> None:
    """Omitting, adding or doubling rows, or taking another draw's table: it is sealed and bound to its place."""
    other = world.applied(lines=(SeatLine(("A010103",), 4, 0),))
    world.go_on(world.vault())
    draw = another_project(world)
    until_both(world, draw)
    (foreign,), (own,) = parts_of(world, other), parts_of(world, draw)
    for bad in (foreign, own[:-1], own[:-1] + bytes([own[-1] ^ 1]), own + own):
        altered(world, update(TablePart).where(TablePart.draw_id == draw.id).values(sealed=bad))
        with pytest.raises(SealBroken):
            parts_opened(world, draw)
    altered(world, update(TablePart).where(TablePart.draw_id == draw.id).values(sealed=own))
    world.go_on(world.vault(), rounds=3)
    assert sits(world, draw) == reckon(world, draw.id).now


def until_both(world: DrawWorld, draw: Draw) -> None:
    vault = world.vault()
    while kinds(world, draw).count("draw.contributed") < 2:
        world.sign()
        world.attend()
        while kinds(world, draw).count("draw.contributed") < 2 and vault.step():
            pass


def parts_opened(world: DrawWorld, draw: Draw) -> None:
    with world.session() as session:
        stored_table(session, world.parts().keys, draw.id)


def test_a_row_of_a_draw_that_was_edited_shows_and_gives_no_second_result(world: DrawWorld) -> None:
    """Set back to where another intent, or another result, would be made: the ledger has one, and there is no other."""
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    before, entries = sits(world, draw), kinds(world, draw)
    for state in (DrawState.ACCEPTED, DrawState.INTENT, DrawState.SUBMITTED):
        altered(world, update(Draw).where(Draw.id == draw.id).values(state=state))
        assert {(each.table, each.what) for each in reconcile(world.site.service.engine)} == {("draws", "changed")}
        world.go_on(vault, rounds=2)
        if state is not DrawState.SUBMITTED:
            assert kinds(world, draw) == entries
    assert len(world.bodies("draw.intended")) == len(world.bodies("draw.completed")) == 1
    assert sits(world, draw) == before


def test_deleted_seats_are_not_drawn_again(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    for table in ("draw_seats", "draw_records", "draw_working_copies"):
        altered(world, text(f"DELETE FROM {table}"))
    altered(world, update(Draw).where(Draw.id == draw.id).values(state=DrawState.INTENT))
    world.go_on(vault, rounds=3)
    assert len(world.bodies("draw.completed")) == 1
    found = {(each.table, each.what) for each in reconcile(world.site.service.engine)}
    assert found == {("draws", "changed"), ("draw_seats", "removed")}


@pytest.mark.parametrize("column", ["member", "record", "answer", "line"])
def test_an_edited_seat_shows(world: DrawWorld, column: str) -> None:
    draw = world.applied()
    world.go_on(world.vault())
    seat = min(sits(world, draw))
    changed = {column: 1 if column == "line" else "0" * 64}
    altered(world, update(Seat).where(Seat.draw_id == draw.id, Seat.code == seat).values(**changed))
    (found,) = reconcile(world.site.service.engine)
    assert (found.table, list(found.columns or ())) == ("draw_seats", [column])


def test_an_edited_contribution_shows_and_does_not_open(world: DrawWorld) -> None:
    draw = world.applied()
    until(world, contributed=2)
    mine = Contribution.holder_id == world.agents[1].holder.id
    altered(world, update(Contribution).where(Contribution.draw_id == draw.id, mine).values(sealed=b"\0" * 1052))
    (found,) = reconcile(world.site.service.engine)
    assert found.table == "draw_contributions"
    with world.session() as session:
        fixed = intended(session, draw.id)
        assert fixed
        with pytest.raises(SealBroken):
            proofs_of(session, world.parts(), draw.id, fixed.intent)


def test_a_working_copy_in_another_place_does_not_open(world: DrawWorld) -> None:
    """Seating a friend by copying the sealed copy of another seat, or of another draw."""
    draw = world.applied()
    world.go_on(world.vault())
    one, two, *_ = sorted(sits(world, draw))
    with world.session() as session:
        copy = session.get_one(WorkingCopy, (draw.id, one, 0)).sealed
    altered(
        world, update(WorkingCopy).where(WorkingCopy.draw_id == draw.id, WorkingCopy.seat == two).values(sealed=copy)
    )
    with pytest.raises(SealBroken):
        world.seated(draw)


# ---------------------------------------------------------------- answers


def test_a_code_opens_its_own_seat_and_no_other(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    one, two, *rest = sorted(sits(world, draw))
    before = sits(world, draw)
    decline(world, draw, two)
    world.go_on(vault, rounds=2)
    after = sits(world, draw)
    assert {seat for seat in before if before[seat] != after[seat]} == {two}
    assert [body["seat"] for body in world.bodies("draw.vacated")] == [two]
    assert one not in rest


def test_the_code_of_who_left_does_nothing_to_who_came(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    seat = min(sits(world, draw))
    old = world.seated(draw)[seat].answer_code
    world.answer(old, Word.DECLINE)
    world.go_on(vault, rounds=2)
    now = sits(world, draw)
    for word in (Word.DECLINE, Word.ACCEPT):
        world.answer(old, word)
        world.go_on(vault, rounds=1)
    assert (sits(world, draw), seats(world, draw)[seat].state.value) == (now, "called")


def test_seat_codes_are_no_answers(world: DrawWorld) -> None:
    """Staff work by seat code: it opens nothing."""
    draw, vault = world.applied(), world.vault()
    world.go_on(vault)
    for seat in sits(world, draw):
        world.answer(seat, Word.DECLINE)
    world.go_on(vault, rounds=1)
    assert world.bodies("draw.vacated") == []
