"""The sheet of an assessment as a rulebook has it, and what is wrong with one that a party filled in."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from policies.apply import decide
from policies.assessment_facts import Deduction
from policies.conduct_items import ITEMS, Evidence, SubjectKind
from policies.decision import Effect, Finding
from policies.names import Text
from policies.problems import Problem
from policies.rulebook import Rulebook

SHEET: Final = "assessment.sheet"
EVIDENCE: Final = "assessment.evidence"
FIELDS: Final = {
    "no_item": "item",
    "not_for": "item",
    "no_points": "points",
    "beyond": "points",
    "no_grounds": "grounds",
    "wrong_kind": "evidence",
}
"""The field of a deduction that each refusal is about."""


class Offer(NamedTuple):
    """An item as the sheet offers it. ``points`` is the most; 0 for what is no matter of points (``removal``)."""

    code: str
    text: Text
    points: int
    evidence: tuple[Evidence, ...]
    removal: bool
    label: str
    article: str


def sheet(book: Rulebook, regime: str, subject: SubjectKind) -> tuple[Offer, ...]:
    """Give the items for a kind of subject, in the order of the sheet; one worth nothing is not on it."""
    if not book.applies(SHEET, regime):
        return ()
    points, evidence = book.values(SHEET, regime), book.values(EVIDENCE, regime)
    offers = []
    for code, item in ITEMS.items():
        most = 0 if item.removal else points.number(code)
        if subject in item.subjects and (most or item.removal):
            rule = EVIDENCE if item.removal else SHEET
            stands = book.setting(rule, regime, code)
            offers.append(
                Offer(
                    code=code,
                    text=book.parameter(EVIDENCE, code).text,
                    points=most,
                    evidence=tuple(kind for kind in Evidence if kind in evidence.words(code)),
                    removal=item.removal,
                    label=stands.label.value,
                    article=stands.article,
                )
            )
    return tuple(offers)


def problems(book: Rulebook, regime: str, deductions: Sequence[Deduction]) -> tuple[Problem, ...]:
    """Name what is wrong with the deductions that one party makes for one subject, by ``deductions[0].points``.

    An item is taken once, and of several that tell one fact by degrees only one.
    """
    return tuple(_problems(book, regime, deductions))


def _problems(book: Rulebook, regime: str, deductions: Sequence[Deduction]) -> Iterator[Problem]:
    facts: set[str] = set()
    for index, deduction in enumerate(deductions):
        for finding in decide(book, regime, deduction).findings:
            if finding.effect in (Effect.REFUSED, Effect.UNKNOWN):
                yield Problem(f"deductions[{index}].{_field(finding)}", finding.zh, finding.en)
        fact = _fact(deduction)
        if fact in facts:
            yield Problem(
                f"deductions[{index}].item",
                "同一事实已扣过分，请只保留一项。",
                "Points are taken off for this fact already. Keep one of the two.",
            )
        facts |= {fact} - {""}


def _field(finding: Finding) -> str:
    return str(finding.facts["missing"]) if finding.effect is Effect.UNKNOWN else FIELDS[finding.key]


def _fact(deduction: Deduction) -> str:
    """What a deduction is about: the family of its item, else the item."""
    item = ITEMS.get(deduction.item or "")
    return (item.family if item else "") or deduction.item or ""
