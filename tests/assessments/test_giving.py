"""Three parties give sealed sheets, once, in time, for those whom they assess; everything else is refused."""

from datetime import timedelta

import pytest

from expertpool.assessments import errors, queries, service
from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Sheet
from expertpool.assessments.sheets import SHEET_BYTES
from expertpool.core.reconcile import reconcile
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from policies.conduct_items import Evidence, Party
from tests.assessments.evaluated import AGENCY, PARTIES, PERSON, SEATS, Evaluated, taken
from tests.sessions.days import FIRST
from tests.sessions.test_two_clerks import at_once

SECOND = timedelta(seconds=1)


def refusals(assessed: Evaluated, party: Party, *deductions: service.Given) -> list[tuple[str | None, str]]:
    """Field and code of each thing that is wrong."""
    with pytest.raises(errors.DeductionsRefused) as refused:
        assessed.give(party, *deductions)
    assert not given(assessed), "nothing was given"
    return [(each.field, each.code) for each in refused.value.problems]


def given(assessed: Evaluated) -> set[Party]:
    with assessed.world.session() as session:
        return set(queries.given_of(session, assessed.session_id))


def test_one_act_covers_everybody_whom_a_party_assesses(assessed: Evaluated) -> None:
    assert [each.number for each in assessed.subjects] == [*SEATS, AGENCY, PERSON]
    assessed.give(Party.PROJECT_UNIT)
    assessed.give(Party.CENTRE, taken(AGENCY, "organisation", 1), taken(PERSON))
    with assessed.world.session() as session:
        sheets = queries.sheets_of(session, assessed.session_id)
    covered = {party: [each.subject for each in sheets if each.party is party] for party in Party}
    assert covered[Party.PROJECT_UNIT] == [*SEATS], "the agency is not assessed by its own side"
    assert covered[Party.CENTRE] == [*SEATS, AGENCY, PERSON]
    assert covered[Party.SUPERVISOR] == []
    assert {len(each.sealed) for each in sheets} == {SHEET_BYTES + 48}, "a sheet's length tells nothing"
    assert not assessed.marks
    assert not assessed.results
    changed = {each.table for each in reconcile(assessed.world.site.service.engine)}
    assert changed == {"draws", "draw_seats"}, "what the scene itself wrote, and nothing of the assessment"


def test_a_party_gives_its_sheets_once(assessed: Evaluated) -> None:
    for number, party in enumerate(Party, 1):
        assessed.give(party)
        with pytest.raises(errors.AlreadyGiven):
            assessed.give(party, taken(1))
        assert len(given(assessed)) == number


def test_no_role_gives_for_another_party(assessed: Evaluated) -> None:
    for party in Party:
        for other in set(Party) - {party}:
            with pytest.raises(errors.WrongParty) as refused:
                assessed.give(party, party=other)
            assert refused.value.field == "party"
    for role in set(Role) - set(PARTIES.values()) - {Role.EXPERT}:
        with pytest.raises(NotPermitted):
            assessed.as_(
                role,
                lambda tx: service.give(
                    tx, assessed.session_id, party=Party.CENTRE, rulebook=assessed.assessment.rulebook
                ),
            )
    assert not given(assessed)


def test_sheets_are_taken_to_the_last_second(assessed: Evaluated) -> None:
    assert assessed.assessment.due is not None
    assessed.until(SECOND)
    assessed.give(Party.CENTRE)
    assessed.until(0 * SECOND)
    with pytest.raises(errors.TooLate):
        assessed.give(Party.SUPERVISOR)
    assert given(assessed) == {Party.CENTRE}


def test_nothing_is_given_after_the_reveal(assessed: Evaluated) -> None:
    assessed.all_give()
    assert assessed.reveal()
    assert assessed.assessment.state is AssessmentState.REVEALED
    for party in Party:
        with pytest.raises(errors.AlreadyRevealed):
            assessed.give(party, taken(1))
    with pytest.raises(errors.AlreadyRevealed):
        assessed.as_(Role.CENTRE_STAFF, lambda tx: service.name_person(tx, assessed.session_id, label="张三"))


def test_whoever_did_not_sit_or_is_of_ones_own_side_is_no_subject(assessed: Evaluated) -> None:
    wrong = errors.NotASubject.code
    assert refusals(assessed, Party.CENTRE, taken(1), taken(99)) == [("deductions.1.subject", wrong)]
    for own in (AGENCY, PERSON):
        assert refusals(assessed, Party.PROJECT_UNIT, taken(own)) == [("deductions.0.subject", wrong)]


WRONG = {
    "beyond the item": (taken(1, "phone", 11), "points"),
    "no points": (taken(1, "phone", 0), "points"),
    "points for what is no matter of points": (taken(1, "bribe", 1, evidence=Evidence.DOCUMENT), "points"),
    "an item that there is not": (taken(1, "no-such-item", 1), "item"),
    "an item of agencies": (taken(1, "interference", 1), "item"),
    "no evidence": (taken(1, grounds=""), "grounds"),
    "blank evidence": (taken(1, grounds="  "), "grounds"),
    "evidence of another kind": (taken(1, "late", 1, evidence=Evidence.DOCUMENT), "evidence"),
}


