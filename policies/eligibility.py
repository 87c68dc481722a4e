"""Who may sit: all rules about experts, composed once for a request and then applied to a whole pool."""

from collections.abc import Callable
from dataclasses import dataclass

from policies.apply import ground, met, require_regime
from policies.decision import Decision, Effect, Finding, Ground, Reason, unknown
from policies.facts import Expert, Request
from policies.registry import RULES
from policies.rule import Check, ExpertRule, UnknownFact
from policies.rulebook import Rulebook
from policies.rules.committee import employer_tokens
from policies.rules.specialty import lines_of
from policies.rules.ties import review_day, sealed

MATCH, ONE_PER_EMPLOYER = "specialty.match", "committee.one_per_employer"


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule prepared for one request."""

    rule: ExpertRule
    ground: Ground
    check: Check

    def answer(self, expert: Expert) -> Reason | None:
        """Apply the rule; a fact that is not known is an answer, too."""
        try:
            return self.check(expert)
        except UnknownFact as missing:
            return unknown(missing.fact)

    def finding(self, answer: Reason) -> Finding:
        """Turn an answer into a finding."""
        return Finding(self.ground, self.rule.effect(answer), answer)


class Eligibility:
    """The rules about experts for one request: prepared once, then asked for each expert of a pool."""

    def __init__(self, book: Rulebook, regime: str, request: Request) -> None:
        """Prepare. Raises `BadInput` for a regime that the book does not have, or an unknown specialty."""
        require_regime(book, regime)
        self._rules = tuple(
            Applied(rule, ground(book, rule, regime), rule.prepare(request, book.values(rule.id, regime)))
            for rule in RULES.values()
            if isinstance(rule, ExpertRule) and book.applies(rule.id, regime)
        )
        self._checks = tuple((applied, applied.check) for applied in self._rules)
        self._deferred = tuple(
            Finding(applied.ground, Effect.DEFERRED, Reason("deferred"))
            for applied in self._rules
            if "bidders" in applied.rule.asks and sealed(request)
        )
        self._eligible = Decision.of(self._deferred)
        self._lines = _lines(book, regime, request)
        self._groups = _groups(book, regime, request)

    def decide(self, expert: Expert) -> Decision:
        """Decide about one expert: the findings are all rules that are not met, and those deferred to the opening.

        Every eligible expert gets the very same decision, so that a pool of a million costs no findings.
        """
        against = []
        for applied, check in self._checks:  # not by `Applied.answer`: this is the innermost loop of a whole pool
            try:
                answer = check(expert)
            except UnknownFact as missing:
                answer = unknown(missing.fact)
            if answer is not None:
                against.append(applied.finding(answer))
        return Decision.of((*self._deferred, *against)) if against else self._eligible

    def explain(self, expert: Expert) -> Decision:
        """Decide about one expert and list every rule, those that are met included, with the facts that it read."""
        findings = list(self._deferred)
        for applied in self._rules:
            answer = applied.answer(expert)
            findings.append(
                Finding(applied.ground, Effect.MET, met(applied.rule, expert))
                if answer is None
                else applied.finding(answer)
            )
        return Decision.of(findings)

    def lines(self, expert: Expert) -> tuple[int, ...]:
        """Give the lines (by index) for which the expert's specialties qualify; none when they are unknown."""
        try:
            return self._lines(expert)
        except UnknownFact:
            return ()

    def groups(self, expert: Expert) -> frozenset[str]:
        """Give the employer tokens that no two members may share; none where the book limits no employer.

        Raises `UnknownFact` for an expert whose employer is unknown.
        """
        return self._groups(expert)


def _lines(book: Rulebook, regime: str, request: Request) -> Callable[[Expert], tuple[int, ...]]:
    """Build the matching of experts to lines; a book that does not ask for a specialty takes everyone for each."""
    if book.applies(MATCH, regime):
        try:
            return lines_of(request, book.values(MATCH, regime))
        except UnknownFact:
            return lambda _expert: ()
    everywhere = tuple(range(len(request.lines or ())))
    return lambda _expert: everywhere


def _groups(book: Rulebook, regime: str, request: Request) -> Callable[[Expert], frozenset[str]]:
    if not book.applies(ONE_PER_EMPLOYER, regime):
        return lambda _expert: frozenset()
    by = book.values(ONE_PER_EMPLOYER, regime).word("by")
    return lambda expert: employer_tokens(expert, review_day(request), by=by)
