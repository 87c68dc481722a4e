"""The session's day over HTTP, by seat code."""

from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.invitations.asking import line
from expertpool.invitations.verbs import ID
from expertpool.projects.queries import visible_project
from expertpool.sessions import outcomes, papers, queries, schemas, service, showing, verbs
from expertpool.sessions.models import DayStep, OutcomeEntry, PaperSheet, SessionDay
from expertpool.web.access import requires
from expertpool.web.acts import acknowledges, acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("sessions", __name__, url_prefix=PREFIX, description="The session's day, by seat code")

DAY = "/sessions/<session_id>/day"
OUTCOMES = "/projects/<project_id>/outcomes"


@blueprint.get(DAY)
@requires("day.see")
@blueprint.response(200, schemas.DaySchema)
def show_day(session_id: str) -> dict[str, Any]:
    """Show how a session's day stands, with the timeline that the system proposes."""
    with reading() as session:
        return showing.day(session, queries.visible_day(session, caller(), session_id))


@blueprint.get(f"{DAY}/steps")
@requires("day.see")
@blueprint.response(200, schemas.DayStepList)
def list_steps(session_id: str) -> dict[str, Any]:
    """List the steps of a day by number; the initiator sees those that anybody outside the room may notice."""
    with reading() as session:
        queries.visible_day(session, caller(), session_id)
        return {"items": showing.steps(session, session_id, caller().role)}