def test_a_wrong_deduction_is_refused_by_field(assessed: Evaluated) -> None:
    """The same sheet with a right one beside it: the field says which is wrong."""
    for why, (deduction, field) in WRONG.items():
        wrong = refusals(assessed, Party.SUPERVISOR, taken(2), deduction)
        assert wrong == [(f"deductions.1.{field}", errors.DeductionWrong.code)], why


def test_an_item_is_deducted_once_for_a_subject(assessed: Evaluated) -> None:
    twice = refusals(assessed, Party.CENTRE, taken(1), taken(2), taken(1))
    assert twice == [("deductions.2.item", errors.DeductionWrong.code)]


def test_evidence_of_the_record_names_a_step_of_the_day(assessed: Evaluated) -> None:
    last = assessed.steps[-1].number
    wrong = errors.StepUnknown.code
    for step in (None, 0, last + 1):
        recorded = taken(1, "late", evidence=Evidence.RECORD, step=step)
        assert refusals(assessed, Party.CENTRE, recorded) == [("deductions.0.step", wrong)]
    assert refusals(assessed, Party.CENTRE, taken(1, step=last)) == [("deductions.0.step", wrong)]
    assessed.give(Party.CENTRE, taken(1, "late", evidence=Evidence.RECORD, step=last))


def test_an_unknown_version_of_the_rulebook_is_refused(assessed: Evaluated) -> None:
    with pytest.raises(errors.RulebookMoved) as refused:
        assessed.give(Party.CENTRE, rulebook="0" * 64)
    assert refused.value.field == "rulebook"
    assert not given(assessed)


def test_a_sheet_that_does_not_fit_is_refused(assessed: Evaluated) -> None:
    items = ("phone", "site-rules", "stalling", "left-post")
    with pytest.raises(errors.SheetTooLong):
        assessed.give(Party.CENTRE, *(taken(1, item, 1, grounds="长" * 400) for item in items))
    assert not given(assessed)


def test_the_centre_names_people_of_the_agency_before_the_first_sheet(assessed: Evaluated) -> None:
    def name(label: str, role: Role = Role.CENTRE_STAFF) -> int:
        return assessed.as_(role, lambda tx: service.name_person(tx, assessed.session_id, label=label)).number

    assert name("李四") == PERSON + 1
    with pytest.raises(errors.NamedAlready):
        name("李四")
    for role in (Role.SUPERVISOR, Role.INITIATOR):
        with pytest.raises(NotPermitted):
            name("王五", role)
    for number in range(service.MOST_PEOPLE - 2):
        name(f"从业人员{number}")
    with pytest.raises(errors.TooManyPeople):
        name("王五")
    assessed.give(Party.SUPERVISOR, taken(PERSON + 1, "interference", 1))
    with pytest.raises(errors.SheetsIn):
        name("赵六")


def test_desks_are_reminded_of_what_is_open_the_day_before(assessed: Evaluated) -> None:
    def waits(role: Role) -> list[queries.Waiting]:
        assessed.world.site.token(role)
        with assessed.world.session() as session:
            caller = assessed.world.site.actors[role].as_caller()
            return queries.waiting_for(session, caller, assessed.now)

    due = assessed.assessment.due
    for role in PARTIES.values():
        assert waits(role) == [queries.Waiting(assessed.session_id, due, soon=False)]
    assert waits(Role.FINANCE) == []
    assessed.give(Party.CENTRE)
    assessed.until(queries.SOON + SECOND)
    assert [each.soon for each in waits(Role.SUPERVISOR)] == [False]
    assessed.wait(seconds=1)
    assert [each.soon for each in waits(Role.SUPERVISOR)] == [True]
    assert waits(Role.CENTRE_STAFF) == [], "it has given its sheets"
    assessed.until(0 * SECOND)
    assert waits(Role.SUPERVISOR) == [], "none is taken any more"


def test_of_two_at_once_one_gives_and_the_other_is_told(either_assessed: Evaluated) -> None:
    assessed = either_assessed
    rulebook = assessed.assessment.rulebook
    told = at_once(
        assessed,
        Role.SUPERVISOR,
        lambda tx: service.give(
            tx, assessed.session_id, party=Party.SUPERVISOR, rulebook=rulebook, deductions=[taken(1)]
        ),
    )
    assert told == [errors.AlreadyGiven.code, "done"]
    with assessed.world.session() as session:
        assert session.query(Sheet).count() == len(SEATS) + 2
    assert len(assessed.world.bodies("assessment.given")) == 1
    assert assessed.subject(FIRST) in SEATS
