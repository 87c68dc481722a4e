"""Key holders over HTTP: their registry, and the door at which their agents ask, answer and cosign."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.projects.schemas import Reason
from expertpool.protocol.agents import read_authorisation
from expertpool.sealing import contacts, mailbox, queries, recipients, schemas, service, supervisors
from expertpool.sealing.agents import authenticate
from expertpool.sealing.cosignatures import offered, take_cosignature
from expertpool.sealing.models import KeyHolder, RecipientKey, SupervisorKey, VaultKey
from expertpool.sealing.offline import take_opening
from expertpool.web.access import by_signature, public, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.guards import content
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("sealing", __name__, url_prefix=PREFIX, description="Key holders and their agents")


@blueprint.get("/holders")
@requires("holder.see")
@blueprint.response(200, schemas.HolderList)
def list_holders() -> dict[str, Any]:
    """List the key holders of one's own centre and of those below it, with their keys; retired ones too."""
    with reading() as session:
        return {"items": queries.holders_below(session, caller().centre)}


@blueprint.post("/holders")
@requires("holder.register")
@blueprint.arguments(schemas.NewHolder)
@acts(schemas.HolderSchema)
def register_holder(tx: Transaction, given: dict[str, Any]) -> KeyHolder:
    """Register a key holder from the file that its agent wrote; the supervisor approves it."""
    return service.register_holder(tx, **given)


@blueprint.post("/holders/<holder_id>/approval")
@requires("holder.approve")
@acts(schemas.HolderSchema)
def approve_holder(tx: Transaction, holder_id: str) -> KeyHolder:
    """Bring a key holder's keys into force."""
    return service.approve_holder(tx, holder_id)


@blueprint.post("/holders/<holder_id>/retirement")
@requires("holder.retire")
@blueprint.arguments(Reason)
@acts(schemas.HolderSchema)
def retire_holder(tx: Transaction, given: dict[str, Any], holder_id: str) -> KeyHolder:
    """End a key holder's keys for good."""
    return service.retire_holder(tx, holder_id, **given)


@blueprint.post("/vault-key")
@requires("vault.register")
@blueprint.arguments(schemas.NewVaultKey)
@acts(schemas.VaultKeySchema)
def register_vault(tx: Transaction, given: dict[str, Any]) -> VaultKey:
    """Name the key to which agents encrypt what they answer."""
    return service.register_vault(tx, public=bytes.fromhex(given["public"]))


@blueprint.get("/supervisor-keys")
@requires("holder.see")
@blueprint.response(200, schemas.SupervisorKeyList)
def list_supervisor_keys() -> dict[str, Any]:
    """List the keys with which the supervisors of one's own centre and of those below it sign."""
    with reading() as session:
        return {"items": queries.supervisor_keys_below(session, caller().centre)}


@blueprint.post("/supervisor-keys")
@requires("supervisor-key.register")
@blueprint.arguments(schemas.NewSupervisorKey)
@acts(schemas.SupervisorKeySchema)
def register_supervisor_key(tx: Transaction, given: dict[str, Any]) -> SupervisorKey:
    """Register the key with which one signs why a lot is drawn for again."""
    return supervisors.register_key(tx, **given)


@blueprint.post("/supervisor-keys/<key_id>/approval")
@requires("supervisor-key.approve")
@acts(schemas.SupervisorKeySchema)
def approve_supervisor_key(tx: Transaction, key_id: str) -> SupervisorKey:
    """Bring a supervisor's key into force."""
    return supervisors.approve_key(tx, key_id)


@blueprint.post("/supervisor-keys/<key_id>/revocation")
@requires("supervisor-key.revoke")
@blueprint.arguments(Reason)
@acts(schemas.SupervisorKeySchema)
def revoke_supervisor_key(tx: Transaction, given: dict[str, Any], key_id: str) -> SupervisorKey:
    """End a supervisor's key at once and for good."""
    return supervisors.revoke_key(tx, key_id, **given)


@blueprint.get("/recipients")
@requires("recipient.see")
@blueprint.response(200, schemas.RecipientList)
def list_recipients() -> dict[str, Any]:
    """List the keys to which names may be released, of one's own centre and of those below it."""
    with reading() as session:
        return {"items": queries.recipients_below(session, caller().centre)}


