"""The yearly summary of a centre whose three parties gave 100,000 sheets.

The year has 6,667 sessions of five seats each, by 4,000 fictional experts; one seat in eight lost points. Only the rows
that a summary reads are there, written straight into the database; sheets themselves are sealed until the reveal
and no summary opens them. What is timed is what the page of the year asks for: sums per expert and agency, by month
and item, the spread of the pool; first as a whole, then each part, since that is where the time goes.

``EXPERTPOOL_BENCH_SHEETS`` sets another size. At last, the alerts about scoring: honest panels that are asked, and
favours that are found.
"""

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.orm import Session

from benchmarks.harness import Measurement, seconds
from expertpool.assessments import summary
from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Assessment, Mark, Result, Subject
from expertpool.assessments.summary import Span
from expertpool.core.database import READ_ONLY, Base
from expertpool.core.rooms import load_rooms
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Assignment, Draw
from expertpool.experts.lifecycle import Origin, Status
from expertpool.experts.models import Expert
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import Regime
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import SessionDay
from policies.conduct_items import Evidence, Party, SubjectKind
from policies.facts import Method
from tests.evidence import alerts
from tests.experts.pool import credit_code, make_pool
from tests.postgres import Cluster, find_binaries

FOLDER: Final = Path(__file__).parent.parent / "var" / "benchmarks"
SHEETS: Final = int(os.environ.get("EXPERTPOOL_BENCH_SHEETS", "100_000"))
SEATS: Final = ("2KQM", "5XTD", "7RWA", "8PEJ", "3HBC")
SESSIONS: Final = -(-SHEETS // (len(SEATS) * len(Party)))
EXPERTS: Final = 4_000
AGENCIES: Final = 60
YEAR: Final = 2026
FIRST: Final = datetime(YEAR, 1, 4, 1, tzinfo=UTC)
SPREAD: Final = timedelta(days=340)
FLAWED: Final = 0.125
ITEMS: Final = {"late": 10, "phone": 10, "site-rules": 10, "left-post": 30, "stalling": 30}
REPEATS: Final = 5
PANELS: Final = 4_000
FAVOURING: Final = 100


def main() -> Iterator[Measurement]:
    """Yield the measurements on SQLite and, where it is installed, on PostgreSQL."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        yield Measurement("sheets", SESSIONS * len(SEATS) * len(Party), "sheets")
        yield from measure("", f"sqlite:///{directory}/expertpool.db", Path(directory))
    binaries = find_binaries()
    if binaries is not None:
        with Cluster(binaries) as cluster, tempfile.TemporaryDirectory(dir=FOLDER) as directory:
            yield from measure("_postgresql", cluster.url(cluster.create_database()), Path(directory))
    yield from alerting()


def alerting() -> Iterator[Measurement]:
    """How many honest panels an alert asks, and how many who favour a bidder ten projects tell (docs/evidence.md)."""
    for size in alerts.SIZES:
        yield Measurement(f"alerts_false_rate_{size}", round(alerts.honest(size, PANELS)["rate"], 4), "share of panels")
        for each in alerts.power(size, FAVOURING)["found"]:
            metric = f"alerts_power_{size}_by_{each['points']}_points"
            yield Measurement(metric, each["over_ten"], "share of experts, ten projects")


def measure(suffix: str, url: str, directory: Path) -> Iterator[Measurement]:
    """Fill an empty database and ask it for its year."""
    start = perf_counter()
    engine, centre = build(url, directory)
    yield Measurement(f"build_s{suffix}", round(perf_counter() - start, 1), "s")
    with Session(engine.execution_options(**READ_ONLY)) as session:
        span = Span.of_year(YEAR)
        found = summary.summary(session, [centre], span)
        assert sum(each.projects for each in found.experts) == SESSIONS * len(SEATS)
        yield Measurement(f"summary_100k_s{suffix}", timed(lambda: summary.summary(session, [centre], span)), "s")
        wanted = summary.revealed_in([centre], span)
        parts: dict[str, Callable[..., object]] = {
            "experts": summary.experts_in,
            "agencies": summary.agencies_in,
            "months": summary.months_in,
            "items": summary.items_in,
        }
        for name, part in parts.items():
            yield Measurement(f"{name}_s{suffix}", timed(partial(part, session, wanted)), "s")
    engine.dispose()


def timed(action: Callable[[], object]) -> float:
    """Median seconds."""
    return round(seconds(action, REPEATS), 3)


def build(url: str, directory: Path) -> tuple[Engine, str]:
    """A centre with a year of projects that were assessed; returns the database and the centre."""
    load_rooms("models")
    office = make_pool(url, directory)
    chance = random.Random(YEAR)
    actor = {"code": "bench", "role": Role.CENTRE_STAFF, "centre_id": office.centre, "active": True, "created": FIRST}
    with office.engine.begin() as connection:
        connection.execute(insert(Actor), [{"id": "act_bench", **actor}])
        connection.execute(insert(Expert), [expert(number, office.centre) for number in range(EXPERTS)])
        for model, rows in sessions(office.centre).items():
            put(connection, model, rows)
        for model, rows in assessments(office.centre, chance).items():
            put(connection, model, rows)
    if office.engine.dialect.name == "postgresql":
        with office.engine.begin() as connection:
            connection.execute(text("ANALYZE"))  # as the server does by itself soon after
    return office.engine, office.centre


def put(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows past every rule, some thousands at a time."""
    for first in range(0, len(rows), 5_000):
        connection.execute(insert(model), rows[first : first + 5_000])


def expert(number: int, centre: str) -> dict[str, Any]:
    """Nobody."""
    place = {"centre_id": centre, "origin": Origin.OWN, "status": Status.ENROLLED}
    return {"id": f"exp_{number:026}", "since": FIRST, "revision": 1, **place}


def sessions(centre: str) -> dict[type[Base], list[dict[str, Any]]]:
    """What an assessment refers to: projects, sessions, their days and draws."""
    made: dict[type[Base], list[dict[str, Any]]] = {Project: [], EvaluationSession: [], SessionDay: [], Draw: []}
    for number in range(SESSIONS):
        starts = FIRST + SPREAD * number / SESSIONS
        project, sitting = f"prj_{number:026}", f"ses_{number:026}"
        here = {"centre_id": centre, "project_id": project}
        made[Project].append(
            {
                "id": project,
                "centre_id": centre,
                "code": f"BENCH-{number}",
                "regime": Regime.TENDER,
                "method": Method.OPEN_TENDER,
                "title": "基准项目",
                "registered": starts,
            }
        )
        made[EvaluationSession].append(
            {
                "id": sitting,
                "code": "1",
                "state": SessionState.SCHEDULED,
                "starts": starts,
                "opens_at": starts,
                "expected_minutes": 240,
                "overnight": False,
                **here,
            }
        )
        made[SessionDay].append(
            {
                "session_id": sitting,
                "centre_id": centre,
                "state": DayState.CLOSED,
                "revision": 1,
                "opened": starts,
                "planned": "[]",
            }
        )
        made[Draw].append(
            {
                "id": f"drw_{number:026}",
                "session_id": sitting,
                "asked_by": "act_bench",
                "state": DrawState.CLOSED,
                "request": json.dumps({}),
                "due": starts,
                "supplementary": False,
                "revision": 1,
                **here,
            }
        )
    return made


def assessments(centre: str, chance: random.Random) -> dict[type[Base], list[dict[str, Any]]]:
    """Whom each session's sheets are of, the results, and whose seats they were."""
    models: tuple[type[Base], ...] = (Assessment, Subject, Result, Mark, Assignment)
    made: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in models}
    for number in range(SESSIONS):
        sitting, revealed = f"ses_{number:026}", FIRST + SPREAD * number / SESSIONS + timedelta(days=2)
        made[Assessment].append(
            {
                "session_id": sitting,
                "centre_id": centre,
                "state": AssessmentState.FINAL,
                "revision": 1,
                "rulebook": "0" * 64,
                "form": "{}",
                "opened": revealed - timedelta(days=2),
                "due": revealed,
                "revealed": revealed,
            }
        )
        for subject, (seat, who) in enumerate(zip(SEATS, chance.sample(range(EXPERTS), len(SEATS)), strict=True), 1):
            at = {"draw_id": f"drw_{number:026}", "seat": seat, "vacancy": 0}
            made[Subject].append(
                {
                    "session_id": sitting,
                    "number": subject,
                    "centre_id": centre,
                    "kind": SubjectKind.SEAT,
                    "unit": None,
                    "label": None,
                    **at,
                }
            )
            made[Assignment].append({**at, "expert_id": f"exp_{who:026}", "at": revealed})
            assess(made, sitting, subject, chance)
        agency = {"kind": SubjectKind.AGENCY, "unit": credit_code(number % AGENCIES), "label": "某代理机构"}
        nowhere = dict.fromkeys(("draw_id", "seat", "vacancy"))
        last = len(SEATS) + 1
        made[Subject].append({"session_id": sitting, "number": last, "centre_id": centre, **nowhere, **agency})
        assess(made, sitting, last, chance)
    return made


def assess(made: dict[type[Base], list[dict[str, Any]]], sitting: str, subject: int, chance: random.Random) -> None:
    """One subject's result, with marks for whoever lost points."""
    deduction = 0
    if chance.random() < FLAWED:
        item = chance.choice(list(ITEMS))
        deduction = ITEMS[item] * 100
        of_it = {"session_id": sitting, "subject": subject, "item": item, "points": ITEMS[item]}
        made[Mark] += [
            {**of_it, "party": party, "evidence": Evidence.STATEMENT, "grounds": "在场人员陈述"} for party in Party
        ]
    made[Result].append(
        {
            "session_id": sitting,
            "subject": subject,
            "deduction": deduction,
            "score": summary.FULL - deduction,
            "missing": "",
        }
    )
