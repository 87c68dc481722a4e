"""Figures of scoring: what they are by hand, what must not move them, and when they are an alert."""

from dataclasses import replace
from math import sqrt
from statistics import fmean
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.assessment_facts import Measure
from policies.panel_statistics import (
    Alert,
    History,
    Panel,
    accumulated,
    alerts,
    far_from_the_mean,
    favouring,
    history,
    panel,
    pivots,
    severity,
    winners,
)
from policies.rulebook import Rulebook
from tests.policies import casebook

BOOK = casebook.book("national")


def with_limits(**figures: int) -> Rulebook:
    settings = dict(BOOK.settings)
    for name, value in figures.items():
        key = ("assessment.alert", "tender", name)
        settings[key] = (replace(BOOK.setting(*key), value=value),)
    return replace(BOOK, settings=MappingProxyType(settings))


def of(*rows: tuple[int, ...], id_: str = "1", project: str = "P1") -> Panel:
    """A panel of members a, b, c ... and bidders u, v, w ..."""
    given = {("abcdefghi"[i], "uvwxyz"[j]): one for i, row in enumerate(rows) for j, one in enumerate(row)}
    made = panel(id_, project, given)
    assert made is not None
    return made


FLAT = of((8000, 7000), (8000, 7000), (8000, 7000))
TILTED = of((8600, 7000), (8000, 7000), (8000, 7000))


def test_a_panel_is_in_the_order_of_names() -> None:
    scores = {("b", "v"): 1, ("a", "v"): 2, ("c", "v"): 3, ("b", "u"): 4, ("a", "u"): 5, ("c", "u"): 6}
    assert panel("7", "P", scores) == Panel("7", "P", ("a", "b", "c"), ("u", "v"), ((5, 2), (4, 1), (6, 3)))


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {("a", "u"): 1, ("a", "v"): 1, ("b", "u"): 1, ("b", "v"): 1},  # two members
        {("a", "u"): 1, ("b", "u"): 1, ("c", "u"): 1},  # one bidder
        {("a", "u"): 1, ("a", "v"): 1, ("b", "u"): 1, ("b", "v"): 1, ("c", "u"): 1},  # c did not score v
    ],
    ids=["nothing", "two members", "one bidder", "a gap"],
)
def test_what_cannot_be_compared_is_no_panel(scores: dict[tuple[str, str], int]) -> None:
    assert panel("1", "P", scores) is None


def test_the_history_adds_up_by_hand() -> None:
    # means 78, 75, 75; residuals of a: 2 and -2, of the others -1 and 1: 2 x 4 + 4 x 1, in points
    past = history([FLAT, TILTED])
    assert past == pytest.approx((2, 12 * 100**2, 4, 6 * 100**2, 4))
    assert past.favour_deviation == pytest.approx(sqrt(3) * 100)
    assert past.mean_deviation == pytest.approx(sqrt(1.5) * 100)
    assert past.without(FLAT) == history([TILTED])
    assert history([]) == History()
    assert History().favour_deviation == History().mean_deviation == 0


def test_the_figures_by_hand() -> None:
    past = history([FLAT, TILTED])
    unit = sqrt(3) * 100 * sqrt(2 * 1 / (3 * 2))
    found = favouring(TILTED, past)
    assert found["a", "u"] == pytest.approx(200 / unit)
    assert found["b", "u"] == pytest.approx(-100 / unit)
    strict = severity(TILTED, past)
    assert strict["a"] == pytest.approx(200 / (sqrt(1.5) * 100 * sqrt(2 / 3)))
    assert strict["b"] == pytest.approx(-strict["a"] / 2)


def test_the_residual_is_the_leave_one_out_difference() -> None:
    """As the module says: compared with the others' mean, less the own mean difference, it is n/(n-1) times."""
    scores = ((8600, 7100, 6000), (8000, 7000, 6400), (7900, 7300, 6100), (8200, 6900, 6600))
    n, b = len(scores), len(scores[0])
    past = History(1, 100.0**2, 1, 100.0**2, 1)
    found = favouring(of(*scores), past)
    others = [fmean(row[j] for row in scores[1:]) for j in range(b)]
    apart = [one - other for one, other in zip(scores[0], others, strict=True)]
    left_out = [each - fmean(apart) for each in apart]
    deviation = 100 * sqrt(n / (n - 1) * (b - 1) / b)  # of a difference from n-1 others, less the mean of b
    assert [found["a", each] for each in "uvw"] == pytest.approx([each / deviation for each in left_out])


