"""All sheets are revealed together, when all are in or the time is up; and only those that were given count."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from expertpool.assessments import errors
from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Assessment, Sheet
from expertpool.assessments.revealing import reveal
from expertpool.assessments.sheets import Place, Taken, digest, open_sheet, seal
from expertpool.core.keystore import SealBroken
from expertpool.draws.parts import VAULT
from expertpool.projects.models import Project
from policies.conduct_items import Evidence, Party
from tests.assessments.evaluated import AGENCY, PERSON, SEATS, Evaluated, taken

SECOND = timedelta(seconds=1)
COLUMNS = ("session_id", "subject", "sealed", "digest", "given_at", "given_by")


def test_only_when_all_are_in(assessed: Evaluated) -> None:
    for party in Party:
        assert not assessed.reveal()
        assert assessed.assessment.state is AssessmentState.OPEN
        assessed.give(party)
    assert assessed.reveal()
    revealed = assessed.assessment
    assert (revealed.state, revealed.revealed) == (AssessmentState.REVEALED, assessed.now)
    assert [(each.deduction, each.score, each.missing) for each in assessed.results[:4]] == [(0, 10_000, "")] * 4
    assert {each.missing for each in assessed.results} == {""}
    assert not assessed.reveal(), "once"
    assert len(assessed.world.bodies("assessment.revealed")) == 1


def test_when_the_time_is_up_a_missing_party_deducts_nothing_and_is_named(assessed: Evaluated) -> None:
    assessed.give(Party.SUPERVISOR, taken(1, "phone", 10), taken(AGENCY, "organisation", 1))
    assessed.until(SECOND)
    assert not assessed.reveal()
    assessed.wait(seconds=1)
    assert assessed.reveal()
    first, *others = assessed.results
    assert (first.deduction, first.score) == (400, 9_600), (
        "the supervisor's word weighs 0.4, nobody else's is scaled up"
    )
    assert {each.missing for each in assessed.results[:4]} == {"centre,project_unit"}
    assert {each.missing for each in assessed.results[4:]} == {"centre"}
    assert {each.score for each in others if each.subject in SEATS} == {10_000}
    (entry,) = assessed.world.bodies("assessment.revealed")
    assert entry["missing"] == ["centre", "project_unit"]
    assert "marks" not in entry
    assert "results" not in entry


def test_nobody_gave_anything(assessed: Evaluated) -> None:
    assessed.until(0 * SECOND)
    assert assessed.reveal()
    assert {each.score for each in assessed.results} == {10_000}
    assert assessed.world.bodies("assessment.revealed")[0]["missing"] == ["centre", "project_unit", "supervisor"]


def test_every_party_is_weighed(assessed: Evaluated) -> None:
    last = assessed.steps[-1].number
    assessed.give(Party.CENTRE, taken(1, "left-post", 30, evidence=Evidence.RECORD, step=last))
    assessed.give(
        Party.SUPERVISOR,
        taken(1, "left-post", 20),
        taken(1, "bribe", 0, evidence=Evidence.DOCUMENT),
        taken(PERSON, "late", 3, evidence=Evidence.RECORDING),
    )
    assessed.give(Party.PROJECT_UNIT, taken(2, "phone", 1, document="ab" * 32, evidence=Evidence.RECORDING))
    assert assessed.reveal()
    deducted = {each.subject: each.deduction for each in assessed.results}
    assert deducted == {1: 900 + 800, 2: 30, 3: 0, 4: 0, AGENCY: 0, PERSON: 171}  # of two parties 4/7: 171 3/7
    kept = {(each.subject, each.party, each.item): each for each in assessed.marks}
    assert kept.keys() == {
        (1, Party.CENTRE, "left-post"),
        (1, Party.SUPERVISOR, "left-post"),
        (1, Party.SUPERVISOR, "bribe"),
        (2, Party.PROJECT_UNIT, "phone"),
        (PERSON, Party.SUPERVISOR, "late"),
    }
    assert kept[1, Party.SUPERVISOR, "bribe"].points == 0, "a lead, no matter of points"
    assert kept[1, Party.CENTRE, "left-post"].step == last
    assert kept[2, Party.PROJECT_UNIT, "phone"].document == "ab" * 32


def test_nobody_is_waited_for_who_has_no_account(assessed: Evaluated) -> None:
    with assessed.world.session() as write, write.begin():
        write.get_one(Project, assessed.draw.project_id).initiator_id = None
    assessed.give(Party.CENTRE)
    assert not assessed.reveal()
    assessed.give(Party.SUPERVISOR)
    assert assessed.reveal()
    assert {each.missing for each in assessed.results if each.subject in SEATS} == {"project_unit"}


def test_without_a_calendar_all_are_waited_for(assessed: Evaluated) -> None:
    with assessed.world.session() as write, write.begin():
        write.get_one(Assessment, assessed.session_id).due = None
    assessed.wait(days=400)
    assert not assessed.reveal()
    assessed.all_give()
    assert assessed.reveal()


def test_of_two_vaults_at_once_one_reveals(either_assessed: Evaluated) -> None:
    assessed, barrier = either_assessed.all_give(), Barrier(2)
    parts = assessed.world.parts()

    def act(_: int) -> None:
        barrier.wait()
        with parts.transactions.begin(VAULT) as tx:
            reveal(tx, parts.keys, assessed.session_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, range(2)))
    assert len(assessed.world.bodies("assessment.revealed")) == 1
    assert len(assessed.results) == len(SEATS) + 2


def forge(assessed: Evaluated, subject: int, *deductions: Taken) -> None:
    """Put another sheet into the database's place of the centre's: its administrator can seal to the vault, too."""
    place = Place(assessed.session_id, subject, Party.CENTRE)
    sealed = seal(assessed.world.parts().keys.public_key("vault-box"), place, deductions)
    with assessed.world.site.service.engine.begin() as connection:
        connection.execute(
            update(Sheet.__table__)  # type: ignore[arg-type]
            .where(Sheet.session_id == place.session, Sheet.subject == subject, Sheet.party == place.party)
            .values(sealed=sealed, digest=digest(sealed))
        )


def test_a_sheet_that_was_exchanged_in_the_database_reveals_nothing(assessed: Evaluated) -> None:
    assessed.all_give()
    forge(assessed, 1, Taken("phone", 10, Evidence.STATEMENT, "伪造"))
    with pytest.raises(errors.SheetAltered):
        assessed.reveal()
    assert assessed.assessment.state is AssessmentState.OPEN
    assert not assessed.marks
    assert not assessed.results


def test_sheets_that_changed_places_reveal_nothing(assessed: Evaluated) -> None:
    """Both were given, and each says another subject's deductions."""
    assessed.all_give()
    with assessed.world.session() as write, write.begin():
        one, two = (write.get_one(Sheet, (assessed.session_id, subject, Party.CENTRE)) for subject in (1, 2))
        one.sealed, two.sealed = two.sealed, one.sealed
        one.digest, two.digest = two.digest, one.digest
    with pytest.raises(errors.SheetAltered):
        assessed.reveal()
    assert not assessed.results


