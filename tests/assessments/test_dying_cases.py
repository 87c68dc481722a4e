"""kill -9 at each new step of cases and appeals: nothing is half there, and whoever goes on does it once."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select

from expertpool.assessments import appeals, cases, serving
from expertpool.assessments.case_lifecycle import Measure
from expertpool.assessments.models import Appeal, Case, Notice
from expertpool.draws.models import SeatSuspension
from expertpool.experts.lifecycle import Status
from policies.conduct_items import Party
from tests.assessments.consequent import DEPARTMENT, STAFF, Consequent
from tests.assessments.evaluated import taken
from tests.assessments.test_dying import Killed, killed_at, whole


def dies_then_does(point: str, act: Callable[[], object]) -> None:
    """Be killed at a point, then go on."""
    with killed_at(point), pytest.raises(Killed):
        act()
    act()


def test_a_vault_killed_while_it_follows_or_applies_does_it_once(consequent: Consequent) -> None:
    for party in Party:
        consequent.session.give(party, taken(1, "stalling", 20))
    assert consequent.session.reveal()
    dies_then_does("assessment.followed", consequent.follow_session)
    assert len(consequent.cases) == 1
    (case,) = consequent.cases
    consequent.session.as_(STAFF, lambda tx: cases.hand_over(tx, case.id))
    decide = partial(cases.decide, case_id=case.id, measure=Measure.SUSPENSION, months=3, reason="查实")
    dies_then_does("assessment.decided", lambda: consequent.session.as_(DEPARTMENT, decide))
    consequent.assign()
    dies_then_does("assessment.applied", consequent.follow)
    status, pauses = consequent.standing(consequent.experts[0])
    assert (status, len(pauses)) == (Status.SUSPENDED, 1)
    with consequent.world.session() as session:
        assert session.get_one(SeatSuspension, case.id).applied is not None
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        assert session.scalar(select(func.count()).select_from(Notice).where(Notice.about == "result")) == 4
    whole(consequent.session)


def test_an_appeal_is_filed_and_decided_once(consequent: Consequent) -> None:
    consequent.reveal()
    session_id, keys = consequent.session.session_id, consequent.world.site.service.keys
    consequent.session.rule(lambda tx: serving.receive(tx, session_id, 1))
    dies_then_does(
        "assessment.appealed",
        lambda: consequent.session.rule(lambda tx: appeals.file(tx, keys, session_id, 1, text="不服")),
    )
    with consequent.world.session() as session:
        (appeal,) = session.scalars(select(Appeal)).all()
    dies_then_does(
        "assessment.appeal-decided",
        lambda: consequent.session.as_(
            DEPARTMENT, lambda tx: appeals.decide(tx, appeal.id, upheld=False, reason="维持")
        ),
    )
    for kind in ("appealed", "appeal-decided"):
        assert len(consequent.world.bodies(f"assessment.{kind}")) == 1
    whole(consequent.session)