def test_where_the_history_knows_no_differences_none_is_measured() -> None:
    past = history([FLAT, FLAT])
    assert set(favouring(TILTED, past).values()) == {0}
    assert set(severity(TILTED, past).values()) == {0}


def test_accumulated() -> None:
    assert accumulated([2.0]) == 2
    assert accumulated([2.0] * 9) == 6
    assert accumulated([3.0, -3.0]) == 0


rows = st.integers(3, 7).flatmap(
    lambda n: st.integers(2, 5).flatmap(
        lambda b: st.lists(st.tuples(*[st.integers(0, 10000)] * b), min_size=n, max_size=n)
    )
)
PAST = History(30, 300.0**2 * 500, 500, 280.0**2 * 120, 120)


@given(rows, st.integers(-5000, 5000))
def test_strictness_alike_towards_all_is_no_favour(scores: list[tuple[int, ...]], shift: int) -> None:
    stricter = [tuple(one + shift for one in scores[0]), *scores[1:]]
    before, after = favouring(of(*scores), PAST), favouring(of(*stricter), PAST)
    assert after == pytest.approx(before, abs=1e-9)
    moved = severity(of(*stricter), PAST)["a"] - severity(of(*scores), PAST)["a"]
    assert moved == pytest.approx(shift * sqrt((len(scores) - 1) / len(scores)) / 280, abs=1e-9)


@given(rows, st.integers(0, 5000))
def test_a_bidder_whom_all_find_better_is_nobodys_favour(scores: list[tuple[int, ...]], more: int) -> None:
    better = [(row[0] + more, *row[1:]) for row in scores]
    assert favouring(of(*better), PAST) == pytest.approx(favouring(of(*scores), PAST), abs=1e-9)
    assert severity(of(*better), PAST) == pytest.approx(severity(of(*scores), PAST), abs=1e-9)


@given(rows)
def test_figures_cancel_out(scores: list[tuple[int, ...]]) -> None:
    made = of(*scores)
    found = favouring(made, PAST)
    for member in made.members:
        assert sum(found[member, bidder] for bidder in made.bidders) == pytest.approx(0, abs=1e-9)
    for bidder in made.bidders:
        assert sum(found[member, bidder] for member in made.members) == pytest.approx(0, abs=1e-9)
    assert sum(severity(made, PAST).values()) == pytest.approx(0, abs=1e-9)


@given(st.lists(rows, min_size=2, max_size=5))
def test_a_history_without_a_panel_is_that_of_the_others(many: list[list[tuple[int, ...]]]) -> None:
    panels = [of(*scores) for scores in many]
    left, expected = history(panels).without(panels[0]), history(panels[1:])
    assert left == pytest.approx(expected, rel=1e-9, abs=1e-3)
    assert left.squares >= 0


# ---------------------------------------------------------------- the outcome


def test_who_wins_and_who_decides_it() -> None:
    close = of((9000, 7000), (8000, 8200), (8000, 8200), (8000, 8200))
    assert winners(close) == {"u"}
    assert winners(close, without="a") == {"v"}
    assert winners(close, without="b") == {"u"}
    assert pivots(close) == ("a",)
    assert pivots(FLAT) == ()


def test_a_tie_is_another_outcome() -> None:
    tied = of((8000, 7000), (7000, 8000), (7500, 7500))
    assert winners(tied) == {"u", "v"}
    assert pivots(tied) == ("a", "b")


# ---------------------------------------------------------------- alerts


def usual(count: int, *, start: int = 0) -> list[Panel]:
    """Panels whose members differ a little: half a point up or down."""
    tilt = ((50, -50), (-50, 50), (50, -50), (-50, 50))
    rows_ = [(8000 + up, 7000 + down) for up, down in tilt]
    return [of(*rows_, id_=f"h{start + n}", project=f"H{start + n}") for n in range(count)]


def favoured(count: int, by: int, *, project: str = "") -> list[Panel]:
    """Panels in which a member i sits for a, and gives bidder u so much more; the others are as usual."""
    base = usual(count)
    return [
        each._replace(
            id=f"f{n}",
            project=project or f"F{n}",
            members=("i", *each.members[1:]),
            scores=((each.scores[0][0] + by, each.scores[0][1]), *each.scores[1:]),
        )
        for n, each in enumerate(base)
    ]


def found(panels: list[Panel], *, past: int = 60, book: Rulebook = BOOK) -> list[Alert]:
    return list(alerts(book, "tender", panels, history([*usual(past), *panels])))


