"""The verbs of assessments for accounts. Each takes the transaction and asks the permission table.

One act of a party covers everybody of a session: no deductions at all is one act, too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from expertpool.assessments import errors, sheets
from expertpool.assessments.events import AgencyPersonNamed, SheetsGiven
from expertpool.assessments.lifecycle import AssessmentState, AssessmentVerb
from expertpool.assessments.models import Assessment, Sheet, Subject
from expertpool.assessments.parties import PARTY_OF
from expertpool.assessments.queries import assessed_by, given_of, subjects_of
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.identity.permissions import Target
from expertpool.identity.service import caller_of, require
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import target_of_project
from expertpool.sealing.queries import vault_key
from expertpool.sessions.queries import steps_of
from policies.conduct_items import Evidence, Party, SubjectKind

MOST_PEOPLE: Final = 20


class Given(NamedTuple):
    """A deduction that a party makes for a subject, by its number."""

    subject: int
    taken: sheets.Taken


def give(
    tx: Transaction, session_id: str, *, party: Party, rulebook: str, deductions: Sequence[Given] = ()
) -> Assessment:
    """Give a party's sheets for everybody whom it assesses, once, sealed to the vault. No deductions: all are clean.

    ``rulebook`` is the digest of the book whose sheet the giver saw. Raises `NotPermitted`, `WrongParty`,
    `AlreadyRevealed`, `AlreadyGiven`, `TooLate`, `RulebookMoved`, `DeductionsRefused`, `SheetTooLong`,
    `VaultKeyMissing`: then nothing is given.
    """
    assessment = _locked(tx, session_id, AssessmentVerb.GIVE)
    caller = caller_of(tx)
    if caller is None or PARTY_OF.get(caller.role) is not party:
        raise errors.WrongParty(field="party")
    if party in given_of(tx.session, session_id):
        raise errors.AlreadyGiven
    if assessment.due is not None and tx.now >= assessment.due:
        raise errors.TooLate
    if rulebook != assessment.rulebook:
        raise errors.RulebookMoved(field="rulebook")
    vault = vault_key(tx.session)
    if vault is None:
        raise errors.VaultKeyMissing
    subjects = {each.number: each for each in assessed_by(tx.session, session_id, party)}
    problems = _problems(tx, assessment, subjects, deductions)
    if problems:
        raise errors.DeductionsRefused(tuple(problems))
    taken: dict[int, list[sheets.Taken]] = defaultdict(list)
    for each in deductions:
        taken[each.subject].append(each.taken)
    given = [_sheet(tx, vault, sheets.Place(session_id, number, party), taken[number]) for number in subjects]
    tx.session.add_all(given)
    assessment.move(AssessmentVerb.GIVE)
    tx.session.flush()
    crash_point("assessment.given")
    tx.record(
        SheetsGiven(
            session=session_id,
            centre=assessment.centre_id,
            party=party.value,
            sheets=[each.digest for each in given],
        )
    )
    return assessment


def name_person(tx: Transaction, session_id: str, *, label: str) -> Subject:
    """Name one of the agency's people to be assessed, before anybody has given sheets.

    Raises `NotPermitted`, `AlreadyRevealed`, `NoAgency`, `SheetsIn`, `NamedAlready`, `TooManyPeople`.
    """
    assessment = _locked(tx, session_id, AssessmentVerb.NAME_PERSON)
    known = subjects_of(tx.session, session_id)
    agency = next((each for each in known if each.kind is SubjectKind.AGENCY), None)
    people = [each.label for each in known if each.kind is SubjectKind.AGENCY_PERSON]
    if agency is None:
        raise errors.NoAgency
    if given_of(tx.session, session_id):
        raise errors.SheetsIn
    if label in people:
        raise errors.NamedAlready(field="label")
    if len(people) >= MOST_PEOPLE:
        raise errors.TooManyPeople(MOST_PEOPLE)
    named = Subject(
        session_id=session_id,
        number=max(each.number for each in known) + 1,
        centre_id=assessment.centre_id,
        kind=SubjectKind.AGENCY_PERSON,
        unit=agency.unit,
        label=label,
    )
    tx.session.add(named)
    assessment.move(AssessmentVerb.NAME_PERSON)
    tx.record(AgencyPersonNamed(session=session_id, centre=assessment.centre_id, label=label))
    return named


def _locked(tx: Transaction, session_id: str, verb: AssessmentVerb) -> Assessment:
    """The open assessment, locked, if the actor may do this. Raises `NotPermitted`, `AlreadyRevealed`."""
    sitting = tx.session.get(EvaluationSession, session_id)
    require(tx, verb.permission, Target() if sitting is None else target_of_project(tx.session, sitting.project))
    assessment = tx.session.get(Assessment, session_id, with_for_update=True)
    if assessment is None:
        raise errors.NoSuchAssessment
    if assessment.state is not AssessmentState.OPEN:
        raise errors.AlreadyRevealed
    return assessment


def _problems(
    tx: Transaction, assessment: Assessment, subjects: Mapping[int, Subject], deductions: Sequence[Given]
) -> list[ExpertpoolError]:
    """Everything that is wrong with the deductions, each by its field as they were sent."""
    found: list[ExpertpoolError] = []
    rules = AssessmentRules.kept(assessment.form)
    steps = {each.number for each in steps_of(tx.session, assessment.session_id)}
    for index, each in enumerate(deductions):
        at = f"deductions.{index}"
        if each.subject not in subjects:
            found.append(errors.NotASubject(field=f"{at}.subject"))
        needs_step = each.taken.evidence is Evidence.RECORD
        if (each.taken.step in steps) if needs_step else (each.taken.step is None):
            continue
        found.append(errors.StepUnknown(field=f"{at}.step"))
    for number, subject in subjects.items():
        own = [(index, each.taken) for index, each in enumerate(deductions) if each.subject == number]
        for problem in rules.problems([taken.fact(subject.kind) for _, taken in own]):
            place, _, field = problem.field.removeprefix("deductions[").partition("].")
            index, _ = own[int(place)]
            found.append(errors.DeductionWrong(problem.zh, problem.en, field=f"deductions.{index}.{field}"))
    return found


def _sheet(tx: Transaction, vault: bytes, place: sheets.Place, taken: Sequence[sheets.Taken]) -> Sheet:
    sealed = sheets.seal(vault, place, taken)
    return Sheet(
        session_id=place.session,
        subject=place.subject,
        party=place.party,
        sealed=sealed,
        digest=sheets.digest(sealed),
        given_at=tx.now,
        given_by=tx.actor,
    )
