"""No rule without article, without a text in one of the languages, or without a case on each side of its boundary."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from string import Formatter
from types import MappingProxyType

import pytest

from policies import facts
from policies.decision import REFUSING, Effect
from policies.library import shipped
from policies.names import FACTS, VALUES, Text
from policies.registry import RULES
from policies.rule import ExpertRule, FactRule, Rule
from policies.rulebook import ON, Rulebook, RuleTable, Setting
from tests.policies import casebook
from tests.policies.casebook import Case


def shortcomings(rules: Mapping[str, Rule], books: Iterable[Rulebook], cases: Iterable[Case]) -> list[str]:
    """Say what any rule lacks; the empty list when nothing does."""
    books, cases = tuple(books), tuple(cases)
    found = []
    for rule in rules.values():
        tables = [book.rules[rule.id] for book in books if rule.id in book.rules]
        if not tables:
            found.append(f"{rule.id}: in no book")
        if not (rule.states.__doc__ or "").strip():
            found.append(f"{rule.id}: does not state itself")
        for table in tables:
            found += [f"{rule.id}: {where}: no text in {language}" for where, language in _untold(table)]
        settings = [(key, setting) for book in books for key, chain in book.settings.items() for setting in chain]
        found += [
            f"{'.'.join(key)}: no article" for key, setting in settings if key[0] == rule.id and not setting.article
        ]
        for regime in sorted({key[1] for key, _ in settings if key[0] == rule.id}):
            effects = {case.effect for case in cases if (case.rule, case.regime) == (rule.id, regime)}
            if Effect.MET not in effects:
                found.append(f"{rule.id}[{regime}]: no case that meets it")
            if not effects & set(rule.effects.values()):
                found.append(f"{rule.id}[{regime}]: no case beyond its boundary")
            if Effect.UNKNOWN not in effects:
                found.append(f"{rule.id}[{regime}]: no case with a fact missing")
        told = {case.expected for case in cases if case.rule == rule.id}
        found += [f"{rule.id}: no case for “{key}”" for key in rule.effects if key not in told]
    return found


def _untold(table: RuleTable) -> list[tuple[str, str]]:
    texts: dict[str, Text] = {"title": table.title}
    texts |= {f"message {key}": text for key, text in table.messages.items()}
    texts |= {f"parameter {name}": parameter.text for name, parameter in table.parameters.items()}
    return [
        (where, language) for where, text in texts.items() for language in ("zh", "en") if not getattr(text, language)
    ]


def test_no_rule_lacks_anything() -> None:
    assert shortcomings(RULES, shipped().editions(), casebook.all_cases()) == []


RULE = "committee.odd"


def changed(book: Rulebook, table: RuleTable | None = None, setting: Setting | None = None) -> Rulebook:
    rules, settings = dict(book.rules), dict(book.settings)
    if table is not None:
        rules[RULE] = table
    if setting is not None:
        settings[RULE, "tender", ON] = (setting,)
    return replace(book, rules=MappingProxyType(rules), settings=MappingProxyType(settings))


def test_a_rule_without_an_article_is_found() -> None:
    book = casebook.book("national")
    bare = replace(book.setting(RULE, "tender", ON), article="")
    assert shortcomings({RULE: RULES[RULE]}, [changed(book, setting=bare)], casebook.all_cases()) == [
        "committee.odd.tender.on: no article"
    ]


@pytest.mark.parametrize(("text", "language"), [(Text("", "x"), "zh"), (Text("x", ""), "en")])
def test_a_rule_without_a_text_is_found(text: Text, language: str) -> None:
    book = casebook.book("national")
    untold = replace(book.rules[RULE], title=text)
    assert shortcomings({RULE: RULES[RULE]}, [changed(book, untold)], casebook.all_cases()) == [
        f"committee.odd: title: no text in {language}"
    ]


@pytest.mark.parametrize(
    ("effect", "lack"),
    [
        (Effect.MET, "no case that meets it"),
        (Effect.REFUSED, "no case beyond its boundary"),
        (Effect.UNKNOWN, "no case with a fact missing"),
    ],
)
def test_a_rule_without_a_case_is_found(effect: Effect, lack: str) -> None:
    cases = [case for case in casebook.all_cases() if not (case.rule == RULE and case.effect is effect)]
    found = shortcomings({RULE: RULES[RULE]}, [casebook.book("national")], cases)
    assert f"committee.odd[tender]: {lack}" in found
    assert f"committee.odd[govproc]: {lack}" in found


def test_a_rule_in_no_book_is_found() -> None:
    assert "committee.odd: in no book" in shortcomings({RULE: RULES[RULE]}, [], casebook.all_cases())


def test_only_national_text_that_was_read_is_law() -> None:
    """The marks of the domain rules decide: nothing from memory or a secondary source may be called law."""
    law = {
        (rule, regime)
        for (rule, regime, _), (setting, *_rest) in casebook.book("national").settings.items()
        if setting.label == "law"
    }
    assert law == {
        ("qualification.tender", "tender"),
        ("status.pool", "tender"),
        ("specialty.match", "tender"),
        ("recusal.employment", "tender"),
        ("recusal.employment", "govproc"),
        ("recusal.directorship", "tender"),
        ("recusal.directorship", "govproc"),
        ("recusal.shareholding", "tender"),
        ("recusal.shareholding", "govproc"),
        ("recusal.kinship", "tender"),
        ("recusal.kinship", "govproc"),
        ("recusal.supervisor_staff", "tender"),
        ("recusal.punished", "tender"),
        ("recusal.declared", "tender"),
        ("recusal.declared", "govproc"),
        ("committee.size", "tender"),
        ("committee.odd", "tender"),
        ("committee.experts", "tender"),
        ("committee.random_only", "tender"),
        ("committee.direct_selection", "tender"),
        ("window.working_days", "govproc"),
        ("service.replacement", "tender"),
        ("service.release", "tender"),
        ("service.release", "govproc"),
        ("fees.forfeited", "govproc"),
        ("fees.withheld", "tender"),
        ("fees.withheld", "govproc"),
    }


def test_what_law_fixes_cannot_be_loosened() -> None:
    """A figure of the law may be tightened at most."""
    book = casebook.book("national")
    free = {
        key
        for key, (setting, *_rest) in book.settings.items()
        if setting.label == "law" and book.parameter(key[0], key[2]).may == "any"
    }
    assert free == set()


def test_both_languages_tell_the_same_facts() -> None:
    words = {"name", "expert", "bidder", "committee", "owner"}
    for book in shipped().editions():
        for rule, table in book.rules.items():
            for key, message in table.messages.items():
                zh, en = ({name for _, name, _, _ in Formatter().parse(text) if name} - words for text in message)
                assert zh == en, f"{rule}.{key}"


def test_every_fact_and_value_has_a_name() -> None:
    for rule in RULES.values():
        for fact in (*rule.reads, *(rule.asks if isinstance(rule, ExpertRule) else ())):
            assert fact in FACTS, fact
    enumerations = (each for each in vars(facts).values() if isinstance(each, type) and issubclass(each, StrEnum))
    for enumeration in enumerations:
        for value in enumeration:
            assert value in VALUES, value
    for text in (*FACTS.values(), *VALUES.values()):
        assert text.zh
        assert text.en


def test_every_choice_of_a_parameter_has_a_name() -> None:
    for name in ("national", "roster-demo"):
        for table in casebook.book(name).rules.values():
            for parameter in table.parameters.values():
                for choice in parameter.choices:
                    assert choice in VALUES or choice in ("name", "code"), choice


IRRELEVANT_HERE = {
    ("qualification.tender", "equivalent"),  # a senior title needs no equivalence
    ("qualification.govproc", "practice_since"),  # nor, here, years, a degree or a scarce specialty
    ("qualification.govproc", "degree"),
    ("qualification.govproc", "claims"),
    ("qualification.age", "claims"),  # no specialty is scarce by default
    ("committee.size", "method"),  # in tendering the method changes nothing
    ("committee.direct_selection", "special"),  # the seat was drawn
    ("committee.direct_selection", "approved"),
    ("committee.direct_selection", "announced"),
    ("window.working_days", "method"),  # nothing is excepted by default
    ("window.working_days", "remote"),
    ("service.calls", "review_at"),  # by day it does not matter when the review is
    *((f"recusal.{rule}", "bidders") for rule in ("employment", "directorship", "shareholding", "kinship", "declared")),
}
"""Facts that do not matter where the cases start from; where they do, a case of the rule has them missing."""


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_each_fact_that_a_rule_reads_counts_against_it_when_missing(rule: Rule) -> None:
    reads = (*rule.reads, *(rule.asks if isinstance(rule, ExpertRule) else ()))
    assert reads
    for regime, _ in casebook.regimes_of(rule.id):
        for fact in reads:
            reason = casebook.answer(replace(_plain_case(rule.id, regime), missing=(fact,)))
            if reason is None:
                assert (rule.id, fact) in IRRELEVANT_HERE
                tables = [each for each in casebook.all_cases() if each.rule == rule.id and fact in each.missing]
                assert any(each.effect in REFUSING for each in tables), fact
            else:
                assert dict(reason.facts) == {"missing": fact}


def _plain_case(rule: str, regime: str) -> Case:
    """Give the first case in which the rule is met, nothing is missing and no figure is changed."""
    return next(
        case
        for case in casebook.all_cases()
        if (case.rule, case.regime, case.effect) == (rule, regime, Effect.MET)
        and not case.missing
        and not case.settings
    )


def test_rules_read_only_facts_that_there_are() -> None:
    for rule in RULES.values():
        subject = rule.subject if isinstance(rule, FactRule) else facts.Expert
        assert set(rule.reads) <= set(subject.__annotations__), rule.id
        if isinstance(rule, ExpertRule):
            assert set(rule.asks) <= set(facts.Request.__annotations__), rule.id
