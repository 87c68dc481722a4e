"""Projects and recusals: what the verbs record, whom they refuse, and what neither ledger nor database tells."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from expertpool.core.keystore import SealBroken
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.experts.errors import CreditCodeInvalid, ExpertInvalid
from expertpool.identity import service as identity
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.projects import errors, queries, service
from expertpool.projects.facts import LotFacts
from expertpool.projects.models import Lot, Party, Project, Recusal
from expertpool.projects.terms import PartyRole
from policies.facts import Method
from tests.projects.world import AGENCY, CODE, FACTS, OWNER, SITTING, UNIT, World, without

PERSON = {"name": "欧阳若晴", "id_number": "430102199003072317"}


def amend(world: World, project: Project, facts: object, role: Role = Role.INITIATOR) -> Project:
    return world.as_(role, lambda tx: service.amend_project(tx, project.id, facts=facts))  # type: ignore[arg-type]


def name_unit(world: World, project: Project, code: str = UNIT, role: Role = Role.INITIATOR) -> Recusal:
    return world.as_(
        role, lambda tx: service.name_unit(tx, project.id, code=code, name="湖南某设计院", reason="控股关系")
    )


def name_person(world: World, project: Project, **given: str | None) -> Recusal:
    person = {**PERSON, "reason": "本项目负责人的配偶", **given}
    keys = world.site.service.keys
    return world.as_(Role.INITIATOR, lambda tx: service.name_person(tx, keys, project.id, **person))  # type: ignore[arg-type]


def test_a_project_is_registered_with_lots_and_parties(either_world: World) -> None:
    world = either_world
    project = world.register()
    assert (project.centre_id, project.initiator_id) == (world.centre.id, world.actor(Role.INITIATOR).id)
    assert project.budget == 10_000_000_001
    with world.session() as session:
        kept = session.get_one(Project, project.id)
        assert [lot.code for lot in kept.lots] == [lot.code for lot in FACTS.lots]
        assert {(party.role, party.code) for party in kept.parties} == {
            (each.role, each.code) for each in FACTS.parties
        }
        centres = {*(lot.centre_id for lot in kept.lots), *(party.centre_id for party in kept.parties)}
        assert centres == {world.centre.id}
    assert reconcile(world.site.service.engine) == []


def test_the_ledger_shows_identifiers_only(world: World) -> None:
    project = world.register()
    session = world.schedule(project)
    name_unit(world, project)
    name_person(world, project)
    world.as_(Role.INITIATOR, lambda tx: service.cancel_session(tx, session.id, reason="资金未落实"))
    everything = b"".join(SqlLog(world.site.service.engine).entries(0, 1000)).decode()
    assert project.id in everything
    assert session.id in everything
    hidden = [
        CODE,
        OWNER,
        AGENCY,
        UNIT,
        "湘江",
        "城投",
        "一标段",
        "10000000000",
        "第三评标室",
        '"S1"',
        "资金",
        "设计院",
    ]
    for secret in [*hidden, *PERSON.values(), "配偶", "tender", "2026-11-23"]:
        assert secret not in everything


def test_staff_register_for_nobody(world: World) -> None:
    assert world.register(role=Role.CENTRE_STAFF).initiator_id is None


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (Role.EXPERT, Role.INITIATOR, Role.CENTRE_STAFF)]
)
def test_others_register_nothing(world: World, role: Role) -> None:
    with pytest.raises(NotPermitted):
        world.register(role=role)


def test_a_project_is_registered_once_however_its_code_is_typed(either_world: World) -> None:
    either_world.register()
    typed = replace(FACTS, code=f" {CODE.lower()}")
    with pytest.raises(errors.ProjectTaken) as refused:
        either_world.register(typed, role=Role.CENTRE_STAFF)
    assert refused.value.field == "code"
    assert reconcile(either_world.site.service.engine) == []


def test_of_two_at_once_one_registers(either_world: World) -> None:
    world = either_world
    world.actor(Role.INITIATOR)

    def attempt(_: int) -> bool:
        try:
            world.register()
        except errors.ProjectTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_amending_replaces_and_what_stays_keeps_its_row(either_world: World) -> None:
    world = either_world
    project = world.register()
    before = {lot.code: lot.id for lot in project.lots}
    lots = (replace(FACTS.lots[0], budget=7), LotFacts(f"{CODE}003", "三标段", 8))
    facts = replace(without(FACTS, PartyRole.AGENCY), lots=lots, title="新标题", method=Method.INVITED_TENDER)
    amend(world, project, facts)
    with world.session() as session:
        kept = session.get_one(Project, project.id)
        assert (kept.title, kept.method, kept.budget) == ("新标题", Method.INVITED_TENDER, 15)
        assert [lot.code for lot in kept.lots] == [f"{CODE}001", f"{CODE}003"]
        assert kept.lots[0].id == before[f"{CODE}001"]
        assert session.scalar(select(func.count()).select_from(Lot)) == 2
        assert session.scalar(select(func.count()).select_from(Party)) == 2
    assert world.entries()[-1]["kind"] == "project.amended"
    assert reconcile(world.site.service.engine) == []


def test_code_and_regime_stay(world: World) -> None:
    project = world.register()
    other = "E4301000001000002"
    facts = replace(FACTS, code=other, lots=(LotFacts(f"{other}001", "一标段", 1),))
    with pytest.raises(errors.FixedAtRegistration) as refused:
        amend(world, project, facts)
    assert refused.value.field == "code"


def test_a_lot_that_a_session_has_stays(world: World) -> None:
    project = world.register()
    session = world.schedule(project)
    only_second = replace(FACTS, lots=FACTS.lots[1:])
    with pytest.raises(errors.LotInUse):
        amend(world, project, only_second)
    world.as_(Role.INITIATOR, lambda tx: service.cancel_session(tx, session.id, reason="r"))
    with pytest.raises(errors.LotInUse):
        amend(world, project, only_second)  # the cancelled session is still about it
    assert len(amend(world, project, replace(FACTS, lots=FACTS.lots[:1])).lots) == 1


def test_an_initiator_acts_on_what_they_handle_and_the_centre_on_all(world: World) -> None:
    project = world.register(role=Role.CENTRE_STAFF)
    with pytest.raises(NotPermitted):
        amend(world, project, FACTS)
    with pytest.raises(NotPermitted):
        world.schedule(project)
    with pytest.raises(NotPermitted):
        name_unit(world, project)
    assert amend(world, project, FACTS, Role.CENTRE_STAFF).id == project.id


def test_another_centres_staff_reach_nothing(world: World) -> None:
    project = world.register()
    branch = world.branch()

    def register_theirs(tx: object) -> str:
        actor = identity.register_actor(tx, code="theirs", role=Role.CENTRE_STAFF, centre_id=branch.id)  # type: ignore[arg-type]
        return actor.id

    theirs = world.as_(Role.SECURITY_ADMINISTRATOR, register_theirs)
    with pytest.raises(NotPermitted):
        world.act(theirs, lambda tx: service.amend_project(tx, project.id, facts=FACTS))
    with pytest.raises(NotPermitted):
        world.act(theirs, lambda tx: service.schedule_session(tx, project.id, facts=SITTING))
    with pytest.raises(NotPermitted):
        world.act(theirs, lambda tx: service.register_project(tx, centre_id=world.centre.id, facts=FACTS))


def test_what_does_not_exist_is_refused_like_what_is_out_of_reach(world: World) -> None:
    for verb in (
        lambda tx: service.register_project(tx, centre_id="ctr_nowhere", facts=FACTS),
        lambda tx: service.amend_project(tx, "prj_none", facts=FACTS),
        lambda tx: service.cancel_session(tx, "ses_none", reason="r"),
        lambda tx: service.withdraw_recusal(tx, "rcs_none", reason="r"),
    ):
        with pytest.raises(NotPermitted):
            world.as_(Role.INITIATOR, verb)


def test_a_unit_is_named_once_by_a_right_code(world: World) -> None:
    project = world.register()
    with pytest.raises(CreditCodeInvalid) as refused:
        name_unit(world, project, UNIT[:-1] + "G")
    assert refused.value.field == "code"
    recusal = name_unit(world, project, f" {UNIT.lower()} ")
    assert (recusal.unit_code, recusal.centre_id) == (UNIT, world.centre.id)
    with pytest.raises(errors.AlreadyNamed):
        name_unit(world, project)


def test_a_withdrawn_recusal_stays_on_record_and_may_be_named_again(either_world: World) -> None:
    world = either_world
    project = world.register()
    recusal = name_unit(world, project)
    withdrawn = world.as_(Role.INITIATOR, lambda tx: service.withdraw_recusal(tx, recusal.id, reason="股权已转让"))
    assert (withdrawn.withdrawn, withdrawn.withdrawn_reason) == (world.clock.now(), "股权已转让")
    with pytest.raises(errors.AlreadyWithdrawn):
        world.as_(Role.INITIATOR, lambda tx: service.withdraw_recusal(tx, recusal.id, reason="again"))
    name_unit(world, project)
    with world.session() as session:
        assert len(queries.recusals_of(session, project.id)) == 2
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id_number": "430102199003072310"}, "id_number"),
        ({"id_number": "430102199013072313"}, "id_number"),
        ({"name": ""}, "name"),
    ],
)
def test_a_person_is_named_with_a_right_number(world: World, given: dict[str, str], field: str) -> None:
    project = world.register()
    with pytest.raises(ExpertInvalid) as refused:
        name_person(world, project, **given)
    assert [problem.field for problem in refused.value.problems] == [field]
    with pytest.raises(CreditCodeInvalid) as employer:
        name_person(world, project, unit_code="1" * 18)
    assert employer.value.field == "unit_code"


def test_a_person_is_sealed_and_bound_to_the_recusal(either_world: World) -> None:
    world = either_world
    project = world.register()
    recusal, other = name_person(world, project), name_person(world, project, name="王五", id_number=None)
    keys = world.site.service.keys
    person = queries.person_of(keys, recusal)
    assert person is not None
    assert (person.name, person.id_number) == (PERSON["name"], PERSON["id_number"])
    assert PERSON["name"] not in repr(person)
    assert queries.masked(person) == ("欧**", "4301**********2317")
    assert queries.masked(queries.person_of(keys, other)) == ("王**", None)
    assert len(recusal.person_sealed or b"") == len(other.person_sealed or b"")
    moved = Recusal(id=other.id, person_sealed=recusal.person_sealed)
    with pytest.raises(SealBroken):
        queries.person_of(keys, moved)
    assert reconcile(world.site.service.engine) == []


def test_a_named_person_is_nowhere_in_the_clear(world: World) -> None:
    name_person(world, world.register())
    database = b"".join(
        path.read_bytes() for path in world.site.service.settings.paths.var.glob("**/*") if path.is_file()
    )
    for secret in PERSON.values():
        for written in (
            secret.encode(),
            secret.encode("gbk"),
            json.dumps(secret)[1:-1].encode(),
            base64.b64encode(secret.encode())[:-4],
        ):
            assert written not in database
