"""All rules, by id, in the order in which they are told."""

from itertools import chain
from types import MappingProxyType

from policies.rule import Rule
from policies.rules import (
    assessment,
    committee,
    fees,
    limits,
    owner,
    qualification,
    recusal,
    roster,
    service,
    session,
    shortage,
    specialty,
    status,
    window,
)

FAMILIES: tuple[tuple[Rule, ...], ...] = (
    qualification.RULES,
    status.RULES,
    specialty.RULES,
    recusal.RULES,
    committee.RULES,
    owner.RULES,
    window.RULES,
    shortage.RULES,
    limits.RULES,
    service.RULES,
    session.RULES,
    assessment.RULES,
    fees.RULES,
    roster.RULES,
)

RULES = MappingProxyType({rule.id: rule for rule in chain.from_iterable(FAMILIES)})
