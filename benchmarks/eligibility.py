"""One request against a large pool: who holds the specialty, and which of them the rules let in.

The pool is a million fictional experts: ten times each of 100,000 distinct ones, since the rules look at facts and
not at names. Only the rows that a request reads are there (roster lines, their claims, the experts that both refer
to); they are written straight into the database, without identities, images and ledger entries, which are the import's
to measure. Everybody holds one fourth-level specialty besides their own, for the request that the whole pool matches.

``EXPERTPOOL_BENCH_EXPERTS`` sets another size; the first line says how many there were.
"""

import multiprocessing
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from time import perf_counter, process_time
from typing import NamedTuple

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from benchmarks.harness import Measurement
from expertpool.core.database import READ_ONLY, open_engine
from expertpool.core.settings import DatabaseSettings
from expertpool.experts.acts import claims_of
from expertpool.experts.admission import after_step, as_recorded
from expertpool.experts.demo_pool import DemoExpert, demo_experts
from expertpool.experts.eligibility_queries import matching
from expertpool.experts.lifecycle import Origin, Pool, Status, Verb
from expertpool.experts.models import Expert, RosterClaim, RosterLine
from expertpool.experts.validation import birth_date
from expertpool.protocol.facts import Record, having_sat, write
from policies import specialties
from policies.decision import Outcome
from policies.eligibility import Eligibility
from policies.facts import Claim, Line, PoolKind, Request, Unit
from policies.library import shipped
from tests.experts.pool import START, make_pool
from tests.postgres import Cluster, find_binaries

FOLDER = Path(__file__).parent.parent / "var" / "benchmarks"
EXPERTS = int(os.environ.get("EXPERTPOOL_BENCH_EXPERTS", "1_000_000"))
DISTINCT = min(EXPERTS, 100_000)
EVERYBODYS = "C120501"
ENROLLED, DRAWN = date(2026, 11, 1), datetime(2026, 12, 1, 1, tzinfo=UTC)
REPEATS = 7


class Template(NamedTuple):
    """What one distinct expert's lines hold."""

    facts: str
    area: str
    claims: tuple[str, ...]

    def line(self) -> dict[str, str]:
        """The columns of the line."""
        return {"facts": self.facts, "area": self.area}


class Answer(NamedTuple):
    """One request, answered in a process of its own: seconds of each repeat, and what it found.

    ``processor_s`` is the mean processor time, which other work on the machine disturbs less.
    """

    seconds: list[float]
    processor_s: float
    matched: int
    eligible: int
    peak_mib: int


def main() -> Iterator[Measurement]:
    """Yield every measurement of eligibility, on SQLite and, where it is installed, on PostgreSQL."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        yield Measurement("experts", EXPERTS, "persons")
        yield from measure("", f"sqlite:///{directory}/expertpool.db", Path(directory))
    binaries = find_binaries()
    if binaries is not None:
        with Cluster(binaries) as cluster, tempfile.TemporaryDirectory(dir=FOLDER) as directory:
            yield from measure("_postgresql", cluster.url(cluster.create_database()), Path(directory))


def measure(suffix: str, url: str, directory: Path) -> Iterator[Measurement]:
    """Build a pool in an empty database and ask it."""
    start = perf_counter()
    pool, code = build(url, directory)
    yield Measurement(f"build_s{suffix}", round(perf_counter() - start, 1), "s")
    for metric, wanted, repeats in (("one_specialty", code, REPEATS), ("whole_pool", EVERYBODYS, 1)):
        answer = apart(url, pool, wanted, repeats)
        yield Measurement(f"{metric}_s{suffix}", round(statistics.median(answer.seconds), 3), "s")
        yield Measurement(f"{metric}_processor_s{suffix}", round(answer.processor_s, 3), "s")
        yield Measurement(f"{metric}_matched{suffix}", answer.matched, "persons")
        yield Measurement(f"{metric}_eligible{suffix}", answer.eligible, "persons")
        yield Measurement(f"{metric}_peak{suffix}", answer.peak_mib, "MiB")


def apart(url: str, pool: Pool, code: str, repeats: int) -> Answer:
    """Answer a request in a fresh process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as worker:
        return worker.apply(answer_request, (url, pool, code, repeats))


