"""How many there are decides what becomes of a request: the ladder, the thin pool, and who must be asked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction
from expertpool.draws import service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of
from expertpool.draws.stored_table import stored_table
from expertpool.experts import service as experts
from expertpool.experts.lifecycle import Verb
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import identity_of, record_of
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.protocol.request import SeatLine
from tests.draws.world import DrawWorld

RUNGS = [("A010103", 4, "home"), ("A0101", 4, "neighbours"), ("A0201", 4, "province"), ("A0301", 4, "parent")]
"""Of the demonstration pool: specialty, seats, and the first rung with two eligible for each seat."""


def lines(code: str, seats: int) -> tuple[SeatLine, ...]:
    return (SeatLine((code,), seats, 0),)


def matching(world: DrawWorld, draw: Draw) -> list[str]:
    """The experts on the draw's table."""
    with world.session() as session:
        return stored_table(session, world.parts().keys, draw.id).experts


def take_off(world: DrawWorld, some: list[str], verb: Verb = Verb.REMOVE) -> None:
    """Have the competent department remove or suspend experts, in one act."""

    def each(tx: Transaction) -> None:
        until = world.clock.now().date() + timedelta(days=30) if verb is Verb.SUSPEND else None
        for expert in some:
            experts.take_step(
                tx, Protector(world.site.service.keys), expert, verb, ground="专家库〔2026〕9号", until=until
            )

    world.sealing.as_(Role.COMPETENT_DEPARTMENT, each)


def kept_reason(world: DrawWorld, draw: Draw) -> str:
    with world.session() as session:
        return session.get_one(Draw, draw.id).reason or ""


@pytest.mark.parametrize(("code", "seats", "rung"), RUNGS)
def test_the_ladder_is_climbed_to_the_first_rung_with_enough(
    world: DrawWorld, code: str, seats: int, rung: str
) -> None:
    draw = world.applied(lines=lines(code, seats))
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is DrawState.FILLING
    with world.session() as session:
        assert request_of(session.get_one(Draw, draw.id)).rung == rung
    shown = [entry for entry in world.sealing.entries() if entry["body"].get("draw") == draw.id]
    assert rung not in str(shown), "the rung is committed to, not shown"


@pytest.mark.parametrize(("seats", "state"), [(4, DrawState.FILLING), (6, DrawState.RETURNED)])
def test_a_pool_of_two_for_each_seat_is_just_enough(world: DrawWorld, seats: int, state: DrawState) -> None:
    """Eight are eligible on the last rung that a system climbs."""
    draw = world.applied(lines=lines("A0301", seats))
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is state
    if state is DrawState.RETURNED:
        assert kept_reason(world, draw)
        assert "8" not in kept_reason(world, draw)
        assert world.bodies("draw.intended") == []


def test_a_returned_request_is_amended_and_submitted_again(world: DrawWorld) -> None:
    draw, vault = world.applied(lines=lines("A0301", 6)), world.vault()
    world.go_on(vault, rounds=1)
    given, settings = world.application(), world.site.service.settings.draws
    world.sealing.as_(Role.INITIATOR, lambda tx: service.resubmit(tx, settings, draw.id, given=given))
    world.go_on(vault, rounds=6)
    assert world.state(draw) is DrawState.FILLING
    with pytest.raises(ExpertpoolError) as refused:
        world.sealing.as_(Role.INITIATOR, lambda tx: service.resubmit(tx, settings, draw.id, given=given))
    assert refused.value.code == "draws.wrong-state"


def recuse_employers(world: DrawWorld, project_id: str, most: int) -> None:
    """Name the employers of a specialty's experts for recusal, up to a number of units."""
    with world.session() as session:
        units: dict[str, str] = {}
        for expert in session.scalars(select(Expert.id)):
            facts = record_of(session, expert).expert
            if any(claim.code.startswith("A08") for claim in facts.claims or ()):
                units.update({job.unit.code or "": job.unit.name for job in facts.employments or ()})
    for code, name in sorted(units.items())[:most]:
        world.sealing.as_(
            Role.INITIATOR,
            lambda tx, code=code, name=name: projects.name_unit(  # type: ignore[misc]  # a lambda's default
                tx, project_id, code=code, name=name, reason="存在利害关系"
            ),
        )


@pytest.mark.parametrize(("units", "state"), [(2, DrawState.FILLING), (60, DrawState.REFERRED)])
def test_recusals_that_remove_too_many_are_the_supervisor_s_to_decide(
    world: DrawWorld, units: int, state: DrawState
) -> None:
    project = world.project()
    recuse_employers(world, project.id, units)
    draw, vault = world.apply(world.sitting(project)), world.vault()
    world.go_on(vault, rounds=6)
    assert world.state(draw) is state
    if state is DrawState.REFERRED:
        with pytest.raises(ExpertpoolError):
            world.sealing.as_(Role.INITIATOR, lambda tx: service.approve(tx, draw.id, reason="同意"))
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, draw.id, reason="情况属实，同意"))
        world.go_on(vault, rounds=6)
        assert world.state(draw) is DrawState.FILLING


