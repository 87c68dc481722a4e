"""A pool behind its web application: what its desks send, and how far an expert has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from expertpool.core.clock import FixedClock
from expertpool.experts import service
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.protection import Protector
from expertpool.identity import service as identity
from expertpool.identity.models import CentreKind
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from tests.experts.pool import START, TODAY, credit_code, id_number, known_facts, person
from tests.website import Website, opened, problem_of

MANAGER, DEPARTMENT, SYSTEM = Role.POOL_MANAGER, Role.COMPETENT_DEPARTMENT, Role.SYSTEM_ADMINISTRATOR
GROUND = {"ground": "文号 1"}
CLEAR = ("张三1", id_number(1, TODAY.replace(1960, 1, 1)), "13800000001", "6222021200000000001")
EMPLOYER = {"name": "湖南第一设计院", "code": credit_code(1)}
FACTS: dict[str, Any] = {
    "practice_since": "2000-01-01",
    "title": "senior",
    "degree": "master",
    "area": "430104",
    "claims": [{"code": "A010101"}],
    "penalties": [],
    "employments": [{"unit": EMPLOYER, "start": "2001-01-01"}],
    "directorships": [],
    "shareholdings": [{"unit": EMPLOYER, "permille": 5, "controls": False}],
    "kinships": [{"unit": EMPLOYER, "relation": "spouse", "post": "staff"}],
    "interests": [{"project": "P-1"}],
}
TRAINING = {"held_on": "2026-11-20", "topic": "t", "hours": 1, "passed": False}
WHO = {"name": CLEAR[0], "id_number": CLEAR[1], "phone": CLEAR[2], "account": CLEAR[3]}


class Desk(NamedTuple):
    """A website with a signer at work and a clock that a test moves."""

    site: Website
    clock: FixedClock

    def post(self, path: str, body: Any = GROUND, role: Role = MANAGER, **more: Any) -> Any:
        answer = self.site.call("POST", f"/api/v1{path}", role=role, json=body, **more)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    def get(self, path: str, role: Role = MANAGER, **query: Any) -> Any:
        answer = self.site.call("GET", f"/api/v1{path}", role=role, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def refused(self, path: str, body: Any, status: int, code: str, role: Role = MANAGER) -> dict[str, str]:
        """The fields to blame, each with its code."""
        problem = problem_of(self.site.call("POST", f"/api/v1{path}", role=role, json=body), status, code)
        assert all(each["zh"] != each["en"] for each in problem.get("errors", []))
        return {each["field"]: each["code"] for each in problem.get("errors", [])}

    def application(self, **changed: Any) -> dict[str, Any]:
        return {**FACTS, **WHO, **GROUND, "centre_id": self.site.centre.id, **changed}

    def apply(self, serial: int = 1, **changed: Any) -> str:
        """Past HTTP, since most tests need somebody who is there already."""
        pool = Pool(self.site.centre.id, Origin.OWN)
        self.site.token(MANAGER)
        with self.site.service.transactions.begin(self.site.actors[MANAGER].id) as tx:
            facts = known_facts(serial, **changed)
            protector = Protector(self.site.service.keys)
            admitted = service.apply(tx, protector, pool=pool, identity=person(serial), facts=facts, ground="申请表")
        return admitted.expert_id

    def take(self, expert_id: str, *verbs: Verb) -> str:
        for verb in verbs:
            role = next(iter(PERMISSIONS[verb.permission]))
            self.site.token(role)
            with self.site.service.transactions.begin(self.site.actors[role].id) as tx:
                service.take_step(tx, Protector(self.site.service.keys), expert_id, verb, ground="文号")
        return expert_id

    def enrol(self, serial: int = 1, **changed: Any) -> str:
        return self.take(self.apply(serial, **changed), Verb.REVIEW, Verb.ENROL)

    def branch(self) -> str:
        self.site.token(SYSTEM)
        with self.site.service.transactions.begin(self.site.actors[SYSTEM].id) as tx:
            names = {"name_zh": "浏阳分中心", "name_en": "Liuyang", "kind": CentreKind.COUNTY_BRANCH}
            return identity.open_centre(tx, code="ly", parent_id=self.site.centre.id, **names).id  # type: ignore[arg-type]


@contextmanager
def desk_at(url: str, var: Path) -> Iterator[Desk]:
    clock = FixedClock(START)
    with opened(url, var, clock=clock, LEDGER__ACK_TIMEOUT_S="5") as site, site.service.signing():
        yield Desk(site, clock)


def second_manager(desk: Desk, centre: str | None = None) -> dict[str, str]:
    """Another pool manager's headers."""
    with desk.site.service.transactions.begin(desk.site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        other = identity.register_actor(tx, code="second", role=MANAGER, centre_id=centre or desk.site.centre.id)
        return {"Authorization": f"Bearer {identity.issue_token(tx, other.id).text()}"}
