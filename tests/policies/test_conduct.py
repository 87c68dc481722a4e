"""The whole table of conduct, item by item on both sides of its points, and a sheet as a party fills it in."""

from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.assessment_facts import Deduction
from policies.conduct import problems, sheet
from policies.conduct_items import ASSESSORS, ITEMS, SCORED, Dimension, Evidence, Party, SubjectKind
from policies.scoring import scored, weights
from tests.policies import casebook

BOOK = casebook.book("national")
ROSTER = casebook.book("roster-demo")
REGIMES = ("tender", "govproc")
POINTS = {
    "late": 10,
    "absent": 20,
    "no-sign-in": 10,
    "phone": 10,
    "site-rules": 10,
    "left-post": 30,
    "stalling": 30,
    "health": 30,
    "poor-skill": 10,
    "error-delay": 30,
    "slip": 10,
    "no-invoice": 10,
    "fee-demand": 30,
    "no-self-recusal": 20,
    "no-self-recusal-void": 50,
    "documents": 10,
    "organisation": 10,
    "interference": 30,
}
"""The published table (RULES.md), and our own items for agencies."""
AGENCYS = {"documents", "organisation", "interference"}
REMOVALS = {"leak", "bribe", "collude"}


def deduction(item: str = "late", points: int = 10, **changes: Any) -> Deduction:
    kind = BOOK.values("assessment.evidence", "tender").words(item)[0] if item in ITEMS else "record"
    subject = SubjectKind.AGENCY if item in AGENCYS else SubjectKind.SEAT
    return Deduction(subject, item, points, Evidence(kind), "step 4")._replace(**changes)


def wrong(*deductions: Deduction, regime: str = "tender") -> list[str]:
    return [each.field for each in problems(BOOK, regime, deductions)]


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("item", "most"), POINTS.items(), ids=POINTS)
def test_an_item_takes_up_to_its_points(item: str, most: int, regime: str) -> None:
    assert wrong(deduction(item, most), regime=regime) == []
    assert wrong(deduction(item, 1), regime=regime) == []
    assert wrong(deduction(item, most + 1), regime=regime) == ["deductions[0].points"]
    assert wrong(deduction(item, 0), regime=regime) == ["deductions[0].points"]


@pytest.mark.parametrize("item", sorted(REMOVALS))
def test_what_leads_out_of_the_pool_is_no_matter_of_points(item: str) -> None:
    assert wrong(deduction(item, 0)) == []
    assert wrong(deduction(item, 1)) == ["deductions[0].points"]


def test_the_table_is_complete() -> None:
    assert POINTS.keys() == set(SCORED)
    assert ITEMS.keys() - POINTS.keys() == REMOVALS
    assert {item.dimension for item in ITEMS.values()} == set(Dimension)


@pytest.mark.parametrize("regime", REGIMES)
def test_a_sheet_offers_what_is_for_its_subject_with_article_and_label(regime: str) -> None:
    offered = {kind: {each.code: each for each in sheet(BOOK, regime, kind)} for kind in SubjectKind}
    assert offered[SubjectKind.SEAT].keys() == ITEMS.keys() - AGENCYS
    assert offered[SubjectKind.AGENCY].keys() == AGENCYS | REMOVALS | {"site-rules"}
    assert offered[SubjectKind.AGENCY_PERSON].keys() == offered[SubjectKind.AGENCY].keys() | {"late", "phone"}
    for offer in offered[SubjectKind.SEAT].values():
        assert offer.points == POINTS.get(offer.code, 0)
        assert offer.removal is (offer.code in REMOVALS)
        assert offer.evidence
        assert offer.text.zh
        assert offer.text.en
        assert (offer.label, bool(offer.article)) == ("product-default", True)


def test_a_book_without_a_sheet_offers_nothing() -> None:
    assert sheet(ROSTER, "roster", SubjectKind.SEAT) == ()


def test_an_item_that_is_worth_nothing_is_not_offered() -> None:
    key = ("assessment.sheet", "tender", "late")
    settings = {**BOOK.settings, key: (replace(BOOK.setting(*key), value=0),)}
    changed = replace(BOOK, settings=MappingProxyType(settings))
    before, after = ([each.code for each in sheet(book, "tender", SubjectKind.SEAT)] for book in (BOOK, changed))
    assert before == ["late", *after]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"item": "rude"}, "item"),
        ({"item": None}, "item"),
        ({"subject": SubjectKind.AGENCY}, "item"),
        ({"subject": None}, "subject"),
        ({"points": None}, "points"),
        ({"points": -10}, "points"),
        ({"evidence": Evidence.STATEMENT}, "evidence"),
        ({"evidence": None}, "evidence"),
        ({"grounds": "  "}, "grounds"),
        ({"grounds": None}, "grounds"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], field: str) -> None:
    found = wrong(deduction("phone"), deduction(**change))
    assert set(found) == {f"deductions[1].{field}"}


def test_everything_wrong_is_told_at_once_in_both_languages() -> None:
    found = problems(BOOK, "tender", [deduction(points=11, grounds="")])
    assert [each.field for each in found] == ["deductions[0].points", "deductions[0].grounds"]
    assert "11" in found[0].zh
    assert "11" in found[0].en
    assert problems(BOOK, "tender", []) == ()


