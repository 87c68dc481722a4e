"""The owner's representative (招标人代表、采购人代表): counted in the committee, but not an expert."""

from policies.decision import Effect, Reason, reason
from policies.facts import Representative
from policies.rule import FactRule, need
from policies.rulebook import Values


def appointment(person: Representative, _p: Values) -> Reason | None:
    """The owner appoints its representative in writing, by the day of the review."""
    if not need(person.in_writing, "in_writing"):
        return reason("not_in_writing")
    appointed, review = need(person.appointed_on, "appointed_on"), need(person.review_on, "review_on")
    return reason("too_late", appointed=appointed, review=review) if appointed > review else None


def chair(person: Representative, _p: Values) -> Reason | None:
    """The purchaser's representative never chairs the review."""
    return reason("chairs") if need(person.chairs, "chairs") else None


def unpaid(person: Representative, _p: Values) -> Reason | None:
    """The owner's representative is never paid as an expert (湖北：鄂财采发〔2017〕2号)."""
    return reason("paid") if need(person.paid_as_expert, "paid_as_expert") else None


RULES = (
    FactRule(
        id="owner.appointment",
        states=appointment,
        subject=Representative,
        reads=("in_writing", "appointed_on", "review_on"),
        effects={"not_in_writing": Effect.REFUSED, "too_late": Effect.REFUSED},
    ),
    FactRule(
        id="owner.chair",
        states=chair,
        subject=Representative,
        reads=("chairs",),
        effects={"chairs": Effect.REFUSED},
    ),
    FactRule(
        id="owner.unpaid",
        states=unpaid,
        subject=Representative,
        reads=("paid_as_expert",),
        effects={"paid": Effect.REFUSED},
    ),
)
