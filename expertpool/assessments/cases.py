"""The verbs of cases for accounts: the centre proposes and hands over, the competent department decides.

A case goes by seat like the result it rests on. What is decided binds in the vault with the decision's entry, whoever
sat there; the pool has it once the names are open (`consequences`).
"""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments import case_errors as errors
from expertpool.assessments.case_lifecycle import CaseState, CaseVerb, Ground, Measure
from expertpool.assessments.events import CaseDecided, CaseEnded, CaseMoved, CaseProposed
from expertpool.assessments.models import Assessment, Case, Notice, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.models import SeatSuspension
from expertpool.draws.rules import standing_against
from expertpool.draws.suspending import suspend
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import centres_below, target_of
from expertpool.identity.service import require
from policies import conduct_year
from policies.apply import decide as judge
from policies.assessment_facts import ReturnAsked
from policies.conduct_items import SubjectKind
from policies.facts import day_of

BINDING: Final = frozenset({Measure.SUSPENSION, Measure.REMOVAL})
"""What keeps somebody from being drawn."""
MOST: Final = 200
"""How many a list has."""


def propose(
    tx: Transaction, session_id: str, subject: int, *, measure: Measure, reason: str, months: int | None = None
) -> Case:
    """Propose a case about whoever had a seat, for what no rule proposes.

    Raises `NotPermitted`, `NotAssessed`, `CaseThere`, `TermUnknown`.
    """
    result = tx.session.get(Result, (session_id, subject))
    of_it = tx.session.get(Subject, (session_id, subject))
    require(tx, "case.propose", Target() if of_it is None else _target(tx, of_it.centre_id))
    if result is None or of_it is None or of_it.kind is not SubjectKind.SEAT:
        raise errors.NotAssessed(field="subject")
    assessment = tx.session.get_one(Assessment, session_id, with_for_update=True)
    _check_term(AssessmentRules.kept(assessment.form), measure, months)
    if ground_taken(tx, session_id, subject, Ground.STAFF):
        raise errors.CaseThere
    return put_down(
        tx, of_it, Ground.STAFF, measure=measure, months=months, reason=reason, by=tx.actor, rests_on=[named(of_it)]
    )


def put_down(
    tx: Transaction,
    subject: Subject,
    ground: Ground,
    *,
    measure: Measure,
    months: int | None,
    reason: str,
    rests_on: list[str],
    by: str | None = None,
) -> Case:
    """Put down a case as proposed, by rule unless an account is named."""
    case = Case(
        centre_id=subject.centre_id,
        session_id=subject.session_id,
        subject=subject.number,
        ground=ground,
        rests_on=json.dumps(rests_on),
        state=CaseState.PROPOSED,
        proposed=tx.now,
        proposed_by=by,
        proposal=measure,
        proposed_months=months,
        reason=reason,
    )
    tx.session.add(case)
    tx.session.flush()
    tx.record(
        CaseProposed(
            centre=case.centre_id,
            case=case.id,
            session=case.session_id,
            subject=case.subject,
            ground=ground.value,
            rests_on=rests_on,
            measure=measure.value,
            months=months,
            reason=reason,
        )
    )
    return case


def hand_over(tx: Transaction, case_id: str) -> Case:
    """Hand a case over to the competent department (移送). Raises `NotPermitted`, `NoSuchCase`, `CaseWrongStep`."""
    return _moved(tx, case_id, CaseVerb.HAND_OVER, None)


def withdraw(tx: Transaction, case_id: str, *, reason: str) -> Case:
    """Withdraw a case that was not handed over. Raises as `hand_over`."""
    return _moved(tx, case_id, CaseVerb.WITHDRAW, reason)


def decide(tx: Transaction, case_id: str, *, measure: Measure, reason: str, months: int | None = None) -> Case:
    """Decide a case. A suspension or removal keeps whoever had the seat out of the very next draw.

    Raises `NotPermitted`, `NoSuchCase`, `CaseWrongStep`, `TermUnknown`.
    """
    case = _locked(tx, case_id, CaseVerb.DECIDE)
    rules, today = rules_of(tx, case), day_of(tx.now)
    _check_term(rules, measure, months)
    case.move(CaseVerb.DECIDE)
    case.measure, case.months, case.decision = measure, months, reason
    case.decided, case.decided_by = tx.now, tx.actor
    if measure in BINDING:
        case.start = today
        case.until = None if months is None else conduct_year.until(rules.book, rules.regime, today, months)
        suspend(tx, case.id, _seat_of(tx, case), start=today, until=case.until)
    tx.session.add(Notice(session_id=case.session_id, subject=case.subject, about=case.id, made=today))
    tx.session.flush()
    crash_point("assessment.decided")
    tx.record(
        CaseDecided(
            centre=case.centre_id,
            case=case.id,
            measure=measure.value,
            months=months,
            start=None if case.start is None else case.start.isoformat(),
            until=None if case.until is None else case.until.isoformat(),
            reason=reason,
        )
    )
    return case