@pytest.mark.parametrize(
    ("first", "second", "once"),
    [
        ("late", "late", True),
        ("late", "absent", True),
        ("slip", "error-delay", True),
        ("no-self-recusal", "no-self-recusal-void", True),
        ("leak", "leak", True),
        ("late", "phone", False),
        ("stalling", "left-post", False),
        ("leak", "bribe", False),
    ],
)
def test_a_fact_takes_points_once(first: str, second: str, once: bool) -> None:  # noqa: FBT001
    pair = [deduction(each, POINTS.get(each, 0)) for each in (first, second)]
    assert wrong(*pair) == (["deductions[1].item"] if once else [])


def test_items_that_are_not_named_are_not_each_others_repetition() -> None:
    assert wrong(deduction(item=None), deduction(item=None)) == [  # type: ignore[arg-type]
        field for n in (0, 1) for field in (f"deductions[{n}].item", f"deductions[{n}].item")
    ]


# ---------------------------------------------------------------- weighing

SEAT = weights(BOOK, "tender", SubjectKind.SEAT)
AGENCY = weights(BOOK, "tender", SubjectKind.AGENCY)


def test_the_weights_are_the_rulebooks_and_one_together() -> None:
    tenths = {Party.CENTRE: 3, Party.SUPERVISOR: 4, Party.PROJECT_UNIT: 3}
    assert {party: Fraction(weight, 10) for party, weight in tenths.items()} == SEAT
    assert {Party.CENTRE: Fraction(3, 7), Party.SUPERVISOR: Fraction(4, 7)} == AGENCY
    assert weights(BOOK, "tender", SubjectKind.AGENCY_PERSON) == AGENCY
    assert weights(ROSTER, "roster", SubjectKind.SEAT) == dict.fromkeys(Party, Fraction(1, 3))
    assert ASSESSORS[SubjectKind.SEAT] == tuple(SEAT)


@pytest.mark.parametrize(
    ("points", "deduction_", "missing"),
    [
        ({"centre": 0, "supervisor": 0, "project_unit": 0}, 0, ()),
        ({"centre": 10, "supervisor": 10, "project_unit": 10}, 1000, ()),
        ({"centre": 10, "supervisor": 0, "project_unit": 0}, 300, ()),
        ({"centre": 0, "supervisor": 10, "project_unit": 0}, 400, ()),
        ({"centre": 1, "supervisor": 1, "project_unit": 2}, 130, ()),
        ({"supervisor": 10, "project_unit": 10}, 700, ("centre",)),  # the missing weight goes to nobody
        ({"centre": 30}, 900, ("supervisor", "project_unit")),
        ({}, 0, ("centre", "supervisor", "project_unit")),
        ({"centre": 100, "supervisor": 100, "project_unit": 100}, 10000, ()),
        ({"centre": 240, "supervisor": 0, "project_unit": 0}, 3000, ()),  # no more than there is
    ],
    ids=str,
)
def test_a_result(points: dict[str, int], deduction_: int, missing: tuple[str, ...]) -> None:
    result = scored(SEAT, {Party(party): each for party, each in points.items()})
    assert result == (deduction_, 10000 - deduction_, missing)


def test_half_a_hundredth_is_rounded_up() -> None:
    halves = {Party.CENTRE: Fraction(1, 200), Party.SUPERVISOR: Fraction(199, 200)}
    assert scored(halves, {Party.CENTRE: 1}).deduction == 1
    assert scored({Party.CENTRE: Fraction(49, 10000)}, {Party.CENTRE: 1}).deduction == 0
    assert scored(AGENCY, {Party.CENTRE: 10}).deduction == 429  # 30/7 points


@pytest.mark.parametrize("points", [{Party.PROJECT_UNIT: 0}, {Party.CENTRE: -1}], ids=str)
def test_who_does_not_assess_and_points_below_none_are_refused(points: dict[Party, int]) -> None:
    with pytest.raises(ValueError, match="does not assess"):
        scored(AGENCY, points)


@given(st.dictionaries(st.sampled_from(Party), st.integers(0, 150)))
def test_a_result_is_the_parties_mean_and_never_out_of_bounds(points: dict[Party, int]) -> None:
    result = scored(SEAT, points)
    exact = sum(SEAT[party] * min(each, 100) for party, each in points.items()) * 100
    assert result.deduction == exact  # tenths of whole points are whole hundredths
    assert 0 <= result.score <= 10000
    assert result.score + result.deduction == 10000
    assert set(result.missing) | points.keys() == set(Party)
    zeros = scored(SEAT, {**dict.fromkeys(Party, 0), **points})
    assert zeros.deduction == result.deduction  # a missing sheet deducts nothing


@given(st.dictionaries(st.sampled_from([*AGENCY]), st.integers(0, 100), min_size=1), st.sampled_from([*AGENCY]))
def test_more_points_are_never_a_smaller_deduction(points: dict[Party, int], party: Party) -> None:
    more = {**points, party: points.get(party, 0) + 1}
    assert scored(AGENCY, more).deduction >= scored(AGENCY, points).deduction
