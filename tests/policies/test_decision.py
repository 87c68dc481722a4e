"""Decisions: the strictest finding counts, texts come in both languages, the canonical form is stable."""

from datetime import date
from hashlib import sha256
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import Decision, Effect, Finding, Ground, Outcome, Reason, reason, unknown
from policies.names import Text

GROUND = Ground(
    rule="family.rule",
    article="某法 第一条",
    label="law",
    title=Text("{bidder}规则", "Rule of the {bidder}"),
    messages=MappingProxyType(
        {
            "late": Text("{bidder}“{unit}”自 {since} 起为{post}", "{bidder} “{unit}” since {since}: {post}"),
            "unknown": Text("缺少“{missing}”", "“{missing}” is missing"),
            "met": Text("符合", "Met"),
        }
    ),
    words=MappingProxyType({"bidder": Text("供应商", "supplier")}),
)


def finding(effect: Effect, why: Reason = Reason("met")) -> Finding:  # noqa: B008
    return Finding(GROUND, effect, why)


def test_a_finding_tells_itself() -> None:
    late = finding(Effect.REFUSED, reason("late", unit="甲", since=date(2023, 2, 28), post="director"))
    assert (late.rule, late.article, late.label, late.key) == ("family.rule", "某法 第一条", "law", "late")
    assert late.facts == {"unit": "甲", "since": "2023-02-28", "post": "director"}
    assert late.zh == "供应商“甲”自 2023-02-28 起为董事"
    assert late.en == "supplier “甲” since 2023-02-28: director"
    assert late.title == Text("供应商规则", "Rule of the supplier")


def test_a_missing_fact_is_named() -> None:
    missing = finding(Effect.UNKNOWN, unknown("birth_date"))
    assert missing.zh == "缺少“出生日期”"
    assert missing.en == "“date of birth” is missing"


def test_a_fact_named_like_a_value_keeps_its_own_name() -> None:
    """“removed” is both a number of people (a fact) and a standing (a value)."""
    assert finding(Effect.UNKNOWN, unknown("removed")).zh == "缺少“被剔除人数”"


def test_a_reason_without_a_message_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^family\.rule has no message “early”"):
        finding(Effect.REFUSED, Reason("early"))


@pytest.mark.parametrize(
    ("effects", "outcome"),
    [
        ([], Outcome.ALLOWED),
        ([Effect.MET, Effect.WARNED, Effect.DEFERRED], Outcome.ALLOWED),
        ([Effect.MET, Effect.REFERRED, Effect.WARNED], Outcome.REFERRED),
        ([Effect.REFUSED, Effect.REFERRED], Outcome.REFUSED),
        ([Effect.REFERRED, Effect.UNKNOWN], Outcome.REFUSED),
        ([Effect.MET, Effect.UNKNOWN], Outcome.REFUSED),
    ],
)
def test_the_strictest_counts(effects: list[Effect], outcome: Outcome) -> None:
    decision = Decision.of(finding(effect) for effect in effects)
    assert decision.outcome is outcome
    assert [each.effect for each in decision.findings] == effects
    assert [each.effect for each in decision.reasons()] == [each for each in effects if each is not Effect.MET]


STRICTNESS = [Outcome.ALLOWED, Outcome.REFERRED, Outcome.REFUSED]


@given(st.lists(st.sampled_from(Effect)), st.sampled_from(Effect))
def test_one_more_finding_never_helps(effects: list[Effect], more: Effect) -> None:
    before = Decision.of(map(finding, effects)).outcome
    after = Decision.of(map(finding, [*effects, more])).outcome
    assert STRICTNESS.index(after) >= STRICTNESS.index(before)


def test_canonical_bytes() -> None:
    decision = Decision.of(
        [finding(Effect.REFUSED, reason("late", unit="甲", since=date(2023, 2, 28), post="director"))]
    )
    assert (
        decision.canonical()
        == (
            '{"findings":[{"article":"某法 第一条","effect":"refused","facts":{"post":"director","since":"2023-02-28",'
            '"unit":"甲"},"reason":"late","rule":"family.rule"}],"outcome":"refused"}'
        ).encode()
    )
    assert decision.digest() == sha256(decision.canonical()).hexdigest()
