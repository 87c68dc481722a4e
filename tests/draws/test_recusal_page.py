"""Units for recusal, named beside an agency's application."""

import re

from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role
from expertpool.projects.queries import known_unit
from tests.browser import entered
from tests.draws.world import DrawWorld
from tests.projects.world import FACTS
from tests.sealing.world import credit_code


def test_an_agency_names_units_for_recusal_beside_the_application(world: DrawWorld) -> None:
    sitting = world.sitting(world.project())
    agency, code = entered(world.site, Role.INITIATOR), credit_code(7)
    page, way = f"/agency/{sitting.id}", f"/agency/{sitting.id}/recused"
    unit = {"code": code, "name": "某设计院", "reason": "投标人的控股股东"}
    assert agency.send(way, unit, page=page).status_code == 303
    assert "某设计院" in agency.get(page).text
    again = agency.send(way, unit, page=page)
    assert again.status_code == 409
    assert 'value="投标人的控股股东"' in again.text  # nothing that was typed is lost
    found = agency.send(way, {"code": code, "find": "1"}, page=page, headers={"HX-Request": "true"})
    assert found.text.lstrip().startswith('<section id="recused"')
    assert 'value="某设计院"' in found.text
    unknown = agency.send(way, {"code": credit_code(8), "name": "自填", "find": "1"}, page=page).text
    assert 'value="自填"' in unknown
    for wrong in ({**unit, "code": "x"}, {**unit, "name": ""}, {"code": "x", "find": "1"}):
        assert agency.send(way, wrong, page=page).status_code == 422
    (recusal,) = re.findall(r'name="withdraw" value="(\w+)"', agency.get(page).text)
    assert agency.send(way, {"withdraw": recusal}, page=page).status_code == 422
    assert agency.send(way, {"withdraw": recusal, "reason": "误登"}, page=page).status_code == 303
    assert 'name="withdraw"' not in agency.get(page).text


def test_a_units_name_is_found_in_ones_own_projects_alone(world: DrawWorld) -> None:
    with world.session() as session:
        mine = Caller("act_me", Role.INITIATOR, world.site.centre.id)
        project = world.project()
        owner = Caller(str(project.initiator_id), Role.INITIATOR, world.site.centre.id)
        party = FACTS.parties[0]
        assert known_unit(session, owner, party.code) == party.name
        assert known_unit(session, mine, party.code) is None
