"""The committee as a whole: size, share of experts, one per employer, and that its seats were drawn."""

from collections import Counter
from datetime import date

from policies.decision import Effect, Reason, reason
from policies.facts import Committee, Expert, Members, Origin, Seat
from policies.rule import FactRule, need
from policies.rulebook import Kind, Values
from policies.rules.ties import over


def total(committee: Committee) -> int:
    """Give the number of members: experts and the owner's representatives."""
    return need(committee.experts, "experts") + need(committee.owner_representatives, "owner_representatives")


def size(committee: Committee, p: Values) -> Reason | None:
    """At least five members (招标投标法 第三十七条；财政部87号令 第四十七条).

    Methods with a smaller committee of their own (`except_methods`) are left to `committee.small`.
    """
    members, least = total(committee), p.number("least")
    exempt = p.words("except_methods")
    if exempt and need(committee.method, "method") in exempt:
        return None
    return reason("too_small", size=members, least=least) if members < least else None


def small(committee: Committee, p: Values) -> Reason | None:
    """Negotiation, consultation and inquiry: at least three members (74号令)."""
    members, least = total(committee), p.number("least")
    if need(committee.method, "method") in p.words("methods") and members < least:
        return reason("too_small", size=members, least=least)
    return None


def large(committee: Committee, p: Values) -> Reason | None:
    """Seven or more for a large budget, a technically complex project or high social impact (87号令 第四十七条)."""
    members, least = total(committee), p.number("least")
    if need(committee.method, "method") in p.words("except_methods"):
        return None
    weighty = (
        need(committee.budget, "budget") >= p.number("from_budget"),
        need(committee.complex, "complex"),
        need(committee.high_impact, "high_impact"),
    )
    return reason("too_small", size=members, least=least) if any(weighty) and members < least else None


def odd(committee: Committee, _p: Values) -> Reason | None:
    """An odd number of members (招标投标法 第三十七条；87号令 第四十七条)."""
    members = total(committee)
    return reason("even", size=members) if members % 2 == 0 else None


def experts(committee: Committee, p: Values) -> Reason | None:
    """Technical and economic experts are at least two thirds of the members (招标投标法 第三十七条)."""
    present, members = need(committee.experts, "experts"), total(committee)
    least = p.ratio("least")
    if present < members * least:
        return reason("too_few", experts=present, size=members, least=str(least))
    return None


def employer_tokens(expert: Expert, on: date, *, by: str) -> frozenset[str]:
    """Give what stands for an expert's employers on a day: credit codes, or names where a roster has no codes.

    Names are compared without regard to case and spacing. Raises `UnknownFact`.
    """
    units = [job.unit for job in need(expert.employments, "employments") if not over(job.end, on)]
    if by == "name":
        return frozenset(" ".join(unit.name.split()).casefold() for unit in units)
    return frozenset(need(unit.code, "employments.unit.code") for unit in units)


def one_per_employer(members: Members, p: Values) -> Reason | None:
    """At most one expert from one employer on a committee."""
    seated = Counter(token for tokens in need(members.employers, "employers") for token in need(tokens, "employers"))
    crowded = sorted(token for token, count in seated.items() if count > p.number("most"))
    return reason("crowded", employer=crowded[0], most=p.number("most")) if crowded else None


def random_only(seat: Seat, _p: Values) -> Reason | None:
    """Experts are drawn at random, replacements too; nobody may ask for a person, even by a hint (条例 第四十六条)."""
    if need(seat.named, "named"):
        return reason("named")
    if need(seat.origin, "origin") is Origin.DRAWN and not need(seat.proven, "proven"):
        return reason("not_proven")
    return None


def direct_selection(seat: Seat, p: Values) -> Reason | None:
    """Direct selection only for special projects, with its approval; a person decides.

    招标投标法 第三十七条、条例 第四十六条. In government procurement it must stand in the announcement, too.
    """
    if need(seat.origin, "origin") is not Origin.DIRECT:
        return None
    if not need(seat.special, "special"):
        return reason("not_special")
    if not need(seat.approved, "approved"):
        return reason("not_approved")
    if p.flag("announced") and not need(seat.announced, "announced"):
        return reason("not_announced")
    return reason("to_decide")


RULES = (
    FactRule(
        id="committee.size",
        states=size,
        subject=Committee,
        reads=("experts", "owner_representatives", "method"),
        effects={"too_small": Effect.REFUSED},
        parameters={"least": Kind.NUMBER, "except_methods": Kind.SET},
    ),
    FactRule(
        id="committee.small",
        states=small,
        subject=Committee,
        reads=("experts", "owner_representatives", "method"),
        effects={"too_small": Effect.REFUSED},
        parameters={"least": Kind.NUMBER, "methods": Kind.SET},
    ),
    FactRule(
        id="committee.large",
        states=large,
        subject=Committee,
        reads=("experts", "owner_representatives", "method", "budget", "complex", "high_impact"),
        effects={"too_small": Effect.REFUSED},
        parameters={"least": Kind.NUMBER, "from_budget": Kind.NUMBER, "except_methods": Kind.SET},
    ),
    FactRule(
        id="committee.odd",
        states=odd,
        subject=Committee,
        reads=("experts", "owner_representatives"),
        effects={"even": Effect.REFUSED},
    ),
    FactRule(
        id="committee.experts",
        states=experts,
        subject=Committee,
        reads=("experts", "owner_representatives"),
        effects={"too_few": Effect.REFUSED},
        parameters={"least": Kind.RATIO},
    ),
    FactRule(
        id="committee.one_per_employer",
        states=one_per_employer,
        subject=Members,
        reads=("employers",),
        effects={"crowded": Effect.REFUSED},
        parameters={"most": Kind.NUMBER, "by": Kind.CHOICE},
    ),
    FactRule(
        id="committee.random_only",
        states=random_only,
        subject=Seat,
        reads=("named", "origin", "proven"),
        effects={"named": Effect.REFUSED, "not_proven": Effect.REFUSED},
    ),
    FactRule(
        id="committee.direct_selection",
        states=direct_selection,
        subject=Seat,
        reads=("origin", "special", "approved", "announced"),
        effects={
            "not_special": Effect.REFUSED,
            "not_approved": Effect.REFUSED,
            "not_announced": Effect.REFUSED,
            "to_decide": Effect.REFERRED,
        },
        parameters={"announced": Kind.FLAG},
    ),
)