def answer_request(url: str, pool: Pool, code: str, repeats: int) -> Answer:
    """Find and decide, from an open database and a request to the number of eligible experts."""
    engine = open_engine(DatabaseSettings(url=url)).execution_options(**READ_ONLY)
    book, wanted = shipped().rulebook("demo-centre", DRAWN.date()), request(code)
    seconds: list[float] = []
    outcomes: Counter[Outcome] = Counter()
    with Session(engine) as session:
        began = process_time()
        for _ in range(repeats):
            start = perf_counter()
            rules = Eligibility(book, "tender", wanted)
            found = matching(session, pool, wanted)
            # How often somebody sat lately is known from the draws; here nobody ever did.
            outcomes = Counter(rules.decide(having_sat(each.facts, ())).outcome for each in found)
            seconds.append(perf_counter() - start)
        processor_s = (process_time() - began) / repeats
    engine.dispose()
    return Answer(seconds, processor_s, outcomes.total(), outcomes[Outcome.ALLOWED], peak_mib())


def peak_mib() -> int:
    """The most memory that this process ever had. (``ru_maxrss`` would begin with that of the process before exec.)"""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def request(code: str) -> Request:
    """Five seats for one specialty, experts from the whole province, bidders not yet known."""
    return Request(
        project="P-1",
        decided_at=DRAWN,
        opens_at=DRAWN.replace(hour=3),
        review_at=DRAWN.replace(hour=4),
        site="430102",
        areas=("430000",),
        lines=(Line((code,), 5),),
        owners=(Unit("演示业主", "91439999DEM000001U"),),
        agencies=(),
        supervising=(),
        recused=(),
    )


def build(url: str, directory: Path) -> tuple[Pool, str]:
    """Fill a fresh database; returns the pool and a fourth-level specialty that as many hold as hold the median one."""
    office = make_pool(url, directory)
    templates = [template(each) for each in demo_experts("eligibility", DISTINCT)]
    place = {"centre_id": office.centre, "origin": Origin.OWN}
    expert = {**place, "status": Status.ENROLLED, "since": START, "revision": 1}
    line = {**place, "on_roster": True, "version": 1}
    numbers = iter(range(EXPERTS))
    while some := list(islice(numbers, 20_000)):
        rows = [(f"exp_{number:026}", templates[number % DISTINCT]) for number in some]
        with office.engine.begin() as connection:
            connection.execute(insert(Expert), [{"id": key, **expert} for key, _ in rows])
            lines = [
                {"expert_id": key, **line, "salt": token_bytes(16), "leaf": token_bytes(32), **each.line()}
                for key, each in rows
            ]
            connection.execute(insert(RosterLine), lines)
            claims = sorted((claim, key) for key, each in rows for claim in each.claims)
            connection.execute(insert(RosterClaim), [{"claim": claim, "expert_id": key} for claim, key in claims])
    if office.engine.dialect.name == "postgresql":
        with office.engine.begin() as connection:
            connection.execute(text("ANALYZE"))  # as the server does by itself soon after
    pool = office.pool
    office.engine.dispose()
    return pool, median_specialty(templates)


def template(expert: DemoExpert) -> Template:
    """The lines of an expert who was enrolled a month before the draw and holds everybody's specialty, too."""
    identity, known = expert
    claims = (*(known.claims or ()), Claim(EVERYBODYS))
    known = known._replace(claims=tuple(dict.fromkeys(claims)), birth_date=birth_date(str(identity.id_number)))
    applied = Record(as_recorded(known, None, ENROLLED)._replace(pool=PoolKind.CENTRE))
    record = after_step(applied, Verb.ENROL, Status.ENROLLED, ENROLLED, None)
    return Template(write(record), str(known.area), tuple(claims_of(record)))


def median_specialty(templates: list[Template]) -> str:
    """The fourth-level specialty for which a middling number of experts qualifies."""
    held = Counter(claim.rpartition("/")[2] for each in templates for claim in each.claims)
    qualify = {
        specialty.code: sum(held[above.code] for above in specialties.ancestors(specialty.code))
        for specialty in specialties.table("national", "2018").values()
        if specialty.level == 4
    }
    return sorted(qualify, key=lambda code: (qualify[code], code))[len(qualify) // 2]
