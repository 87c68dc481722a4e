"""Part of `sealing`: how many projects an installation fills in a minute, five seats each, on SQLite.

Signer, web (gunicorn), one vault and the agents of three key holders are processes of their own, put together as the
demonstration's are; agents ask over HTTP on loopback. This process plays the agency, which submits, and the experts:
it reads the codes from the messages and answers into the queue, as the web process does. Everybody accepts.

Sessions lie on many days: draws for one day wait for each other, as only a result tells who is busy on the day. What
that costs is told by ``projects_filled_per_min_one_day``. The peer is one-row transactions, bare and flushed, of the
number of ledger entries that filling took.

What each process used of a processor is told, and what everybody else on the machine used meanwhile: where that is
much, compare the milliseconds and not the minutes. ``EXPERTPOOL_BENCH_PROJECTS`` sets another number of projects.
"""

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from sqlalchemy import func, select

from benchmarks.drawing import FOLDER, LONGEST_S, told_on_stderr
from benchmarks.harness import Measurement
from expertpool.cli.demo_case import fill_pool, most_held
from expertpool.cli.demo_holders import settle, three_holders
from expertpool.cli.demo_processes import Crew
from expertpool.cli.demo_setting import CENTRE, Setting, credit_code, set_up
from expertpool.cli.supervisor import Supervisor
from expertpool.core.clock import SystemClock
from expertpool.core.ledger_tables import LedgerHead
from expertpool.core.transaction import Transaction
from expertpool.draws import applying, service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.invitations import answering
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel
from expertpool.projects import service as projects
from expertpool.projects.facts import LotFacts, PartyFacts, ProjectFacts, SessionFacts, SiteFacts
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import PartyRole, Regime
from expertpool.protocol.request import SeatLine
from policies.facts import Method

CORES: Final = len(os.sched_getaffinity(0))
PROJECTS: Final = int(os.environ.get("EXPERTPOOL_BENCH_PROJECTS", "0")) or 75 * CORES
"""The more processors, the more projects, so that a run takes about as long on any machine."""
WARM: Final = 5
ONE_DAY: Final = 20
A_DAY: Final = 5
"""How many sessions lie on one day where there are many days."""
EXPERTS: Final = 5_000
SEATS: Final = 5
SEED: Final = "filling"
HOUR: Final = timedelta(hours=1)
WEB: Final = "svc:web"
WAITING: Final = (DrawState.SUBMITTED, DrawState.ACCEPTED, DrawState.INTENT, DrawState.DRAWN, DrawState.FILLING)


@dataclass(slots=True)
class Experts:
    """Whoever is called, and accepts at once."""

    setting: Setting
    answered: set[str] = field(default_factory=set)

    def answer(self) -> None:
        """Answer the messages that came since."""
        for path in self.setting.settings.draws.messages.glob("*.json"):
            if path.name not in self.answered:
                self.answered.add(path.name)
                message = json.loads(path.read_bytes())
                if message["code"] and message["channel"] == Channel.SMS:
                    self.setting.act(WEB, SystemClock(), _accepting(message["code"]))


