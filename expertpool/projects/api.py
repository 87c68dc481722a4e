"""Projects, sessions and the door over HTTP."""

from collections.abc import Mapping
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.identity import senders
from expertpool.identity.gate import caller
from expertpool.identity.models import Sender, SenderKey
from expertpool.projects import door_schemas, queries, reception, schemas, service
from expertpool.projects.envelope import envelope_of
from expertpool.projects.models import DoorMessage, EvaluationSession, Project, Recusal
from expertpool.web.access import by_signature, never_kept, requires
from expertpool.web.acts import acknowledges, acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint(
    "projects", __name__, url_prefix=PREFIX, description="Projects, sessions, the trading system's door"
)


@blueprint.get("/projects")
@requires("project.see")
@blueprint.arguments(schemas.Page, location="query")
@blueprint.response(200, schemas.ProjectList)
def list_projects(page: dict[str, Any]) -> dict[str, Any]:
    """List the projects of one's own centre and of those below it, by code; an initiator's own only."""
    with reading() as session:
        found = queries.projects_for(session, caller(), page["after"], page["limit"] + 1)
    items = found[: page["limit"]]
    return {"items": items, "next": items[-1].code if len(found) > len(items) else None}


@blueprint.post("/projects")
@requires("project.register")
@blueprint.arguments(schemas.NewProject)
@acts(schemas.ProjectSchema)
def register_project(tx: Transaction, given: dict[str, Any]) -> Project:
    """Register a project with its lots and parties."""
    return service.register_project(tx, **given)


@blueprint.get("/projects/<project_id>")
@requires("project.see")
@blueprint.response(200, schemas.ProjectSchema)
def show_project(project_id: str) -> Project:
    """Show a project."""
    with reading() as session:
        return queries.visible_project(session, caller(), project_id, "project.see")


@blueprint.post("/projects/<project_id>/amendment")
@requires("project.amend")
@blueprint.arguments(schemas.ProjectBody)
@acts(schemas.ProjectSchema, replaces="projects.show_project")
def amend_project(tx: Transaction, given: dict[str, Any], project_id: str) -> Project:
    """Replace what is known of a project; its code and regime stay."""
    return service.amend_project(tx, project_id, **given)


@blueprint.get("/projects/<project_id>/recusals")
@requires("recusal.see")
@never_kept
@blueprint.response(200, schemas.RecusalList)
def list_recusals(project_id: str) -> dict[str, Any]:
    """List whom the initiator named for recusal; people are masked."""
    with reading() as session:
        queries.visible_project(session, caller(), project_id, "recusal.see")
        return {"items": [_shown(recusal) for recusal in queries.recusals_of(session, project_id)]}


@blueprint.post("/projects/<project_id>/recused-units")
@requires("recusal.name")
@blueprint.arguments(schemas.RecusedUnit)
@acts(schemas.RecusalSchema)
def name_unit(tx: Transaction, given: dict[str, Any], project_id: str) -> Mapping[str, Any]:
    """Name a unit for recusal."""
    return _shown(service.name_unit(tx, project_id, **given))


@blueprint.post("/projects/<project_id>/recused-persons")
@requires("recusal.name")
@blueprint.arguments(schemas.RecusedPerson)
@acts(schemas.RecusalSchema)
def name_person(tx: Transaction, given: dict[str, Any], project_id: str) -> Mapping[str, Any]:
    """Name a person for recusal; by identity number wherever it is known."""
    return _shown(service.name_person(tx, edge().keys, project_id, **given))


@blueprint.post("/recusals/<recusal_id>/withdrawal")
@requires("recusal.withdraw")
@blueprint.arguments(schemas.Reason)
@acts(schemas.RecusalSchema)
def withdraw_recusal(tx: Transaction, given: dict[str, Any], recusal_id: str) -> Mapping[str, Any]:
    """Withdraw a recusal; it stays on record."""
    return _shown(service.withdraw_recusal(tx, recusal_id, **given))


@blueprint.get("/sessions")
@requires("project.see")
@blueprint.arguments(schemas.Period, location="query")
@blueprint.response(200, schemas.SessionList)
def list_sessions(period: dict[str, Any]) -> dict[str, Any]:
    """List the sessions that begin in a period, by time."""
    with reading() as session:
        found = queries.sessions_for(session, caller(), **{**period, "limit": period["limit"] + 1})
    items = found[: period["limit"]]
    return {"items": items, "next": items[-1].id if len(found) > len(items) else None}


