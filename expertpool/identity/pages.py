"""Signing in and out, setting credentials by invitation, and one's own account, for browsers."""

from typing import Final

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import (
    administration_pages,
    browsers,
    certificates,
    demo,
    inviting,
    link_pages,
    lockout,
    oidc,
    oidc_pages,
    passkey_pages,
    passkeys,
    second_factor,
    signing_in,
    token_pages,
)
from expertpool.identity.entrance import confirm_page, go, next_page, origin, relying_party, sign_in_page
from expertpool.identity.errors import PasswordsDiffer
from expertpool.identity.form_schemas import ConfirmForm, SetUpForm, SignInForm
from expertpool.identity.models import Credential
from expertpool.identity.roles import LABELS, Role
from expertpool.identity.signing_in import Given
from expertpool.web import cookies, forms
from expertpool.web.access import present_visit, public, signed_in, visit
from expertpool.web.edge import Desk, edge, language, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import CONFIRM, SIGN_IN, home, page

DESKS: Final = (
    Desk("/accounts", "账号", "Accounts", "user", "actor.invite"),
    Desk("/trail", "登录记录", "Sign-ins", "clock", "trail.see"),
)

blueprint = Blueprint("account", __name__, template_folder="templates")
blueprint.register_blueprint(administration_pages.blueprint)
blueprint.register_blueprint(passkey_pages.blueprint)
blueprint.register_blueprint(link_pages.blueprint)
blueprint.register_blueprint(oidc_pages.blueprint)
blueprint.register_blueprint(token_pages.blueprint)


@blueprint.get(SIGN_IN)
@public
def show_sign_in() -> Response:
    """The page to sign in at; whoever is signed in goes on."""
    return go(next_page()) if visit() else sign_in_page(Filled())


@blueprint.post(SIGN_IN)
@public
def sign_in() -> Response:
    """Sign in with account, password and one-time code."""
    form = Filled({"account": request.form.get("account", "")})
    try:
        given = Given(**forms.load(SignInForm, request.form.to_dict()))
        opened = signing_in.sign_in(edge().transactions, edge().keys, given, origin())
    except ExpertpoolError as error:
        return sign_in_page(form, error)
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.post("/sign-in/demo")
@public
def enter_demo() -> Response:
    """Sign in as an account of a role with one click; in a demonstration only."""
    role = Role(request.form["role"]) if request.form.get("role") in set(Role) else Role.EXPERT
    opened = demo.enter(edge().transactions, edge().keys, edge().settings.service, role, origin())
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.post("/sign-out")
@signed_in("account.see-own")
def sign_out() -> Response:
    """End this browser's session."""
    with edge().transactions.begin(present_visit().caller.actor) as tx:
        signing_in.sign_out(tx, edge().keys, present_visit().session, origin())
    cookies.take()
    return go(request.script_root + SIGN_IN)


@blueprint.get("/home")
@signed_in("account.see-own")
def go_home() -> Response:
    """Where one's own work begins."""
    return go(home())


@blueprint.get(CONFIRM)
@signed_in("account.see-own")
def show_confirm() -> Response:
    """Ask for the one-time code again, before an exceptional act."""
    return confirm_page(Filled())


@blueprint.post(CONFIRM)
@signed_in("account.see-own")
def confirm() -> Response:
    """Take the one-time code again; the session goes on under a new secret."""
    try:
        given = forms.load(ConfirmForm, request.form.to_dict())
        opened = signing_in.confirm(edge().transactions, edge().keys, present_visit().session, given["code"], origin())
    except ExpertpoolError as error:
        return confirm_page(Filled(), error)
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.get("/invitation")
@public
def show_invitation() -> Response:
    """Ask for the invitation."""
    return page("identity/invitation.html", form=Filled())


@blueprint.post("/invitation")
@public
def open_invitation() -> Response:
    """Show whom an invitation is for, and the secret for the authenticator."""
    try:
        return _set_up_page(Filled())
    except ExpertpoolError as error:
        form = Filled()
        form.blame(error)
        return page("identity/invitation.html", status=status_of(error), form=form)


@blueprint.post("/set-up")
@public
def set_up() -> Response:
    """Set password and authenticator, and show the recovery codes this once."""
    form, parts = Filled(), edge()
    try:
        given = forms.load(SetUpForm, request.form.to_dict())
        if given["password"] != given["again"]:
            raise PasswordsDiffer(field="again")
        codes = _accept(given)
    except ExpertpoolError as error:
        form.blame(error)
        if "invitation" in form.complaints:
            return page("identity/invitation.html", status=status_of(error), form=form)
        return _set_up_page(form, status_of(error))
    cookies.take()
    return page("identity/recovery_codes.html", codes=codes, service_name=parts.settings.service.name_zh)


@blueprint.get("/account")
@signed_in("account.see-own")
def show_account() -> Response:
    """One's own account: how it signs in, and which browsers are signed in."""
    who = present_visit()
    with reading() as session:
        own = browsers.own(session, who.caller.actor, edge().clock.now())
        held = session.get(Credential, who.caller.actor)
        linked, elsewhere = certificates.of(session, who.caller.actor), oidc.of(session, who.caller.actor)
        held_keys = passkeys.of_with_use(session, who.caller.actor)
    return page(
        "identity/account.html",
        follows=edge().gate.admits(who.caller, "webhook.see"),
        sessions=own,
        held=held,
        passkeys=held_keys if relying_party() else None,
        certificates=linked,
        subjects=elsewhere,
    )


@blueprint.post("/account/sessions/<session_id>/end")
@signed_in("account.see-own")
def end_session(session_id: str) -> Response:
    """End one of one's own sessions, in another browser perhaps."""
    who = present_visit()
    with edge().transactions.begin(who.caller.actor) as tx:
        signing_in.end_session(tx, edge().keys, session_id, origin())
    return go(f"{request.script_root}/account")


def _accept(given: dict[str, str]) -> tuple[str, ...]:
    """Judge and hash the password, which takes long, before the transaction that sets it."""
    parts = edge()
    with reading() as session:
        actor = inviting.invited(session, parts.keys, given["invitation"], parts.clock.now()).actor
        about = inviting.words_about(session, actor)
    sealed = inviting.sealed_password(parts.keys, actor, given["password"], about)
    source = lockout.source_of(parts.keys, request.remote_addr)
    with parts.transactions.begin(actor.id) as tx:
        return inviting.accept(
            tx, parts.keys, given["invitation"], sealed_hash=sealed, code=given["code"], source=source
        )


def _set_up_page(form: Filled, status: int = 200) -> Response:
    parts, text = edge(), request.form.get("invitation", "")
    with reading() as session:
        found = inviting.invited(session, parts.keys, text, parts.clock.now())
    service = parts.settings.service.name_zh if language() == "zh" else parts.settings.service.name_en
    address = second_factor.address(found.secret, account=found.actor.code, service=service)
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, border=2)
    return page(
        "identity/set_up.html",
        status=status,
        form=form,
        invitation=text,
        account=found.actor.code,
        role=LABELS[found.actor.role],
        secret=found.secret,
        qr=Markup(drawn),  # noqa: S704 -- paths that the library drew
    )