def filling() -> Iterator[Measurement]:
    """Fill many projects on many days, then some on one day."""
    holders = three_holders()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=FOLDER) as folder,
        set_up(Path(folder) / "demo", rulebook="demo-centre", today=datetime.now(UTC)) as setting,
        Supervisor() as supervisor,
    ):
        settle(setting, holders)
        fill_pool(setting, seed=SEED, experts=EXPERTS, bar=told_on_stderr)
        line = SeatLine(most_held(SEED, EXPERTS)[1], SEATS, 0)
        crew = Crew(setting, holders, supervisor, look_s=0.05)
        crew.start()
        crew.start_vault()
        bench = Bench(setting, crew, line)
        bench.run(range(1, 1 + WARM))
        processes = {
            name: supervisor.pid(name) for name in ("vault", "web", "signer", *(each.word for each in holders))
        }
        before = Spent.of(processes)
        many = bench.run([10 + number // A_DAY for number in range(PROJECTS)])
        spent = Spent.of(processes).since(before)
        yield from _told("", many, Path(folder))
        yield from spent.told(many)
        yield from _told("_one_day", bench.run([5] * ONE_DAY), Path(folder))


@dataclass(frozen=True, slots=True)
class Filled:
    """How many projects were filled in how many seconds, and how many entries the ledger grew by."""

    projects: int
    seconds: float
    entries: int


class Bench:
    """The agency's side of a run."""

    def __init__(self, setting: Setting, crew: Crew, line: SeatLine) -> None:
        self._setting = setting
        self._crew = crew
        self._line = line
        self._experts = Experts(setting)
        self._number = 0

    def run(self, days: Sequence[int]) -> Filled:
        """Register a project with a session on each of these days (from now), then submit all and wait until filled."""
        sessions = [self._session(day) for day in days]
        before, began = self._size(), perf_counter()
        draws = [self._submit(session) for session in sessions]

        def done() -> bool:
            self._experts.answer()
            return not self._waiting()

        self._crew.until(done, ("席位满员", "every seat to be filled"), LONGEST_S)
        seconds = perf_counter() - began
        with self._setting.reading() as session:
            states = session.execute(select(Draw.state, Draw.reason).where(Draw.id.in_(draws))).all()
        if {state for state, _ in states} != {DrawState.FILLED}:
            raise RuntimeError(f"not filled: {sorted({f'{state.value} {reason}' for state, reason in states})}")
        return Filled(len(draws), seconds, self._size() - before)

    def _session(self, day: int) -> str:
        """Opened in four hours, reviewed so many days later."""
        self._number += 1
        setting, clock, facts = self._setting, SystemClock(), project(self._number)
        registered = setting.act_as(
            Role.INITIATOR, clock, lambda tx: projects.register_project(tx, centre_id=setting.centre_id, facts=facts)
        )
        now = clock.now()
        session = SessionFacts(
            code="S1",
            lots=(facts.lots[0].code,),
            starts=now + 5 * HOUR + timedelta(days=day),
            opens_at=now + 4 * HOUR,
            expected_minutes=240,
            overnight=False,
            sites=(SiteFacts("430102", "第三评标室", CENTRE),),
        )
        sitting: EvaluationSession = setting.act_as(
            Role.INITIATOR, clock, lambda tx: projects.schedule_session(tx, registered.id, facts=session)
        )
        return sitting.id

    def _submit(self, session: str) -> str:
        clock, settings = SystemClock(), self._setting.settings.draws
        given = applying.Application(draw_at=clock.now(), lines=(self._line,), owner_representatives=())
        draw = self._setting.act_as(Role.INITIATOR, clock, lambda tx: service.apply(tx, settings, session, given=given))
        return draw.id

    def _waiting(self) -> bool:
        with self._setting.reading() as session:
            return bool(session.scalar(select(func.count()).where(Draw.state.in_(WAITING))))

    def _size(self) -> int:
        with self._setting.reading() as session:
            return session.scalars(select(LedgerHead.size)).one()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a processor: by process, of this process (agency and experts), and of the whole machine."""

    processes: Mapping[str, float]
    own: float
    machine: float

    @classmethod
    def of(cls, processes: Mapping[str, int]) -> "Spent":
        """What was spent so far; ``processes`` by their ids."""
        own = time.process_time()
        return cls({name: cpu_seconds(pid) for name, pid in processes.items()}, own, machine_seconds())

    def since(self, before: "Spent") -> "Spent":
        """What was spent since."""
        processes = {name: seconds - before.processes[name] for name, seconds in self.processes.items()}
        return Spent(processes, self.own - before.own, self.machine - before.machine)

    def told(self, filled: Filled) -> Iterator[Measurement]:
        """What a project cost each of them, and which part of the processors others had meanwhile."""
        for name, seconds in {**self.processes, "agency": self.own}.items():
            yield Measurement(f"cpu_ms_per_project_{name}", round(1000 * seconds / filled.projects, 1), "ms")
        ours = sum(self.processes.values()) + self.own
        yield Measurement("cpu_ms_per_project", round(1000 * ours / filled.projects, 1), "ms", f"{CORES} processors")
        others = max(0.0, self.machine - ours) / (CORES * filled.seconds)
        yield Measurement("processors_used_by_others", round(100 * others, 1), "%", f"{CORES} processors")


def machine_seconds() -> float:
    """What everybody on this machine has used of its processors since it was started."""
    user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text(encoding="ascii").split()[1:8]
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used of a processor so far: this does not depend on who else is busy."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    own = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for child in children)


def bare_commits(folder: Path, number: int) -> float:
    """Seconds of so many one-row transactions, flushed each, in a file of their own."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (v TEXT)"
        )
        began = perf_counter()
        for each in range(number):
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO t VALUES (?)", (f"{each:0100}",))
            database.execute("COMMIT")
        return perf_counter() - began


def _told(suffix: str, filled: Filled, folder: Path) -> Iterator[Measurement]:
    floor = bare_commits(folder, filled.entries)
    yield Measurement(
        f"projects_filled_per_min{suffix}",
        round(60 * filled.projects / filled.seconds, 1),
        "1/min",
        f"{filled.entries} bare one-row commits",
        round(floor / filled.seconds, 5),
    )
    yield Measurement(f"entries_per_project{suffix}", round(filled.entries / filled.projects, 1), "entries")


def project(number: int) -> ProjectFacts:
    """A made-up project with one lot."""
    code = f"E430100{number:010}"
    return ProjectFacts(
        code=code,
        regime=Regime.TENDER,
        method=Method.OPEN_TENDER,
        title=f"测速项目 {number}",
        lots=(LotFacts(f"{code}001", "一标段", 8_600_000_00),),
        parties=(
            PartyFacts(PartyRole.OWNER, credit_code("12439999DEM000001"), "演示市政建设中心"),
            PartyFacts(PartyRole.AGENCY, credit_code("91439999DEM900001"), "演示招标代理公司"),
            PartyFacts(PartyRole.SUPERVISOR, credit_code("11439999DEM900001"), "演示住建局"),
        ),
    )


def _accepting(code: str) -> Callable[[Transaction], None]:
    return lambda tx: answering.hand_in(tx, code=code, word=Word.ACCEPT)
