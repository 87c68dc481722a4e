"""How often an expert may sit: for one agency, on one day, with the same people, and from how far."""

from policies.dates import shift
from policies.decision import Effect, Reason, reason
from policies.facts import Expert, Members, Request
from policies.rule import Check, ExpertRule, FactRule, need
from policies.rulebook import Kind, Values
from policies.rules.ties import codes, review_day


def agency(request: Request, p: Values) -> Check:
    """Not more often than the rulebook's times in its months on committees of the same agency."""
    day, agencies = review_day(request), codes(request.agencies, "agencies")
    since, most = shift(day, months=-p.number("months")), p.number("times")

    def check(expert: Expert) -> Reason | None:
        served = [
            each
            for each in need(expert.engagements, "engagements")
            if each.day > since and not agencies.isdisjoint(each.agencies)
        ]
        return reason("too_often", times=len(served), since=since) if len(served) >= most else None

    return check


def daily(request: Request, p: Values) -> Check:
    """Not on more committees in one day than the rulebook says."""
    day, most = review_day(request), p.number("times")

    def check(expert: Expert) -> Reason | None:
        served = [each.day for each in need(expert.engagements, "engagements")].count(day)
        return reason("too_often", times=served, day=day) if served >= most else None

    return check


def radius(_request: Request, p: Values) -> Check:
    """Not from farther away than the rulebook's distance, in kilometres."""
    most = p.number("km")

    def check(expert: Expert) -> Reason | None:
        distance = need(expert.distance_km, "distance_km")
        return reason("too_far", km=distance, most=most) if distance > most else None

    return check


def pair(members: Members, p: Values) -> Reason | None:
    """No two experts sit together more often than the rulebook's times in its months."""
    since = shift(need(members.review_on, "review_on"), months=-p.number("months"))
    for days in need(members.shared_days, "shared_days"):
        together = sum(day > since for day in need(days, "shared_days"))
        if together >= p.number("times"):
            return reason("too_often", times=together, since=since)
    return None


RULES = (
    ExpertRule(
        id="limits.agency",
        states=agency,
        reads=("engagements",),
        asks=("review_at", "agencies"),
        effects={"too_often": Effect.REFUSED},
        parameters={"times": Kind.NUMBER, "months": Kind.NUMBER},
    ),
    ExpertRule(
        id="limits.daily",
        states=daily,
        reads=("engagements",),
        asks=("review_at",),
        effects={"too_often": Effect.REFUSED},
        parameters={"times": Kind.NUMBER},
    ),
    ExpertRule(
        id="limits.radius",
        states=radius,
        reads=("distance_km",),
        asks=(),
        effects={"too_far": Effect.REFUSED},
        parameters={"km": Kind.NUMBER},
    ),
    FactRule(
        id="limits.pair",
        states=pair,
        subject=Members,
        reads=("review_on", "shared_days"),
        effects={"too_often": Effect.REFUSED},
        parameters={"times": Kind.NUMBER, "months": Kind.NUMBER},
    ),
)