def grant_return(
    tx: Transaction, case_id: str, *, reason: str, application: str | None = None, test: str | None = None
) -> Case:
    """Let somebody suspended be drawn again, who applied and pledged in writing, and passed the test where one is due.

    ``application`` and ``test`` are the SHA-256 of those papers. Raises `NotPermitted`, `NoSuchCase`, `CaseWrongStep`,
    `ReturnRefused` with the rule's words.
    """
    case = _locked(tx, case_id, CaseVerb.RETURN)
    if case.measure is not Measure.SUSPENSION or case.months is None or case.start is None:
        raise errors.CaseWrongStep(case.measure.value if case.measure else case.state.value, CaseVerb.RETURN.value)
    rules = rules_of(tx, case)
    last = conduct_year.term(case.start, case.months).last
    papers = application is not None
    asked = ReturnAsked(case.months, last, day_of(tx.now), applied=papers, pledged=papers, tested=test is not None)
    for finding in standing_against(judge(rules.book, rules.regime, asked)):
        raise errors.ReturnRefused(finding.zh, finding.en)
    _end(tx, case, CaseVerb.RETURN, reason=reason, application=application, test=test)
    return case


def revoke(tx: Transaction, case_id: str, *, reason: str) -> Case:
    """Revoke what was decided, as after an appeal. Raises as `hand_over`, and `RemovedForGood`."""
    case = _locked(tx, case_id, CaseVerb.REVOKE)
    bound = tx.session.get(SeatSuspension, case.id)
    if case.measure is Measure.REMOVAL and bound is not None and bound.applied is not None:
        raise errors.RemovedForGood
    _end(tx, case, CaseVerb.REVOKE, reason=reason)
    return case


def visible_case(session: Session, caller: Caller, case_id: str) -> Case:
    """A case that the caller may look at. Raises `NoSuchCase`."""
    case = session.get(Case, case_id)
    if case is None or not may(caller, "case.see", target_of(session, session.get_one(Centre, case.centre_id))):
        raise errors.NoSuchCase
    return case


def visible_cases(session: Session, caller: Caller) -> Sequence[Case]:
    """The newest cases of one's own centre and those below."""
    found = select(Case).where(Case.centre_id.in_(centres_below(session, caller.centre)))
    return session.scalars(found.order_by(Case.proposed.desc(), Case.id).limit(MOST)).all()


def ground_taken(tx: Transaction, session_id: str, subject: int, ground: Ground) -> bool:
    """Whether there is a case on this ground already."""
    same = (Case.session_id == session_id, Case.subject == subject, Case.ground == ground)
    return tx.session.scalar(select(Case.id).where(*same)) is not None


def named(subject: Subject) -> str:
    """A result as a case names what it rests on."""
    return f"{subject.session_id}/{subject.number}"


def rules_of(tx: Transaction, case: Case) -> AssessmentRules:
    """The rules as the assessment that a case rests on keeps them."""
    return AssessmentRules.kept(tx.session.get_one(Assessment, case.session_id).form)


def _end(tx: Transaction, case: Case, verb: CaseVerb, *, reason: str, **papers: str | None) -> None:
    """End what a case decided. Where the pool has it, the pool's own record follows (`consequences`)."""
    case.move(verb)
    bound = tx.session.get(SeatSuspension, case.id)
    if bound is not None and bound.applied is None:
        tx.session.delete(bound)
    tx.record(
        CaseEnded(
            centre=case.centre_id,
            case=case.id,
            state=case.state.value,
            reason=reason,
            application=papers.get("application"),
            test=papers.get("test"),
        )
    )


def _moved(tx: Transaction, case_id: str, verb: CaseVerb, reason: str | None) -> Case:
    case = _locked(tx, case_id, verb)
    case.move(verb)
    tx.record(CaseMoved(centre=case.centre_id, case=case.id, state=case.state.value, reason=reason))
    return case


def _locked(tx: Transaction, case_id: str, verb: CaseVerb) -> Case:
    case = tx.session.get(Case, case_id, with_for_update=True)
    require(tx, verb.permission, Target() if case is None else _target(tx, case.centre_id))
    if case is None:
        raise errors.NoSuchCase
    return case


def _check_term(rules: AssessmentRules, measure: Measure, months: int | None) -> None:
    """A suspension has one of the rulebook's terms, and nothing else has one."""
    terms = conduct_year.terms(rules.book, rules.regime)
    if (months in terms) if measure is Measure.SUSPENSION else (months is None):
        return
    raise errors.TermUnknown("、".join(map(str, terms)), field="months")


def _seat_of(tx: Transaction, case: Case) -> tuple[str, str, int]:
    key = tx.session.get_one(Subject, (case.session_id, case.subject)).key
    if key is None:
        raise LookupError(f"{case.id} is about no seat")
    return key


def _target(tx: Transaction, centre_id: str) -> Target:
    return target_of(tx.session, tx.session.get_one(Centre, centre_id))
