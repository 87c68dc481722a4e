"""An appeal before the competent department: what the expert says, what it is against, and the decision.

The decision wants the second factor. It never changes the result: what was amended stands beside it.
"""

from flask import Blueprint, Response, request

from expertpool.assessments import appeals, attachments, case_desk
from expertpool.assessments.case_errors import NoSuchFile
from expertpool.assessments.case_forms import CaseReason, corrections_in, typed
from expertpool.assessments.case_lifecycle import APPEAL_WORDS
from expertpool.assessments.case_pages import noted, reader
from expertpool.assessments.desk import named
from expertpool.assessments.models import Assessment, Attachment
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import confirmed, never_kept, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page
from policies.conduct_items import SubjectKind

SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

blueprint = Blueprint("assessment-appeals", __name__)


@blueprint.get("/appeals/<appeal_id>")
@never_kept
@signed_in("appeal.see")
def show(appeal_id: str) -> Response:
    """One appeal."""
    return _appeal(appeal_id, Filled(), "assessments/appeal.html")


@blueprint.get("/appeals/<appeal_id>/decide")
@never_kept
@confirmed
@signed_in("appeal.decide")
def ask(appeal_id: str) -> Response:
    """The form for the decision."""
    return _appeal(appeal_id, Filled(), "assessments/appeal_decision.html")


@blueprint.post("/appeals/<appeal_id>/decide")
@confirmed
@signed_in("appeal.decide")
def decide(appeal_id: str) -> Response:
    """Uphold the appeal with what is left of the deductions, or let the result stand."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(CaseReason, typed(form.values))
        upheld = form.values.get("outcome") == "upheld"
        with reading() as session:
            marks = list(case_desk.marks_of(session, appeals.visible_appeal(session, caller(), appeal_id)))
        corrections = corrections_in(form.values, marks) if upheld else []
        with edge().transactions.begin(caller().actor) as tx:
            appeals.decide(tx, appeal_id, upheld=upheld, corrections=corrections, **given)
    except ExpertpoolError as error:
        form.blame(error)
        return _appeal(appeal_id, form, "assessments/appeal_decision.html", status_of(error))
    return noted(f"/appeals/{appeal_id}")


@blueprint.get("/appeals/<appeal_id>/files/<file_id>")
@never_kept
@signed_in("appeal.see")
def download(appeal_id: str, file_id: str) -> Response:
    """A file that came with an appeal; browsers are told to save it, not to show it."""
    with reading() as session:
        appeal = appeals.visible_appeal(session, caller(), appeal_id)
        found = session.get(Attachment, file_id)
        if found is None or found.appeal_id != appeal.id:
            raise NoSuchFile(attachments.MOST_FILES)
        content = attachments.opened(edge().keys, found)
    answer = Response(content, content_type=found.media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.id}.{SUFFIXES[found.media]}"'
    return answer


def _appeal(appeal_id: str, form: Filled, template: str, status: int = 200) -> Response:
    with reading() as session:
        appeal = appeals.visible_appeal(session, caller(), appeal_id)
        shown = case_desk.appeal_shown(session, reader(), appeal)
        rules = AssessmentRules.kept(session.get_one(Assessment, appeal.session_id).form)
        text = appeals.text_of(edge().keys, appeal)
        files = attachments.files_of(session, appeal_id)
    return page(
        template,
        status=status,
        shown=shown,
        text=text,
        files=files,
        items={each.code: each for each in rules.offers(SubjectKind.SEAT)},
        named=named,
        appeal_words=APPEAL_WORDS,
        form=form,
        noted="noted" in request.args,
    )