def test_the_supervisor_may_return_what_was_referred(world: DrawWorld) -> None:
    project = world.project()
    recuse_employers(world, project.id, 60)
    draw, vault = world.apply(world.sitting(project)), world.vault()
    world.go_on(vault, rounds=1)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.decline(tx, draw.id, reason="回避单位过多"))
    world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.RETURNED


@pytest.mark.parametrize("verb", [Verb.REMOVE, Verb.SUSPEND])
@pytest.mark.parametrize("permille", [50, 51])
def test_a_pool_that_is_thinned_in_the_settling_time_is_a_person_s_to_decide(
    world: DrawWorld, permille: int, verb: Verb
) -> None:
    """A twentieth of the roster may go within seven days."""
    with world.session() as session:
        everyone = [*session.scalars(select(Expert.id).order_by(Expert.id))]
    take_off(world, everyone[: len(everyone) * permille // 1000], verb)
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is (DrawState.FILLING if permille == 50 else DrawState.REFERRED)


def test_an_approval_covers_what_was_asked_and_not_what_happens_to_the_pool_later(world: DrawWorld) -> None:
    project = world.project()
    recuse_employers(world, project.id, 60)
    draw = world.apply(world.sitting(project), draw_at=world.clock.now() + timedelta(hours=1))
    vault = world.vault()
    world.go_on(vault, rounds=1)
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, draw.id, reason="同意"))
    with world.session() as session:
        everyone = [*session.scalars(select(Expert.id).order_by(Expert.id))]
    take_off(world, everyone[:80])
    world.clock.advance(timedelta(hours=1))
    world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.REFERRED
    world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, draw.id, reason="两项均同意"))
    world.go_on(vault, rounds=6)
    assert world.state(draw) is DrawState.FILLING


def test_a_draw_waits_for_the_moment_that_was_asked_for(world: DrawWorld) -> None:
    draw, vault = world.applied(draw_at=world.clock.now() + timedelta(hours=1)), world.vault()
    world.go_on(vault, rounds=2)
    world.clock.advance(timedelta(minutes=59))
    world.go_on(vault, rounds=2)
    assert world.state(draw) is DrawState.ACCEPTED
    world.clock.advance(timedelta(minutes=1))
    world.go_on(vault, rounds=6)
    assert world.state(draw) is DrawState.FILLING


def test_a_person_named_for_recusal_by_identity_number_is_not_drawn(either_world: DrawWorld) -> None:
    world = either_world
    project = world.project()
    with world.session() as session:
        found = ((each, record_of(session, each).expert) for each in session.scalars(select(Expert.id)))
        local = [(each, facts) for each, facts in found if (facts.area or "").startswith("4301")]
        holders = [each for each, facts in local if any(claim.code == "A0101" for claim in facts.claims or ())]
        protector = Protector(world.site.service.keys)
        people = {each: identity_of(session, protector, session.get_one(Expert, each)) for each in holders}
    named = holders[:2]
    for each in named:
        world.sealing.as_(
            Role.INITIATOR,
            lambda tx, person=people[each]: projects.name_person(  # type: ignore[misc]  # a lambda's default
                tx, world.site.service.keys, project.id, name=person.name, id_number=person.id_number, reason="亲属"
            ),
        )
    draw, vault = world.apply(world.sitting(project), lines=lines("A0101", 4)), world.vault()
    world.go_on(vault, rounds=1)
    if world.state(draw) is DrawState.REFERRED:
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, draw.id, reason="同意"))
    world.go_on(vault, rounds=6)
    assert world.state(draw) is DrawState.FILLING
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw.id)
    on_table = dict(zip(made.experts, made.table.lines, strict=True))
    assert set(named) <= on_table.keys(), "the excluded have their rows too"
    assert not any(on_table[each] for each in named)
    assert not set(named) & {each.expert for each in world.seated(draw).values()}


def test_a_name_alone_recuses_nobody(world: DrawWorld) -> None:
    """Too many people share one: the match raises a question elsewhere, and the table is as without it."""
    project = world.project()
    with world.session() as session:
        expert = session.scalars(select(Expert).order_by(Expert.id)).first()
        assert expert
        name = identity_of(session, Protector(world.site.service.keys), expert).name
    world.sealing.as_(
        Role.INITIATOR,
        lambda tx: projects.name_person(tx, world.site.service.keys, project.id, name=name, reason="亲属"),
    )
    draw = world.apply(world.sitting(project))
    world.go_on(world.vault(), rounds=6)
    assert world.state(draw) is DrawState.FILLING
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw.id)
    assert made.extras == {}
