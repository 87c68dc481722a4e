"""Who may sit: all rules composed, for one expert and for a pool."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import specialties
from policies.decision import Decision, Effect, Outcome
from policies.eligibility import Eligibility
from policies.facts import (
    Claim,
    Degree,
    Directorship,
    Employment,
    Engagement,
    Expert,
    Interest,
    Kinship,
    Line,
    Penalty,
    PenaltyKind,
    PoolKind,
    Post,
    Relation,
    Request,
    Shareholding,
    Status,
    Suspension,
    Title,
    Unit,
)
from policies.problems import BadInput
from policies.rule import UnknownFact
from policies.rulebook import ON
from tests.policies import casebook
from tests.policies.casebook import expert, request

REGIMES = ("tender", "govproc")


def eligibility(regime: str = "tender", book: str = "demo-centre", **changes: Any) -> Eligibility:
    return Eligibility(casebook.book(book), regime, request(**changes))


@pytest.mark.parametrize("regime", REGIMES)
def test_an_expert_whom_nothing_stands_against_is_eligible(regime: str) -> None:
    decision = eligibility(regime).decide(expert())
    assert decision == Decision(Outcome.ALLOWED, ())


@pytest.mark.parametrize("regime", REGIMES)
def test_every_eligible_expert_gets_the_same_decision(regime: str) -> None:
    rules = eligibility(regime)
    assert rules.decide(expert()) is rules.decide(expert(area="430103", birth_date="1980-01-01"))


@pytest.mark.parametrize("regime", REGIMES)
def test_everything_that_stands_against_an_expert_is_found(regime: str) -> None:
    decision = eligibility(regime).decide(
        expert(missing=("kinships",), status="left", employments=[{"unit": "@bidder"}], area="420100")
    )
    assert decision.outcome is Outcome.REFUSED
    assert [(each.rule, each.effect) for each in decision.findings] == [
        ("status.active", Effect.REFUSED),
        ("specialty.area", Effect.REFUSED),
        ("recusal.employment", Effect.REFUSED),
        ("recusal.kinship", Effect.UNKNOWN),
    ]
    assert decision.findings[-1].facts == {"missing": "kinships"}


@pytest.mark.parametrize("regime", REGIMES)
def test_an_unknown_fact_found_first_hides_nothing(regime: str) -> None:
    decision = eligibility(regime).decide(expert(missing=("status",), area="420100"))
    assert [each.rule for each in decision.findings] == ["status.active", "specialty.area"]


@pytest.mark.parametrize("regime", REGIMES)
def test_nothing_known_means_not_eligible(regime: str) -> None:
    decision = eligibility(regime).decide(Expert())
    assert decision.outcome is Outcome.REFUSED
    assert {each.effect for each in decision.findings} == {Effect.UNKNOWN}


def test_explain_lists_every_rule_with_article_and_facts() -> None:
    decision = eligibility("tender").explain(expert(area="420100"))
    assert decision.outcome is Outcome.REFUSED
    rules = [each.rule for each in decision.findings]
    assert len(rules) == len(set(rules)) == 19
    assert [each.rule for each in decision.reasons()] == ["specialty.area"]
    title = decision.findings[0]
    assert (title.rule, title.effect) == ("qualification.tender", Effect.MET)
    assert title.facts == {"title": "senior", "equivalent": False, "practice_since": "2000-07-01"}
    assert all(each.article and each.zh and each.en for each in decision.findings)


def test_explain_and_decide_agree() -> None:
    rules = eligibility("govproc")
    for each in (expert(), expert(status="left"), Expert()):
        assert rules.explain(each).outcome is rules.decide(each).outcome
        assert rules.explain(each).reasons() == rules.decide(each).findings


BIDDER_RULES = [
    "recusal.employment",
    "recusal.directorship",
    "recusal.shareholding",
    "recusal.kinship",
    "recusal.declared",
]


def test_while_the_bidders_are_sealed_their_rules_are_deferred() -> None:
    sealed = eligibility("tender", missing=("bidders",))
    at_the_bidder = expert(employments=[{"unit": "@bidder"}])
    decision = sealed.decide(at_the_bidder)
    assert decision.outcome is Outcome.ALLOWED
    assert [(each.rule, each.effect) for each in decision.findings] == [
        (rule, Effect.DEFERRED) for rule in BIDDER_RULES
    ]
    assert decision.findings[0].zh == "投标人名单开标前不公开，开标后重新核定。"
    left = sealed.decide(expert(status="left"))
    assert [each.rule for each in left.findings] == [*BIDDER_RULES, "status.active"]
    assert [each.effect for each in sealed.explain(at_the_bidder).reasons()] == [Effect.DEFERRED] * 5
    opened = eligibility("tender", decided_at="2026-11-20T09:00:00+08:00")
    assert opened.decide(at_the_bidder).outcome is Outcome.REFUSED


def test_once_the_opening_has_begun_unknown_bidders_let_nobody_in() -> None:
    decision = eligibility("tender", missing=("bidders",), decided_at="2026-11-20T09:00:00+08:00").decide(expert())
    assert decision.outcome is Outcome.REFUSED
    assert {each.facts["missing"] for each in decision.findings} == {"bidders"}
    assert [each.rule for each in decision.findings] == BIDDER_RULES


def test_lines_for_which_an_expert_qualifies() -> None:
    lines = [
        {"codes": ["A010101"], "seats": 3},
        {"codes": ["B01"], "seats": 1},
        {"codes": ["C01", "A0102"], "seats": 1},
    ]
    rules = eligibility(lines=lines)
    assert rules.lines(expert()) == (0,)
    recorded = "2020-05-01"
    assert rules.lines(expert(claims=[{"code": "B", "recorded": recorded}, {"code": "A01", "recorded": recorded}])) == (
        0,
        1,
        2,
    )
    assert rules.lines(expert(claims=[{"code": "A0101", "recorded": "2026-11-13"}])) == ()
    assert rules.lines(expert(missing=("claims",))) == ()
    assert eligibility(lines=lines, missing=("decided_at",)).lines(expert()) == ()


def test_a_claim_of_another_scheme_is_another_specialty() -> None:
    foreign = Claim("A0101", date(2020, 5, 1), scheme="provincial")
    assert eligibility().lines(expert()._replace(claims=(foreign,))) == ()
    newer = Claim("A0101", date(2020, 5, 1), version="2031")
    assert eligibility().lines(expert()._replace(claims=(newer,))) == ()


def test_a_province_may_have_a_classification_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "A": specialties.Specialty("A", "", 1, "类"),
        "AX": specialties.Specialty("AX", "A", 2, "项"),
        "AY": specialties.Specialty("AY", "A", 2, "目"),
    }
    tables = {("national", "2018"): specialties.table("national", "2018"), ("provincial", "1"): own}
    monkeypatch.setattr(specialties, "table", lambda scheme, version: tables[scheme, version])
    recorded = date(2020, 5, 1)
    for asked, climbed, claimed, lines in (
        ("AX", 0, "AX", (0,)),
        ("AX", 0, "A", (0,)),
        ("AX", 0, "AY", ()),
        ("AX", 1, "AY", (0,)),
    ):
        line = Line((asked,), 1, climbed, "provincial", "1")
        rules = Eligibility(casebook.book("national"), "tender", request()._replace(lines=(line,)))
        provincial = Claim(claimed, recorded, "provincial", "1")
        assert rules.lines(expert()._replace(claims=(provincial,))) == lines
        assert rules.lines(expert(claims=[{"code": "A", "recorded": "2020-05-01"}])) == ()


def test_employer_tokens() -> None:
    rules = eligibility()
    assert rules.groups(expert()) == {"91430100MA4L000022"}
    two = expert(
        employments=[
            {"unit": "@other"},
            {"unit": "@owner", "end": "2026-11-20"},
            {"unit": "@agency", "end": "2026-11-19"},
        ]
    )
    assert rules.groups(two) == {"91430100MA4L000022", "11430100MB1L000033"}
    assert rules.groups(expert(employments=[])) == frozenset()
    with pytest.raises(UnknownFact, match=r"^employments\.unit\.code$"):
        rules.groups(expert(employments=[{"unit": "@nameless"}]))
    with pytest.raises(UnknownFact, match=r"^employments$"):
        rules.groups(expert(missing=("employments",)))


def test_where_no_employer_is_limited_nobody_shares_a_token() -> None:
    book = casebook.book("national")
    key = ("committee.one_per_employer", "tender", ON)
    off = replace(book, settings={**book.settings, key: (replace(book.setting(*key), value=False),)})
    assert Eligibility(off, "tender", request()).groups(expert()) == frozenset()


def test_an_unknown_specialty_in_the_request_is_explained() -> None:
    wrong = request()._replace(lines=(Line(("A019999",), 1),))
    with pytest.raises(BadInput) as raised:
        Eligibility(casebook.book("national"), "tender", wrong)
    assert "“A019999”" in raised.value.problems[0].en


def test_an_unknown_regime_is_explained() -> None:
    with pytest.raises(BadInput, match="The rulebook has no regime “gov”"):
        eligibility("gov")


def test_the_decision_of_an_excluded_expert_is_the_same_every_time() -> None:
    left = expert(status="left")
    assert eligibility().decide(left).digest() == eligibility().decide(left).digest()
    assert eligibility().decide(left).digest() != eligibility().decide(expert()).digest()


# Whatever is not known counts against the expert.

UNITS = st.sampled_from(
    [
        Unit("甲公司", "91430100MA4L000011"),
        Unit("乙公司", "91430100MA4L000022"),
        Unit("市水利局", "11430100MB1L000033"),
        Unit("丙公司"),
    ]
)
DAYS = st.sampled_from(
    [date(2023, 11, 19), date(2023, 11, 20), date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 20)]
)
ENDS = st.none() | DAYS


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


EXPERTS = st.builds(
    Expert,
    status=st.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.LEFT]),
    recorded=DAYS,
    pool=st.sampled_from(PoolKind),
    birth_date=st.sampled_from([date(1957, 11, 20), date(1957, 11, 21), date(1980, 1, 1)]),
    practice_since=st.sampled_from([date(2018, 11, 20), date(2018, 11, 21), date(2000, 1, 1)]),
    title=st.sampled_from([Title.SENIOR, Title.SENIOR, Title.MID]),
    equivalent=st.booleans(),
    degree=st.sampled_from(Degree),
    area=st.sampled_from(["430102", "430102", "420102"]),
    distance_km=st.just(10),
    claims=some(
        st.builds(
            Claim,
            code=st.sampled_from(["A0101", "A", "B01"]),
            recorded=DAYS,
            scheme=st.just("national"),
            version=st.just("2018"),
        )
    ),
    suspensions=some(st.builds(Suspension, start=DAYS, until=ENDS)),
    penalties=some(st.builds(Penalty, kind=st.sampled_from(PenaltyKind), decided=ENDS, until=ENDS)),
    employments=some(st.builds(Employment, unit=UNITS, start=st.none(), end=ENDS)),
    directorships=some(st.builds(Directorship, unit=UNITS, post=st.sampled_from(Post), start=st.none(), end=ENDS)),
    shareholdings=some(
        st.builds(
            Shareholding,
            unit=UNITS,
            permille=st.none() | st.sampled_from([0, 499, 500]),
            controls=st.none() | st.booleans(),
            start=st.none(),
            end=ENDS,
        )
    ),
    kinships=some(
        st.builds(
            Kinship,
            unit=UNITS,
            relation=st.sampled_from(Relation),
            post=st.sampled_from(Post),
            start=st.none(),
            end=ENDS,
        )
    ),
    interests=some(st.builds(Interest, unit=UNITS, project=st.none())),
    engagements=some(st.builds(Engagement, day=DAYS, agencies=st.just(("91430100MA4L000044",)))),
)

KEPT = {"code", "name", "kind", "post", "relation", "scheme", "version", "day", "agencies", "start", "unit", "project"}


def blank(draw: Callable[[st.SearchStrategy[bool]], bool], value: Any, *, outermost: bool = False) -> Any:
    """Forget some of what is known, at any depth: a fact, or a part of one."""
    if hasattr(value, "_fields"):
        kept = set() if outermost else KEPT - ({"code"} if isinstance(value, Unit) else set())
        return type(value)(
            *(
                each
                if name in kept and name != "unit"
                else None
                if name not in kept and draw(RARELY)
                else blank(draw, each)
                for name, each in zip(value._fields, value, strict=True)
            )
        )
    return tuple(blank(draw, each) for each in value) if isinstance(value, tuple) else value


RARELY = st.integers(0, 4).map(lambda number: number == 0)


@given(EXPERTS, st.data(), st.sampled_from(REGIMES), st.booleans())
def test_forgetting_a_fact_makes_nobody_eligible(known: Expert, data: st.DataObject, regime: str, sealed: bool) -> None:  # noqa: FBT001
    rules = eligibility(regime, missing=("bidders",) if sealed else ())
    if rules.decide(known).outcome is Outcome.REFUSED:
        forgotten = blank(data.draw, known, outermost=True)
        assert rules.decide(forgotten).outcome is Outcome.REFUSED


@given(EXPERTS, st.sampled_from(REGIMES), st.sets(st.sampled_from(Request._fields)))
def test_a_request_with_unknown_facts_lets_in_no_more(known: Expert, regime: str, missing: set[str]) -> None:
    asked = request(decided_at="2026-11-20T09:30:00+08:00")
    whole = Eligibility(casebook.book("demo-centre"), regime, asked)
    partial = Eligibility(casebook.book("demo-centre"), regime, asked._replace(**dict.fromkeys(missing)))
    if whole.decide(known).outcome is Outcome.REFUSED:
        assert partial.decide(known).outcome is Outcome.REFUSED


@given(EXPERTS, st.sampled_from(REGIMES))
def test_what_is_refused_sealed_is_refused_opened(known: Expert, regime: str) -> None:
    if eligibility(regime, missing=("bidders",)).decide(known).outcome is Outcome.REFUSED:
        assert eligibility(regime).decide(known).outcome is Outcome.REFUSED


@given(EXPERTS, st.sampled_from(REGIMES))
def test_decide_finds_exactly_what_explain_does(known: Expert, regime: str) -> None:
    rules = eligibility(regime)
    assert rules.explain(known).reasons() == rules.decide(known).findings
    assert (rules.decide(known).outcome is Outcome.ALLOWED) == (not rules.decide(known).findings)
