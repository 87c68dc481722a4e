"""The one page of a project's assessment: one tap where nobody lost points, rows only for exceptions."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema

from expertpool.assessments import cases, service, serving, sheet_form
from expertpool.assessments.case_forms import CaseProposal, PaperService, typed
from expertpool.assessments.case_lifecycle import MEASURE_WORDS
from expertpool.assessments.desk import AssessmentShown, named, shown
from expertpool.assessments.lifecycle import AssessmentVerb
from expertpool.assessments.parties import PARTY_OF
from expertpool.assessments.schemas import GivenBody, PersonBody
from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import clock_time, page, t
from policies.conduct import Offer
from policies.conduct_items import Evidence

SEE: Final = "assessment.see"

blueprint = Blueprint("assessment-sheet", __name__)


@blueprint.get("/sessions/<session_id>/assessment")
@signed_in(SEE)
def show(session_id: str) -> Response:
    """The assessment of a session."""
    return _sheet(session_id, Filled(), [])


@blueprint.post("/sessions/<session_id>/assessment")
@signed_in(AssessmentVerb.GIVE.permission)
def give(session_id: str) -> Response:
    """Give one's party's sheets, or have another row to fill in."""
    sent = request.form.to_dict()
    rows = sheet_form.rows_in(sent)
    if sent.get("act") != "give":
        return _sheet(session_id, Filled(), [*rows, _one_more(session_id, sent)])
    form = Filled(sheet_form.values_of(rows))
    try:
        given = forms.load(GivenBody, sheet_form.body_of(sent, rows))
        with edge().transactions.begin(caller().actor) as tx:
            service.give(tx, session_id, party=PARTY_OF[caller().role], **given)
    except ExpertpoolError as error:
        form.blame(error)
        form.complaints = {sheet_form.field_of(name): said for name, said in form.complaints.items()}
        return _sheet(session_id, form, rows, status_of(error))
    return _noted(session_id)


@blueprint.post("/sessions/<session_id>/assessment/people")
@signed_in(AssessmentVerb.NAME_PERSON.permission)
def name_person(session_id: str) -> Response:
    """Add one of the agency's people to whom the assessment is of."""
    return _acting(session_id, PersonBody, lambda tx, given: service.name_person(tx, session_id, **given))


@blueprint.post("/sessions/<session_id>/assessment/cases")
@signed_in("case.propose")
def propose(session_id: str) -> Response:
    """Propose a case about somebody, for what no rule proposes."""
    return _acting(session_id, CaseProposal, lambda tx, given: cases.propose(tx, session_id, **given))


@blueprint.post("/sessions/<session_id>/assessment/service")
@signed_in("notice.serve")
def serve(session_id: str) -> Response:
    """Note that somebody received a notice on paper."""
    return _acting(session_id, PaperService, lambda tx, given: serving.serve_on_paper(tx, session_id, **given))


def _acting(session_id: str, body: type[Schema], act: Callable[[Transaction, dict[str, Any]], object]) -> Response:
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(body, typed(form.values))
        with edge().transactions.begin(caller().actor) as tx:
            act(tx, given)
    except ExpertpoolError as error:
        form.blame(error)
        return _sheet(session_id, form, [], status_of(error))
    return _noted(session_id)


def _one_more(session_id: str, sent: dict[str, str]) -> dict[str, str]:
    """The row that a button adds: a fact that the system knows, or a blank one."""
    facts, taken = _shown(session_id).facts, sent.get("take", "")
    if not (taken.isascii() and taken.isdigit() and len(taken) < 4 and int(taken) < len(facts)):
        return sheet_form.blank()
    fact = facts[int(taken)]
    return sheet_form.row_of(fact, f"{clock_time(fact.at)} {t(*fact.words)}")


def _shown(session_id: str) -> AssessmentShown:
    with reading() as session:
        return shown(session, caller(), session_id, edge().clock.now())


def _sheet(session_id: str, form: Filled, rows: list[dict[str, str]], status: int = 200) -> Response:
    found = _shown(session_id)
    return page(
        "assessments/sheet.html",
        status=status,
        shown=found,
        form=Filled({**form.values, **sheet_form.values_of(rows)}, form.complaints),
        rows=len(rows),
        noted="noted" in request.args,
        named=named,
        measure_words=MEASURE_WORDS,
        subject_choices=[(str(each.number), each.name) for each in found.mine],
        seat_choices=[(str(each.number), each.name) for each in found.subjects if each.seat],
        item_choices=[(each.code, _offered(each)) for each in found.items],
        evidence_choices=[(each.value, t(*named(each))) for each in Evidence],
    )


def _offered(item: Offer) -> str:
    """An item with the most that it is worth."""
    if item.removal:
        return t(f"{item.text.zh}（线索，不计分）", f"{item.text.en} (a lead, no points)")
    return t(f"{item.text.zh}（至多 {item.points} 分）", f"{item.text.en} (up to {item.points})")


def _noted(session_id: str) -> Response:
    """Back to the page, by a request that sends nothing again on reloading."""
    return redirect(f"{request.script_root}/sessions/{session_id}/assessment?noted=1", 303)  # type: ignore[return-value]
