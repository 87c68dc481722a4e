"""How often an honest panel is asked to explain itself, and how often somebody who favours a bidder is.

Through ``policies.panel_statistics.alerts`` with the rulebook's own thresholds. Seeds are fixed: every machine gets the
same figures.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import sqrt
from random import Random
from statistics import fmean, stdev
from time import perf_counter
from typing import Any, Final

from policies.assessment_facts import Measure
from policies.library import shipped
from policies.panel_statistics import History, Panel, alerts, history
from policies.rulebook import Rulebook
from tests.evidence.panels import NOISE, Judges, real_panels
from tests.evidence.runs import ran

SIZES: Final = (5, 7)
PANELS: Final = 10_000
EXPERTS: Final = 2_000
FAVOURS: Final = (1.0, 2.0, 3.0, 4.0)
"""What the favoured bidder gets more, in deviations; one is 3.1 points of 100."""
PROJECTS: Final = 10
HISTORY: Final = 300
CENTRE: Final = 100
"""Panels that are measured by the same short history."""
SEED: Final = 20261122
REGIME: Final = "tender"
WITHIN: Final = 3.0
"""The measure that is not used: so many deviations of the others on the same panel."""


def measured(panels: int = PANELS, experts: int = EXPERTS) -> dict[str, Any]:
    """Everything, for panels of five and of seven; ``experts`` are asked over ten projects each."""
    began = perf_counter()
    found: dict[str, Any] = {"panels": panels, "experts": experts, "projects": PROJECTS}
    found["honest"] = [honest(size, panels) for size in SIZES]
    found["honest"] += [honest_real(size) for size in SIZES]
    found["accumulated"] = [accumulated(size, experts) for size in SIZES]
    found["power"] = [power(size, max(1, experts // 10)) for size in SIZES]
    return {"run": ran("make evidence PARTS=alerts", perf_counter() - began), **found}


def honest(size: int, panels: int) -> dict[str, Any]:
    """Honest panels of the model with any alert, measured by the shortest history that the rulebook takes."""
    judges, book = Judges(Random(SEED), size), rulebook()
    fewest = book.values("assessment.alert", REGIME).number("history")
    asked = within = 0
    for begin in range(0, panels, CENTRE):
        past = history(judges.panel(f"h{each}") for each in range(fewest))
        for number in range(begin, min(begin + CENTRE, panels)):
            each = judges.panel(str(number))
            asked += bool(raised(book, [each], past))
            within += within_panel(each)
    return share("model", size, panels, asked) | {"within": within / (panels * size)}


def honest_real(size: int) -> dict[str, Any]:
    """Real panels, some judges of each, with any alert; measured by the others."""
    panels, book = real_panels(Random(SEED), size), rulebook()
    past = history(panels)
    asked = sum(bool(alerts(book, REGIME, [each], past)) for each in panels)
    within = sum(within_panel(each) for each in panels)
    return share("real", size, len(panels), asked) | {"within": within / (len(panels) * size)}


def accumulated(size: int, experts: int) -> dict[str, Any]:
    """Honest experts who meet the same bidders in ten projects, with an alert of an accumulation."""
    judges, book = Judges(Random(SEED + 1), size), rulebook()
    past = history(judges.panel(f"h{each}") for each in range(HISTORY))
    asked = 0
    for _ in range(experts):
        likes = judges.likes()
        seen = [judges.panel(f"p{each}", who="expert", likes=likes) for each in range(PROJECTS)]
        asked += any(
            each.measure is Measure.ACCUMULATED and each.member == "expert" for each in raised(book, seen, past)
        )
    return share("model", size, experts, asked)


def power(size: int, experts: int) -> dict[str, Any]:
    """Experts who favour one bidder: found over ten projects, and by the first project alone."""
    judges, book = Judges(Random(SEED + 2), size), rulebook()
    past = history(judges.panel(f"h{each}") for each in range(HISTORY))
    found = []
    for favour in FAVOURS:
        over_ten = in_one = 0
        for _ in range(experts):
            likes = judges.likes()
            seen = [judges.panel(f"p{n}", who="expert", likes=likes, favour=favour) for n in range(PROJECTS)]
            told = [each for each in raised(book, seen, past) if (each.member, each.bidder) == ("expert", "b0")]
            over_ten += any(each.measure is Measure.ACCUMULATED and each.value > 0 for each in told)
            in_one += any(each.measure is Measure.FAVOURING and each.panels == ("p0",) for each in told)
        points = round(favour * NOISE, 1)
        found.append({"favour": favour, "points": points, "over_ten": over_ten / experts, "in_one": in_one / experts})
    return {"members": size, "experts": experts, "found": found}


def raised(book: Rulebook, panels: Sequence[Panel], past: History) -> list[Any]:
    """The alerts of some panels beside a history that they are added to."""
    both = History._make(one + other for one, other in zip(past, history(panels), strict=True))
    return list(alerts(book, REGIME, panels, both))


def within_panel(of: Panel) -> int:
    """How many members a measure within the panel would ask: far from the others, by the others' own deviation."""
    columns = list(zip(*of.scores, strict=True))
    return sum(
        any(
            abs(one - fmean(others)) > WITHIN * stdev(others)
            for column in columns
            for others in [[*column[:number], *column[number + 1 :]]]
            for one in [column[number]]
        )
        for number in range(len(of.members))
    )


def share(kind: str, size: int, tried: int, asked: int) -> dict[str, Any]:
    """A share with the upper end of its 95 % interval (Wilson)."""
    z = 1.96
    rate, square = asked / tried, z * z / tried
    most = (rate + square / 2 + z * sqrt(rate * (1 - rate) / tried + square / (4 * tried))) / (1 + square)
    return {"kind": kind, "members": size, "tried": tried, "asked": asked, "rate": rate, "most": round(most, 5)}


def rulebook() -> Rulebook:
    """The national one: what holds where no centre says otherwise."""
    return shipped().rulebook("national", datetime.now(UTC).date())
