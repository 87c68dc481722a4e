"""What is drawn in a demonstration: its pool, its project, its request. The same seed gives the same of each."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from expertpool.cli.bilingual import Texts
from expertpool.cli.demo_setting import CENTRE, Setting, credit_code, digits
from expertpool.core.clock import SystemClock
from expertpool.core.transaction import Transaction
from expertpool.draws import applying, rules, service
from expertpool.experts.demo_filling import enrol_demo_experts
from expertpool.experts.demo_pool import demo_employers, demo_experts
from expertpool.experts.importing import check_sheet, enrol_checked
from expertpool.experts.mapping import DEFAULT, load_aliases, load_mapping
from expertpool.experts.protection import Protector
from expertpool.experts.sheets import read_sheet
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.facts import LotFacts, PartyFacts, ProjectFacts, SessionFacts, SiteFacts
from expertpool.projects.models import EvaluationSession, Recusal
from expertpool.projects.terms import PartyRole, Regime
from expertpool.protocol.request import Representative, SeatLine
from policies import specialties
from policies.eligibility import MATCH
from policies.facts import Method, Title, Unit, day_of

SAMPLE: Final = 3_000
"""A small pool is the beginning of a large one, so its first experts tell what there are many of."""
ABOVE: Final = "A"
"""Engineering: from which the specialty of the request is taken."""
MOST_CODES: Final = 20
SCARCE: Final = 3
"""Holders for each seat, at most, of what is scarce."""
BY_SPECIALTY, FROM_A_ROSTER = 4, 10
"""How many are drawn: for a specialty; from a roster without any."""
RECUSED: Final = slice(40, 42)
"""Which of the seed's employers, the largest first, are named for recusal."""
REGIME: Final = Regime.TENDER
BUDGET: Final = 8_600_000_00  # 分
HOUR: Final = timedelta(hours=1)

Progress = Callable[[int], None]
Bar = Callable[[Texts, int | None], AbstractContextManager[Progress]]


@dataclass(frozen=True, slots=True)
class Roster:
    """A sheet of people to draw from instead of a made-up pool, how to read it, and other spellings of employers."""

    sheet: Path
    mapping: Path | None
    aliases: Path | None


@dataclass(frozen=True, slots=True)
class Filled:
    """How many came in, and how many rows of a sheet did not."""

    experts: int
    refused: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of a request, and the name of its class of specialties; None for a line that asks for none."""

    specialty: str | None
    line: SeatLine


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where and when a committee of a project meets, which the seed alone does not say."""

    title: str
    place: str
    starts: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What was applied for: the draw, its session, the project's title."""

    draw: str
    session: str
    project: str


def fill_pool(setting: Setting, *, seed: str, experts: int, bar: Bar) -> Filled:
    """Enrol made-up experts, ten days ago."""
    with bar(Texts("写入专家", "enrolling"), experts) as progress:
        enrol_demo_experts(
            setting.transactions(setting.past),
            Protector(setting.keys),
            setting.pool,
            setting.actors[Role.POOL_MANAGER],
            seed=seed,
            count=experts,
            progress=progress,
        )
    return Filled(experts, 0)


def import_roster(setting: Setting, roster: Roster, *, bar: Bar) -> Filled:
    """Import a sheet, ten days ago; rows that are wrong stay out. Raises as `check_sheet` and `enrol_checked`."""
    sheet, past = read_sheet(roster.sheet), setting.past
    columns = load_mapping(roster.mapping) if roster.mapping else DEFAULT
    aliases = load_aliases(roster.aliases) if roster.aliases else None
    protector = Protector(setting.keys)
    with setting.reading() as session, bar(Texts("检查名册", "checking"), len(sheet.rows)) as progress:
        checked = check_sheet(
            session,
            protector,
            setting.pool,
            sheet,
            columns,
            today=day_of(past.now()),
            aliases=aliases,
            progress=progress,
        )
    with bar(Texts("写入名册", "importing"), len(checked.good)) as progress:
        enrol_checked(
            setting.transactions(past),
            protector,
            setting.pool,
            setting.actors[Role.POOL_MANAGER],
            checked,
            ground="演示 demonstration",
            progress=progress,
        )
    return Filled(len(checked.good), len(checked.refused))


def wanted_line(setting: Setting, *, seed: str, experts: int, rank: int = 0) -> Wanted:
    """What to ask a pool for: four for a specialty, or simply ten where the rulebook asks for none.

    ``rank``: for the specialty that so many others surpass, so that committees of one day do not want the same people.
    """
    book = rules.rulebook(setting.settings.draws.rulebook, day_of(setting.today))
    if not book.applies(MATCH, rules.regime(book, REGIME.value)):
        return Wanted(None, SeatLine((), FROM_A_ROSTER, 0))
    code, codes = most_held(seed, experts, rank)
    return Wanted(specialties.find(code).name_zh, SeatLine(codes, BY_SPECIALTY, 0))


