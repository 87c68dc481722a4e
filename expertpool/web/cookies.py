"""The one cookie: 256 random bits, those of a session once somebody has signed in.

``__Host-`` makes browsers take it only over https, for this host alone and for every path (RFC 6265bis, 4.1.3.2). A
demonstration on plain http has to do without, and says so in the cookie's name.
"""

import re
import secrets
from typing import Final

from flask import Response, g, request

from expertpool.web.edge import LANGUAGE_COOKIE, edge

STRICT: Final = "__Host-expertpool"
WEAK: Final = "expertpool-demo"
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_A_YEAR_S: Final = 31_536_000


def secret_of_visitor() -> str | None:
    """What the browser's cookie says, if it is of the right form."""
    given = request.cookies.get(_name(), "")
    return given if _FORM.fullmatch(given) else None


def secret_for_forms() -> str:
    """The same, or a fresh one that the answer sets: what a form's token is made from."""
    held = secret_of_visitor() or g.get("fresh_cookie")
    if held is None:
        held = g.fresh_cookie = secrets.token_urlsafe(32)
    return str(held)


def give(secret: str) -> None:
    """Have the answer set the cookie."""
    g.fresh_cookie = secret


def take() -> None:
    """Have the answer remove the cookie."""
    g.fresh_cookie = ""


def write_cookies(response: Response) -> Response:
    """Set what this request had set. Runs after every request."""
    fresh: str | None = g.get("fresh_cookie")
    if fresh:
        response.set_cookie(_name(), fresh, path="/", secure=is_secure(), httponly=True, samesite="Lax")
    elif fresh is not None:
        response.delete_cookie(_name(), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    if chosen := g.get("chosen_language"):
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=_A_YEAR_S, secure=is_secure(), httponly=True, samesite="Lax"
        )
    return response


def _name() -> str:
    return STRICT if is_secure() else WEAK


def is_secure() -> bool:
    """Production is always https (see `core.settings_loading`)."""
    return edge().settings.service.base_url.startswith("https://")
