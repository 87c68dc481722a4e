"""kill -9 while an assessment opens, is given or revealed: nothing is half there, and whoever goes on does it once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Assessment, Subject
from expertpool.core import faults
from expertpool.core.reconcile import reconcile
from policies.conduct_items import Party
from tests.assessments.evaluated import SEATS, Evaluated, evaluated, taken
from tests.draws.dying_vault import dies


class Killed(BaseException):
    """The process ends here: nothing below catches it."""


def test_a_killed_vault_opens_and_reveals_once(sqlite_url: str, tmp_path: Path) -> None:
    with evaluated(sqlite_url, tmp_path) as session:
        session.close()
        assert dies(session.world, "assessment.opened")
        with session.world.session() as read:
            assert read.query(Assessment).count() == read.query(Subject).count() == 0
        session.open()
        assert len(session.subjects) == len(SEATS) + 2
        session.give(Party.CENTRE, taken(1))
        session.give(Party.SUPERVISOR)
        session.give(Party.PROJECT_UNIT)
        assert dies(session.world, "assessment.revealed")
        assert session.assessment.state is AssessmentState.OPEN
        assert not session.marks
        assert not session.results
        assert session.reveal()
        assert len(session.marks) == 1
        for kind in ("opened", "revealed"):
            assert len(session.world.bodies(f"assessment.{kind}")) == 1
        whole(session)


def test_a_killed_service_has_given_nothing(assessed: Evaluated) -> None:
    """Whoever was not answered gives again."""
    for point in ("assessment.given", "tx.before-entry", "tx.after-entry", "tx.before-commit"):
        with killed_at(point), pytest.raises(Killed):
            assessed.give(Party.CENTRE, taken(1))
        assert not assessed.world.bodies("assessment.given")
    assessed.give(Party.CENTRE, taken(1))
    assert len(assessed.world.bodies("assessment.given")) == 1
    whole(assessed)


@contextmanager
def killed_at(point: str) -> Iterator[None]:
    """Whatever reaches a point is killed there."""

    def kill(reached: str) -> None:
        if reached == point:
            raise Killed

    faults.arm(kill)
    try:
        yield
    finally:
        faults.disarm()


def whole(session: Evaluated) -> None:
    """Rows and entries agree."""
    differences = [each for each in reconcile(session.world.site.service.engine) if "assessment" in each.table]
    assert differences == []
