"""Is every committee equally likely, and does a stolen database tell who was drawn? Figures, not only a pass."""

import re
from collections import Counter
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

from expertpool.protocol.panel import Seating
from expertpool.protocol.seed import Contribution, Seeds
from tests.evidence.runs import command_of, ran, run_tests
from tests.protocol.chi_squared import REGISTERED, tail
from tests.protocol.pools import Row, numbered
from tests.protocol.reference import committees
from tests.protocol.test_uniformity import (
    BIASED,
    DRAWS,
    PANELS,
    VACANCIES,
    Sampler,
    by_line,
    chances_after_two_vacancies,
    drawn,
    two_vacancies,
)

SHOWN: Final = "one of an employer"
"""The case whose counts are drawn, beside the sampler that mends what breaks a constraint."""
GAME: Final = "tests/draws/test_dump_game.py"


def uniformity() -> dict[str, Any]:
    """Draw each case as often as the test does, and tell the statistic, its degrees of freedom and the chance of it."""
    began = perf_counter()
    tests, biased, spread = [], [], {}
    for case, (rows, seating) in PANELS.items():
        counts, fair = drawn_by(drawn, rows, seating)
        tests.append({"what": "panel", "case": case, **chi_squared(counts, dict.fromkeys(fair, 1 / len(fair)))})
        if case == SHOWN:
            spread["fair"] = [counts[each] for each in fair]
    for case, (rows, seating) in VACANCIES.items():
        counts, fair = drawn_by(drawn, rows, seating)
        tests.append({"what": "vacancy", "case": case, **chi_squared(counts, dict.fromkeys(fair, 1 / len(fair)))})
    tests.append({"what": "draw", "case": "a panel and two vacancies", **whole_draws()})
    for case, (sampler, (rows, seating)) in BIASED.items():
        counts, fair = drawn_by(sampler, rows, seating)
        biased.append({"case": case, **chi_squared(counts, dict.fromkeys(fair, 1 / len(fair)))})
        if case == f"mends, {SHOWN}":
            spread["biased"] = [counts[each] for each in fair]
    return {
        "run": ran("make evidence PARTS=uniformity", perf_counter() - began),
        "draws": DRAWS,
        "gate": REGISTERED,
        "tests": tests,
        "biased": biased,
        "spread": spread,
    }


def drawn_by(sampler: Sampler, rows: list[Row], seating: Seating) -> tuple[Counter[Any], list[Any]]:
    """How often each committee came, and all that brute force finds."""
    return Counter(by_line(sampler(seating, numbered(number))) for number in range(DRAWS)), committees(rows, seating)


def whole_draws() -> dict[str, Any]:
    """Seeds of whole draws: panel and two vacancies."""
    parts = [Contribution("khd_01", bytes(64)), Contribution("khd_02", bytes(64))]
    counts = Counter(two_vacancies(Seeds.derive(numbered(number), parts)) for number in range(DRAWS))
    return chi_squared(counts, chances_after_two_vacancies())


def chi_squared(counts: Counter[Any], chances: Mapping[Any, float]) -> dict[str, Any]:
    """Pearson's statistic; the p-value is the chance that a fair draw gives one as large."""
    draws = counts.total()
    statistic = sum((counts[each] - chance * draws) ** 2 / (chance * draws) for each, chance in chances.items())
    freedom = len(chances) - 1
    p = tail(statistic, freedom) if counts.keys() <= chances.keys() else 0.0
    return {"outcomes": len(chances), "freedom": freedom, "statistic": round(statistic, 2), "p": float(f"{p:.3g}")}


def game() -> dict[str, Any]:
    """Play against a dump of the database, and against builds with a leak: the figures that the test prints."""
    done = run_tests(GAME, "--timeout=3600")
    seats, strategies, pool = map(int, re.findall(r"(\d+) seats, (\d+) strategies, a pool of (\d+)", done.output)[0])
    names = ("chance", "least", "most", "worst", "best")
    figure = r"([\d.]+)"
    pattern = f"chance {figure}, 95 % interval {figure} to {figure}; worst strategy {figure}, best {figure}"
    committee, seat = (dict(zip(names, map(float, found), strict=True)) for found in re.findall(pattern, done.output))
    return {
        "run": ran(command_of(GAME), done.seconds),
        "seats": seats,
        "strategies": strategies,
        "pool": pool,
        "committee": committee,
        "seat": seat,
        "leaks": sum(count for each, count in done.names.items() if each.startswith("test_a_build_")),
    }
