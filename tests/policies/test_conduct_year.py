"""A year of assessments: what adds up to a case, and the first and last day of what follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.apply import decide
from policies.assessment_facts import ReturnAsked, Review, Standing
from policies.conduct_year import Term, Why, due, proposals, term, terms, until
from policies.decision import Outcome
from policies.eligibility import Eligibility
from policies.facts import Suspension
from policies.rulebook import Rulebook, Value
from tests.policies import casebook
from tests.policies.casebook import expert, request

BOOK = casebook.book("national")


def with_figure(name: str, value: Value, rule: str = "assessment.consequence") -> Rulebook:
    key = (rule, "tender", name)
    return replace(BOOK, settings=MappingProxyType({**BOOK.settings, key: (replace(BOOK.setting(*key), value=value),)}))


ROLLING = with_figure("span", "rolling")


def reviews(*taken: tuple[str, int]) -> list[Review]:
    """Assessments by day and hundredths taken off, named a, b, c in the order given."""
    return [
        Review(date.fromisoformat(day), deduction, 10000 - deduction, "abcdefghij"[index])
        for index, (day, deduction) in enumerate(taken)
    ]


def cases(found: Sequence[Review], book: Rulebook = BOOK) -> list[tuple[str, str, str]]:
    return [(each.why, each.on.isoformat(), "".join(each.grounds)) for each in due(book, "tender", found)]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], []),
        ([("2026-03-02", 0)], []),
        ([("2026-03-02", 1499)], []),
        ([("2026-03-02", 1500)], [("at_once", "2026-03-02", "a")]),
        ([("2026-03-02", 1400), ("2026-04-01", 1099)], []),
        ([("2026-03-02", 1400), ("2026-04-01", 1100)], [("year", "2026-04-01", "ab")]),
        # what was a case at once adds up as well
        (
            [("2026-02-02", 1500), ("2026-09-01", 1000)],
            [("at_once", "2026-02-02", "a"), ("year", "2026-09-01", "ab")],
        ),
        # one assessment, one case
        ([("2026-02-02", 1000), ("2026-09-01", 1500)], [("at_once", "2026-09-01", "ab")]),
        ([("2026-02-02", 5000)], [("at_once", "2026-02-02", "a")]),
        # what a case of a year rests on is no ground for another
        ([("2026-02-02", 1400), ("2026-03-02", 1100), ("2026-10-01", 1400)], [("year", "2026-03-02", "ab")]),
        (
            [("2026-01-05", 1400), ("2026-02-02", 1100), ("2026-09-01", 1400), ("2026-10-01", 1100)],
            [("year", "2026-02-02", "ab"), ("year", "2026-10-01", "cd")],
        ),
        # the year's last and first day
        ([("2026-01-01", 1400), ("2026-12-31", 1100)], [("year", "2026-12-31", "ab")]),
        ([("2026-12-31", 1400), ("2027-01-01", 1100)], []),
        ([("2025-12-31", 1400), ("2026-01-01", 1100), ("2026-01-02", 1400)], [("year", "2026-01-02", "bc")]),
        # the order in which they are given does not matter
        ([("2026-04-01", 1100), ("2026-03-02", 1400)], [("year", "2026-04-01", "ba")]),
        # many small ones, and clean ones between
        ([("2026-01-05", 500), ("2026-01-06", 0), *[("2026-02-02", 500)] * 4], [("year", "2026-02-02", "acdef")]),
    ],
    ids=str,
)
def test_a_calendar_year(taken: list[tuple[str, int]], expected: list[tuple[str, str, str]]) -> None:
    assert cases(reviews(*taken)) == expected


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("2026-03-02", "2027-03-01", True),
        ("2026-03-02", "2027-03-02", False),
        ("2026-12-31", "2027-01-01", True),
        ("2028-02-29", "2029-02-27", True),
        ("2028-02-29", "2029-02-28", True),  # a year back from there is the 28th
        ("2028-02-29", "2029-03-01", False),
    ],
)
def test_a_rolling_year(first: str, second: str, together: bool) -> None:  # noqa: FBT001
    found = cases(reviews((first, 1400), (second, 1100)), ROLLING)
    assert found == ([("year", second, "ab")] if together else [])


def test_a_case_says_what_it_is_worth_and_what_is_proposed() -> None:
    (case,) = due(BOOK, "tender", reviews(("2026-03-02", 1400), ("2026-04-01", 1200)))
    assert case == (Why.YEAR, date(2026, 4, 1), 2600, 6, ("a", "b"))
    (case,) = due(with_figure("months", 3), "tender", reviews(("2026-03-02", 1600)))
    assert (case.points, case.months) == (1600, 3)


def test_the_thresholds_are_the_rulebooks() -> None:
    assert cases(reviews(("2026-03-02", 1599)), with_figure("at_once", 16)) == []
    assert cases(reviews(("2026-03-02", 1600)), with_figure("at_once", 16)) != []
    assert cases(reviews(("2026-03-02", 1000), ("2026-04-01", 1000)), with_figure("year", 20)) != []


def test_a_book_without_the_rule_has_no_cases_and_no_terms() -> None:
    roster = casebook.book("roster-demo")
    found = reviews(("2026-03-02", 5000))
    assert due(roster, "roster", found) == ()
    assert terms(roster, "roster") == ()
    assert until(roster, "roster", date(2026, 3, 2), 12) == date(2027, 3, 2)
    assert proposals(roster, "roster", date(2026, 12, 31), found * 10) == ()


days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
histories = st.lists(st.tuples(days, st.integers(0, 3000)), max_size=12).map(
    lambda taken: [Review(day, each, 10000 - each, str(index)) for index, (day, each) in enumerate(taken)]
)


@given(histories, st.sampled_from([BOOK, ROLLING]))
def test_cases_are_sound_and_complete(history: list[Review], book: Rulebook) -> None:
    found = due(book, "tender", history)
    by_id = {each.id: each for each in history}
    assert list(found) == sorted(found, key=lambda case: case.on)
    for case in found:
        rests = [by_id[each] for each in case.grounds]
        assert case.points == sum(each.deduction for each in rests)
        assert case.on == max(each.day for each in rests)
        last = by_id[case.grounds[-1]]
        assert case.points >= 2500 if case.why is Why.YEAR else last.deduction >= 1500
        if book is BOOK:
            assert {each.day.year for each in rests} == {case.on.year}
    # each that is enough by itself closes one case, and nothing makes two
    assert len({case.grounds[-1] for case in found}) == len(found)
    enough = {each.id for each in history if each.deduction >= 1500}
    assert enough == {case.grounds[-1] for case in found if case.why is Why.AT_ONCE}
    # no ground carries two cases of a year
    yearly = [ground for case in found if case.points >= 2500 and len(case.grounds) > 1 for ground in case.grounds]
    assert len(yearly) == len(set(yearly))
    # nothing is left over that would be a case
    for year in {each.day.year for each in history} if book is BOOK else ():
        rest = [each for each in history if each.day.year == year and each.id not in yearly]
        assert sum(each.deduction for each in rest) < 2500 or any(each.id in enough for each in rest)


@given(histories, st.integers(0, 11))
def test_amending_a_deduction_to_none_is_as_if_it_had_not_been(history: list[Review], which: int) -> None:
    if which < len(history):
        amended = [each._replace(deduction=0) if i == which else each for i, each in enumerate(history)]
        without = [each for i, each in enumerate(history) if i != which]
        assert due(BOOK, "tender", amended) == due(BOOK, "tender", without)


# ---------------------------------------------------------------- suspension and return


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2026-11-22", 3, "2027-02-22"),
        ("2026-11-22", 6, "2027-05-22"),
        ("2026-11-22", 12, "2027-11-22"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-12-31", 3, "2027-03-31"),
    ],
)
def test_the_days_of_a_suspension(first: str, months: int, last: str) -> None:
    assert term(date.fromisoformat(first), months) == Term(date.fromisoformat(first), date.fromisoformat(last))


def test_the_terms_are_the_rulebooks() -> None:
    assert terms(BOOK, "tender") == terms(BOOK, "govproc") == (3, 6, 12)
    assert terms(with_figure("automatic", 6, "assessment.return"), "tender") == (6, 12)


def test_a_short_suspension_ends_by_itself_and_a_longer_one_does_not() -> None:
    first = date(2026, 11, 22)
    assert until(BOOK, "tender", first, 3) == date(2027, 2, 22)
    assert until(BOOK, "tender", first, 5) == date(2027, 4, 22)
    assert until(BOOK, "tender", first, 6) is None
    assert until(BOOK, "tender", first, 12) is None


def drawn(on: date, suspension: Suspension) -> bool:
    """Whether somebody with this suspension may be drawn for a review of that day."""
    moment = f"{on.isoformat()}T10:00:00+08:00"
    rules = Eligibility(casebook.book("demo-centre"), "tender", request(review_at=moment, opens_at=moment, bidders=[]))
    found = rules.decide(expert()._replace(suspensions=(suspension,))).findings
    return not any(each.rule == "status.suspension" and each.key == "suspended" for each in found)


@pytest.mark.parametrize("months", [3, 6, 12])
def test_a_suspension_shows_in_draws_from_its_first_day_to_its_last(months: int) -> None:
    first = date(2026, 11, 22)
    last, one = term(first, months).last, timedelta(days=1)
    suspension = Suspension(first, until(BOOK, "tender", first, months))
    assert drawn(first - one, suspension)
    assert not drawn(first, suspension)
    assert not drawn(last, suspension)
    asked = ReturnAsked(months, last, last + one, applied=True, pledged=True, tested=True)
    assert decide(BOOK, "tender", asked).outcome is Outcome.ALLOWED
    assert drawn(last + one, suspension) is (months == 3)  # the others wait for their return
    assert drawn(last + one, Suspension(first, last))


@given(days, st.integers(1, 120))
def test_a_longer_term_never_ends_earlier(first: date, months: int) -> None:
    assert first < term(first, months).last < term(first, months + 1).last
    assert term(first, months) <= term(first + timedelta(days=1), months)


# ---------------------------------------------------------------- senior and dismissal

TODAY = date(2026, 11, 20)


def scores(count: int, score: int, day: date = date(2026, 6, 1)) -> list[Review]:
    return [Review(day, 10000 - score, score)] * count


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (scores(10, 9001), ("senior",)),
        (scores(10, 9000), ()),
        (scores(9, 10000), ()),
        (scores(9, 9001) + scores(1, 9000), ()),
        (scores(10, 5999), ("dismissal",)),
        (scores(10, 6000), ()),
        (scores(9, 0), ()),
        (scores(9, 6000) + scores(1, 5999), ("dismissal",)),
        (scores(10, 9001, date(2024, 11, 21)), ("senior",)),
        (scores(10, 9001, date(2024, 11, 20)), ()),  # two years ago to the day: out of the window
        (scores(10, 9001) + scores(1, 0, date(2024, 11, 20)), ("senior",)),
        (scores(10, 9001) + scores(1, 9000, date(2024, 11, 21)), ()),
        (scores(10, 9001, TODAY), ("senior",)),
        (scores(10, 9001, TODAY + timedelta(days=1)), ()),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_senior_and_dismissal(found: list[Review], expected: tuple[str, ...]) -> None:
    assert proposals(BOOK, "tender", TODAY, found) == expected
    assert decide(BOOK, "tender", Standing(TODAY, tuple(found))).outcome is (
        Outcome.REFERRED if expected else Outcome.ALLOWED
    )
