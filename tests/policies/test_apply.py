"""Applying rules to facts: which apply, what they find, and what the findings hold."""

import json
from datetime import date

import pytest

from policies.apply import decide
from policies.decision import Effect, Outcome, unknown
from policies.eligibility import Eligibility
from policies.facts import Application, Claim, Committee, Expert, Members, Method, Unit
from policies.problems import BadInput
from policies.registry import RULES
from policies.rule import FactRule
from policies.service_facts import Reveal
from tests.policies import casebook


def committee(**changes: object) -> Committee:
    made: Committee = casebook.fact(Committee, "Committee", changes)
    return made


def test_every_rule_about_the_fact_is_told_with_article_texts_and_facts() -> None:
    decision = decide(casebook.book("national"), "tender", committee(experts=4, owner_representatives=1))
    assert decision.outcome is Outcome.ALLOWED
    assert [(each.rule, each.effect) for each in decision.findings] == [
        ("committee.size", Effect.MET),
        ("committee.odd", Effect.MET),
        ("committee.experts", Effect.MET),
    ]
    size = decision.findings[0]
    assert size.article == "招标投标法 第三十七条"
    assert size.label == "law"
    assert (size.zh, size.en) == ("符合。", "Met.")
    assert size.facts == {"experts": 4, "owner_representatives": 1, "method": "open_tender"}
    assert decision.reasons() == ()


def test_all_that_is_wrong_is_told_at_once() -> None:
    decision = decide(casebook.book("national"), "tender", committee(experts=2, owner_representatives=2))
    assert decision.outcome is Outcome.REFUSED
    assert [(each.rule, each.key) for each in decision.reasons()] == [
        ("committee.size", "too_small"),
        ("committee.odd", "even"),
        ("committee.experts", "too_few"),
    ]
    assert [each.zh for each in decision.reasons()] == [
        "评标委员会共 4 人，少于 5 人。请增加成员。",
        "评标委员会共 4 人，不是单数。请增减一人。",
        "4 人中专家 2 人，少于 2/3。请减少业主代表或增加专家。",
    ]


def test_each_regime_has_its_own_rules_and_words() -> None:
    decision = decide(casebook.book("national"), "govproc", committee(experts=4))
    assert [each.rule for each in decision.findings] == [
        "committee.size",
        "committee.small",
        "committee.large",
        "committee.odd",
        "committee.experts",
    ]
    assert decision.findings[0].en == ("The review panel has 4 members, fewer than 5. Add members.")


def test_a_negotiation_of_three_is_enough_in_government_procurement_only() -> None:
    three = committee(experts=3, method=Method.NEGOTIATION)
    assert decide(casebook.book("national"), "govproc", three).outcome is Outcome.ALLOWED
    assert decide(casebook.book("national"), "tender", three).outcome is Outcome.REFUSED


def test_an_unknown_fact_is_named_with_its_remedy() -> None:
    decision = decide(casebook.book("national"), "tender", Committee())
    assert decision.outcome is Outcome.REFUSED
    assert {each.effect for each in decision.findings} == {Effect.UNKNOWN}
    assert decision.findings[0].en == (
        "“number of experts” is not known, so nobody can show that this rule is met; it counts as not met. "
        "Record it and decide again."
    )


def test_a_rule_that_is_off_is_not_applied() -> None:
    application = casebook.fact(Application, "Application", {})
    assert decide(casebook.book("national"), "tender", application).findings == ()
    assert [each.rule for each in decide(casebook.book("demo-centre"), "tender", application).findings] == [
        "specialty.claims"
    ]


def test_one_member_s_unknown_employer_is_enough_to_refuse() -> None:
    members = Members(employers=(frozenset({"x"}), None))
    (finding,) = decide(casebook.book("national"), "tender", members).findings
    assert (finding.effect, finding.facts) == (Effect.UNKNOWN, {"missing": "employers"})


def test_an_unknown_record_of_one_pair_is_enough_to_refuse() -> None:
    rule = RULES["limits.pair"]
    assert isinstance(rule, FactRule)
    values = casebook.values_for(rule, "national", "tender", {})
    reason = rule.judge(Members(review_on=date(2026, 11, 20), shared_days=((), None)), values)
    assert reason == unknown("shared_days")


def test_specialties_of_a_version_that_we_do_not_have_are_explained() -> None:
    rule = RULES["specialty.claims"]
    assert isinstance(rule, FactRule)
    values = casebook.values_for(rule, "national", "tender", {})
    for claim in (Claim("A01", version="2031"), Claim("A01", scheme="provincial")):
        with pytest.raises(BadInput, match="no specialty scheme"):
            rule.judge(Application((claim,)), values)


def test_lists_among_the_facts_are_told_as_json() -> None:
    reveal = casebook.fact(Reveal, "Reveal", {})
    (finding,) = decide(casebook.book("national"), "tender", reveal).findings
    assert finding.facts["audience"] == "public"
    assert finding.facts["now"] == "2026-11-25T09:00:00+08:00"
    events = str(finding.facts["events"])
    assert json.loads(events)["award_fixed"] == "2026-11-25T09:00:00+08:00"
    assert events == json.dumps(json.loads(events), sort_keys=True)
    assert events.startswith('{"award_fixed":')


def test_chinese_among_the_facts_stays_readable() -> None:
    met = Eligibility(casebook.book("national"), "tender", casebook.request()).explain(casebook.expert())
    (employment,) = (each for each in met.findings if each.rule == "recusal.employment")
    assert employment.facts == {
        "employments": '[{"end": null, "start": "2010-01-01", '
        '"unit": {"code": "91430100MA4L000022", "name": "乙公司"}}]'
    }


def test_a_fact_that_does_not_matter_and_is_unknown_is_told_as_empty() -> None:
    (size, *_rest) = decide(casebook.book("national"), "tender", committee(method=None)).findings
    assert size.facts["method"] == ""


def test_a_fact_without_rules_finds_nothing() -> None:
    assert decide(casebook.book("national"), "tender", Unit("x")).findings == ()


def test_rules_about_experts_are_not_applied_one_by_one() -> None:
    assert decide(casebook.book("national"), "tender", Expert()).findings == ()


def test_a_regime_that_the_book_does_not_have_is_explained() -> None:
    with pytest.raises(BadInput) as raised:
        decide(casebook.book("national"), "tendr", committee())
    (problem,) = raised.value.problems
    assert problem.field == "regime"
    assert problem.en == "The rulebook has no regime “tendr”. Did you mean “tender”?"
    assert problem.zh == "规则库没有制度“tendr”。是否应为“tender”？"
