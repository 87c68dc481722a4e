"""The way to the OpenID provider and back, for signing in and for confirming."""

from typing import Final

from flask import Blueprint, Response, abort, current_app, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import oidc, oidc_sign_in
from expertpool.identity.entrance import confirm_page, go, next_page, origin, sign_in_page
from expertpool.identity.form_schemas import ReturnForm
from expertpool.identity.oidc_provider import Provider, open_provider
from expertpool.identity.oidc_sign_in import Returned
from expertpool.web import cookies, forms
from expertpool.web.access import public, signed_in, visit
from expertpool.web.edge import edge
from expertpool.web.forms import Filled, local_path

RETURN: Final = "/sign-in/oidc/return"
_EXTENSION: Final = "expertpool-oidc"

blueprint = Blueprint("oidc", __name__)


@blueprint.get("/sign-in/oidc")
@public
def leave_to_sign_in() -> Response:
    """Send the browser to the provider. A link, for a form may not lead to another site."""
    return _leave(oidc.SIGN_IN)


@blueprint.get("/confirm/oidc")
@signed_in("account.see-own")
def leave_to_confirm() -> Response:
    """The same, to show there again who one is."""
    return _leave(oidc.CONFIRM)


@blueprint.get(RETURN)
@public
def come_back() -> Response:
    """Take what the provider has the browser bring back."""
    parts, who = edge(), visit()
    try:
        given = forms.load(ReturnForm, request.args.to_dict())
        browser, session = cookies.secret_of_visitor() or "", who.session if who else None
        brought = Returned(given["state"], given["code"], browser, _back(), session)
        opened, wished = oidc_sign_in.complete(parts.transactions, parts.keys, _provider(), brought, origin())
    except ExpertpoolError as error:
        return _failed(error)
    cookies.give(opened.secret)
    return go(local_path(wished, f"{request.script_root}/home"))


def _leave(aim: str) -> Response:
    parts = edge()
    try:
        provider = _provider()
        endpoint = provider.endpoints().authorization
    except ExpertpoolError as error:
        return _failed(error)
    errand = oidc.leaving(parts.keys, cookies.secret_for_forms(), parts.clock.now(), aim=aim, next_page=next_page())
    address = oidc.address(parts.keys, provider.settings, errand, endpoint=endpoint, back=_back())
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response


def _failed(error: ExpertpoolError) -> Response:
    return confirm_page(Filled(), error) if visit() else sign_in_page(Filled(), error)


def _provider() -> Provider:
    """The one provider of this process; where none is set, there are no such pages."""
    if not edge().settings.oidc.issuer:
        abort(404)
    held = current_app.extensions
    if _EXTENSION not in held:
        held[_EXTENSION] = open_provider(edge().settings.oidc, edge().clock)
    provider: Provider = held[_EXTENSION]
    return provider


def _back() -> str:
    """Where the provider sends people back to, as it is registered there."""
    return f"{edge().settings.service.base_url}{RETURN}"
