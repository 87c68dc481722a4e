"""Who is qualified: title, years of work, age, record."""

from policies import specialties
from policies.dates import latest_start
from policies.decision import Effect, Reason, reason
from policies.facts import Degree, Expert, PenaltyKind, Request, Title
from policies.rule import Check, ExpertRule, need
from policies.rulebook import Kind, Values
from policies.rules.ties import look_back, review_day


def tender(request: Request, p: Values) -> Check:
    """Eight years of work in the field, and a senior title or the equivalent level (招标投标法 第三十七条)."""
    years = p.number("years")
    latest = latest_start(years, review_day(request))

    def check(expert: Expert) -> Reason | None:
        if expert.equivalent is not True:
            title = need(expert.title, "title")
            if title is not Title.SENIOR:
                return reason("title_too_low", title=title)
        since = need(expert.practice_since, "practice_since")
        return None if since <= latest else reason("too_short", since=since, years=years)

    return check


def is_scarce(expert: Expert, codes: frozenset[str]) -> bool:
    """Say whether the expert holds a specialty that the province counts as scarce."""
    return any(claim.code in codes for claim in need(expert.claims, "claims"))


def scarce_codes(p: Values) -> frozenset[str]:
    """Give the scarce specialties with all below them."""
    return frozenset().union(*(specialties.descendants(code) for code in p.words("scarce")))


def govproc(request: Request, p: Values) -> Check:
    """A mid title and eight years, or a senior title; in a scarce specialty a doctor's four or a master's six years.

    Figures of a province (湖南：湘财购〔2023〕22号).
    """
    day = review_day(request)
    scarce = scarce_codes(p)
    relief = {Degree.DOCTOR: p.number("doctor_years"), Degree.MASTER: p.number("master_years")}

    def check(expert: Expert) -> Reason | None:
        title = need(expert.title, "title")
        if title is Title.SENIOR:
            return None
        ways = [p.number("mid_years")] if title is Title.MID else []
        if is_scarce(expert, scarce):
            # With a mid title an unknown degree gives no relief; without one, all depends on it.
            degree = expert.degree if ways else need(expert.degree, "degree")
            ways += [years for helps, years in relief.items() if helps is degree]
        if not ways:
            return reason("title_too_low", title=title)
        years = min(ways)
        since = need(expert.practice_since, "practice_since")
        return None if since <= latest_start(years, day) else reason("too_short", since=since, years=years)

    return check


def age(request: Request, p: Values) -> Check:
    """Not older than 68, or 70 in a scarce specialty (湖南：湘财购〔2023〕22号).

    Counted in completed years: the limit is passed on the birthday that follows it.
    """
    scarce, day = scarce_codes(p), review_day(request)
    most, scarce_most = p.number("most"), p.number("scarce_most")
    born_by, scarce_born_by = latest_start(most + 1, day), latest_start(scarce_most + 1, day)

    def check(expert: Expert) -> Reason | None:
        born = need(expert.birth_date, "birth_date")
        if scarce and is_scarce(expert, scarce):
            return reason("too_old", born=born, most=scarce_most) if born <= scarce_born_by else None
        return reason("too_old", born=born, most=most) if born <= born_by else None

    return check


def record(request: Request, p: Values) -> Check:
    """No bad record in the three years before the review (湖南：湘财购〔2023〕22号)."""
    since = look_back(request, p.number("years"))

    def check(expert: Expert) -> Reason | None:
        for penalty in need(expert.penalties, "penalties"):
            if penalty.kind is not PenaltyKind.BAD_RECORD:
                continue
            decided = need(penalty.decided, "penalties.decided")
            if decided >= since:
                return reason("bad_record", decided=decided, since=since)
        return None

    return check


RULES = (
    ExpertRule(
        id="qualification.tender",
        states=tender,
        reads=("title", "equivalent", "practice_since"),
        asks=("review_at",),
        effects={"title_too_low": Effect.REFUSED, "too_short": Effect.REFUSED},
        parameters={"years": Kind.NUMBER},
    ),
    ExpertRule(
        id="qualification.govproc",
        states=govproc,
        reads=("title", "practice_since", "degree", "claims"),
        asks=("review_at",),
        effects={"title_too_low": Effect.REFUSED, "too_short": Effect.REFUSED},
        parameters={
            "mid_years": Kind.NUMBER,
            "doctor_years": Kind.NUMBER,
            "master_years": Kind.NUMBER,
            "scarce": Kind.SET,
        },
    ),
    ExpertRule(
        id="qualification.age",
        states=age,
        reads=("birth_date", "claims"),
        asks=("review_at",),
        effects={"too_old": Effect.REFUSED},
        parameters={"most": Kind.NUMBER, "scarce_most": Kind.NUMBER, "scarce": Kind.SET},
    ),
    ExpertRule(
        id="qualification.record",
        states=record,
        reads=("penalties",),
        asks=("review_at",),
        effects={"bad_record": Effect.REFUSED},
        parameters={"years": Kind.NUMBER},
    ),
)
