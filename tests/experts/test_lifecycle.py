"""The truth table of the life cycle: every status, every verb, every role."""

from itertools import product
from typing import Any

import pytest

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import queries, service
from expertpool.experts.errors import GroundMissing, MirroredElsewhere, StepNotAllowed
from expertpool.experts.lifecycle import GONE, ON_ROSTER, STEPS, Origin, Pool, Status, Verb, step_from
from expertpool.experts.models import Expert
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from tests.experts.pool import PoolOffice, known_facts, person

# Written a second time, by hand, so that a slip in the table shows: from -> verb -> (to, who).
M, D = Role.POOL_MANAGER, Role.COMPETENT_DEPARTMENT
ON = {
    "suspend": ("suspended", {D}),
    "remove": ("removed", {D}),
    "leave": ("left", {M}),
}
EXPECTED = {
    "applied": {"review": ("reviewed", {M}), "reject": ("rejected", {M, D})},
    "rejected": {"reapply": ("applied", {M})},
    "reviewed": {"enrol": ("enrolled", {D}), "reject": ("rejected", {M, D})},
    "enrolled": {**ON, "renew": ("enrolled", {M})},
    "suspended": {**ON, "renew": ("suspended", {M}), "reinstate": ("reinstated", {D})},
    "reinstated": {**ON, "renew": ("reinstated", {M})},
    "left": {"reapply": ("applied", {M})},
    "removed": {},
}


def test_the_table_is_the_one_that_was_meant() -> None:
    told: dict[str, dict[str, tuple[str, set[Role]]]] = {status.value: {} for status in Status}
    for step in STEPS:
        assert step.verb.value not in told[step.start]
        told[step.start][step.verb] = (step.end.value, set(step.who))
    assert told == EXPECTED


@pytest.mark.parametrize(("status", "verb"), list(product(Status, Verb)))
def test_a_step_is_what_the_table_says(status: Status, verb: Verb) -> None:
    step = step_from(status, verb)
    expected = EXPECTED[status].get(verb.value)
    assert (None if step is None else (step.end.value, set(step.who))) == expected


def test_whoever_is_gone_comes_back_by_applying_again_and_the_removed_never() -> None:
    back = {(step.start, step.end) for step in STEPS if step.start in GONE}
    assert back == {(Status.REJECTED, Status.APPLIED), (Status.LEFT, Status.APPLIED)}
    assert ON_ROSTER.isdisjoint(GONE)


PATHS: dict[Status, tuple[Verb, ...]] = {
    Status.APPLIED: (),
    Status.REJECTED: (Verb.REJECT,),
    Status.REVIEWED: (Verb.REVIEW,),
    Status.ENROLLED: (Verb.REVIEW, Verb.ENROL),
    Status.SUSPENDED: (Verb.REVIEW, Verb.ENROL, Verb.SUSPEND),
    Status.REINSTATED: (Verb.REVIEW, Verb.ENROL, Verb.SUSPEND, Verb.REINSTATE),
    Status.LEFT: (Verb.REVIEW, Verb.ENROL, Verb.LEAVE),
    Status.REMOVED: (Verb.REVIEW, Verb.ENROL, Verb.REMOVE),
}


def bring_to(office: PoolOffice, status: Status) -> str:
    expert_id = office.apply()
    for verb in PATHS[status]:
        office.step(expert_id, verb, "pool-manager" if verb in (Verb.REVIEW, Verb.LEAVE) else "competent-department")
    return expert_id


@pytest.mark.parametrize("status", Status)
def test_every_verb_by_every_role(sqlite_office: PoolOffice, status: Status) -> None:
    """Each is tried in a transaction that is rolled back, so that every try starts from the same status."""
    office = sqlite_office
    expert_id = bring_to(office, status)
    size = office.size
    for verb, role in product(Verb, Role):
        expected = EXPECTED[status].get(verb.value)
        allowed = {each for steps in EXPECTED.values() if verb.value in steps for each in steps[verb.value][1]}
        outcome = _try(office, expert_id, verb, role)
        if role not in allowed:
            assert outcome is NotPermitted, (verb, role)
        elif expected is None:
            assert outcome is StepNotAllowed, (verb, role)
        else:
            assert outcome == expected[0], (verb, role)
    assert office.size == size


class _RollBackError(Exception):
    """Ends a try."""


def _roll_back() -> None:
    raise _RollBackError


def _try(office: PoolOffice, expert_id: str, verb: Verb, role: Role) -> str | type[ExpertpoolError]:
    outcomes: list[str] = []
    try:
        with office.act(office.actors.get(role.value, "act_nobody")) as tx:
            outcomes.append(service.take_step(tx, office.protector, expert_id, verb, ground="依据").status.value)
            tx.at_end(_roll_back)
    except ExpertpoolError as refused:
        return type(refused)
    except _RollBackError:
        pass
    return outcomes[0]


def test_each_step_is_an_entry_that_tells_nothing_of_the_person(office: PoolOffice) -> None:
    before = office.size
    expert_id = bring_to(office, Status.REMOVED)
    entries = office.log.entries(before, office.size)
    assert len(entries) == 4
    for data in entries:
        assert b'"kind":"expert.changed"' in data
        for told in (expert_id, "remove", "enrol", "review", "文号", "申请表"):
            assert told.encode() not in data


@pytest.mark.parametrize("ground", ["", " ", "two\nlines", "x" * 501, " padded"])
def test_a_step_needs_its_ground(sqlite_office: PoolOffice, ground: str) -> None:
    expert_id = sqlite_office.apply()
    with pytest.raises(GroundMissing) as refused, sqlite_office.act() as tx:
        service.take_step(tx, sqlite_office.protector, expert_id, Verb.REVIEW, ground=ground)
    assert refused.value.field == "ground"


def test_the_ground_is_kept_sealed(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = bring_to(office, Status.SUSPENDED)
    with office.reading() as session:
        expert = session.get_one(Expert, expert_id)
        cipher = queries.cipher_of(session, office.protector, expert_id)
        assert cipher.open("ground", expert.ground_sealed) == "文号 suspend"


def test_a_mirrored_pool_is_changed_by_its_mirror_alone(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    pool = Pool(office.centre, Origin.MIRRORED)
    applied: dict[str, Any] = {"pool": pool, "identity": person(), "facts": known_facts(), "ground": "省库更新"}
    with pytest.raises(MirroredElsewhere), office.act() as tx:
        service.apply(tx, office.protector, **applied)
    with office.act("svc:mirror") as tx:
        expert_id = service.apply(tx, office.protector, **applied).expert_id
        for verb in (Verb.REVIEW, Verb.ENROL):
            service.take_step(tx, office.protector, expert_id, verb, ground="省库更新")
    with pytest.raises(MirroredElsewhere):
        office.step(expert_id, Verb.REMOVE)
    with pytest.raises(NotPermitted), office.act("svc:mirror") as tx:
        service.apply(tx, office.protector, **{**applied, "pool": office.pool})
    with office.reading() as session:
        assert list(queries.live_roster(session, pool)) == [expert_id]
        assert queries.live_roster(session, office.pool) == {}
