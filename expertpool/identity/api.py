"""Centres and accounts over HTTP."""

from dataclasses import asdict
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.identity import inviting, limiting, queries, scoped_tokens, service, trail
from expertpool.identity.gate import caller
from expertpool.identity.link_api import blueprint
from expertpool.identity.models import Actor, Centre
from expertpool.identity.schemas import (
    ActorList,
    ActorPage,
    ActorSchema,
    CentreList,
    CentreSchema,
    InvitationSchema,
    NewActor,
    NewCentre,
    NewlyScopedTokenSchema,
    NewScopedToken,
    Retirement,
    ScopedTokenList,
    ScopedTokenPage,
    ScopedTokenSchema,
    TokenSchema,
    TrailDayList,
    TrailDayPage,
    TrailList,
    TrailPage,
)
from expertpool.web.access import never_kept, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading

__all__ = ["blueprint"]


@blueprint.get("/me")
@requires("account.see-own")
@blueprint.response(200, ActorSchema)
def show_own_account() -> Actor:
    """Show one's own account."""
    with reading() as session:
        return session.get_one(Actor, caller().actor)


@blueprint.get("/centres")
@requires("centre.see")
@blueprint.response(200, CentreList)
def list_centres() -> dict[str, Any]:
    """List all centres, by code."""
    with reading() as session:
        return {"items": queries.centres(session)}


@blueprint.post("/centres")
@requires("centre.open")
@blueprint.arguments(NewCentre)
@acts(CentreSchema)
def open_centre(tx: Transaction, given: dict[str, Any]) -> Centre:
    """Open a county branch or a sub-site."""
    return service.open_centre(tx, **given)


@blueprint.get("/actors")
@requires("actor.see")
@blueprint.arguments(ActorPage, location="query")
@blueprint.response(200, ActorList)
def list_actors(page: dict[str, Any]) -> dict[str, Any]:
    """List the accounts of one's own centre and of those below it, by code."""
    with reading() as session:
        centres = queries.centres_below(session, caller().centre)
        found = queries.actors_in(session, centres, page["after"], page["limit"] + 1)
    items = found[: page["limit"]]
    return {"items": items, "next": items[-1].code if len(found) > len(items) else None}


@blueprint.post("/actors")
@requires("actor.register")
@blueprint.arguments(NewActor)
@acts(ActorSchema)
def register_actor(tx: Transaction, given: dict[str, Any]) -> Actor:
    """Register an account with its one role."""
    return service.register_actor(tx, **given)


@blueprint.post("/actors/<actor_id>/token")
@requires("token.issue")
@acts(TokenSchema)
def issue_token(tx: Transaction, actor_id: str) -> dict[str, str]:
    """Give an account a new token of its own, shown this once; the one before and all scoped ones stop working."""
    return {"actor_id": actor_id, "token": service.issue_token(tx, actor_id).text()}


@blueprint.get("/tokens")
@requires("token.see")
@blueprint.arguments(ScopedTokenPage, location="query")
@blueprint.response(200, ScopedTokenList)
def list_tokens(page: dict[str, Any]) -> dict[str, Any]:
    """List the scoped tokens that work, of one's own account or of one that one administers."""
    with reading() as session:
        whose = queries.visible_actor(session, caller(), page["actor_id"] or caller().actor, "token.see")
        return {"items": scoped_tokens.held_by(session, whose.id, edge().clock.now())}


@blueprint.post("/tokens")
@requires("token.limit")
@blueprint.arguments(NewScopedToken)
@acts(NewlyScopedTokenSchema)
def make_token(tx: Transaction, given: dict[str, Any]) -> dict[str, Any]:
    """Make a token of one's own that is limited to scopes and expires, shown this once."""
    held, token = limiting.limit(tx, **given)
    return {**asdict(held), "token": token.text()}


@blueprint.post("/tokens/<token_id>/ending")
@requires("token.end")
@acts(ScopedTokenSchema)
def end_token(tx: Transaction, token_id: str) -> scoped_tokens.Held:
    """End a scoped token at once and for good."""
    return limiting.end_token(tx, token_id)


@blueprint.post("/actors/<actor_id>/retirement")
@requires("actor.retire")
@blueprint.arguments(Retirement)
@acts(ActorSchema)
def retire_actor(tx: Transaction, given: dict[str, Any], actor_id: str) -> Actor:
    """Close an account for good."""
    return service.retire_actor(tx, actor_id, **given)


@blueprint.post("/actors/<actor_id>/invitation")
@requires("actor.invite")
@acts(InvitationSchema)
def invite_actor(tx: Transaction, actor_id: str) -> dict[str, str]:
    """Issue an invitation to set an account's password and authenticator, shown this once; the one before ends."""
    return {"actor_id": actor_id, "invitation": inviting.invite(tx, edge().keys, actor_id)}


@blueprint.get("/trail")
@requires("trail.see")
@never_kept
@blueprint.arguments(TrailPage, location="query")
@blueprint.response(200, TrailList)
def show_trail(page: dict[str, Any]) -> dict[str, Any]:
    """List a day's sign-ins, refusals, lockouts and confirmations, of one's own centre and of those below it."""
    with reading() as session:
        centres = queries.centres_below(session, caller().centre)
        found = trail.lines(session, centres, page["day"], page["after"], page["limit"] + 1)
    items = found[: page["limit"]]
    return {"items": items, "next": items[-1].id if len(found) > len(items) else None}


@blueprint.get("/trail-days")
@requires("trail.see")
@never_kept
@blueprint.arguments(TrailDayPage, location="query")
@blueprint.response(200, TrailDayList)
def list_trail_days(page: dict[str, Any]) -> dict[str, Any]:
    """List the days whose trail is closed, the latest first, and whether each is still what the ledger has."""
    with reading() as session:
        found = trail.days(session, page["limit"] + 1, page["after"])
    items = found[: page["limit"]]
    return {"items": items, "next": items[-1].day if len(found) > len(items) else None}
