"""The small rulebook for a roster of names and employers, on a real one."""

import csv
from collections import Counter
from datetime import UTC, date, datetime

from policies.apply import decide
from policies.decision import Outcome
from policies.eligibility import Eligibility
from policies.facts import Committee, Employment, Expert, Line, Members, Request, Unit
from tests.policies import casebook

BOOK = casebook.book("roster-demo")
REQUEST = Request(review_at=datetime(2026, 11, 20, tzinfo=UTC), lines=(Line(codes=(), seats=10),))
ROSTER = """name,employer
Ada,Blue Networks
Ben,  blue   NETWORKS
Chen,Green Labs
Dora,
Emil,"   "
Fay,independent
"""


def expert(employer: str) -> Expert:
    return Expert(employments=(Employment(Unit(employer)),))


def test_a_blank_employer_is_left_out_with_its_reason() -> None:
    rules = Eligibility(BOOK, "roster", REQUEST)
    outcomes = {row["name"]: rules.decide(expert(row["employer"])) for row in csv.DictReader(ROSTER.splitlines())}
    assert Counter(decision.outcome for decision in outcomes.values()) == {Outcome.ALLOWED: 4, Outcome.REFUSED: 2}
    (finding,) = outcomes["Dora"].findings
    assert finding.rule == "roster.employer"
    assert finding.en == (
        "No employer is named, so one per employer cannot be checked: not drawn. Fill in the employer."
    )
    assert finding.zh == "未填写单位，无法核对“同一单位最多一人”，不参加抽取。请补填单位。"


def test_everyone_fits_the_only_line() -> None:
    assert Eligibility(BOOK, "roster", REQUEST).lines(expert("x")) == (0,)
    assert Eligibility(BOOK, "roster", REQUEST._replace(lines=None)).lines(expert("x")) == ()


def test_one_per_employer_by_name_whatever_the_case_and_spacing() -> None:
    rules = Eligibility(BOOK, "roster", REQUEST)
    same, spaced, other = (rules.groups(expert(name)) for name in ("Blue Networks", "  blue   NETWORKS", "Green Labs"))
    assert same == spaced == {"blue networks"}
    on = date(2026, 11, 20)
    assert decide(BOOK, "roster", Members(on, (same, other), ())).outcome is Outcome.ALLOWED
    refused = decide(BOOK, "roster", Members(on, (same, other, spaced), ()))
    assert refused.outcome is Outcome.REFUSED
    assert [(each.key, each.facts) for each in refused.reasons()] == [
        ("crowded", {"employer": "blue networks", "most": 1})
    ]


def test_ten_are_drawn_and_one_represents_the_owner() -> None:
    assert decide(BOOK, "roster", Committee(experts=10, owner_representatives=1)).outcome is Outcome.ALLOWED
    assert decide(BOOK, "roster", Committee(experts=9, owner_representatives=1)).outcome is Outcome.REFUSED
    assert decide(BOOK, "roster", Committee(experts=11, owner_representatives=1)).outcome is Outcome.REFUSED
