"""An expert's own page: in by telephone and one-time code, to what was opened with a code and to what is past.

The vault's token is in a cookie of its own that no script can read; it stands on no page, and no account goes with it.
"""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import VaultSilent
from expertpool.invitations import verbs
from expertpool.invitations.asking import line, source
from expertpool.invitations.desk_errors import SignedOut
from expertpool.invitations.desk_schemas import CodeBody, PhoneBody, SignInBody
from expertpool.web import forms
from expertpool.web.access import public
from expertpool.web.cookies import is_secure
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

STRICT: Final = "__Host-expertpool-expert"
WEAK: Final = "expertpool-expert-demo"
_TOKEN: Final = re.compile(r"exs_[A-Za-z0-9_-]{43}", re.ASCII)

blueprint = Blueprint("own", __name__)


@blueprint.get("/me")
@public
def show() -> Response:
    """What is one's own; whoever is not signed in is asked for the telephone number."""
    return _own(Filled())


@blueprint.post("/me/code")
@public
def ask_code() -> Response:
    """Have a one-time code sent, if the pool knows the number; the page does not tell."""
    form, phone = Filled(), _sent()["phone"]
    try:
        given = forms.load(PhoneBody, _sent())
        asked = line().ask(verbs.ASK_CODE, **given, source=source())
    except ExpertpoolError as error:
        form.blame(error)
        return page("invitations/phone.html", status=status_of(error), form=form)
    return page("invitations/one_time_code.html", form=form, phone=phone, minutes=asked["minutes"])


@blueprint.post("/me/sign-in")
@public
def sign_in() -> Response:
    """Exchange number and one-time code for the cookie."""
    form = Filled()
    try:
        given = line().ask(verbs.SIGN_IN, **forms.load(SignInBody, _sent()), source=source())["token"]
    except ExpertpoolError as error:
        form.blame(error)
        shown = {"phone": _sent()["phone"], "minutes": None}
        return page("invitations/one_time_code.html", status=status_of(error), form=form, **shown)
    answer = back()
    answer.set_cookie(_name(), given, path="/", secure=is_secure(), httponly=True, samesite="Strict")
    return answer


@blueprint.post("/me/open")
@public
def open_invitation() -> Response:
    """Open an invitation of one's own in this sign-in, by its answer code."""
    form = Filled()
    try:
        code = forms.load(CodeBody, _sent())["code"]
        line().ask(verbs.OPEN, token=token(), code=code, source=source())
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _own(form, status_of(error))
    return back()


@blueprint.post("/me/sign-out")
@public
def sign_out() -> Response:
    """End the sign-in. While the vault is away the cookie goes all the same, and nobody else has the token."""
    with suppress(SignedOut, VaultSilent):
        line().ask(verbs.SIGN_OUT, token=token())
    return _without_cookie(back())


def _own(form: Filled, status: int = 200) -> Response:
    try:
        found = line().ask(verbs.MINE, token=token())
    except SignedOut:
        return _without_cookie(page("invitations/phone.html", form=Filled()))
    return page(
        "invitations/own.html",
        status=status,
        form=form,
        invitations=[_timed(each) for each in found["invitations"]],
        assignments=[_timed(each) for each in found["assignments"]],
    )


def _timed(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "starts": datetime.fromisoformat(shown["starts"])}


def token() -> str:
    """The vault's token. Raises `SignedOut` when the browser has none of the right form."""
    given = request.cookies.get(_name(), "")
    if not _TOKEN.fullmatch(given):
        raise SignedOut
    return given


def _sent() -> dict[str, str]:
    """The form; people type numbers and codes with spaces."""
    return {name: "".join(request.form.get(name, "").split()) for name in ("phone", "code")}


def back() -> Response:
    """To one's own page, by a request that sends nothing again on reloading."""
    return redirect(f"{request.script_root}/me", 303)  # type: ignore[return-value]  # Flask's own Response


def _without_cookie(answer: Response) -> Response:
    if _name() in request.cookies:
        answer.delete_cookie(_name(), path="/", secure=is_secure(), httponly=True, samesite="Strict")
    return answer


def _name() -> str:
    return STRICT if is_secure() else WEAK
