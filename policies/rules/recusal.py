"""Who must step aside: interests in a bidder, and ties to those who run, own or watch over the project."""

from policies.decision import Effect, Reason, reason
from policies.facts import Expert, PenaltyKind, Post, Request, Unit
from policies.rule import Check, ExpertRule, need
from policies.rulebook import Kind, Values
from policies.rules.ties import bidder_codes, codes, look_back, over, review_day

OFFICES = frozenset({Post.PRINCIPAL, Post.DIRECTOR, Post.BOARD_SUPERVISOR})


def employment(request: Request, p: Values) -> Check:
    """Not employed by a bidder, nor within the look-back before the review.

    招标投标法 第三十七条 (利害关系)；政府采购法实施条例 第九条: 参加采购活动前三年内与供应商存在劳动关系.
    """
    since, bidders = look_back(request, p.number("years")), bidder_codes(request)

    def check(expert: Expert) -> Reason | None:
        for job in need(expert.employments, "employments"):
            if not over(job.end, since) and need(job.unit.code, "employments.unit.code") in bidders:
                return reason("employed", unit=job.unit.name, since=since)
        return None

    return check


def directorship(request: Request, p: Values) -> Check:
    """Not director, supervisor or principal of a bidder, nor within the look-back before the review.

    招标投标法 第三十七条；政府采购法实施条例 第九条: 三年内担任供应商的董事、监事.
    """
    since, bidders = look_back(request, p.number("years")), bidder_codes(request)

    def check(expert: Expert) -> Reason | None:
        for office in need(expert.directorships, "directorships"):
            if office.post not in OFFICES or over(office.end, since):
                continue
            if need(office.unit.code, "directorships.unit.code") in bidders:
                return reason("in_office", unit=office.unit.name, post=office.post, since=since)
        return None

    return check


def shareholding(request: Request, p: Values) -> Check:
    """No stake in a bidder from the rulebook's share on, and no control of it, in the look-back before the review.

    12号令 第十二条 (经济利益关系)；政府采购法实施条例 第九条: 三年内是供应商的控股股东或者实际控制人.
    """
    since, bidders = look_back(request, p.number("years")), bidder_codes(request)
    least = p.number("from_permille")

    def check(expert: Expert) -> Reason | None:
        for stake in need(expert.shareholdings, "shareholdings"):
            if over(stake.end, since) or need(stake.unit.code, "shareholdings.unit.code") not in bidders:
                continue
            if least == 0 or stake.controls is True or need(stake.permille, "shareholdings.permille") >= least:
                return reason("holds_shares", unit=stake.unit.name, since=since)
            need(stake.controls, "shareholdings.controls")
        return None

    return check


def kinship(request: Request, p: Values) -> Check:
    """No close relative who is a bidder, or its legal representative or principal.

    12号令 第十二条 (投标人或者投标人主要负责人的近亲属)；政府采购法实施条例 第九条: 与供应商的法定代表人或者负责人有
    夫妻、直系血亲、三代以内旁系血亲或者近姻亲关系. The relative's place counts as it is on the day of the review.
    """
    day, bidders = review_day(request), bidder_codes(request)
    relations, posts = frozenset(p.words("relations")), frozenset(p.words("posts"))

    def check(expert: Expert) -> Reason | None:
        for relative in need(expert.kinships, "kinships"):
            if relative.relation not in relations or relative.post not in posts or over(relative.end, day):
                continue
            if need(relative.unit.code, "kinships.unit.code") in bidders:
                return reason("relative", unit=relative.unit.name, relation=relative.relation, post=relative.post)
        return None

    return check


def _employed_by(request: Request, units: tuple[Unit, ...] | None, fact: str, key: str) -> Check:
    """Check that an expert is not employed, on the day of the review, by one of the project's `units`."""
    day, barred = review_day(request), codes(units, fact)

    def check(expert: Expert) -> Reason | None:
        for job in need(expert.employments, "employments"):
            if not over(job.end, day) and need(job.unit.code, "employments.unit.code") in barred:
                return reason(key, unit=job.unit.name)
        return None

    return check


def own_unit(request: Request, _p: Values) -> Check:
    """Nobody sits as an expert on a project of the own unit, only as the owner's representative (198号 第十六条)."""
    return _employed_by(request, request.owners, "owners", "own_unit")


