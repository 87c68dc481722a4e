"""What is decided of each candidate, as a document that the table commits to: docs/spec/draw.md, section 3. Pure.

The vault decides a whole pool with it, and an auditor decides again. Almost all of a pool get one of a few answers, so
the texts of these are kept.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from expertpool.protocol.errors import Malformed
from expertpool.protocol.facts import having_sat
from expertpool.protocol.table import EMPLOYER
from ledger.canonical import canonical
from policies.apply import ground
from policies.decision import Effect, Finding, Outcome, unknown
from policies.eligibility import ONE_PER_EMPLOYER, Eligibility
from policies.facts import Engagement, Expert, Interest, Request, Suspension
from policies.registry import RULES
from policies.rule import UnknownFact
from policies.rulebook import Rulebook

Group = tuple[int, str]


class Extra(NamedTuple):
    """What is known of a candidate for this one request, beyond the roster.

    ``engagements``: committees known to the vault alone. ``former``: a seat of the first draw was theirs, so that a
    supplementary one passes them over, or they were on a committee of the lot that has met. ``named``: the initiator
    named this very person for recusal. ``suspensions``: decided for a seat that they had, and not on the roster yet.
    """

    engagements: tuple[Engagement, ...] = ()
    former: bool = False
    named: bool = False
    suspensions: tuple[Suspension, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As the document has it."""
        listed = [[each.day.isoformat(), list(each.agencies)] for each in self.engagements]
        plain = {"engagements": listed, "former": self.former, "named": self.named}
        if self.suspensions:
            plain["suspensions"] = [
                [each.start.isoformat(), each.until.isoformat() if each.until else None] for each in self.suspensions
            ]
        return plain


NOTHING: Final = Extra()
FORMER: Final[dict[str, object]] = {
    "article": "docs/spec/draw.md 3",
    "effect": "refused",
    "facts": {},
    "reason": "former",
    "rule": "draw.former",
}
"""The finding of the protocol itself, which is no rule of a rulebook: who took a seat for this lot has had it."""


@dataclass(frozen=True)
class Decided:
    """What the document says, of lines and groups for themselves."""

    plain: dict[str, Any]
    lines: tuple[int, ...]
    groups: tuple[Group, ...]

    @cached_property
    def document(self) -> bytes:
        """The document: written only where it is asked for, as counting does not."""
        return canonical(self.plain)


class Decider:
    """Decides candidates of one request by one rulebook."""

    def __init__(self, book: Rulebook, regime: str, request: Request) -> None:
        """Raises `BadInput` for a regime or specialty that the book does not know."""
        self._eligibility = Eligibility(book, regime, request)
        self._project = request.project
        self._book, self._regime = book, regime
        self._known: dict[tuple[tuple[int, ...], frozenset[str]], Decided] = {}

    def decide(self, facts: Expert, extra: Extra = NOTHING) -> Decided:
        """Decide one candidate: the roster's facts, and what is known beyond."""
        if extra.former:
            return _written(extra, [FORMER], Outcome.REFUSED, (), ())
        told = having_sat(facts, extra.engagements)
        if extra.suspensions and facts.suspensions is not None:
            told = told._replace(suspensions=(*facts.suspensions, *extra.suspensions))
        if extra.named:
            told = told._replace(interests=(*(facts.interests or ()), Interest(project=self._project)))
        decision = self._eligibility.decide(told)
        findings = [finding.plain() for finding in decision.findings] if decision.findings else []
        if decision.outcome is not Outcome.ALLOWED:
            return _written(extra, findings, decision.outcome, (), ())
        try:
            employers = self._eligibility.groups(told)
        except UnknownFact as missing:
            rule = RULES[ONE_PER_EMPLOYER]
            found = Finding(ground(self._book, rule, self._regime), Effect.UNKNOWN, unknown(missing.fact))
            return _written(extra, [*findings, found.plain()], Outcome.REFUSED, (), ())
        lines = self._eligibility.lines(told)
        if extra is not NOTHING:
            return _written(extra, findings, decision.outcome, lines, _groups(employers))
        known = self._known.get((lines, employers))
        if known is None:
            known = self._known[lines, employers] = _written(
                extra, findings, decision.outcome, lines, _groups(employers)
            )
        return known


def read_extra(value: Any) -> Extra:
    """Read what a document says under ``facts``. Raises `Malformed`."""
    try:
        listed = tuple(Engagement(date.fromisoformat(day), tuple(codes)) for day, codes in value["engagements"])
        paused = tuple(
            Suspension(date.fromisoformat(start), None if until is None else date.fromisoformat(until))
            for start, until in value.get("suspensions", ())
        )
        extra = Extra(listed, value["former"], value["named"], paused)
        same = extra.plain() == value
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Malformed(field="facts") from None
    if not same:
        raise Malformed(field="facts")
    return extra if extra != NOTHING else NOTHING


def _groups(employers: frozenset[str]) -> tuple[Group, ...]:
    return tuple((EMPLOYER, employer) for employer in sorted(employers))


def _written(
    extra: Extra, findings: list[dict[str, object]], outcome: Outcome, lines: tuple[int, ...], groups: tuple[Group, ...]
) -> Decided:
    plain = {
        "facts": extra.plain(),
        "findings": findings,
        "groups": [list(group) for group in groups],
        "lines": list(lines),
        "outcome": outcome.value,
    }
    return Decided(plain, lines, groups)
