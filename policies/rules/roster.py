"""Rules for a roster that knows only names and employers, as volunteers' lists do."""

from policies.decision import Effect, Reason, reason
from policies.facts import Expert, Request
from policies.rule import Check, ExpertRule, need
from policies.rulebook import Values


def employer(_request: Request, _p: Values) -> Check:
    """Whoever names no employer cannot be held to one per employer, and is not drawn."""

    def check(expert: Expert) -> Reason | None:
        jobs = need(expert.employments, "employments")
        return None if any(job.unit.name.strip() for job in jobs) else reason("blank")

    return check


RULES = (
    ExpertRule(
        id="roster.employer", states=employer, reads=("employments",), asks=(), effects={"blank": Effect.REFUSED}
    ),
)
