"""Specialty and area: who is looked for."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

from policies import areas, specialties
from policies.decision import Effect, Reason, reason
from policies.facts import Application, Expert, Line, Request, day_of
from policies.rule import Check, ExpertRule, FactRule, need
from policies.rulebook import Kind, Values
from policies.specialties import Key


def accepted(line: Line) -> frozenset[Key]:
    """Give the claims that qualify for a line. Raises `BadInput` for an unknown code."""
    return frozenset().union(
        *(
            specialties.claims_that_cover(code, climbed=line.climbed, scheme=line.scheme, version=line.version)
            for code in line.codes
        )
    )


def lines_of(request: Request, p: Values) -> Callable[[Expert], tuple[int, ...]]:
    """Build the function that says for which lines (by index) an expert's settled claims qualify."""
    latest = day_of(need(request.decided_at, "decided_at")) - timedelta(days=p.number("days"))
    lines_by_claim: dict[Key, list[int]] = {}
    for line, wanted in enumerate(need(request.lines, "lines")):
        for key in accepted(wanted):
            lines_by_claim.setdefault(key, []).append(line)

    def find(expert: Expert) -> tuple[int, ...]:
        found: list[int] = []
        for claim in need(expert.claims, "claims"):
            lines = lines_by_claim.get((claim.scheme, claim.version, claim.code))
            if lines is not None and need(claim.recorded, "claims.recorded") <= latest:
                found += lines
        return tuple(sorted(set(found)))

    return find


def match(request: Request, p: Values) -> Check:
    """Experts are drawn from the matching specialty (招标投标法实施条例 第四十六条).

    A claim covers all that lies below it in the classification. A claim counts some days after it was ledgered.
    """
    find = lines_of(request, p)

    def check(expert: Expert) -> Reason | None:
        return None if find(expert) else reason("no_match")

    return check


def claims(application: Application, p: Values) -> Reason | None:
    """At most three second-level and six third-level specialties for one expert (深圳征求意见稿).

    A fourth-level claim counts as its third-level class. Raises `BadInput` for an unknown code.
    """
    levels: dict[int, set[str]] = {2: set(), 3: set()}
    for claim in need(application.claims, "claims"):
        for specialty in specialties.ancestors(claim.code, claim.scheme, claim.version):
            levels.get(specialty.level, set()).add(specialty.code)
    for level, most in ((2, p.number("second_level")), (3, p.number("third_level"))):
        if len(levels[level]) > most:
            return reason("too_many", level=level, held=len(levels[level]), most=most)
    return None


def area(request: Request, _p: Values) -> Check:
    """Experts come from the areas that the ladder's rung opens; one area lies in another by its first digits."""
    opened = tuple(areas.prefix(areas.current(code)) for code in need(request.areas, "areas"))

    @cache
    def lies_there(home: str) -> bool:
        return areas.current(home).startswith(opened)

    def check(expert: Expert) -> Reason | None:
        home = need(expert.area, "area")
        return None if lies_there(home) else reason("elsewhere", area=home)

    return check


RULES = (
    ExpertRule(
        id="specialty.match",
        states=match,
        reads=("claims",),
        asks=("decided_at", "lines"),
        effects={"no_match": Effect.REFUSED},
        parameters={"days": Kind.NUMBER},
    ),
    FactRule(
        id="specialty.claims",
        states=claims,
        subject=Application,
        reads=("claims",),
        effects={"too_many": Effect.REFUSED},
        parameters={"second_level": Kind.NUMBER, "third_level": Kind.NUMBER},
    ),
    ExpertRule(
        id="specialty.area",
        states=area,
        reads=("area",),
        asks=("areas",),
        effects={"elsewhere": Effect.REFUSED},
    ),
)