@blueprint.post("/recipients")
@requires("recipient.register")
@blueprint.arguments(schemas.NewRecipient)
@acts(schemas.RecipientSchema)
def register_recipient(tx: Transaction, given: dict[str, Any]) -> RecipientKey:
    """Register a key to which names may be released, for one audience; the supervisor approves it."""
    return recipients.register_recipient(tx, **{**given, "public": bytes.fromhex(given["public"])})


@blueprint.post("/recipients/<recipient_id>/approval")
@requires("recipient.approve")
@acts(schemas.RecipientSchema)
def approve_recipient(tx: Transaction, recipient_id: str) -> RecipientKey:
    """Bring a recipient's key into force."""
    return recipients.approve_recipient(tx, recipient_id)


@blueprint.post("/recipients/<recipient_id>/retirement")
@requires("recipient.retire")
@blueprint.arguments(Reason)
@acts(schemas.RecipientSchema)
def retire_recipient(tx: Transaction, given: dict[str, Any], recipient_id: str) -> RecipientKey:
    """End a recipient's key for good."""
    return recipients.retire_recipient(tx, recipient_id, **given)


@blueprint.get("/agents/checkpoints")
@public
@blueprint.response(200, schemas.CheckpointsSchema)
def list_checkpoints() -> dict[str, Any]:
    """Tell which checkpoint agents cosign next, so that they all cosign the same, and the last with a quorum."""
    with reading() as session:
        found = offered(session, edge().settings, edge().clock.now())
    return {"cosigned": _text(found.cosigned), "next": _text(found.next), "newest": _text(found.newest)}


@blueprint.get("/agents/tasks")
@by_signature
@blueprint.response(200, schemas.TaskList)
def list_tasks() -> dict[str, Any]:
    """List the sealed tasks that wait for the answer of the agent that asks, oldest first."""
    with reading() as session:
        holder, now = _sender(session), edge().clock.now()
        tasks = mailbox.tasks_for(session, holder.id, now)
        noted = contacts.is_noted(session, holder.id, now)
    if not noted:
        claimed = read_authorisation(request.headers["Authorization"])
        with edge().transactions.begin(holder.id) as tx:
            contacts.note(tx, holder.id, claimed.seconds - int(now.timestamp()))
    return {"tasks": tasks}


@blueprint.post("/agents/answers")
@by_signature
@blueprint.arguments(schemas.Answers)
@blueprint.response(200, schemas.TakenSchema)
def answer_tasks(given: dict[str, Any]) -> dict[str, Any]:
    """Take an agent's sealed answers, all or none. The first to a task counts; repeating one does no harm."""
    with reading() as session:  # first, so that whoever cannot sign takes no lock
        holder = _sender(session)
    with edge().transactions.begin(holder.id) as tx:
        mailbox.take_answers(tx, holder.id, {each["task"]: each["sealed"] for each in given["answers"]})
    return {"taken": True}


@blueprint.post("/agents/cosignatures")
@by_signature
@blueprint.arguments(schemas.CosignedSchema)
@blueprint.response(200, schemas.TakenSchema)
def cosign(given: dict[str, Any]) -> dict[str, Any]:
    """Take an agent's cosignature of a checkpoint of this log."""
    with reading() as session:
        holder = _sender(session)
    take_cosignature(edge().engine, edge().settings, holder, given["checkpoint"].encode())
    return {"taken": True}


@blueprint.post("/agents/openings")
@by_signature
@blueprint.arguments(schemas.OpeningSchema)
@blueprint.response(200, schemas.TakenSchema)
def report_opening(given: dict[str, Any]) -> dict[str, Any]:
    """Take an agent's signed statement that names were opened without the centre. Repeating one does no harm."""
    with reading() as session:
        holder = _sender(session)
    with edge().transactions.begin(holder.id) as tx:
        take_opening(tx, holder, **given)
    return {"taken": True}


def _sender(session: Session) -> KeyHolder:
    """Whose agent sent the present request. Raises `AgentUnknown`."""
    return authenticate(
        session,
        request.headers.get("Authorization", ""),
        method=request.method,
        path=request.path,
        body=content(),
        now=edge().clock.now(),
    )


def _text(note: bytes | None) -> str | None:
    return None if note is None else note.decode()
