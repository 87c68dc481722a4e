"""Two clerks at once: one wins, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction
from expertpool.identity.roles import Role
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions import errors, outcomes, service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.steps import StepKind
from tests.sessions.days import DOCUMENT, Day


def at_once(day: Day, role: Role, verb: Callable[[Transaction], object]) -> list[str]:
    """Have two accounts do the same at the same moment; what each was told, in order."""
    day.world.site.token(role)
    actor, barrier = day.world.site.actors[role].id, Barrier(2)

    def act(_: int) -> str:
        barrier.wait()
        try:
            with day.transactions.begin(actor) as tx:
                verb(tx)
        except ExpertpoolError as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(act, range(2)))


def test_of_two_at_once_one_wins_and_the_other_is_told(either_day: Day) -> None:
    day = either_day
    day.begin()
    told = at_once(day, Role.CENTRE_STAFF, lambda tx: service.take_break(tx, day.session_id))
    assert told == ["done", errors.WrongStep.code]
    revision = day.row.revision
    told = at_once(day, Role.CENTRE_STAFF, lambda tx: service.end_break(tx, day.session_id, revision=revision))
    assert told == ["done", errors.DayMoved.code]
    revision = day.row.revision
    told = at_once(
        day, Role.CENTRE_STAFF, lambda tx: service.ask(tx, day.keys, day.session_id, text="问", revision=revision)
    )
    assert told == ["done", errors.DayMoved.code]  # else the same question would go out twice
    day.report()
    told = at_once(day, Role.CENTRE_STAFF, lambda tx: service.close(tx, day.session_id))
    assert told == ["done", errors.WrongStep.code]
    assert day.state() is DayState.CLOSED
    assert [each.number for each in day.steps] == list(range(1, len(day.steps) + 1))
    assert day.kinds.count(StepKind.BREAK_BEGUN) == day.kinds.count(StepKind.CLOSED) == 1


def test_one_milestone_is_entered_and_confirmed_once(either_day: Day) -> None:
    day = either_day
    day.begin().wait(hours=2)
    project = day.draw.project_id
    given = {"subject": day.session_id, "at": day.now, "document": DOCUMENT}
    told = at_once(
        day,
        Role.INITIATOR,
        lambda tx: outcomes.enter_outcome(tx, project, kind=MilestoneKind.REPORT_SIGNED, **given),  # type: ignore[arg-type]
    )
    assert told == ["done", errors.EntryWaits.code]
    (entered,) = day.world.bodies("milestone.entered")
    told = at_once(
        day,
        Role.SUPERVISOR,
        lambda tx: outcomes.confirm_outcome(tx, project, entered["entry"], document=DOCUMENT),
    )
    assert told == ["done", errors.EntryDecided.code]
    assert len(day.world.bodies("milestone.reached")) == 1
