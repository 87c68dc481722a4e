"""The verbs of the pool: what they refuse, what they record, and what counts from when."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.core.reconcile import reconcile
from expertpool.experts import errors, organisations, queries, service
from expertpool.experts.admission import as_recorded
from expertpool.experts.lifecycle import Origin, Pool, Status, Verb
from expertpool.experts.models import Expert, OrganisationAlias, RosterClaim, Training
from expertpool.identity.errors import NotPermitted
from expertpool.protocol.facts import Absence, Record
from policies.facts import (
    Claim,
    Employment,
    PoolKind,
    Suspension,
    Title,
    Unit,
)
from policies.facts import Expert as Facts
from policies.facts import Status as Standing
from tests.experts.pool import TODAY, PoolOffice, credit_code, known_facts, person


def record(office: PoolOffice, expert_id: str) -> Record:
    with office.reading() as session:
        return queries.record_of(session, expert_id)


def claims(office: PoolOffice, expert_id: str) -> list[str]:
    with office.reading() as session:
        return sorted(session.scalars(select(RosterClaim.claim).where(RosterClaim.expert_id == expert_id)))


# -- admission


def test_an_application_is_recorded(office: PoolOffice) -> None:
    expert_id = office.apply()
    with office.reading() as session:
        expert = session.get_one(Expert, expert_id)
        assert (expert.status, expert.centre_id, expert.origin) == (Status.APPLIED, office.centre, Origin.OWN)
        assert queries.identity_of(session, office.protector, expert) == person()
        assert queries.live_roster(session, office.pool) == {}
    known = record(office, expert_id).expert
    assert (known.status, known.pool, known.recorded) == (Standing.PENDING, PoolKind.CENTRE, TODAY)
    assert known.birth_date == date(1960, 1, 1)
    assert reconcile(office.engine) == []


def test_nobody_stands_in_a_pool_twice(office: PoolOffice) -> None:
    office.apply(1, identity=person(1, code="HN-1"))
    for again in (person(1, name="李四"), person(2, code="HN-1")):
        with pytest.raises(errors.PersonTaken):
            office.apply(identity=again)
    office.apply(2)
    with office.act("branch-manager") as tx:  # another pool
        branch = Pool(office.branch, Origin.OWN)
        service.apply(tx, office.protector, pool=branch, identity=person(1), facts=known_facts(), ground="申请表")


def test_an_unknown_identity_number_is_allowed_and_many_may_lack_one(sqlite_office: PoolOffice) -> None:
    for name in ("张三", "李四"):
        sqlite_office.apply(identity=person(name=name, id_number=None, phone=None, account=None))


def test_a_refused_application_leaves_nothing(office: PoolOffice) -> None:
    size = office.size
    with pytest.raises(errors.ExpertInvalid):
        office.apply(identity=person(id_number="1"))
    with pytest.raises(errors.ExpertInvalid):
        office.apply(facts=known_facts(claims=(Claim("Z"),)))
    with office.reading() as session:
        assert session.scalars(select(Expert)).all() == []
    assert office.size == size


@pytest.mark.parametrize("who", ["centre-staff", "competent-department", "supervisor", "act_nobody", "svc:worker"])
def test_only_the_pools_manager_takes_applications(sqlite_office: PoolOffice, who: str) -> None:
    with pytest.raises(NotPermitted), sqlite_office.act(who) as tx:
        service.apply(
            tx,
            sqlite_office.protector,
            pool=sqlite_office.pool,
            identity=person(),
            facts=known_facts(),
            ground="申请表",
        )


def test_a_branch_does_not_reach_up(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.apply()
    with pytest.raises(errors.ExpertUnknown):
        office.step(expert_id, Verb.REVIEW, "branch-manager")
    with pytest.raises(errors.ExpertUnknown):
        office.step("exp_nobody", Verb.REVIEW, "pool-manager")


# -- employers


def test_an_employer_without_a_code_is_refused_by_field(sqlite_office: PoolOffice) -> None:
    facts = known_facts(employments=(Employment(Unit("湖南第一设计院")), Employment(Unit("乙", credit_code(1)))))
    with pytest.raises(errors.ExpertInvalid) as caught:
        sqlite_office.apply(facts=facts)
    assert [(type(each), each.field) for each in caught.value.problems] == [
        (errors.EmployerWithoutCode, "employments.0.unit.code")
    ]


def register(office: PoolOffice, name: str, serial: int, who: str = "pool-manager") -> str:
    with office.act(who) as tx:
        return organisations.register(tx, centre_id=office.centre, code=credit_code(serial), name=name).id


def employer(office: PoolOffice, name: str) -> Unit | None:
    with office.reading() as session:
        return queries.resolve_unit(session, office.centre, name)


def test_a_registered_name_joins_whatever_its_width(office: PoolOffice) -> None:
    register(office, "湖南（长沙）设计院", 1)
    expert_id = office.apply(facts=known_facts(employments=(Employment(Unit("湖南(长沙) 设计院")),)))
    assert record(office, expert_id).expert.employments == (Employment(Unit("湖南(长沙)设计院", credit_code(1))),)


def test_an_alias_joins_once_another_person_approved_it(office: PoolOffice) -> None:
    organisation = register(office, "湖南省第一建筑设计院", 1)
    with office.act() as tx:
        alias = organisations.propose_alias(tx, organisation, "省一院").id
    assert employer(office, "省一院") is None
    with pytest.raises(errors.OwnApproval), office.act() as tx:
        organisations.approve_alias(tx, alias)
    with office.act("second-manager") as tx:
        organisations.approve_alias(tx, alias)
    with pytest.raises(errors.AlreadyApproved), office.act("second-manager") as tx:
        organisations.approve_alias(tx, alias)
    assert employer(office, "省一院") == Unit("湖南省第一建筑设计院", credit_code(1))
    with office.reading() as session:
        names = queries.unit_names(session, office.centre)
    assert set(names) == {"湖南省第一建筑设计院", "省一院"}
    assert reconcile(office.engine) == []


def test_a_resemblance_is_a_question_and_never_joins(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    register(office, "湖南省第一建筑设计院有限公司", 1)
    assert employer(office, "湖南第一建筑设计院有限公司") is None
    with office.reading() as session:
        assert queries.similar_organisations(session, office.centre, "湖南第一建筑设计院有限公司") == [
            "湖南省第一建筑设计院有限公司"
        ]
        assert queries.similar_organisations(session, office.centre, "北京大学") == []


def test_two_organisations_of_one_name_do_not_join(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    register(office, "同名公司", 1)
    register(office, "同名公司", 2)
    assert employer(office, "同名公司") is None
    with office.reading() as session:
        assert queries.unit_names(session, office.centre) == {}


def test_codes_and_spellings_are_registered_once(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    organisation = register(office, "甲公司", 1)
    with pytest.raises(errors.OrganisationTaken):
        register(office, "乙公司", 1)
    with office.act() as tx:
        organisations.propose_alias(tx, organisation, "甲")
    for taken in ("甲", "甲公司"):
        with pytest.raises(errors.AliasTaken), office.act() as tx:
            organisations.propose_alias(tx, organisation, taken)
    for unknown in ("org_x", "als_x"):
        with pytest.raises(errors.OrganisationUnknown), office.act() as tx:
            organisations.propose_alias(tx, unknown, "x")
        with pytest.raises(errors.OrganisationUnknown), office.act() as tx:
            organisations.approve_alias(tx, unknown)
    with pytest.raises(NotPermitted):
        register(office, "丙公司", 3, "centre-staff")
    with office.reading() as session:
        assert [alias.approved_by for alias in session.scalars(select(OrganisationAlias))] == [None]


# -- steps


def test_enrolment_starts_the_clock_and_the_index(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.apply()
    assert claims(office, expert_id) == []
    office.later(days=3)
    office.step(expert_id, Verb.REVIEW, "pool-manager")
    office.step(expert_id, Verb.ENROL, until=date(2027, 11, 30))
    known = record(office, expert_id)
    assert known.renewed_until == date(2027, 11, 30)
    assert known.expert.recorded == TODAY + timedelta(days=3)
    assert known.expert.claims == (Claim("A010101", TODAY + timedelta(days=3)),)
    assert known.expert.status is Standing.ACTIVE
    assert claims(office, expert_id) == ["national/2018/A010101"]
    office.step(expert_id, Verb.LEAVE, "pool-manager")
    assert record(office, expert_id).expert.status is Standing.LEFT
    assert claims(office, expert_id) == []


def test_a_suspension_lasts_until_its_day_or_its_end(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    office.step(expert_id, Verb.SUSPEND, until=date(2026, 12, 31))
    office.later(days=1)
    office.step(expert_id, Verb.SUSPEND)
    assert record(office, expert_id).expert.suspensions == (
        Suspension(TODAY, date(2026, 12, 31)),
        Suspension(TODAY + timedelta(days=1)),
    )
    office.later(days=9)
    office.step(expert_id, Verb.REINSTATE)
    ended = TODAY + timedelta(days=9)
    known = record(office, expert_id).expert
    assert known.suspensions == (Suspension(TODAY, ended), Suspension(TODAY + timedelta(days=1), ended))
    assert known.recorded == TODAY + timedelta(days=10)


def test_a_suspension_that_has_ended_keeps_its_days(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    office.step(expert_id, Verb.SUSPEND, until=TODAY)
    office.later(days=1)
    office.step(expert_id, Verb.REINSTATE)
    assert record(office, expert_id).expert.suspensions == (Suspension(TODAY, TODAY),)


def test_days_in_the_past_are_refused(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    with pytest.raises(errors.DaysInvalid) as refused:
        office.step(expert_id, Verb.SUSPEND, until=TODAY - timedelta(days=1))
    assert refused.value.field == "until"
    office.step(expert_id, Verb.SUSPEND, until=TODAY)


def test_renewing_after_a_lapse_favours_the_expert_and_before_it_does_not(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    office.step(expert_id, Verb.RENEW, "pool-manager", until=TODAY + timedelta(days=2))
    office.later(days=2)
    office.step(expert_id, Verb.RENEW, "pool-manager", until=TODAY + timedelta(days=3))
    assert record(office, expert_id).expert.recorded == TODAY
    office.later(days=2)
    office.step(expert_id, Verb.RENEW, "pool-manager", until=TODAY + timedelta(days=99))
    assert record(office, expert_id).expert.recorded == TODAY + timedelta(days=4)


# -- facts


def test_amended_facts_count_from_their_day(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    office.later(days=5)
    today = TODAY + timedelta(days=5)

    def amend(**values: Any) -> Facts:
        with office.act() as tx:
            service.amend_facts(tx, office.protector, expert_id, known_facts(**values), ground="更正")
        return record(office, expert_id).expert

    added = amend(claims=(Claim("A010101"), Claim("B0101")))
    assert added.claims == (Claim("A010101", TODAY), Claim("B0101", today))
    assert added.recorded == TODAY
    assert claims(office, expert_id) == ["national/2018/A010101", "national/2018/B0101"]
    assert amend(title=Title.MID).recorded == today
    kept = amend(status=Standing.REMOVED, pool=PoolKind.MINISTRY, suspensions=(Suspension(TODAY),))
    assert (kept.status, kept.pool, kept.suspensions) == (Standing.ACTIVE, PoolKind.CENTRE, ())


def test_a_claim_cannot_bring_its_own_day(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol(facts=known_facts(claims=(Claim("A010101", date(2000, 1, 1)),), recorded=date(2000, 1, 1)))
    known = record(office, expert_id).expert
    assert (known.recorded, known.claims) == (TODAY, (Claim("A010101", TODAY),))
    assert as_recorded(Facts(claims=None), None, TODAY).claims is None


def test_contact_data_change_without_touching_the_rest(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.apply()
    with office.act() as tx:
        service.amend_contact(tx, office.protector, expert_id, phone="139 0000 0000", account=None)
    with office.reading() as session:
        expert = session.get_one(Expert, expert_id)
        known = queries.identity_of(session, office.protector, expert)
        assert known == person()._replace(phone="13900000000", account=None)
        assert expert.account_index is None
    with pytest.raises(errors.ExpertInvalid), office.act() as tx:
        service.amend_contact(tx, office.protector, expert_id, phone="1", account=None)


def test_absences(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    away = [Absence(TODAY + timedelta(days=3), TODAY + timedelta(days=4)), Absence(TODAY, TODAY)]
    with office.act() as tx:
        service.set_absences(tx, expert_id, away)
    assert record(office, expert_id).absences == tuple(sorted(away))
    for wrong in (Absence(TODAY, TODAY - timedelta(days=1)), Absence(date(2020, 1, 1), date(2020, 1, 2))):
        with pytest.raises(errors.DaysInvalid), office.act() as tx:
            service.set_absences(tx, expert_id, [wrong])


def test_trainings(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.apply()
    with office.act() as tx:
        service.record_training(tx, expert_id, held_on=TODAY, topic="评标系统操作", hours=8, passed=True)
    with pytest.raises(errors.DaysInvalid), office.act() as tx:
        service.record_training(tx, expert_id, held_on=TODAY + timedelta(days=1), topic="x", hours=1, passed=True)
    with office.reading() as session:
        (training,) = session.scalars(select(Training))
        assert (training.expert_id, training.centre_id, training.hours) == (expert_id, office.centre, 8)
    assert reconcile(office.engine) == []


def test_whoever_is_gone_is_not_amended(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = office.enrol()
    office.step(expert_id, Verb.REMOVE)
    with pytest.raises(errors.StepNotAllowed), office.act() as tx:
        service.amend_facts(tx, office.protector, expert_id, known_facts(), ground="更正")
    with pytest.raises(errors.StepNotAllowed), office.act() as tx:
        service.amend_contact(tx, office.protector, expert_id, phone=None, account=None)
    with pytest.raises(errors.StepNotAllowed), office.act() as tx:
        service.set_absences(tx, expert_id, [])
    with pytest.raises(errors.StepNotAllowed), office.act() as tx:
        service.record_training(tx, expert_id, held_on=TODAY, topic="评标系统操作", hours=8, passed=True)