def agency_staff(request: Request, _p: Values) -> Check:
    """An agency's staff never sit on the projects that it handles (198号 第十七条)."""
    return _employed_by(request, request.agencies, "agencies", "agency_staff")


def supervisor_staff(request: Request, _p: Values) -> Check:
    """Staff of the project's competent or supervising department do not sit on it.

    12号令 第十二条；招标投标法实施条例 第四十六条: 行政监督部门的工作人员不得担任本部门负责监督项目的评标委员会成员.
    """
    return _employed_by(request, request.supervising, "supervising", "supervisor_staff")


def requested(request: Request, _p: Values) -> Check:
    """Staff of the units that the requester names for recusal (回避单位) are not drawn; the number is recorded."""
    return _employed_by(request, request.recused, "recused", "requested")


def punished(_request: Request, _p: Values) -> Check:
    """Nobody sits who was punished for an unlawful act in tendering, whenever that was (12号令 第十二条)."""

    def check(expert: Expert) -> Reason | None:
        for penalty in need(expert.penalties, "penalties"):
            if penalty.kind is PenaltyKind.TENDER_VIOLATION:
                return reason("punished", decided=penalty.decided or "—")
        return None

    return check


def declared(request: Request, _p: Values) -> Check:
    """Any other interest that an expert declares, in the project or in one of its units, stands in the way.

    招标投标法 第三十七条；政府采购法实施条例 第九条 (其他可能影响公平、公正的关系).
    """
    project = need(request.project, "project")
    units = bidder_codes(request) | codes(request.owners, "owners") | codes(request.agencies, "agencies")

    def check(expert: Expert) -> Reason | None:
        for interest in need(expert.interests, "interests"):
            if interest.project == project:
                return reason("declared", what=project)
            if interest.project is not None and interest.unit is None:
                continue
            unit = need(interest.unit, "interests.unit")
            if need(unit.code, "interests.unit.code") in units:
                return reason("declared", what=unit.name)
        return None

    return check


RULES = (
    ExpertRule(
        id="recusal.employment",
        states=employment,
        reads=("employments",),
        asks=("review_at", "bidders"),
        effects={"employed": Effect.REFUSED},
        parameters={"years": Kind.NUMBER},
    ),
    ExpertRule(
        id="recusal.directorship",
        states=directorship,
        reads=("directorships",),
        asks=("review_at", "bidders"),
        effects={"in_office": Effect.REFUSED},
        parameters={"years": Kind.NUMBER},
    ),
    ExpertRule(
        id="recusal.shareholding",
        states=shareholding,
        reads=("shareholdings",),
        asks=("review_at", "bidders"),
        effects={"holds_shares": Effect.REFUSED},
        parameters={"years": Kind.NUMBER, "from_permille": Kind.NUMBER},
    ),
    ExpertRule(
        id="recusal.kinship",
        states=kinship,
        reads=("kinships",),
        asks=("review_at", "bidders"),
        effects={"relative": Effect.REFUSED},
        parameters={"relations": Kind.SET, "posts": Kind.SET},
    ),
    ExpertRule(
        id="recusal.own_unit",
        states=own_unit,
        reads=("employments",),
        asks=("review_at", "owners"),
        effects={"own_unit": Effect.REFUSED},
    ),
    ExpertRule(
        id="recusal.agency_staff",
        states=agency_staff,
        reads=("employments",),
        asks=("review_at", "agencies"),
        effects={"agency_staff": Effect.REFUSED},
    ),
    ExpertRule(
        id="recusal.supervisor_staff",
        states=supervisor_staff,
        reads=("employments",),
        asks=("review_at", "supervising"),
        effects={"supervisor_staff": Effect.REFUSED},
    ),
    ExpertRule(
        id="recusal.requested",
        states=requested,
        reads=("employments",),
        asks=("review_at", "recused"),
        effects={"requested": Effect.REFUSED},
    ),
    ExpertRule(
        id="recusal.punished",
        states=punished,
        reads=("penalties",),
        asks=(),
        effects={"punished": Effect.REFUSED},
    ),
    ExpertRule(
        id="recusal.declared",
        states=declared,
        reads=("interests",),
        asks=("project", "bidders", "owners", "agencies"),
        effects={"declared": Effect.REFUSED},
    ),
)
