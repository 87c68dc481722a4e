"""The draw: one attempt over a pool of a million in memory, against the least that it could cost.

``whole_pool_1m`` is to take at most eight times as long as 2,000,000 SHA-256 of 64 bytes: a ratio of 0.125 or more.
What it spends is told apart: finding the eligible rows, computing all tickets, keeping the lowest. What comes before
the intent over the same pool (feasibility, and the estimate of acceptance) is measured beside it.
"""

import multiprocessing
import os
import secrets
from array import array
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.drawing import pools
from benchmarks.harness import Measurement, seconds
from benchmarks.peer import beside_peer
from benchmarks.replaying import replayers
from expertpool.protocol.feasibility import estimate_acceptance, feasible
from expertpool.protocol.panel import DOMAIN, Candidates, Seating, search

EXPERTS = 1_000_000
EMPLOYERS = 50_000
EMPLOYER = 1
SEATS = 5
FLOOR = "2,000,000 SHA-256 of 64 bytes"
ROUNDS = 5


class Round(NamedTuple):
    """Seconds of one round."""

    floor: float
    attempt: float
    eligible: float
    hashing: float


class Answer(NamedTuple):
    """What a process of its own measured; ``rows_mib`` and ``peak_mib`` are its memory before and after drawing."""

    rounds: list[Round]
    feasible: float
    acceptance: float
    rows_mib: int
    peak_mib: int


def main() -> Iterator[Measurement]:
    """Yield every measurement: in memory, beside the peer, of both replayers, then over whole pools (`drawing`)."""
    yield from whole_pool()
    yield from beside_peer()
    yield from replayers()
    yield from pools()


def whole_pool() -> Iterator[Measurement]:
    """Draw five, one per employer, for one line for which everybody is eligible."""
    with multiprocessing.get_context("spawn").Pool(1) as worker:
        answer = worker.apply(measure)
    attempt, eligible, hashing = (
        median(getattr(each, part) for each in answer.rounds) for part in ("attempt", "eligible", "hashing")
    )
    ratio = median(each.floor / each.attempt for each in answer.rounds)
    yield Measurement("whole_pool_1m", round(attempt, 3), "s", FLOOR, round(ratio, 3))
    yield Measurement("whole_pool_1m_eligible", round(eligible, 3), "s")
    yield Measurement("whole_pool_1m_hashing", round(hashing, 3), "s")
    yield Measurement("whole_pool_1m_selection", round(attempt - eligible - hashing, 3), "s")
    yield Measurement("whole_pool_1m_hashing_share", round(hashing / attempt, 2), "1")
    yield Measurement("whole_pool_1m_rows", answer.rows_mib, "MiB")
    yield Measurement("whole_pool_1m_peak", answer.peak_mib, "MiB")
    yield Measurement("whole_pool_1m_feasible", round(answer.feasible, 3), "s")
    yield Measurement("whole_pool_1m_acceptance", round(answer.acceptance, 3), "s")


def measure() -> Answer:
    """Measure in this process: the floor in turn with the attempt, so that whatever slows one slows both."""
    seating = pool()
    rows_mib = peak_mib()
    rounds = [
        Round(
            floor=seconds(floor, 1),
            attempt=seconds(lambda: search(seating, bytes(32), 1), 1),
            eligible=seconds(seating.eligible, 1),
            hashing=seconds(lambda: hash_tickets(seating.candidates.leaves), 1),
        )
        for _ in range(ROUNDS)
    ]
    peak = peak_mib()
    return Answer(
        rounds,
        feasible=seconds(lambda: feasible(seating), 1),
        acceptance=seconds(lambda: estimate_acceptance(seating, secrets.randbelow), 1),
        rows_mib=rows_mib,
        peak_mib=peak,
    )


def pool() -> Seating:
    """Everybody is eligible, and is of one of the employers."""
    employers = [((EMPLOYER, sha256(number.to_bytes(4)).digest()[:16]),) for number in range(EMPLOYERS)]
    candidates = Candidates(os.urandom(32 * EXPERTS), array("L", [1]) * EXPERTS, lambda row: employers[row % EMPLOYERS])
    return Seating(candidates, [SEATS], {EMPLOYER: 1})


def floor() -> None:
    """Hash 64 bytes twice for each expert."""
    block = bytes(64)
    for _ in range(2 * EXPERTS):
        sha256(block).digest()


def hash_tickets(leaves: bytes) -> None:
    """Compute every ticket and keep none."""
    begun = sha256(DOMAIN + bytes(40)).copy
    for at in range(0, len(leaves), 32):
        state = begun()
        state.update(leaves[at : at + 32])
        state.digest()


def peak_mib() -> int:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
