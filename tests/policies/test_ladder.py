"""The shortage ladder: which areas and specialties each rung opens, and which rung is taken."""

import pytest

from policies import ladder
from policies.apply import decide
from policies.eligibility import Eligibility
from policies.facts import Shortage
from policies.rule import UnknownFact
from tests.policies import casebook
from tests.policies.casebook import expert, request

BOOK = casebook.book("demo-centre")
NEIGHBOURS = ("430200", "430300", "430600", "430900", "431300")


def test_rungs_that_the_system_climbs() -> None:
    assert ladder.rungs(BOOK, "tender") == ("home", "neighbours", "province", "parent", "remote")
    assert ladder.rungs(BOOK, "govproc") == ("home", "neighbours", "province", "parent")


@pytest.mark.parametrize(
    ("rung", "areas", "climbed"),
    [
        ("home", ("430100",), 0),
        ("neighbours", ("430100", *NEIGHBOURS), 0),
        ("province", ("430100", *NEIGHBOURS, "430000"), 0),
        ("parent", ("430100", *NEIGHBOURS, "430000"), 1),
        ("remote", ("430100", *NEIGHBOURS, "430000", "000000"), 1),
    ],
)
def test_each_rung_opens_all_that_the_ones_before_it_did(rung: str, areas: tuple[str, ...], climbed: int) -> None:
    opened = ladder.at(BOOK, "tender", request(areas=[]), rung)
    assert opened.areas == areas
    assert opened.lines is not None
    assert [line.climbed for line in opened.lines] == [climbed]
    assert opened._replace(areas=(), lines=request().lines) == request(areas=[])


def test_a_rung_lets_in_who_was_out() -> None:
    neighbour = expert(area="430202")
    sibling = expert(area="430202", claims=[{"code": "A010102", "recorded": "2020-05-01"}])
    for rung, neighbour_in, sibling_in in (
        ("home", False, False),
        ("neighbours", True, False),
        ("province", True, False),
        ("parent", True, True),
    ):
        rules = Eligibility(BOOK, "tender", ladder.at(BOOK, "tender", request(), rung))
        assert (rules.decide(neighbour).outcome == "allowed") is neighbour_in
        assert (rules.decide(sibling).outcome == "allowed") is sibling_in


def test_without_a_site_or_lines_nothing_opens() -> None:
    for missing in ("site", "lines"):
        with pytest.raises(UnknownFact, match=f"^{missing}$"):
            ladder.at(BOOK, "tender", request(missing=(missing,)), "home")


def test_a_rung_that_is_not_on_the_ladder() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        ladder.at(BOOK, "govproc", request(), "remote")


@pytest.mark.parametrize(
    ("counts", "zh"),
    [
        ((9, 10), "人数不足，按规则放宽至“相邻地区”。"),
        ((0, 0, 0, 0), "系统内各级均不足，下一级“采购人推荐后抽取”须由人决定。"),
    ],
)
def test_the_rung_is_named_in_words(counts: tuple[int, ...], zh: str) -> None:
    (finding,) = decide(BOOK, "govproc", Shortage(seats=5, counts=counts)).findings
    assert finding.zh == zh
