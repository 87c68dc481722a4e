"""The steps of a session: every state by every verb by every role."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.projects import errors, service
from expertpool.projects.lifecycle import LIVE, STEPS, SessionState, SessionVerb, step_from
from expertpool.projects.models import EvaluationSession
from tests.projects.world import CODE, NOW, SITTING, STARTS, World

S, V = SessionState, SessionVerb
# Written out once more, so that a change has to be made, and thought of, twice.
TABLE = {
    (S.SCHEDULED, V.RESCHEDULE): S.SCHEDULED,
    (S.SCHEDULED, V.POSTPONE): S.POSTPONED,
    (S.SCHEDULED, V.CANCEL): S.CANCELLED,
    (S.POSTPONED, V.RESCHEDULE): S.SCHEDULED,
    (S.POSTPONED, V.CANCEL): S.CANCELLED,
}
KINDS = {
    V.RESCHEDULE: "session.rescheduled",
    V.POSTPONE: "session.postponed",
    V.CANCEL: "session.cancelled",
}
WHO = {Role.INITIATOR, Role.CENTRE_STAFF}
LATER = replace(SITTING, starts=STARTS + timedelta(days=1), opens_at=STARTS)
REASON = "疫情防控"


def verb_of(session: EvaluationSession, verb: SessionVerb) -> Callable[[Transaction], EvaluationSession]:
    match verb:
        case V.RESCHEDULE:
            return lambda tx: service.reschedule_session(tx, session.id, facts=LATER, reason=REASON)
        case V.POSTPONE:
            return lambda tx: service.postpone_session(tx, session.id, reason=REASON)
        case V.CANCEL:
            return lambda tx: service.cancel_session(tx, session.id, reason=REASON)


def session_in(world: World, state: SessionState) -> EvaluationSession:
    session = world.schedule(world.register())
    verbs = {S.POSTPONED: V.POSTPONE, S.CANCELLED: V.CANCEL}
    return world.as_(Role.INITIATOR, verb_of(session, verbs[state])) if state in verbs else session


def test_the_steps_are_these() -> None:
    assert {(step.start, step.verb): step.end for step in STEPS} == TABLE
    assert len(STEPS) == len(TABLE)
    assert all(step.who == WHO for step in STEPS)
    assert {S.SCHEDULED, S.POSTPONED} == LIVE


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("verb", SessionVerb)
def test_truth_table(world: World, state: SessionState, verb: SessionVerb) -> None:
    session = session_in(world, state)
    end = TABLE.get((state, verb))
    step = step_from(state, verb)
    assert (step.end if step else None) == end
    if end is None:
        with pytest.raises(errors.StepNotAllowed):
            world.as_(Role.INITIATOR, verb_of(session, verb))
    else:
        after = world.as_(Role.INITIATOR, verb_of(session, verb))
        assert (after.state, after.reason) == (end, REASON)
        assert world.entries()[-1]["kind"] == KINDS[verb]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
@pytest.mark.parametrize("verb", SessionVerb)
def test_only_the_initiator_and_the_centre_take_steps(world: World, role: Role, verb: SessionVerb) -> None:
    session = session_in(world, S.SCHEDULED)
    if role in WHO:
        assert world.as_(role, verb_of(session, verb)).state is TABLE[S.SCHEDULED, verb]
    else:
        with pytest.raises(NotPermitted):
            world.as_(role, verb_of(session, verb))


def test_a_postponed_session_keeps_its_earliest_time(world: World) -> None:
    session = session_in(world, S.SCHEDULED)
    earliest = STARTS + timedelta(days=5)
    with pytest.raises(errors.StartPassed):
        world.as_(Role.INITIATOR, lambda tx: service.postpone_session(tx, session.id, reason="r", not_before=NOW))
    world.as_(Role.INITIATOR, lambda tx: service.postpone_session(tx, session.id, reason="r", not_before=earliest))

    def at(moment: timedelta) -> EvaluationSession:
        facts = replace(SITTING, starts=earliest + moment)
        return world.as_(
            Role.INITIATOR, lambda tx: service.reschedule_session(tx, session.id, facts=facts, reason=REASON)
        )

    with pytest.raises(errors.SessionInvalid) as refused:
        at(-timedelta(microseconds=1))
    assert [problem.field for problem in refused.value.problems] == ["starts"]
    assert at(timedelta(0)).not_before is None


def test_rescheduling_replaces_lots_and_sites(either_world: World) -> None:
    world = either_world
    session = session_in(world, S.SCHEDULED)
    facts = replace(SITTING, lots=(f"{CODE}002", f"{CODE}001"), sites=SITTING.sites[1:], overnight=True)
    after = world.as_(Role.CENTRE_STAFF, lambda tx: service.reschedule_session(tx, session.id, facts=facts, reason="r"))
    assert sorted(each.lot.code for each in after.session_lots) == [f"{CODE}001", f"{CODE}002"]
    assert [(site.position, site.area, site.site_id) for site in after.sites] == [(0, "430200", None)]
    with world.session() as session_:
        kept = session_.get_one(EvaluationSession, session.id)
        assert len(kept.sites) == 1
        assert kept.overnight
    assert reconcile(world.site.service.engine) == []


def test_a_sessions_code_stays(world: World) -> None:
    session = session_in(world, S.SCHEDULED)
    with pytest.raises(errors.FixedAtRegistration):
        world.as_(
            Role.INITIATOR,
            lambda tx: service.reschedule_session(tx, session.id, facts=replace(LATER, code="S2"), reason="r"),
        )


def test_a_lot_is_in_one_live_session(world: World) -> None:
    project = world.register()
    first = world.schedule(project)
    second = replace(SITTING, code="S2")
    with pytest.raises(errors.LotInOtherSession):
        world.schedule(project, second)
    world.as_(Role.INITIATOR, verb_of(first, V.POSTPONE))
    with pytest.raises(errors.LotInOtherSession):
        world.schedule(project, second)
    world.as_(Role.INITIATOR, verb_of(first, V.CANCEL))
    assert world.schedule(project, second).state is S.SCHEDULED


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"code": "S1"}, errors.SessionTaken, "code"),
        ({"lots": (f"{CODE}009",)}, errors.SessionInvalid, None),
        ({"sites": (replace(SITTING.sites[0], centre="nowhere"),)}, errors.SiteUnknown, "sites.0.centre"),
    ],
)
def test_what_a_schedule_is_refused_for(
    world: World, change: dict[str, object], error: type[Exception], field: str | None
) -> None:
    project = world.register()
    world.schedule(project, replace(SITTING, lots=(f"{CODE}002",)))
    with pytest.raises(error) as refused:
        world.schedule(project, replace(SITTING, **{"code": "S2", **change}))  # type: ignore[arg-type]
    assert getattr(refused.value, "field", None) == field
    assert [entry["kind"] for entry in world.entries()].count("session.scheduled") == 1
