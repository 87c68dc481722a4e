"""Pages as browsers get them: the shell, what every template may use, and errors as pages.

A text stands in both languages side by side, ``t("中文", "English")``, so that none can be missing in either
(``tests/web/test_templates.py``).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, g, redirect, render_template, request
from markupsafe import Markup

from expertpool.core.errors import ExpertpoolError
from expertpool.web.access import visit
from expertpool.web.cookies import write_cookies
from expertpool.web.edge import Desk, edge, language
from expertpool.web.errors import ConfirmationNeeded, SignInNeeded
from expertpool.web.forms import TOKEN_FIELD, form_token
from expertpool.web.guards import request_id

SIGN_IN: Final = "/sign-in"
CONFIRM: Final = "/confirm"
BEIJING: Final = timezone(timedelta(hours=8))
# Our own scripts and styles, from files. Tabler's style sheet draws its arrows and ticks with data: pictures.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def init_rendering(app: Flask) -> None:
    """Give templates what they use, and answers their cookies."""
    app.jinja_env.globals.update(t=t, hidden_token=_hidden_token)
    app.jinja_env.filters.update(clock=clock_time, day=day, moment=moment)
    app.after_request(write_cookies)


def t(zh: str, en: str) -> str:
    """The text in the reader's language."""
    return zh if language() == "zh" else en


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A page in the shell. Whoever asks for a language by address keeps it."""
    if request.args.get("lang") in ("zh", "en"):
        g.chosen_language = request.args["lang"]
    shell: Mapping[str, Any] = {
        "lang": language(),
        "service": edge().settings.service,
        "is_demo": edge().settings.service.mode == "demo",
        "visit": visit(),
        "desks": desks_of_visitor(),
        "other_language": _in_other_language(),
    }
    body = render_template(template, **shell, **context)
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Content-Language"] = language()
    response.headers.add("Vary", "Accept-Language, Cookie")
    return response


def desks_of_visitor() -> list[Desk]:
    """The desks of whoever is signed in, in the order in which capabilities name them."""
    who = visit()
    return [desk for desk in edge().desks if who and edge().gate.admits(who.caller, desk.verb)]


def home() -> str:
    """Where somebody who has signed in begins: the first desk, or the account of whoever has none yet."""
    found = desks_of_visitor()
    return request.script_root + (found[0].path if found else "/account")


def wants_page() -> bool:
    """Whether the answer is for a browser's reader: it says that it prefers HTML, and this is not the API."""
    accepted = request.accept_mimetypes
    return not request.path.startswith("/api/") and accepted["text/html"] > accepted["application/problem+json"]


def problem_page(error: ExpertpoolError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a page; or the way to sign in or confirm, and back to what was asked for.

    Who is signed in is not looked up for it: the database may be what failed.
    """
    g.setdefault("visit", None)
    if isinstance(error, SignInNeeded | ConfirmationNeeded):
        way = SIGN_IN if isinstance(error, SignInNeeded) else CONFIRM
        back = request.full_path.rstrip("?") if request.method == "GET" else home()
        address = f"{request.script_root}{way}?next={quote(back, safe='/')}"
        if "HX-Request" in request.headers:
            return Response(status=status, headers={"HX-Redirect": address})
        return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response
    response = page("problem.html", status=status, error=error, request_id=request_id())
    response.headers.update(headers or {})
    return response


def clock_time(at: datetime) -> str:
    """The time of day in Beijing."""
    return at.astimezone(BEIJING).strftime("%H:%M")


def day(at: datetime) -> str:
    """The day in Beijing, with its weekday."""
    local = at.astimezone(BEIJING)
    if language() == "zh":
        return f"{local.month}月{local.day}日 {_WEEKDAYS[local.weekday()]}"
    return local.strftime("%a %-d %b")


def moment(at: datetime) -> str:
    """Day and time in Beijing."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _hidden_token() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, form_token())


def _in_other_language() -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    wished = [*kept, ("lang", "en" if language() == "zh" else "zh")]
    return "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in wished)
