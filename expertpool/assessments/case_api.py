"""Cases, appeals and notices over HTTP, by session and number; and an expert's own, asked of the vault by a token."""

from typing import Any

from expertpool.assessments import appeals, cases, serving, verbs
from expertpool.assessments import case_schemas as schemas
from expertpool.assessments.appeals import Correction
from expertpool.assessments.models import Appeal, Case, Notice
from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.invitations.desk_api import as_expert
from expertpool.web.access import by_vault, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("assessments", __name__, url_prefix=PREFIX, description="One project, one assessment")

ASSESSMENT = "/sessions/<session_id>/assessment"
CASE = "/cases/<case_id>"
APPEAL = "/appeals/<appeal_id>"


@blueprint.get("/cases")
@requires("case.see")
@blueprint.response(200, schemas.CaseList)
def list_cases() -> dict[str, Any]:
    """List the cases of one's own centre and those below, the newest first."""
    with reading() as session:
        return {"items": cases.visible_cases(session, caller())}


@blueprint.get(CASE)
@requires("case.see")
@blueprint.response(200, schemas.CaseSchema)
def show_case(case_id: str) -> Case:
    """Show one case."""
    with reading() as session:
        return cases.visible_case(session, caller(), case_id)


@blueprint.post(f"{ASSESSMENT}/cases")
@requires("case.propose")
@blueprint.arguments(schemas.CaseProposal)
@acts(schemas.CaseSchema)
def propose_case(tx: Transaction, given: dict[str, Any], session_id: str) -> Case:
    """Propose a case about whoever had a seat, for what no rule proposes."""
    return cases.propose(tx, session_id, **given)


@blueprint.post(f"{CASE}/handover")
@requires("case.hand-over")
@acts(schemas.CaseSchema)
def hand_over_case(tx: Transaction, case_id: str) -> Case:
    """Hand a case over to the competent department."""
    return cases.hand_over(tx, case_id)


@blueprint.post(f"{CASE}/withdrawal")
@requires("case.withdraw")
@blueprint.arguments(schemas.CaseReason)
@acts(schemas.CaseSchema)
def withdraw_case(tx: Transaction, given: dict[str, Any], case_id: str) -> Case:
    """Withdraw a case that was not handed over."""
    return cases.withdraw(tx, case_id, **given)


@blueprint.post(f"{CASE}/decision")
@requires("case.decide")
@blueprint.arguments(schemas.CaseMeasure)
@acts(schemas.CaseSchema)
def decide_case(tx: Transaction, given: dict[str, Any], case_id: str) -> Case:
    """Decide a case; a suspension or removal keeps the expert out of the very next draw."""
    return cases.decide(tx, case_id, **given)


@blueprint.post(f"{CASE}/return")
@requires("case.return")
@blueprint.arguments(schemas.CaseReturn)
@acts(schemas.CaseSchema)
def grant_return(tx: Transaction, given: dict[str, Any], case_id: str) -> Case:
    """Let a suspended expert be drawn again, on a written application and pledge and, where it is due, a test."""
    return cases.grant_return(tx, case_id, **given)


@blueprint.post(f"{CASE}/revocation")
@requires("case.revoke")
@blueprint.arguments(schemas.CaseReason)
@acts(schemas.CaseSchema)
def revoke_case(tx: Transaction, given: dict[str, Any], case_id: str) -> Case:
    """Revoke what a case had decided."""
    return cases.revoke(tx, case_id, **given)


@blueprint.post(f"{ASSESSMENT}/notices")
@requires("notice.serve")
@blueprint.arguments(schemas.PaperServiceBody)
@acts(schemas.NoticeSchema)
def serve_notice(tx: Transaction, given: dict[str, Any], session_id: str) -> Notice:
    """Note that a notice was received on paper, once names are open."""
    return serving.serve_on_paper(tx, session_id, **given)


@blueprint.get("/appeals")
@requires("appeal.see")
@blueprint.response(200, schemas.AppealList)
def list_appeals() -> dict[str, Any]:
    """List the appeals of one's own centre and those below, the newest first."""
    with reading() as session:
        return {"items": appeals.visible_appeals(session, caller())}


@blueprint.get(APPEAL)
@requires("appeal.see")
@blueprint.response(200, schemas.AppealedSchema)
def show_appeal(appeal_id: str) -> dict[str, Any]:
    """Show an appeal with what the expert wrote."""
    with reading() as session:
        found = appeals.visible_appeal(session, caller(), appeal_id)
        shown = {name: getattr(found, name) for name in schemas.AppealSchema().fields}
        return shown | {"text": appeals.text_of(edge().keys, found)}


@blueprint.post(f"{APPEAL}/decision")
@requires("appeal.decide")
@blueprint.arguments(schemas.AppealDecisionBody)
@acts(schemas.AppealSchema)
def decide_appeal(tx: Transaction, given: dict[str, Any], appeal_id: str) -> Appeal:
    """Decide an appeal; where it is upheld, the amended result stands beside the first one."""
    corrections = [Correction(**each) for each in given.pop("corrections")]
    return appeals.decide(tx, appeal_id, corrections=corrections, **given)


@blueprint.get("/me/assessments")
@by_vault
@blueprint.response(200, schemas.OwnResultList)
def list_own_results() -> dict[str, Any]:
    """List one's own results (`Authorization: Bearer`); what is not signed for yet is without its content."""
    return as_expert(verbs.OWN)


@blueprint.post("/me/assessments/receipts")
@by_vault
@blueprint.arguments(schemas.ReceiptBody)
@blueprint.response(200, schemas.OwnResultList)
def receive_notice(given: dict[str, Any]) -> dict[str, Any]:
    """Sign for a result, or for a decision; from that day on the time for an appeal runs."""
    return as_expert(verbs.RECEIVE, **given)


@blueprint.post("/me/appeals")
@by_vault
@blueprint.arguments(schemas.OwnAppealBody)
@blueprint.response(200, schemas.OwnResultList)
def file_appeal(given: dict[str, Any]) -> dict[str, Any]:
    """Appeal against one's own result, once; files come with the page only."""
    return as_expert(verbs.APPEAL, **given, files="")


@blueprint.post("/me/assessments/disclosures")
@by_vault
@blueprint.arguments(schemas.PlaceBody)
@blueprint.response(200, schemas.OwnDisclosureList)
def disclose_result(given: dict[str, Any]) -> dict[str, Any]:
    """Fetch what opens the ledger's commitments to one's own result and to what followed from it."""
    return as_expert(verbs.DISCLOSE, **given)