@blueprint.post("/projects/<project_id>/sessions")
@requires("session.schedule")
@blueprint.arguments(schemas.SessionBody)
@acts(schemas.SessionSchema)
def schedule_session(tx: Transaction, given: dict[str, Any], project_id: str) -> EvaluationSession:
    """Schedule a session."""
    return service.schedule_session(tx, project_id, **given)


@blueprint.get("/sessions/<session_id>")
@requires("project.see")
@blueprint.response(200, schemas.SessionSchema)
def show_session(session_id: str) -> EvaluationSession:
    """Show a session."""
    with reading() as session:
        return queries.visible_session(session, caller(), session_id, "project.see")


@blueprint.post("/sessions/<session_id>/rescheduling")
@requires("session.reschedule")
@blueprint.arguments(schemas.Rescheduling)
@acts(schemas.SessionSchema, replaces="projects.show_session")
def reschedule_session(tx: Transaction, given: dict[str, Any], session_id: str) -> EvaluationSession:
    """Give a session another time, place or lots."""
    return service.reschedule_session(tx, session_id, **given)


@blueprint.post("/sessions/<session_id>/postponement")
@requires("session.postpone")
@blueprint.arguments(schemas.Postponement)
@acts(schemas.SessionSchema)
def postpone_session(tx: Transaction, given: dict[str, Any], session_id: str) -> EvaluationSession:
    """Put a session off until another time is set."""
    return service.postpone_session(tx, session_id, **given)


@blueprint.post("/sessions/<session_id>/cancellation")
@requires("session.cancel")
@blueprint.arguments(schemas.Reason)
@acts(schemas.SessionSchema)
def cancel_session(tx: Transaction, given: dict[str, Any], session_id: str) -> EvaluationSession:
    """Cancel a session for good."""
    return service.cancel_session(tx, session_id, **given)


@blueprint.get("/door/senders")
@requires("sender.see")
@blueprint.response(200, door_schemas.SenderList)
def list_senders() -> dict[str, Any]:
    """List the systems that may send through the door, with their keys."""
    with reading() as session:
        return {"items": queries.senders_below(session, caller().centre)}


@blueprint.post("/door/senders")
@requires("sender.register")
@blueprint.arguments(door_schemas.NewSender)
@acts(door_schemas.SenderSchema)
def register_sender(tx: Transaction, given: dict[str, Any]) -> Sender:
    """Register a system that may send through the door once a key of its is approved."""
    return senders.register_sender(tx, **given)


@blueprint.post("/door/senders/<sender_id>/keys")
@requires("sender-key.register")
@blueprint.arguments(door_schemas.NewSenderKey)
@acts(door_schemas.SenderKeySchema)
def register_sender_key(tx: Transaction, given: dict[str, Any], sender_id: str) -> SenderKey:
    """Register a sender's key with the proof of its possession; the supervisor approves it."""
    return senders.register_key(tx, sender_id, **given)


@blueprint.post("/door/keys/<key_id>/approval")
@requires("sender-key.approve")
@acts(door_schemas.SenderKeySchema)
def approve_sender_key(tx: Transaction, key_id: str) -> SenderKey:
    """Bring a sender's key into force."""
    return senders.approve_key(tx, key_id)


@blueprint.post("/door/keys/<key_id>/revocation")
@requires("sender-key.revoke")
@blueprint.arguments(schemas.Reason)
@acts(door_schemas.SenderKeySchema)
def revoke_sender_key(tx: Transaction, given: dict[str, Any], key_id: str) -> SenderKey:
    """End a sender's key at once and for good."""
    return senders.revoke_key(tx, key_id, **given)


@blueprint.post("/door/messages")
@by_signature
@blueprint.arguments(door_schemas.EnvelopeSchema)
@acknowledges(door_schemas.AcceptedSchema)
def receive_message(given: dict[str, Any]) -> tuple[DoorMessage, int]:
    """Take in a signed message of a trading system or of the provincial pool; see the specification of the door."""
    sent = envelope_of(given)
    with reading() as session:  # first, so that whoever cannot sign takes no lock
        sender = reception.authenticate(session, sent).sender_id
    with edge().transactions.begin(sender) as tx:
        accepted = reception.receive(tx, sent, oldest=reception.OLDEST_ONLINE)
    with reading() as session:
        return accepted, queries.entry_of(session, accepted)


def _shown(recusal: Recusal) -> Mapping[str, Any]:
    """A recusal with the person masked."""
    person = queries.masked(queries.person_of(edge().keys, recusal))
    return {**{name: getattr(recusal, name) for name in schemas.RECUSAL}, "person": person and person._asdict()}
