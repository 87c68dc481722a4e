"""Every rule does what its tables of cases say, in each regime."""

import pytest

from policies.decision import Effect
from tests.policies import casebook
from tests.policies.casebook import Case


@pytest.mark.parametrize("case", casebook.all_cases(), ids=str)
def test_case(case: Case) -> None:
    reason = casebook.answer(case)
    if case.effect is Effect.MET:
        assert reason is None
        return
    assert reason is not None
    finding = casebook.finding(case, reason)
    assert finding.effect is case.effect
    expected = finding.facts["missing"] if case.effect is Effect.UNKNOWN else finding.key
    assert expected == case.expected
    assert finding.article
    for text in (finding.zh, finding.en, finding.title.zh, finding.title.en):
        assert text
        assert "{" not in text