def most_held(seed: str, experts: int, rank: int = 0) -> tuple[str, tuple[str, ...]]:
    """The third-level class of which most seniors hold something, with the codes that they hold; or the next most."""
    held: dict[str, Counter[str]] = {}
    for code in _codes_held(seed, min(experts, SAMPLE)):
        above = next((each.code for each in specialties.ancestors(code) if each.level == 3), "")
        if above.startswith(ABOVE) and above != code:
            held.setdefault(above, Counter())[code] += 1
    most = sorted(held, key=lambda code: (-held[code].total(), code))[rank]
    return most, tuple(sorted(each for each, _ in held[most].most_common(MOST_CODES)))


def scarce_line(seed: str, experts: int, seats: int) -> SeatLine:
    """The same seats for a specialty that just enough hold: when some cannot come, nobody is left."""
    held = Counter(_codes_held(seed, experts))
    code = max((code for code in held if held[code] <= SCARCE * seats), key=lambda code: (held[code], code))
    return SeatLine((code,), seats, 0)


def first_meeting(setting: Setting) -> Meeting:
    """The meeting that the story of a demonstration tells of."""
    return Meeting("湘江大道改造工程（演示）", "第三评标室", setting.today + 5 * HOUR)


def schedule(
    setting: Setting, meeting: Meeting, *, seed: str, recused: Sequence[Unit] | None = None
) -> EvaluationSession:
    """Register a project with a session, and name units for recusal. Raises as `projects.schedule_session`."""
    clock = SystemClock()
    facts = _project(seed, meeting.title)
    project = setting.act_as(
        Role.INITIATOR, clock, lambda tx: projects.register_project(tx, centre_id=setting.centre_id, facts=facts)
    )
    for employer in demo_employers(seed)[RECUSED] if recused is None else recused:
        setting.act_as(Role.INITIATOR, clock, _naming(project.id, employer.code or "", employer.name))
    return setting.act_as(
        Role.INITIATOR, clock, lambda tx: projects.schedule_session(tx, project.id, facts=_session(meeting, facts))
    )


def apply_for_committee(
    setting: Setting,
    meeting: Meeting,
    *,
    seed: str,
    line: SeatLine,
    due: timedelta = timedelta(),
    recused: Sequence[Unit] | None = None,
) -> Applied:
    """Schedule a session and apply for its committee, to be drawn after ``due``. Raises as `service.apply`."""
    clock, settings = SystemClock(), setting.settings.draws
    sitting = schedule(setting, meeting, seed=seed, recused=recused)
    given = applying.Application(
        draw_at=clock.now() + due,
        lines=(line,),
        owner_representatives=(Representative(day_of(setting.today), in_writing=True),),
    )
    draw = setting.act_as(Role.INITIATOR, clock, lambda tx: service.apply(tx, settings, sitting.id, given=given))
    return Applied(draw.id, sitting.id, meeting.title)


def _project(seed: str, title: str) -> ProjectFacts:
    code = f"E430100{digits(seed, 'project', 10)}"
    return ProjectFacts(
        code=code,
        regime=REGIME,
        method=Method.OPEN_TENDER,
        title=title,
        lots=(LotFacts(f"{code}001", "一标段", BUDGET),),
        parties=(
            PartyFacts(PartyRole.OWNER, credit_code("12439999DEM000001"), "演示市政建设中心"),
            PartyFacts(PartyRole.AGENCY, credit_code("91439999DEM900001"), "演示招标代理公司"),
            PartyFacts(PartyRole.SUPERVISOR, credit_code("11439999DEM900001"), "演示住建局"),
        ),
    )


def _session(meeting: Meeting, project: ProjectFacts) -> SessionFacts:
    return SessionFacts(
        code="S1",
        lots=tuple(lot.code for lot in project.lots),
        starts=meeting.starts,
        opens_at=meeting.starts - HOUR,
        expected_minutes=240,
        overnight=False,
        sites=(SiteFacts("430102", meeting.place, CENTRE),),
    )


def _naming(project: str, code: str, name: str) -> Callable[[Transaction], Recusal]:
    return lambda tx: projects.name_unit(tx, project, code=code, name=name, reason="投标人的控股企业（演示）")


def _codes_held(seed: str, experts: int) -> Iterator[str]:
    for _, facts in demo_experts(seed, experts):
        if facts.title is Title.SENIOR and not facts.penalties:
            yield from (claim.code for claim in facts.claims or ())
