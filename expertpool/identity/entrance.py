"""The pages at which people show who they are, each with all its ways: signing in, and confirming."""

from typing import Any

from flask import Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import challenges, demo, oidc, passkeys
from expertpool.identity.attempts import Origin
from expertpool.identity.passkeys import RelyingParty
from expertpool.identity.roles import LABELS
from expertpool.web.access import present_visit
from expertpool.web.cookies import secret_for_forms
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled, local_path
from expertpool.web.problems import status_of
from expertpool.web.rendering import page


def sign_in_page(form: Filled, error: ExpertpoolError | None = None) -> Response:
    """The page to sign in at, perhaps with what was wrong."""
    if error is not None:
        form.blame(error)
    party = relying_party()
    roles = demo.roles() if edge().settings.service.mode == "demo" else ()
    return page(
        "identity/sign_in.html",
        status=status_of(error) if error else 200,
        form=form,
        next=next_page(),
        passkey=passkeys.to_sign(party, fresh_challenge(passkeys.SIGN)) if party else None,
        oidc=edge().settings.oidc,
        by_certificate=bool(edge().settings.certificates.authorities),
        roles=[(role.value, LABELS[role]) for role in roles],
    )


def confirm_page(form: Filled, error: ExpertpoolError | None = None) -> Response:
    """The page to confirm at that it is still the same person."""
    if error is not None:
        form.blame(error)
    party = relying_party()
    with reading() as session:
        held = passkeys.of(session, present_visit().caller.actor)
        elsewhere = oidc.of(session, present_visit().caller.actor)
    return page(
        "identity/confirm.html",
        status=status_of(error) if error else 200,
        form=form,
        next=next_page(),
        passkey=passkeys.to_sign(party, fresh_challenge(passkeys.SIGN), held) if party and held else None,
        oidc=edge().settings.oidc if elsewhere else None,
    )


def relying_party() -> RelyingParty | None:
    """For whom passkeys are made here, if they can be."""
    return passkeys.relying_party(edge().settings.service)


def fresh_challenge(purpose: str) -> bytes:
    """A challenge for the browser that is shown this page."""
    return challenges.new(edge().keys, purpose, secret_for_forms(), edge().clock.now())


def next_page() -> str:
    """Where whoever came on the way to somewhere goes on."""
    wished: Any = request.form.get("next") or request.args.get("next", "")
    return local_path(wished, f"{request.script_root}/home")


def origin() -> Origin:
    """Where the present request comes from."""
    return Origin(request.remote_addr, request.user_agent.string)


def go(address: str) -> Response:
    """On to another page of ours."""
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response
