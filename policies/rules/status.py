"""Whether an expert may be drawn at all: standing in the pool, suspensions, bans, settled facts, lawful pool."""

from datetime import timedelta

from policies.decision import Effect, Reason, reason
from policies.facts import Expert, PoolKind, Request, Status, day_of
from policies.rule import Check, ExpertRule, need
from policies.rulebook import Kind, Values
from policies.rules.ties import review_day


def active(_request: Request, _p: Values) -> Check:
    """Only an active member of the pool is drawn (招标投标法实施条例 第四十五条、第四十六条)."""

    def check(expert: Expert) -> Reason | None:
        status = need(expert.status, "status")
        return None if status is Status.ACTIVE else reason("not_active", status=status)

    return check


def suspension(request: Request, _p: Values) -> Check:
    """Nobody is drawn for a review on a day of suspension; the last day of it still counts."""
    day = review_day(request)

    def check(expert: Expert) -> Reason | None:
        for pause in need(expert.suspensions, "suspensions"):
            if pause.start <= day and (pause.until is None or day <= pause.until):
                return reason("suspended", start=pause.start, until=pause.until or "—")
        return None

    return check


def penalty(request: Request, p: Values) -> Check:
    """Taking property ends eligibility for life; a leak or a breach of recusal bans for as long as was decided.

    招标投标法实施条例 第七十一条、第七十二条；政府采购法实施条例 第七十五条. A ban without a known end goes on.
    """
    day = review_day(request)
    for_life, bans = frozenset(p.words("for_life")), frozenset(p.words("bans"))

    def check(expert: Expert) -> Reason | None:
        for each in need(expert.penalties, "penalties"):
            if each.kind in for_life:
                return reason("for_life", kind=each.kind)
            if each.kind in bans:
                until = need(each.until, "penalties.until")
                if until >= day:
                    return reason("banned", kind=each.kind, until=until)
        return None

    return check


def settled(request: Request, p: Values) -> Check:
    """What favours an expert counts only some days after it was ledgered, so that nobody is let in for one draw."""
    latest = day_of(need(request.decided_at, "decided_at")) - timedelta(days=p.number("days"))

    def check(expert: Expert) -> Reason | None:
        recorded = need(expert.recorded, "recorded")
        return None if recorded <= latest else reason("too_fresh", recorded=recorded, days=p.number("days"))

    return check


def pool(_request: Request, p: Values) -> Check:
    """Experts come from the pools of ministries and provinces (招标投标法实施条例 第四十五条).

    A centre's own pool counts only where its rulebook says so.
    """
    kinds = {PoolKind.MINISTRY, PoolKind.PROVINCE} | ({PoolKind.CENTRE} if p.flag("own_pool") else set())

    def check(expert: Expert) -> Reason | None:
        kind = need(expert.pool, "pool")
        return None if kind in kinds else reason("not_lawful", pool=kind)

    return check


RULES = (
    ExpertRule(id="status.active", states=active, reads=("status",), asks=(), effects={"not_active": Effect.REFUSED}),
    ExpertRule(
        id="status.suspension",
        states=suspension,
        reads=("suspensions",),
        asks=("review_at",),
        effects={"suspended": Effect.REFUSED},
    ),
    ExpertRule(
        id="status.penalty",
        states=penalty,
        reads=("penalties",),
        asks=("review_at",),
        effects={"for_life": Effect.REFUSED, "banned": Effect.REFUSED},
        parameters={"for_life": Kind.SET, "bans": Kind.SET},
    ),
    ExpertRule(
        id="status.settled",
        states=settled,
        reads=("recorded",),
        asks=("decided_at",),
        effects={"too_fresh": Effect.REFUSED},
        parameters={"days": Kind.NUMBER},
    ),
    ExpertRule(
        id="status.pool",
        states=pool,
        reads=("pool",),
        asks=(),
        effects={"not_lawful": Effect.REFUSED},
        parameters={"own_pool": Kind.FLAG},
    ),
)
