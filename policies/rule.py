"""The form of a rule: one function, the facts that it reads, its reasons and its parameters.

A rule's function states the rule in its docstring and answers `None` when it is met. It takes facts only through
`need`, so that what is unknown can never pass: whoever cannot be shown to meet a rule does not meet it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from policies.decision import Effect, Reason, unknown
from policies.facts import Expert, Request
from policies.rulebook import Kind, Values

Known = TypeVar("Known")
Check = Callable[[Expert], Reason | None]


class UnknownFact(LookupError):
    """A rule needs a fact that nobody knows."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def need(value: Known | None, fact: str) -> Known:
    """Give a known value. Raises `UnknownFact`, which every caller of rules turns into a refusal."""
    if value is None:
        raise UnknownFact(fact)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says of itself. `effects` maps its own reasons to what they do; `unknown` always refuses."""

    id: str
    states: Callable[..., Any]
    reads: tuple[str, ...]
    effects: Mapping[str, Effect]
    parameters: Mapping[str, Kind] = field(default_factory=dict)

    def effect(self, reason: Reason) -> Effect:
        """Give what this reason does."""
        return Effect.UNKNOWN if reason.key == "unknown" else self.effects[reason.key]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRule(Rule):
    """A rule about one fact tuple of type `subject`: `states(fact, values)` answers a reason or `None`."""

    subject: type

    def judge(self, fact: object, values: Values) -> Reason | None:
        """Apply the rule to one fact."""
        try:
            answer: Reason | None = self.states(fact, values)
        except UnknownFact as missing:
            return unknown(missing.fact)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRule(Rule):
    """A rule about each expert of a pool: `states(request, values)` does once what is the same for all.

    It answers the check that is applied to every expert. `asks` names the facts of the request that it reads.
    """

    asks: tuple[str, ...]

    def prepare(self, request: Request, values: Values) -> Check:
        """Build the check for this request; when a fact of the request is unknown, nobody passes."""
        try:
            check: Check = self.states(request, values)
        except UnknownFact as missing:
            answer = unknown(missing.fact)
            return lambda _expert: answer
        return check
