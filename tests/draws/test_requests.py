"""What is wrong with a request is told with its article and what to change, before anything is sealed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from expertpool.core.clock import FixedClock
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ledger_tables import LedgerHead
from expertpool.core.transaction import Transaction
from expertpool.draws import errors
from expertpool.draws.applying import Application
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.service import apply
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.facts import LotFacts
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import Regime
from expertpool.protocol.request import Representative, SeatLine
from tests.draws.world import CODE, OPENS, STARTS, TODAY, DrawWorld
from tests.projects.world import FACTS, OWNER, SITTING, UNIT
from tests.sealing.world import World
from tests.website import opened

APPOINTED = date(2026, 11, 30)


def lines(*seats: int, **changed: Any) -> tuple[SeatLine, ...]:
    return tuple(replace(SeatLine((CODE,), each, 0), **changed) for each in seats)


def representatives(number: int) -> tuple[Representative, ...]:
    return (Representative(APPOINTED, in_writing=True),) * number


def refused(world: DrawWorld, sitting: EvaluationSession, **changed: Any) -> ExpertpoolError:
    """What is refused leaves nothing: no row, no entry."""
    before = world.sealing.entries()
    with pytest.raises(ExpertpoolError) as caught:
        world.apply(sitting, **changed)
    assert world.sealing.entries() == before
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 0
        assert session.scalars(select(LedgerHead.size)).one() == len(before)
    return caught.value


def rules_of(error: ExpertpoolError) -> set[str | None]:
    """The rules that refuse; each tells its article and what to do, in both languages."""
    assert isinstance(error, errors.RequestRefused)
    for each in error.problems:
        assert isinstance(each, errors.RuleNotMet)
        assert each.article
        assert each.zh_text
        assert each.en_text
        assert each.zh_text != each.en_text
        assert each.article in each.message("zh")
        assert each.article in each.message("en")
    return {each.field for each in error.problems}


def scheduled(world: DrawWorld, opens: datetime) -> EvaluationSession:
    timed = replace(SITTING, opens_at=opens, starts=opens + timedelta(hours=1))
    project = world.project()
    return world.sealing.as_(Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=timed))


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    """A centre without a pool: what is refused here is refused before anybody looks into one."""
    clock = FixedClock(TODAY)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock))


@pytest.fixture
def sitting(desk: DrawWorld) -> EvaluationSession:
    return desk.sitting(desk.project())


@pytest.mark.parametrize(
    ("experts", "owners", "broken"),
    [
        (3, 0, {"committee.size"}),
        (4, 0, {"committee.size", "committee.odd"}),
        (4, 1, set()),
        (5, 0, set()),
        (5, 1, {"committee.odd"}),
        (6, 1, set()),
        (4, 2, {"committee.odd"}),
        (5, 2, set()),
        (4, 3, {"committee.experts"}),
        (6, 3, set()),
        (5, 4, {"committee.experts"}),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_size_parity_and_share(
    desk: DrawWorld, sitting: EvaluationSession, experts: int, owners: int, broken: set[str]
) -> None:
    given = {"lines": lines(experts), "owner_representatives": representatives(owners)}
    if broken:
        assert rules_of(refused(desk, sitting, **given)) == broken
    else:
        assert desk.apply(sitting, **given).state is DrawState.SUBMITTED


def test_all_that_is_wrong_is_told_at_once(desk: DrawWorld, sitting: EvaluationSession) -> None:
    error = refused(desk, sitting, lines=lines(2), owner_representatives=representatives(2), draw_at=STARTS)
    assert rules_of(error) == {"committee.size", "committee.odd", "committee.experts", "window.before_opening"}


def test_a_committee_without_lines(desk: DrawWorld, sitting: EvaluationSession) -> None:
    assert "committee.size" in rules_of(refused(desk, sitting, lines=(), owner_representatives=()))


@pytest.mark.parametrize("before", [timedelta(hours=24), timedelta(hours=24, microseconds=1)])
def test_a_window_opens_when_the_rulebook_says(desk: DrawWorld, before: timedelta) -> None:
    """A made-up centre draws at most 24 hours before the opening."""
    sitting = scheduled(desk, desk.clock.now() + before)
    if before == timedelta(hours=24):
        assert desk.apply(sitting).state is DrawState.SUBMITTED
    else:
        assert rules_of(refused(desk, sitting)) == {"window.before_opening"}


@pytest.mark.parametrize("at", [STARTS - timedelta(microseconds=1), STARTS])
def test_no_window_is_open_once_the_review_begins(desk: DrawWorld, sitting: EvaluationSession, at: datetime) -> None:
    if at < STARTS:
        assert desk.apply(sitting, draw_at=at).state is DrawState.SUBMITTED
    else:
        assert rules_of(refused(desk, sitting, draw_at=at)) == {"window.before_opening"}


@pytest.mark.parametrize(("day", "allowed"), [(3, False), (4, True)])
def test_in_procurement_two_working_days_before_the_review(desk: DrawWorld, day: int, *, allowed: bool) -> None:
    """The review is on Tuesday the 8th: two working days before it is Friday the 4th (财库〔2016〕198号)."""
    starts = datetime(2026, 12, 8, 2, 0, tzinfo=UTC)
    package = LotFacts("ABC-2026-018-1", "第一包", 1)
    facts = replace(FACTS, code="ABC-2026-018", regime=Regime.GOVPROC, lots=(package,))
    timed = replace(SITTING, lots=(package.code,), starts=starts, opens_at=starts - timedelta(hours=1))
    project = desk.project(facts)
    sitting = desk.sealing.as_(Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=timed))
    desk.clock.advance(datetime(2026, 12, day, 2, 0, tzinfo=UTC) - desk.clock.now())
    if allowed:
        assert desk.apply(sitting).state is DrawState.SUBMITTED
    else:
        assert rules_of(refused(desk, sitting)) == {"window.working_days"}


def test_a_draw_at_or_after_the_opening_is_a_person_s_to_decide(world: DrawWorld) -> None:
    draw = world.apply(world.sitting(world.project()), draw_at=OPENS)
    world.go_on(world.vault(), rounds=1)
    assert world.state(draw) is DrawState.REFERRED


def test_just_before_the_opening_it_is_not(world: DrawWorld) -> None:
    draw = world.apply(world.sitting(world.project()), draw_at=OPENS - timedelta(microseconds=1))
    world.go_on(world.vault(), rounds=1)
    assert world.state(draw) is DrawState.ACCEPTED


@pytest.mark.parametrize("code", [UNIT, OWNER, "91430100700000000G", "", "91430100700000000F\n", "湘"])
def test_a_recused_unit_that_does_not_exist(desk: DrawWorld, sitting: EvaluationSession, code: str) -> None:
    error = refused(desk, sitting, recused=(code,))
    assert isinstance(error, errors.RecusedUnknown)
    assert error.field == "recused.0"


def test_a_recused_unit_counts_while_it_is_named(desk: DrawWorld) -> None:
    project = desk.project()
    sitting = desk.sitting(project)
    named = desk.sealing.as_(
        Role.INITIATOR,
        lambda tx: projects.name_unit(tx, project.id, code=UNIT, name="某公司", reason="存在利害关系"),
    )
    desk.sealing.as_(Role.INITIATOR, lambda tx: projects.withdraw_recusal(tx, named.id, reason="误登"))
    assert isinstance(refused(desk, sitting, recused=(UNIT,)), errors.RecusedUnknown)
    desk.sealing.as_(
        Role.INITIATOR,
        lambda tx: projects.name_unit(tx, project.id, code=UNIT, name="某公司", reason="存在利害关系"),
    )
    assert desk.apply(sitting, recused=(UNIT,)).state is DrawState.SUBMITTED


@pytest.mark.parametrize(
    "changed", [{"codes": ("A99",)}, {"codes": (CODE, "")}, {"scheme": "shenzhen"}, {"version": "2099"}]
)
def test_an_unknown_specialty(desk: DrawWorld, sitting: EvaluationSession, changed: dict[str, Any]) -> None:
    error = refused(desk, sitting, lines=lines(4, **changed))
    assert isinstance(error, errors.SpecialtyUnknown)
    assert error.field == "lines.0.codes"


@pytest.mark.parametrize(("site", "known"), [(0, True), (1, True), (2, False)])
def test_a_site_that_is_not_there(desk: DrawWorld, sitting: EvaluationSession, site: int, *, known: bool) -> None:
    if known:
        assert desk.apply(sitting, lines=lines(4, site=site)).state is DrawState.SUBMITTED
    else:
        assert isinstance(refused(desk, sitting, lines=lines(4, site=site)), errors.SiteUnknown)


def test_a_session_is_drawn_for_once_and_while_it_is_scheduled(desk: DrawWorld, sitting: EvaluationSession) -> None:
    desk.apply(sitting)
    with pytest.raises(errors.AlreadyApplied):
        desk.apply(sitting)


def test_a_session_that_is_not_scheduled(desk: DrawWorld, sitting: EvaluationSession) -> None:
    desk.sealing.as_(Role.INITIATOR, lambda tx: projects.postpone_session(tx, sitting.id, reason="补遗"))
    assert isinstance(refused(desk, sitting), errors.SessionNotReady)


@pytest.mark.parametrize("role", [Role.CENTRE_STAFF, Role.SUPERVISOR, Role.POOL_MANAGER, Role.SECURITY_ADMINISTRATOR])
def test_nobody_else_applies(desk: DrawWorld, sitting: EvaluationSession, role: Role) -> None:
    settings, given = desk.site.service.settings.draws, desk.application()
    with pytest.raises(ExpertpoolError) as caught:
        desk.sealing.as_(role, lambda tx: apply(tx, settings, sitting.id, given=given))
    assert caught.value.code == "identity.not-permitted"


def test_an_application_says_nothing_that_the_project_knows() -> None:
    assert not {"project", "lots", "owners", "agencies", "budget"} & set(Application.__slots__)


@pytest.mark.parametrize("change", ["cancelled", "postponed", "elsewhere"])
def test_a_draw_whose_session_has_moved_is_returned(world: DrawWorld, change: str) -> None:
    """Nobody is called to a time or place that is not the session's any more."""
    project = world.project()
    sitting = world.sitting(project)
    draw = world.apply(sitting, draw_at=world.clock.now() + timedelta(hours=1))
    vault = world.vault()
    world.go_on(vault, rounds=1)
    assert world.state(draw) is DrawState.ACCEPTED
    moved = replace(SITTING, starts=STARTS + timedelta(minutes=30), opens_at=OPENS)
    verbs: dict[str, Callable[[Transaction], object]] = {
        "cancelled": lambda tx: projects.cancel_session(tx, sitting.id, reason="流标"),
        "postponed": lambda tx: projects.postpone_session(tx, sitting.id, reason="延期"),
        "elsewhere": lambda tx: projects.reschedule_session(tx, sitting.id, facts=moved, reason="改期"),
    }
    world.sealing.as_(Role.INITIATOR, verbs[change])
    world.clock.advance(timedelta(hours=1))
    world.go_on(vault, rounds=1)
    assert world.state(draw) is DrawState.RETURNED
    assert world.bodies("draw.intended") == []
