"""Many projects, most of whose experts do not come: each is filled or exhausted, in time, and nobody is forgotten."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import comb
from pathlib import Path
from random import Random
from shutil import rmtree
from statistics import quantiles

import pytest

from expertpool.draws import stored_table
from expertpool.draws.lifecycle import DrawState
from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld
from tests.invitations.simulation import Project, Simulation

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

EXPERTS = 2500
A_DAY = 5
IN_TIME_S = 15 * 60
IN_TIME, EXHAUSTED = 0.95, 0.03
"""Which part is in time at least, and exhausted at most."""
BY_CHANCE = 1e-5
PARTS, IN_A_PART = 10, 30
MANY = int(os.environ.get("EXPERTPOOL_SIMULATED_PROJECTS", "10000"))
"""Of the long run: ten thousand are some hours on one core."""
FIRST = int(os.environ.get("EXPERTPOOL_SIMULATED_FROM", str(PARTS)))
"""The first seed of the long run, so that it can be made in several sittings."""
AT_ONCE = 100
"""Of the long run, in a world of their own: an installation that grows takes longer for each."""

Fresh = Callable[[int], AbstractContextManager[DrawWorld]]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_breaks: None) -> Fresh:
    """Worlds by number. Parts of a table of 64 KiB instead of 4 MiB: sealed at one size all the same."""
    monkeypatch.setattr(stored_table, "PART", 64 * 1024)
    for name in ("FIRST", "SECOND"):
        monkeypatch.setenv(f"EXPERTPOOL_GATEWAY_{name}_REPORTS_SECRET", "the-reports-secret-of-a-test-gateway")

    @contextmanager
    def world(number: int) -> Iterator[DrawWorld]:
        folder = tmp_path / str(number)
        folder.mkdir()
        with prepared(f"sqlite:///{folder / 'expertpool.db'}", folder, EXPERTS) as made:
            yield made
        rmtree(folder)

    return world


def play(simulation: Simulation, projects: int) -> list[Project]:
    found: list[Project] = []
    while len(found) < projects:
        found += simulation.day(min(A_DAY, projects - len(found)))
    return found


def told(found: Sequence[Project]) -> str:
    """What a reader of the test's output wants to know."""
    minutes = sorted(each.seconds / 60 for each in found if each.seconds is not None)
    cuts = quantiles(minutes, n=100, method="inclusive")
    states = dict(Counter(each.state.value for each in found))
    number = sum(each.vacancies for each in found)
    shares = ", ".join(f"{part} % {cuts[part - 1]:.1f}" for part in (5, 25, 50, 75, 90, 95, 99))
    lines = [
        f"{len(found)} projects: {states}, {number} vacancies, {max(each.vacancies for each in found)} at most",
        f"minutes to five seats: {shares}, longest {minutes[-1]:.1f}",
    ]
    histogram = Counter(int(minute) for minute in minutes)
    lines += [f"  {minute:2} to {minute + 1:2}: {histogram[minute]:5}" for minute in range(max(histogram) + 1)]
    return "\n".join(lines)


def too_late(found: Sequence[Project]) -> int:
    return sum(each.seconds is None or each.seconds > IN_TIME_S for each in found)


def exhausted(found: Sequence[Project]) -> int:
    return sum(each.state is DrawState.EXHAUSTED for each in found)


def chance_of(least: int, number: int, part: float) -> float:
    """How likely so many or more of a number are, where each is one of them with this part."""
    return sum(comb(number, many) * part**many * (1 - part) ** (number - many) for many in range(least, number + 1))


def test_the_chance_is_that_of_the_binomial_distribution() -> None:
    assert chance_of(0, 10, 0.05) == pytest.approx(1)
    assert chance_of(10, 10, 0.5) == pytest.approx(2**-10)
    assert chance_of(9, IN_A_PART, 1 - IN_TIME) > BY_CHANCE > chance_of(10, IN_A_PART, 1 - IN_TIME)


def simulated(fresh: Fresh, capfd: pytest.CaptureFixture[str], seeds: Sequence[int], projects: int) -> list[Project]:
    """Play them, each seed's in a world of its own; print what is known after each, since a long run may be stopped."""
    found = list[Project]()
    for seed in seeds:
        with fresh(seed) as world:
            found += play(Simulation(world, Random(seed)), projects)
        with capfd.disabled():
            print(f"\n{told(found)}", flush=True)  # noqa: T201 -- the figures are what is wanted
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_three_hundred_projects_end_filled_or_exhausted_and_in_time(
    fresh: Fresh, capfd: pytest.CaptureFixture[str], part: int
) -> None:
    """In parts, so that they are played side by side.

    Thirty are few: what is asserted is that they do not contradict the limits but by a chance of 1 in 100,000.
    """
    found = simulated(fresh, capfd, [part], IN_A_PART)
    assert len(found) == IN_A_PART
    assert chance_of(too_late(found), len(found), 1 - IN_TIME) > BY_CHANCE
    assert chance_of(exhausted(found), len(found), EXHAUSTED) > BY_CHANCE


@pytest.mark.faults
@pytest.mark.timeout(6 * 3600)
def test_many_projects_end_filled_or_exhausted_and_in_time(fresh: Fresh, capfd: pytest.CaptureFixture[str]) -> None:
    found = simulated(fresh, capfd, range(FIRST, FIRST + MANY // AT_ONCE), AT_ONCE)
    assert too_late(found) / len(found) <= 1 - IN_TIME
    assert exhausted(found) / len(found) <= EXHAUSTED