@blueprint.post(f"{DAY}/break")
@requires("day.take-break")
@blueprint.arguments(schemas.DayBreakBody)
@acts(schemas.DayStepSchema)
def take_break(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that the committee takes a break, or its meal."""
    return service.take_break(tx, session_id, **given)


@blueprint.post(f"{DAY}/break-end")
@requires("day.end-break")
@blueprint.arguments(schemas.DayActBody)
@acts(schemas.DayStepSchema)
def end_break(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that the committee goes on after a break."""
    return service.end_break(tx, session_id, **given)


@blueprint.post(f"{DAY}/overnight")
@requires("day.stay-overnight")
@blueprint.arguments(schemas.DayActBody)
@acts(schemas.DayStepSchema)
def stay_overnight(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that the committee adjourns until the next day."""
    return service.stay_overnight(tx, session_id, **given)


@blueprint.post(f"{DAY}/overnight-end")
@requires("day.end-overnight")
@blueprint.arguments(schemas.DayActBody)
@acts(schemas.DayStepSchema)
def end_overnight(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that the committee goes on after the night."""
    return service.end_overnight(tx, session_id, **given)


@blueprint.post(f"{DAY}/questions")
@requires("day.ask")
@blueprint.arguments(schemas.DayQuestionBody)
@acts(schemas.DayStepSchema)
def ask(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that a question to a bidder went out in writing."""
    return service.ask(tx, edge().keys, session_id, **given)


@blueprint.post(f"{DAY}/answers")
@requires("day.answer")
@blueprint.arguments(schemas.DayAnswerBody)
@acts(schemas.DayStepSchema)
def answer(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that a bidder's answer came."""
    return service.answer(tx, session_id, **given)


@blueprint.post(f"{DAY}/line-loss")
@requires("day.lose-line")
@blueprint.arguments(schemas.SiteLineLossBody)
@acts(schemas.DayStepSchema)
def lose_line(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that a site's line is lost; the report does not count before it is back."""
    return service.lose_line(tx, session_id, **given)


@blueprint.post(f"{DAY}/line-restoration")
@requires("day.restore-line")
@blueprint.arguments(schemas.SiteLineBody)
@acts(schemas.DayStepSchema)
def restore_line(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that a site's line is back."""
    return service.restore_line(tx, session_id, **given)


@blueprint.post(f"{DAY}/signature-refusal")
@requires("day.refuse-signature")
@blueprint.arguments(schemas.SignatureRefusalBody)
@acts(schemas.DayStepSchema)
def refuse_signature(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Enter that a member refused to sign the report and stated no dissent: taken as agreement."""
    return service.refuse_signature(tx, session_id, **given)


@blueprint.post(f"{DAY}/replacement")
@requires("day.replace")
@blueprint.arguments(schemas.MemberReplacementBody)
@acknowledges(schemas.MemberReplacedSchema)
def replace(given: dict[str, Any], session_id: str) -> tuple[dict[str, Any], int]:
    """Have a member replaced for desertion or health, or who checked in and never came; the seat is drawn anew."""
    done = line().ask(verbs.REPLACE, **given, session=session_id[:ID], actor=caller().actor)
    return {"seat": given["seat"]}, done["entry"]


@blueprint.post(f"{DAY}/suspension")
@requires("day.suspend")
@blueprint.arguments(schemas.DayReasonBody)
@acts(schemas.DayStepSchema)
def suspend(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Suspend the evaluation; the committee keeps its seats."""
    return service.suspend(tx, session_id, **given)


@blueprint.post(f"{DAY}/resumption")
@requires("day.resume")
@blueprint.arguments(schemas.DayReasonBody)
@acts(schemas.DayStepSchema)
def resume(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Let a suspended evaluation go on with the same committee."""
    return service.resume(tx, session_id, **given)


@blueprint.post(f"{DAY}/voiding")
@requires("day.void")
@blueprint.arguments(schemas.DayReasonBody)
@acts(schemas.DayStepSchema)
def void(tx: Transaction, given: dict[str, Any], session_id: str) -> DayStep:
    """Declare a day void, for good."""
    return service.void(tx, session_id, **given)


@blueprint.post(f"{DAY}/confirmation")
@requires("day.close")
@blueprint.arguments(schemas.TimelineConfirmationBody)
@acts(schemas.DaySchema, replaces="sessions.show_day")
def confirm(tx: Transaction, given: dict[str, Any], session_id: str) -> dict[str, Any]:
    """Confirm the proposed timeline, once, with corrections if need be; the day is closed."""
    closed: SessionDay = service.close(tx, session_id, **given)
    return showing.day(tx.session, closed)


@blueprint.get(f"{DAY}/papers")
@requires("day.see")
@blueprint.response(200, schemas.PaperSheetList)
def list_papers(session_id: str) -> dict[str, Any]:
    """List what was entered from paper, with its lines."""
    with reading() as session:
        queries.visible_day(session, caller(), session_id)
        return {"items": [showing.sheet(each) for each in queries.sheets_of(session, session_id)]}


@blueprint.post(f"{DAY}/papers")
@requires("day.enter-paper")
@blueprint.arguments(schemas.PaperSheetBody)
@acts(schemas.PaperSheetSchema)
def enter_paper(tx: Transaction, given: dict[str, Any], session_id: str) -> PaperSheet:
    """Enter what was kept on paper during an outage; it counts when an account of another role has signed it."""
    return papers.enter_paper(tx, session_id, **given)


@blueprint.post(f"{DAY}/papers/<sheet_id>/signature")
@requires("day.sign-paper")
@blueprint.arguments(schemas.SeenDocumentBody)
@acts(schemas.PaperSheetSchema)
def sign_paper(tx: Transaction, given: dict[str, Any], session_id: str, sheet_id: str) -> PaperSheet:
    """Sign what another account entered from paper; its lines become steps."""
    return papers.sign_paper(tx, session_id, sheet_id, **given)


@blueprint.post(f"{DAY}/papers/<sheet_id>/refusal")
@requires("day.refuse-paper")
@blueprint.arguments(schemas.EntryRefusalBody)
@acts(schemas.PaperSheetSchema)
def refuse_paper(tx: Transaction, given: dict[str, Any], session_id: str, sheet_id: str) -> PaperSheet:
    """Refuse what another account entered from paper; nothing of it counts."""
    return papers.refuse_paper(tx, session_id, sheet_id, **given)


@blueprint.get(OUTCOMES)
@requires("day.see")
@blueprint.response(200, schemas.OutcomeEntryList)
def list_outcomes(project_id: str) -> dict[str, Any]:
    """List the milestones that were entered for a project, in their order, with how each stands."""
    with reading() as session:
        visible_project(session, caller(), project_id, "day.see")
        return {"items": queries.outcomes_of(session, project_id)}


@blueprint.post(OUTCOMES)
@requires("outcome.enter")
@blueprint.arguments(schemas.OutcomeEntryBody)
@acts(schemas.OutcomeEntrySchema)
def enter_outcome(tx: Transaction, given: dict[str, Any], project_id: str) -> OutcomeEntry:
    """Enter that a report was signed, an award fixed or a notice published; the supervisor confirms it."""
    return outcomes.enter_outcome(tx, project_id, **given)


@blueprint.post(f"{OUTCOMES}/<entry_id>/confirmation")
@requires("outcome.confirm")
@blueprint.arguments(schemas.SeenDocumentBody)
@acts(schemas.OutcomeEntrySchema)
def confirm_outcome(tx: Transaction, given: dict[str, Any], project_id: str, entry_id: str) -> OutcomeEntry:
    """Confirm what the agency entered; it counts as if the trading system had stated it."""
    return outcomes.confirm_outcome(tx, project_id, entry_id, **given)


@blueprint.post(f"{OUTCOMES}/<entry_id>/refusal")
@requires("outcome.refuse")
@blueprint.arguments(schemas.EntryRefusalBody)
@acts(schemas.OutcomeEntrySchema)
def refuse_outcome(tx: Transaction, given: dict[str, Any], project_id: str, entry_id: str) -> OutcomeEntry:
    """Refuse or withdraw what the agency entered; nothing of it counts."""
    return outcomes.refuse_outcome(tx, project_id, entry_id, **given)
