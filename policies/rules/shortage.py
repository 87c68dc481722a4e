"""Too few experts: the ladder, the thin pool, and what thins a pool just before a draw."""

from policies.decision import Effect, Reason, reason
from policies.facts import Mirror, Pool, Recusals, Removals, Shortage
from policies.rule import FactRule, need
from policies.rulebook import Kind, Values

BY_PERSON = frozenset({"recommend", "consent"})
"""Rungs that no system can climb: the requester recommends experts, or the supervising unit consents."""


def ladder(shortage: Shortage, p: Values) -> Reason | None:
    """The rulebook's ladder is climbed from its first rung to the first with enough experts; nobody chooses the rung.

    `counts` holds the eligible at each rung counted so far. Rungs that need a person refer; past the last, no draw.
    """
    enough = need(shortage.seats, "seats") * p.number("per_seat")
    counts = need(shortage.counts, "counts")
    for number, rung in enumerate(p.words("rungs")):
        if rung in BY_PERSON:
            return reason("by_person", rung=rung)
        eligible = need(counts[number] if number < len(counts) else None, "counts")
        if eligible >= enough:
            return reason("climbed", rung=rung) if number else None
    return reason("exhausted")


def thin(pool: Pool, p: Values) -> Reason | None:
    """Fewer than three eligible for a seat is thin and warned of; below the ladder's measure it is too few."""
    seats, eligible = need(pool.seats, "seats"), need(pool.eligible, "eligible")
    if eligible < seats * p.number("few_per_seat"):
        return reason("too_few", seats=seats)
    return reason("thin", seats=seats) if eligible < seats * p.number("warn_per_seat") else None


def recusals(cut: Recusals, p: Values) -> Reason | None:
    """When the requester's recusals remove more than a share of the eligible, the supervisor decides."""
    removed, before = need(cut.removed, "removed"), need(cut.eligible_before, "eligible_before")
    return reason("too_many", most=p.number("most")) if removed * 1000 > before * p.number("most") else None


def removals(cut: Removals, p: Values) -> Reason | None:
    """When edits within the settling time take more than a share off the roster, a person decides."""
    removed, roster = need(cut.removed, "removed"), need(cut.on_roster, "on_roster")
    return reason("too_many", most=p.number("most")) if removed * 1000 > roster * p.number("most") else None


def mirror(head: Mirror, p: Values) -> Reason | None:
    """A mirrored pool is drawn from only with the province's signed head of the day."""
    signed, today = need(head.head_on, "head_on"), need(head.today, "today")
    return reason("stale", head=signed, today=today) if (today - signed).days > p.number("days") else None


RULES = (
    FactRule(
        id="shortage.ladder",
        states=ladder,
        subject=Shortage,
        reads=("seats", "counts"),
        effects={"climbed": Effect.WARNED, "by_person": Effect.REFERRED, "exhausted": Effect.REFUSED},
        parameters={"rungs": Kind.LIST, "neighbours": Kind.SET, "per_seat": Kind.NUMBER},
    ),
    FactRule(
        id="shortage.thin",
        states=thin,
        subject=Pool,
        reads=("seats", "eligible"),
        effects={"thin": Effect.WARNED, "too_few": Effect.REFUSED},
        parameters={"warn_per_seat": Kind.NUMBER, "few_per_seat": Kind.NUMBER},
    ),
    FactRule(
        id="shortage.recusals",
        states=recusals,
        subject=Recusals,
        reads=("removed", "eligible_before"),
        effects={"too_many": Effect.REFERRED},
        parameters={"most": Kind.NUMBER},
    ),
    FactRule(
        id="shortage.removals",
        states=removals,
        subject=Removals,
        reads=("removed", "on_roster"),
        effects={"too_many": Effect.REFERRED},
        parameters={"most": Kind.NUMBER},
    ),
    FactRule(
        id="shortage.mirror",
        states=mirror,
        subject=Mirror,
        reads=("head_on", "today"),
        effects={"stale": Effect.REFUSED},
        parameters={"days": Kind.NUMBER},
    ),
)
