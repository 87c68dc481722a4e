"""Passkeys in a browser: signing in, confirming, and one's own: registering and removing them."""

from flask import Blueprint, Response, abort, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import lockout, passkey_sign_in, passkeys
from expertpool.identity.entrance import (
    confirm_page,
    fresh_challenge,
    go,
    next_page,
    origin,
    relying_party,
    sign_in_page,
)
from expertpool.identity.form_schemas import NewPasskeyForm, PasskeyForm
from expertpool.identity.models import Actor
from expertpool.identity.passkeys import Answer, RelyingParty
from expertpool.web import cookies, forms
from expertpool.web.access import confirmed, present_visit, public, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

blueprint = Blueprint("passkeys", __name__)


@blueprint.post("/sign-in/passkey")
@public
def sign_in() -> Response:
    """Sign in with a passkey; the authenticator says whose."""
    try:
        opened = passkey_sign_in.sign_in(edge().transactions, edge().keys, _answer(), origin())
    except ExpertpoolError as error:
        return sign_in_page(Filled(), error)
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.post("/confirm/passkey")
@signed_in("account.see-own")
def confirm() -> Response:
    """Take a passkey as the second factor; the session goes on under a new secret."""
    session = present_visit().session
    try:
        opened = passkey_sign_in.confirm(edge().transactions, edge().keys, session, _answer(), origin())
    except ExpertpoolError as error:
        return confirm_page(Filled(), error)
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.get("/account/passkeys/new")
@signed_in("passkey.manage")
@confirmed
def show_new() -> Response:
    """Ask for a name for the passkey to be."""
    return _new_page(Filled())


@blueprint.post("/account/passkeys/new")
@signed_in("passkey.manage")
@confirmed
def register() -> Response:
    """Register a passkey."""
    form = Filled({"name": request.form.get("name", "")})
    try:
        given = forms.load(NewPasskeyForm, request.form.to_dict())
        answer = _answer()
        with edge().transactions.begin(present_visit().caller.actor) as tx:
            passkeys.add(tx, edge().keys, answer, name=given["name"], source=_source())
    except ExpertpoolError as error:
        return _new_page(form, error)
    return go(f"{request.script_root}/account")


@blueprint.get("/account/passkeys/<passkey_id>")
@signed_in("passkey.manage")
@confirmed
def show_one(passkey_id: str) -> Response:
    """Say what removing a passkey does."""
    with reading() as session:
        found = passkeys.own(session, present_visit().caller.actor, passkey_id)
    return page("identity/passkey.html", passkey=found)


@blueprint.post("/account/passkeys/<passkey_id>")
@signed_in("passkey.manage")
@confirmed
def remove(passkey_id: str) -> Response:
    """Remove one of one's own passkeys."""
    with edge().transactions.begin(present_visit().caller.actor) as tx:
        passkeys.remove(tx, passkey_id, _source())
    return go(f"{request.script_root}/account")


def _new_page(form: Filled, error: ExpertpoolError | None = None) -> Response:
    if error is not None:
        form.blame(error)
    party = _party()
    with reading() as session:
        actor = session.get_one(Actor, present_visit().caller.actor)
        held = passkeys.of(session, actor.id)
        asked = passkeys.to_register(party, actor, held, fresh_challenge(passkeys.REGISTER))
    status = status_of(error) if error else 200
    return page("identity/new_passkey.html", status=status, form=form, passkey=asked)


def _answer() -> Answer:
    given = forms.load(PasskeyForm, request.form.to_dict())
    return Answer(_party(), given["response"], cookies.secret_of_visitor() or "")


def _party() -> RelyingParty:
    """Where there can be no passkeys, there are no such pages."""
    return relying_party() or abort(404)


def _source() -> bytes:
    return lockout.source_of(edge().keys, request.remote_addr)
