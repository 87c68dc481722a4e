"""What reports mean: the same in the end whatever their order, and what contradicts is for a person."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.payouts.outcomes import DifferenceKind, Known, Said, learn
from expertpool.payouts.provider import Outcome

PAID = Said(Outcome.PAID, 60_000, "T1")
FAILED = Said(Outcome.FAILED, 60_000, "T1")
RETURNED = Said(Outcome.RETURNED, 60_000, "R1")
HONEST = {Outcome.PAID: (PAID,), Outcome.FAILED: (FAILED,), Outcome.RETURNED: (PAID, RETURNED)}


def told(reports: Sequence[Said], known: Known | None = None) -> list[Known | DifferenceKind]:
    """What each report comes to, one after the other."""
    known, found = known or Known(60_000), []
    for said in reports:
        after = learn(known, said)
        found.append(after)
        known = after if isinstance(after, Known) else known
    return found


@given(st.sampled_from(sorted(HONEST)).flatmap(lambda end: st.tuples(st.just(end), st.permutations(HONEST[end] * 3))))
def test_honest_reports_come_to_the_same_in_any_order_and_number(case: tuple[Outcome, list[Said]]) -> None:
    end, reports = case
    found = told(reports)
    assert not [each for each in found if isinstance(each, DifferenceKind)]
    last = found[-1]
    assert isinstance(last, Known)
    assert last.outcome is end
    assert last.transfer == (None if end is Outcome.FAILED else "T1")


@pytest.mark.parametrize(
    ("before", "said", "found"),
    [
        ((), Said(Outcome.PAID, 59_999, "T1"), DifferenceKind.AMOUNT),
        ((PAID,), Said(Outcome.PAID, 60_001, "T1"), DifferenceKind.AMOUNT),
        ((PAID,), Said(Outcome.PAID, 60_000, "T2"), DifferenceKind.TWICE),
        ((RETURNED, PAID), Said(Outcome.PAID, 60_000, "T2"), DifferenceKind.TWICE),
        ((PAID,), FAILED, DifferenceKind.CONTRADICTED),
        ((FAILED,), PAID, DifferenceKind.CONTRADICTED),
        ((FAILED,), RETURNED, DifferenceKind.CONTRADICTED),
        ((RETURNED,), FAILED, DifferenceKind.CONTRADICTED),
    ],
    ids=["other", "other-again", "second", "second-after-return", "unpaid", "paid", "back", "failed-after-return"],
)
def test_what_does_not_fit_is_for_a_person(before: tuple[Said, ...], said: Said, found: DifferenceKind) -> None:
    assert told([*before, said])[-1] is found


def test_after_another_attempt_what_is_new_is_for_a_person_and_what_was_known_is_not() -> None:
    failed = Known(60_000, Outcome.FAILED, superseded=True)
    assert told([FAILED], failed) == [failed]
    assert told([PAID], failed) == [DifferenceKind.CONTRADICTED]
    returned = Known(60_000, Outcome.RETURNED, "T1", superseded=True)
    assert told([PAID, RETURNED], returned) == [returned, returned]
    assert told([PAID], Known(60_000, superseded=True)) == [DifferenceKind.SUPERSEDED]