def test_sheets_that_were_taken_away_or_added_reveal_nothing(assessed: Evaluated) -> None:
    """A party whose sheets vanish would deduct nothing, and one that gave none would."""
    assessed.give(Party.CENTRE, taken(1))
    assessed.until(0 * SECOND)
    with assessed.world.session() as write, write.begin():
        gone = write.scalars(select(Sheet).where(Sheet.party == Party.CENTRE)).all()
        copies = [{name: getattr(each, name) for name in COLUMNS} for each in gone]
        for each in gone:
            write.delete(each)
    with pytest.raises(errors.SheetAltered):
        assessed.reveal()
    with assessed.world.session() as write, write.begin():
        write.add_all(Sheet(**each, party=party) for each in copies for party in (Party.CENTRE, Party.SUPERVISOR))
    with pytest.raises(errors.SheetAltered):
        assessed.reveal()
    assert not assessed.results


def test_the_vault_says_by_its_code_that_a_sheet_was_altered(
    assessed: Evaluated, caplog: pytest.LogCaptureFixture
) -> None:
    assessed.all_give()
    forge(assessed, 1)
    with capture_logs() as logs:
        assessed.world.vault().step()
    stuck = [each for each in logs if each["event"] == "vault.stuck"]
    assert [(each["state"], each["reason"]) for each in stuck] == [("reveals", errors.SheetAltered.code)]
    assert not assessed.results


def test_a_sheet_opens_at_its_place_only(assessed: Evaluated) -> None:
    keys = assessed.world.parts().keys
    place = Place("ses_a", 1, Party.CENTRE)
    given = (
        Taken("phone", 10, Evidence.DOCUMENT, "当场发现", None, "ab" * 32),
        Taken("bribe", 0, Evidence.STATEMENT, "x"),
    )
    sealed = seal(keys.public_key("vault-box"), place, given)
    assert open_sheet(keys, place, sealed) == given
    for other in (place._replace(session="ses_b"), place._replace(subject=2), place._replace(party=Party.SUPERVISOR)):
        with pytest.raises(SealBroken):
            open_sheet(keys, other, sealed)
    assert len(seal(keys.public_key("vault-box"), place, ())) == len(sealed)
