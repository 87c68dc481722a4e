"""Report, award and notice where no trading system states them: the agency enters on the session's page, the supervisor
confirms on one of its own. Both show the paper's SHA-256, which their browsers compute; the paper goes nowhere.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.identity.permissions import Caller, may
from expertpool.projects.models import EvaluationSession, Milestone
from expertpool.projects.queries import milestone, target_of_project
from expertpool.projects.terms import MilestoneKind, Words
from expertpool.sessions import outcomes
from expertpool.sessions.desk_forms import moment_of
from expertpool.sessions.errors import NoSuchEntry
from expertpool.sessions.models import OutcomeEntry
from expertpool.sessions.queries import outcomes_waiting, visible_sitting
from expertpool.sessions.schemas import EntryRefusalBody, OutcomeEntryBody, SeenDocumentBody
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

WORDS = {
    MilestoneKind.REPORT_SIGNED: Words("评标报告签署完成", "report signed"),
    MilestoneKind.AWARD_FIXED: Words("中标（成交）结果确定", "award fixed"),
    MilestoneKind.NOTICE_PUBLISHED: Words("结果公告发布", "notice published"),
}

blueprint = Blueprint("outcomes", __name__)


class Subject(NamedTuple):
    """What a milestone is of: a session, or a lot by its title."""

    kind: MilestoneKind
    id: str
    title: str

    @property
    def words(self) -> Words:
        return WORDS[self.kind]


class Outcomes(NamedTuple):
    """What is reached, what waits for the supervisor, and what the reader may enter next or confirm."""

    reached: Sequence[tuple[Subject, Milestone]]
    waiting: Sequence[tuple[Subject, OutcomeEntry]]
    next: Sequence[Subject]
    confirms: bool


def outcomes_to(session: Session, reader: Caller, sitting: EvaluationSession) -> Outcomes:
    """As the session's page shows them to a reader."""
    target = target_of_project(session, sitting.project)
    subjects = list(_subjects(sitting))
    found = {each: milestone(session, each.kind, each.id) for each in subjects}
    entered = {(each.kind, each.subject): each for each in outcomes_waiting(session, sitting.project_id)}
    open_ = [each for each in _next(subjects, found) if (each.kind, each.id) not in entered]
    return Outcomes(
        reached=[(each, reached) for each, reached in found.items() if reached is not None],
        waiting=[(each, entered[each.kind, each.id]) for each in subjects if (each.kind, each.id) in entered],
        next=open_ if may(reader, outcomes.ENTER, target) else (),
        confirms=may(reader, outcomes.CONFIRM, target),
    )


def enter(session_id: str, form: Filled) -> None:
    """Enter what a form of the session's page says. Raises as `outcomes.enter_outcome`."""
    kind, _, subject = form.values.get("of", "").partition(":")
    sent: dict[str, Any] = {"kind": kind, "subject": subject, "document": form.values.get("document", "").strip()}
    sent["at"] = moment_of(form.values.get("at", ""), "at").isoformat()
    given = forms.load(OutcomeEntryBody, sent)
    with reading() as session:
        project = visible_sitting(session, caller(), session_id).project_id
    with edge().transactions.begin(caller().actor) as tx:
        outcomes.enter_outcome(tx, project, **given)


@blueprint.get("/sessions/<session_id>/outcomes/<entry_id>")
@signed_in(outcomes.CONFIRM)
@confirmed
def show(session_id: str, entry_id: str) -> Response:
    """What the agency entered, to be confirmed or refused."""
    return _entry(session_id, entry_id, Filled())


@blueprint.post("/sessions/<session_id>/outcomes/<entry_id>")
@signed_in(outcomes.CONFIRM)
@confirmed
def decide(session_id: str, entry_id: str) -> Response:
    """Confirm it by the digest of the paper that one sees, or refuse it with a reason."""
    form = Filled(request.form.to_dict())
    try:
        with reading() as session:
            project = visible_sitting(session, caller(), session_id).project_id
        if form.values.get("decision") == "refuse":
            refusal = forms.load(EntryRefusalBody, {"reason": form.values.get("reason", "").strip()})
            with edge().transactions.begin(caller().actor) as tx:
                outcomes.refuse_outcome(tx, project, entry_id, **refusal)
        else:
            seen = forms.load(SeenDocumentBody, {"document": form.values.get("document", "").strip()})
            with edge().transactions.begin(caller().actor) as tx:
                outcomes.confirm_outcome(tx, project, entry_id, **seen)
    except ExpertpoolError as error:
        form.blame(error)
        return _entry(session_id, entry_id, form, status_of(error))
    return redirect(f"{request.script_root}/sessions/{session_id}?noted=1", 303)  # type: ignore[return-value]


def _entry(session_id: str, entry_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        sitting = visible_sitting(session, caller(), session_id)
        waiting = outcomes_to(session, caller(), sitting).waiting
        found = next((each for each in waiting if each[1].id == entry_id), None)
        if found is None:
            raise NoSuchEntry
    return page("sessions/outcome.html", status=status, sitting=sitting, subject=found[0], entry=found[1], form=form)


def _subjects(sitting: EvaluationSession) -> Iterator[Subject]:
    yield Subject(MilestoneKind.REPORT_SIGNED, sitting.id, "")
    for kind in (MilestoneKind.AWARD_FIXED, MilestoneKind.NOTICE_PUBLISHED):
        for each in sitting.session_lots:
            yield Subject(kind, each.lot_id, each.lot.title)


def _next(subjects: Sequence[Subject], found: dict[Subject, Milestone | None]) -> Iterator[Subject]:
    """The first of each subject's milestones that is not reached: an award after the report, a notice after it."""
    report, *of_lots = subjects
    if found[report] is None:
        yield report
        return
    for each in of_lots:
        before = Subject(MilestoneKind.AWARD_FIXED, each.id, each.title)
        if found[each] is None and (each.kind is MilestoneKind.AWARD_FIXED or found[before] is not None):
            yield each
