"""Assessments over HTTP, by seat code."""

from typing import Any

from expertpool.assessments import queries, schemas, service, showing
from expertpool.assessments.case_api import ASSESSMENT, blueprint
from expertpool.assessments.models import Assessment, Subject
from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.web.access import requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading

__all__ = ["blueprint"]


@blueprint.get("/assessments")
@requires("assessment.give")
@blueprint.response(200, schemas.WaitingAssessmentList)
def list_assessments() -> dict[str, Any]:
    """List the assessments for which the caller's party still has sheets to give, the first due first."""
    with reading() as session:
        return {"items": queries.waiting_for(session, caller(), edge().clock.now())}


@blueprint.get(ASSESSMENT)
@requires("assessment.see")
@blueprint.response(200, schemas.AssessmentWithSheets)
def show_assessment(session_id: str) -> dict[str, Any]:
    """Show a session's assessment: whom it is of, the sheet, who has given theirs; and what was revealed."""
    with reading() as session:
        return showing.assessment(session, queries.visible_assessment(session, caller(), session_id))


@blueprint.post(f"{ASSESSMENT}/sheets")
@requires("assessment.give")
@blueprint.arguments(schemas.PartySheetsBody)
@acts(schemas.AssessmentSchema)
def give_sheets(tx: Transaction, given: dict[str, Any], session_id: str) -> Assessment:
    """Give one's party's sheets for everybody whom it assesses, once, sealed until all are revealed together."""
    return service.give(tx, session_id, **given)


@blueprint.post(f"{ASSESSMENT}/people")
@requires("assessment.name-person")
@blueprint.arguments(schemas.PersonBody)
@acts(schemas.AssessedSchema)
def name_person(tx: Transaction, given: dict[str, Any], session_id: str) -> Subject:
    """Name one of the agency's people to be assessed, before anybody has given sheets."""
    return service.name_person(tx, session_id, **given)
