"""What experts and the centre's desks ask the vault over HTTP. The web process carries it and learns no more.

Codes stand in bodies, never in addresses, which are logged. Experts have no accounts: their token is the vault's, and
the vault alone can tell whose it is.
"""

from typing import Any

from flask import request

from expertpool.core.vault_line import Verb
from expertpool.identity.gate import caller
from expertpool.invitations import desk_schemas as schemas
from expertpool.invitations import verbs
from expertpool.invitations.asking import give_answer, line, source
from expertpool.invitations.desk_errors import SignedOut
from expertpool.web.access import by_vault, requires
from expertpool.web.acts import acknowledges
from expertpool.web.errors import NotSignedIn
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("invitations", __name__, url_prefix=PREFIX, description="Invitations, sign-in, experts' own")


@blueprint.post("/invitations/look")
@by_vault
@blueprint.arguments(schemas.CodeBody)
@blueprint.response(200, schemas.InvitationSchema)
def look(given: dict[str, Any]) -> dict[str, Any]:
    """Show an invitation to whoever has its answer code: when, where, how long, how it stands."""
    return line().ask(verbs.LOOK, **given, source=source())


@blueprint.post("/invitations/answer")
@by_vault
@blueprint.arguments(schemas.AnswerBody)
@blueprint.response(200, schemas.AnswerTakenSchema)
def answer(given: dict[str, Any]) -> dict[str, str]:
    """Accept, decline, or take leave. While the vault is away it is noted, and taken when the vault is back."""
    return {"taken": "noted" if give_answer(**given) is None else "now"}


@blueprint.post("/invitations/note")
@requires(verbs.NOTE.name)
@blueprint.arguments(schemas.NoteBody)
@blueprint.response(200, schemas.NotedSchema)
def note(given: dict[str, Any]) -> dict[str, bool]:
    """Note for the duty desk what an expert said on the telephone, by the code that the expert quotes."""
    line().ask(verbs.NOTE, **given, actor=caller().actor)
    return {"noted": True}


@blueprint.post("/sessions/<session_id>/arrivals")
@requires("session.sign-in")
@blueprint.arguments(schemas.ArrivalBody)
@acknowledges(schemas.ArrivalSchema)
def arrive(given: dict[str, Any], session_id: str) -> tuple[dict[str, Any], int]:
    """Ask whether somebody is expected at this site: yes with seat and place, or one and the same no, on record."""
    admitted = line().ask(verbs.MATCH, **given, session=session_id[: verbs.ID], actor=caller().actor)
    return admitted, admitted["entry"]


@blueprint.post("/me/one-time-code")
@by_vault
@blueprint.arguments(schemas.PhoneBody)
@blueprint.response(200, schemas.AskedSchema)
def ask_code(given: dict[str, Any]) -> dict[str, Any]:
    """Have a one-time code sent, if the pool knows the number; the answer does not tell."""
    return line().ask(verbs.ASK_CODE, **given, source=source())


@blueprint.post("/me/sign-in")
@by_vault
@blueprint.arguments(schemas.SignInBody)
@blueprint.response(200, schemas.SignInSchema)
def sign_in(given: dict[str, Any]) -> dict[str, Any]:
    """Exchange a telephone number and its one-time code for an expert's token."""
    return line().ask(verbs.SIGN_IN, **given, source=source())


@blueprint.post("/me/sign-out")
@by_vault
@blueprint.response(200, schemas.SignedOutSchema)
def sign_out() -> dict[str, bool]:
    """End an expert's sign-in (`Authorization: Bearer`, an expert's token)."""
    as_expert(verbs.SIGN_OUT)
    return {"signed_out": True}


@blueprint.post("/me/invitations")
@by_vault
@blueprint.arguments(schemas.CodeBody)
@blueprint.response(200, schemas.InvitationSchema)
def open_invitation(given: dict[str, Any]) -> dict[str, Any]:
    """Open an invitation of one's own in this sign-in, by its answer code (`Authorization: Bearer`)."""
    return as_expert(verbs.OPEN, **given, source=source())


@blueprint.get("/me/invitations")
@by_vault
@blueprint.response(200, schemas.MineSchema)
def list_own() -> dict[str, Any]:
    """List the invitations opened in this sign-in, and one's own past assignments (`Authorization: Bearer`)."""
    return as_expert(verbs.MINE)


def as_expert(verb: Verb, **given: str | int) -> dict[str, Any]:
    """Ask with the expert's token. Raises `NotSignedIn` for one that is not valid, whatever the reason."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise NotSignedIn
    try:
        return line().ask(verb, **given, token=token.strip()[: verbs.TOKEN])
    except SignedOut:
        raise NotSignedIn from None
