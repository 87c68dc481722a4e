"""Applies the rules of a rulebook to facts."""

import json
from types import MappingProxyType

from policies import reading
from policies.decision import Decision, Effect, Finding, Ground, Plain, Reason
from policies.names import COMMON
from policies.problems import BadInput, Problem, did_you_mean
from policies.registry import RULES
from policies.rule import FactRule, Rule
from policies.rulebook import ON, Rulebook

MET = Reason("met")


def ground(book: Rulebook, rule: Rule, regime: str) -> Ground:
    """Give what all findings of a rule have in common under this book and regime."""
    applied, table = book.setting(rule.id, regime, ON), book.rules[rule.id]
    return Ground(
        rule=rule.id,
        article=applied.article,
        label=applied.label.value,
        title=table.title,
        messages=MappingProxyType(COMMON | dict(table.messages)),
        words=book.regimes[regime],
    )


def require_regime(book: Rulebook, regime: str) -> None:
    """Raise `BadInput` when the book does not have this regime."""
    if regime not in book.regimes:
        hint = did_you_mean(regime, book.regimes)
        problem = Problem(
            "regime",
            f"规则库没有制度“{regime}”。{hint.zh}",
            f"The rulebook has no regime “{regime}”. {hint.en}",
        )
        raise BadInput([problem])


def met(rule: Rule, fact: object) -> Reason:
    """Say that a rule is met, with the facts that it read."""
    return Reason("met", tuple((name, plain(getattr(fact, name))) for name in rule.reads))


def plain(value: object) -> Plain:
    """Write a fact so that a finding can hold it: a list or a record becomes JSON, an unknown fact is empty."""
    if isinstance(value, bool | int | str):
        return value
    written = reading.plain(value)
    if written is None:
        return ""
    return written if isinstance(written, str) else json.dumps(written, ensure_ascii=False, sort_keys=True)


def decide(book: Rulebook, regime: str, fact: object) -> Decision:
    """Apply to `fact` every rule about its kind, in order. Rules about experts are applied by `policies.eligibility`.

    Raises `BadInput` for a regime that the book does not have.
    """
    require_regime(book, regime)
    findings = []
    for rule in RULES.values():
        if isinstance(rule, FactRule) and rule.subject is type(fact) and book.applies(rule.id, regime):
            answer = rule.judge(fact, book.values(rule.id, regime))
            effect = Effect.MET if answer is None else rule.effect(answer)
            findings.append(Finding(ground(book, rule, regime), effect, answer or met(rule, fact)))
    return Decision.of(findings)
