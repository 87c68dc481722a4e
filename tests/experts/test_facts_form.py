"""Facts as the fields of a form, and back."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from expertpool.experts import facts_form
from expertpool.experts.fact_schemas import FactsBody
from policies.facts import (
    Claim,
    Degree,
    Directorship,
    Employment,
    Interest,
    Kinship,
    Penalty,
    PenaltyKind,
    Post,
    Relation,
    Shareholding,
    Title,
    Unit,
)
from policies.facts import Expert as Facts
from tests.experts.pool import credit_code

FULL = Facts(
    practice_since=date(2000, 1, 1),
    title=Title.SENIOR,
    equivalent=False,
    degree=Degree.DOCTOR,
    area="430100",
    claims=(Claim("A010101"), Claim("B0101")),
    penalties=(Penalty(PenaltyKind.LEAK, date(2020, 1, 1), date(2021, 1, 1)), Penalty(PenaltyKind.BAD_RECORD)),
    employments=(Employment(Unit("甲", credit_code(1)), date(2001, 1, 1), date(2002, 2, 2)),),
    directorships=(Directorship(Unit("乙", credit_code(2)), Post.DIRECTOR),),
    shareholdings=(Shareholding(Unit("丙"), 125, controls=True, start=date(2001, 1, 1)),),
    kinships=(Kinship(Unit("丁"), Relation.IN_LAW, Post.PRINCIPAL, None, date(2022, 1, 1)),),
    interests=(Interest(Unit("戊")), Interest(project="P-1")),
)


@given(st.sets(st.sampled_from(sorted(facts_form.LISTS))), st.sets(st.sampled_from(sorted(facts_form.LISTS))))
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(unknown: set[str], none: set[str]) -> None:
    lists: dict[str, Any] = {**dict.fromkeys(none, ()), **dict.fromkeys(unknown)}
    known = FULL._replace(**lists)
    values, body = facts_form.given(facts_form.filled(known))
    assert values == {name: said for name, said in facts_form.filled(known).items() if said or name in values}
    assert FactsBody().load(body)["facts"] == known
