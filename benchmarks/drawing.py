"""Part of `draw`: a request over pools of several sizes, from its acceptance to its result, as an installation does it.

Signer, web, vault and three agents are processes of their own; the vault alone works on the pool, so its memory is what
is told. Once for one specialty, once with the whole pool as candidates (the rulebook of a roster without specialties).
What the time goes to is told apart: up to the intent, from there to the last contribution (mostly waiting: agents ask
five times a second), and from there to the result.

``EXPERTPOOL_BENCH_EXPERTS`` sets other sizes, with commas between them. Building the largest pool takes minutes;
standard error tells how far it is.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.harness import Measurement
from expertpool.cli.bilingual import Texts
from expertpool.cli.demo_case import SAMPLE, apply_for_committee, fill_pool, first_meeting
from expertpool.cli.demo_holders import settle, three_holders
from expertpool.cli.demo_processes import Crew
from expertpool.cli.demo_setting import Setting, set_up
from expertpool.cli.supervisor import Supervisor
from expertpool.cli.vault_parts import open_vault_parts
from expertpool.core.clock import SystemClock
from expertpool.draws.queries import entries_of
from expertpool.draws.stored_table import stored_table
from expertpool.experts.demo_pool import demo_experts
from expertpool.protocol.panel import lowest
from expertpool.protocol.request import SeatLine

FOLDER: Final = Path(__file__).parent.parent / "var" / "benchmarks"
SIZES: Final = tuple(map(int, os.environ.get("EXPERTPOOL_BENCH_EXPERTS", "1000,50000,1000000").split(",")))
SEED: Final = "draw"
LEAST_HOLDERS: Final = 40
"""How many are to hold one of the codes of the specialty that is asked for."""
FIELD: Final = "A08"
SEATS, SEATS_OF_ALL = 4, 10
STARTED: Final = "vault.started"
LONGEST_S: Final = 3600.0
STEPS: Final = ("draw.requested", "draw.accepted", "draw.intended", "draw.contributed", "draw.completed")


def pools() -> Iterator[Measurement]:
    """Measure every size."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            yield from measure(Path(folder) / "demo", size)


def measure(folder: Path, size: int) -> Iterator[Measurement]:
    """Build a pool and draw from it twice."""
    holders = three_holders()
    with set_up(folder, rulebook="demo-centre", today=datetime.now(UTC)) as setting:
        settle(setting, holders)
        began = perf_counter()
        fill_pool(setting, seed=SEED, experts=size, bar=told_on_stderr)
        yield Measurement(f"pool_{short(size)}_build_s", round(perf_counter() - began, 1), "s")
        with Supervisor() as supervisor:
            crew = Crew(setting, holders, supervisor, look_s=0.01)
            crew.start()
            for part, rulebook, line in (
                ("one_specialty", "demo-centre", SeatLine(codes(size), SEATS, 0)),
                ("whole", "roster-demo", SeatLine((), SEATS_OF_ALL, 0)),
            ):
                yield from draw(with_rulebook(setting, rulebook), crew, supervisor, f"{part}_{short(size)}", line)


def draw(setting: Setting, crew: Crew, supervisor: Supervisor, name: str, line: SeatLine) -> Iterator[Measurement]:
    """Apply, and watch the ledger until it has the result; the vault is a fresh process, so that its memory is told."""
    log = setting.places.logs / "vault.log"
    before = log.read_text().count(STARTED) if log.exists() else 0
    crew.start_vault()
    crew.until(lambda: log.read_text().count(STARTED) > before, (STARTED, STARTED), LONGEST_S)
    applied = apply_for_committee(setting, first_meeting(setting), seed=name, line=line)
    seen: dict[str, float] = {}

    def look() -> bool:
        with setting.reading() as session:
            kinds = [entry.kind for entry in entries_of(session, applied.draw)]
        for kind in STEPS:
            wanted = 2 if kind == "draw.contributed" else 1
            if kinds.count(kind) >= wanted:
                seen.setdefault(kind, perf_counter())
        return STEPS[-1] in seen

    crew.until(look, (name, name), LONGEST_S)
    peak = peak_mib(supervisor.pid("vault"))
    crew.kill_vault()
    requested, accepted, intended, contributed, completed = (seen[kind] for kind in STEPS)
    rows, hashing = hashed(setting, applied.draw, line.seats)
    yield Measurement(f"{name}_s", round(completed - accepted, 3), "s")
    yield Measurement(f"{name}_assess_s", round(accepted - requested, 3), "s")
    yield Measurement(f"{name}_to_intent_s", round(intended - accepted, 3), "s")
    yield Measurement(f"{name}_contributions_s", round(contributed - intended, 3), "s")
    yield Measurement(f"{name}_to_result_s", round(completed - contributed, 3), "s")
    yield Measurement(f"{name}_candidates", rows, "persons")
    yield Measurement(f"{name}_ticket_share", round(hashing / (completed - accepted), 4), "1")
    yield Measurement(f"{name}_vault_peak", peak, "MiB")


def hashed(setting: Setting, draw_id: str, seats: int) -> tuple[int, float]:
    """How many rows the table has, and the seconds that the tickets of all attempts take by themselves."""
    with setting.reading() as session, open_vault_parts(setting.settings, SystemClock()) as parts:
        table = stored_table(session, parts.keys, draw_id).table
        [attempts] = [
            entry.body["attempts"] for entry in entries_of(session, draw_id) if entry.kind == "draw.completed"
        ]
    eligible = [row for row, lines in enumerate(table.lines) if lines]
    began = perf_counter()
    lowest(table.leaves, eligible, seats, bytes(64))
    return len(table), attempts * (perf_counter() - began)


def codes(size: int) -> tuple[str, ...]:
    """Fourth-level codes: as few as enough of the pool hold, the most held first; one where the pool is large."""
    sample = min(size, SAMPLE)
    held = Counter(
        claim.code for _, facts in demo_experts(SEED, sample) for claim in facts.claims or () if len(claim.code) > 5
    )
    chosen, holders = [], 0.0
    for code, count in sorted(held.items(), key=lambda each: (-each[1], each[0])):
        if code.startswith(FIELD) and holders < LEAST_HOLDERS:
            chosen.append(code)
            holders += count * size / sample
    return tuple(sorted(chosen[:20]))


def with_rulebook(setting: Setting, rulebook: str) -> Setting:
    """The same setting under another rulebook."""
    draws = replace(setting.settings.draws, rulebook=rulebook)
    return replace(setting, settings=replace(setting.settings, draws=draws))


@contextmanager
def told_on_stderr(what: Texts, total: int | None) -> Iterator[Callable[[int], None]]:
    """Tell every tenth of the way."""
    done = tenths = 0

    def progress(more: int) -> None:
        nonlocal done, tenths
        done += more
        if total and done * 10 // total > tenths:
            tenths = done * 10 // total
            print(f"{what.en}: {done} of {total}", file=sys.stderr, flush=True)

    yield progress


def short(size: int) -> str:
    """1k, 50k, 1m."""
    for unit, word in ((1_000_000, "m"), (1_000, "k")):
        if size % unit == 0:
            return f"{size // unit}{word}"
    return str(size)


def peak_mib(pid: int) -> int:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
