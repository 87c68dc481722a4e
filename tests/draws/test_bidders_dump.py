"""An administrator of the database sees the same of an opening whoever is struck; the facts are those of the draw."""

from typing import Any

import pytest
from sqlalchemy import event, select

from expertpool.core.ledger_tables import LedgerEntry
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, StruckRows, Vacancy
from expertpool.draws.striking import open_bidders
from expertpool.experts import service as experts
from expertpool.experts.protection import Protector
from expertpool.experts.queries import record_of
from expertpool.identity.roles import Role
from expertpool.protocol.replay import as_text
from policies.facts import Unit
from tests.draws.bidding import STRANGERS, bidder, deliver, elsewhere, employers, opening, struck
from tests.draws.scenes import another_project, sits
from tests.draws.test_bundle import checked
from tests.draws.world import DrawWorld

Statements = list[tuple[str, Any]]


def of_one(world: DrawWorld, draw: Draw, number: int) -> Unit:
    """An employer of the member on one seat, for which nobody else who sits ever worked."""
    people = [expert for _, expert in sorted(sits(world, draw).items())]
    for expert in people[number:] + people[:number]:
        [unit] = employers(world, [expert])
        others = employers(world, [each for each in people if each != expert], former=True)
        if unit.code not in {each.code for each in others}:
            return unit
    raise AssertionError("they all worked for each other's employers")


def opened(world: DrawWorld, draw: Draw) -> Statements:
    """Every statement of an opening, with its parameters."""
    seen: Statements = []

    def see(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("PRAGMA"):  # of a new connection
            seen.append((statement, parameters))

    engine = world.site.service.engine
    event.listen(engine, "before_cursor_execute", see)
    try:
        assert open_bidders(world.parts(), draw.id)
    finally:
        event.remove(engine, "before_cursor_execute", see)
    return seen


def sizes(world: DrawWorld, draw: Draw) -> dict[str, list[int]]:
    """How long everything is that an opening sealed."""
    with world.session() as session:
        vacancies = session.scalars(select(Vacancy.evidence).where(Vacancy.draw_id == draw.id)).all()
        rows = session.scalars(select(StruckRows.sealed).where(StruckRows.draw_id == draw.id)).all()
        entries = session.execute(select(LedgerEntry.data, LedgerEntry.sealed)).all()
    own = [sealed for data, sealed in entries if b'"draw.vacated"' in data and draw.id.encode() in data]
    return {
        "evidence": [len(each) for each in vacancies],
        "rows": [len(each) for each in rows],
        "disclosed": [len(each or b"") for each in own],
    }


def test_statements_rows_and_sizes_do_not_follow_from_who_is_struck(world: DrawWorld) -> None:
    """One member is struck in each draw: on another seat, of another employer, with many others or with few."""
    draws = [world.applied(), another_project(world, 2), another_project(world, 3)]
    world.go_on(world.vault(), rounds=16)
    assert {world.state(draw) for draw in draws} == {DrawState.FILLING}
    more = [[], [elsewhere(world, draws[1])], []]
    for place, draw in enumerate(draws):
        units = [of_one(world, draw, place), *more[place], *STRANGERS]
        deliver(world, draw, [bidder(unit) for unit in {unit.code: unit for unit in units}.values()])
    opening(world)
    seen = [opened(world, draw) for draw in draws]
    gone = [struck(world, draw) for draw in draws]
    assert len({len(each) for each in gone}) > 1, "some strike more than others"
    assert [statement for statement, _ in seen[0]] == [statement for statement, _ in seen[1]]
    assert [statement for statement, _ in seen[1]] == [statement for statement, _ in seen[2]]
    assert sizes(world, draws[0]) == sizes(world, draws[1]) == sizes(world, draws[2])
    for each in seen:
        told = [statement for statement, parameters in each if "exp_" in repr(parameters)]
        assert told == [], "no statement names a person"


@pytest.mark.parametrize("audit", [False, True], ids=["public", "audit"])
def test_facts_that_changed_since_the_draw_do_not_count(world: DrawWorld, *, audit: bool) -> None:
    """Whoever leaves a bidder after the draw is struck still: the table was decided by what was known."""
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    seat = min(sits(world, draw))
    member = sits(world, draw)[seat]
    unit = employers(world, [member])[0]
    manager, protector = Role.POOL_MANAGER, Protector(world.site.service.keys)
    with world.session() as session:
        known = record_of(session, member).expert
    changed = known._replace(employments=())
    world.sealing.as_(manager, lambda tx: experts.amend_facts(tx, protector, member, changed, ground="更正"))
    deliver(world, draw, map(bidder, (unit, *STRANGERS)))
    opening(world)
    world.go_on(vault, rounds=3)
    assert member in struck(world, draw)
    assert sits(world, draw)[seat] != member
    world.filled(vault, draw)
    world.close(vault, draw)
    report = checked(world, draw.id, audit=audit)
    assert report.verdict == "proven", as_text(report, "en")