def test_what_is_usual_is_no_alert() -> None:
    assert found(usual(4, start=90)) == []


def test_a_favour_in_one_project_says_its_figure_threshold_and_population() -> None:
    alone = found(favoured(1, 1000), book=with_limits(severity=9000))
    assert {(each.measure, each.member, each.bidder) for each in alone} >= {("favouring", "i", "u")}
    alert = next(each for each in alone if (each.member, each.bidder) == ("i", "u"))
    assert (alert.threshold, alert.population, alert.panels, alert.pivots) == (600, 60, ("f0",), ())
    past = history(usual(60))
    assert alert.value == round(favouring(favoured(1, 1000)[0], past)["i", "u"] * 100) > 600


def test_an_accumulation_takes_enough_projects() -> None:
    limits = with_limits(severity=9000, favouring=9000)
    by = 400
    assert found(favoured(2, by), book=limits) == []
    alert = next(each for each in found(favoured(3, by), book=limits) if (each.member, each.bidder) == ("i", "u"))
    assert (alert.measure, alert.threshold, alert.panels) == (Measure.ACCUMULATED, 450, ("f0", "f1", "f2"))
    assert found(favoured(3, by, project="one"), book=limits) == []  # three lots of one project are one witness


def test_a_short_history_measures_nothing() -> None:
    assert found(favoured(1, 1000), past=29) == []
    assert found(favoured(1, 1000), past=30) != []


def test_a_threshold_is_passed_not_reached() -> None:
    panels = favoured(1, 1000)
    value = next(each for each in found(panels) if (each.measure, each.member, each.bidder) == ("favouring", "i", "u"))
    at = {(each.member, each.bidder) for each in found(panels, book=with_limits(favouring=value.value))}
    assert ("i", "u") not in at
    below = {(each.member, each.bidder) for each in found(panels, book=with_limits(favouring=value.value - 1))}
    assert ("i", "u") in below


def test_severity_is_an_alert_both_ways() -> None:
    strict = [
        each._replace(id="s", project="S", scores=(tuple(one - 3000 for one in each.scores[0]), *each.scores[1:]))
        for each in usual(1)
    ]
    past = [
        each._replace(scores=tuple(tuple(one + 40 * (i - 1) for one in row) for i, row in enumerate(each.scores)))
        for each in usual(60)
    ]
    severe = alerts(BOOK, "tender", strict, history([*past, *strict]))
    ours = [each for each in severe if each.measure is Measure.SEVERITY]
    assert {each.member: each.value < 0 for each in ours}["a"] is True
    assert all(each.bidder == "" for each in ours)
    assert {each.value > 0 for each in ours if each.member != "a"} == {True}


def test_the_projects_that_turned_on_the_member_are_said() -> None:
    panels = [
        each._replace(scores=((9000, 7000), *[(7000, 7500)] * 3), id=f"t{n}", project=f"T{n}")
        for n, each in enumerate(usual(3))
    ]
    assert all(pivots(each) == ("a",) for each in panels)
    told = found(panels, past=3000)
    alert = next(each for each in told if each.measure is Measure.ACCUMULATED and each.member == "a")
    assert alert.pivots == alert.panels == ("t0", "t1", "t2")
    assert next(each for each in told if each.measure is Measure.FAVOURING and each.member == "b").pivots == ()


def test_a_book_without_the_rules_has_no_alerts() -> None:
    roster = casebook.book("roster-demo")
    panels = favoured(3, 3000)
    assert alerts(roster, "roster", panels, history([*usual(60), *panels])) == ()
    assert far_from_the_mean(roster, "roster", panels[0]) == ()


def test_far_from_the_mean_of_the_panel() -> None:
    # of 8000, 8000 and 13000 the mean is 9666.67: 30 % above is 12566.67, below 6766.67
    assert far_from_the_mean(BOOK, "tender", of((8000, 1000), (8000, 1000), (12999, 1000))) == (("c", "u"),)
    # 30 % exactly: 7000, 10000, 13000
    assert far_from_the_mean(BOOK, "tender", of((7000, 1), (10000, 1), (13000, 1))) == ()
    assert far_from_the_mean(BOOK, "tender", of((7000, 1), (9999, 1), (13000, 1))) == (("c", "u"),)
    assert far_from_the_mean(BOOK, "tender", of((7000, 1), (10001, 1), (13000, 1))) == (("a", "u"),)
