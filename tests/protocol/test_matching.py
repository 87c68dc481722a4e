"""Who gets a row: by specialty and area alone, as far as the rulebook asks for them."""

from datetime import date

import pytest

from expertpool.protocol.matching import Matching
from policies.facts import Claim, Expert, Line, Request
from policies.library import shipped
from policies.problems import BadInput

BOOK = shipped().rulebook("demo-centre", date(2026, 11, 2))
REQUEST = Request(lines=(Line(("A010101",), 2), Line(("A010102",), 1)), areas=("430100",))
HOLDER = Expert(area="430102", claims=(Claim("A010102", date(2026, 11, 2)),))


@pytest.mark.parametrize(
    ("expert", "matches"),
    [
        (HOLDER, True),
        (HOLDER._replace(claims=(Claim("A0101"),)), True),  # covers what lies below it
        (HOLDER._replace(claims=(Claim("B010101"), Claim("A010101"))), True),
        (HOLDER._replace(claims=(Claim("B010101"),)), False),
        (HOLDER._replace(claims=(Claim("A010101", version="2010"),)), False),
        (HOLDER._replace(claims=()), False),
        (HOLDER._replace(claims=None), False),
        (HOLDER._replace(area="430100"), True),
        (HOLDER._replace(area="430200"), False),
        (HOLDER._replace(area="430000"), False),
        (HOLDER._replace(area=None), False),
    ],
    ids=range(11),
)
def test_specialty_and_area_decide(expert: Expert, *, matches: bool) -> None:
    assert Matching(BOOK, "tender", REQUEST)(expert) is matches


def test_a_request_that_opens_nothing_matches_nobody() -> None:
    for request in (REQUEST._replace(areas=()), REQUEST._replace(areas=None), REQUEST._replace(lines=None)):
        assert not Matching(BOOK, "tender", request)(HOLDER)


def test_a_climbed_rung_opens_the_parents_classes() -> None:
    climbed = REQUEST._replace(lines=(Line(("A010101",), 2, 1),))
    sister = HOLDER._replace(claims=(Claim("A010103"),))
    assert Matching(BOOK, "tender", climbed)(sister)
    assert not Matching(BOOK, "tender", REQUEST)(sister)


def test_a_rulebook_that_asks_for_neither_takes_everyone() -> None:
    book = shipped().rulebook("roster-demo", date(2026, 11, 2))
    assert Matching(book, "roster", Request(lines=(Line((), 10),)))(Expert())


def test_an_unknown_specialty_is_refused() -> None:
    with pytest.raises(BadInput):
        Matching(BOOK, "tender", REQUEST._replace(lines=(Line(("Z",), 1),)))
