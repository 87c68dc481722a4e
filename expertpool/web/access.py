"""Every route says who may use it, or the application does not start.

``@public``, ``@requires(verb)``, ``@signed_in(verb)``, ``@by_signature`` and ``@by_vault`` only mark a view; the marks
are enforced in one place, before the request is read. A program shows a token and a browser a cookie, and neither gets
in by the other's way: so no page of another site can have a browser call the API, and every form has to show its token.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, cast

from flask import Flask, current_app, g, request

from expertpool.web.cookies import secret_of_visitor
from expertpool.web.edge import Caller, Visit, edge
from expertpool.web.errors import ConfirmationNeeded, NotSignedIn, RoleRefused, ScopeRefused, SignInNeeded
from expertpool.web.forms import check_form_token

PUBLIC: Final = "public"
SIGNED: Final = "signature"
VAULT: Final = "vault"
WITHOUT_ACCOUNT: Final = frozenset({PUBLIC, SIGNED, VAULT})
RULE: Final = "access"
BY_COOKIE: Final = "by-cookie"
CONFIRMED: Final = "confirmed"
FILE: Final = "file"
NEVER_KEPT: Final = "never-kept"
BY_ITSELF: Final = "X-By-Itself"
"""On what a page asks for by itself, such as a board that renews: it keeps nobody signed in."""
CONFIRMED_FOR: Final = timedelta(minutes=5)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., Any]


class RouteWithoutRule(RuntimeError):
    """A mistake in the program: nobody has said who may use a route, or the permission table lacks its verb."""


def public(view: View) -> View:
    """Mark a view as open to everyone."""
    return mark(view, RULE, PUBLIC)


def by_signature(view: View) -> View:
    """Mark a view whose callers have no token but sign what they send; the view checks that before all else."""
    return mark(view, RULE, SIGNED)


def by_vault(view: View) -> View:
    """Mark a view of the API whose callers have no account but a code or an expert's token: the vault checks those."""
    return mark(view, RULE, VAULT)


def requires(verb: str) -> Callable[[View], View]:
    """Mark a view of the API as open to callers whose role has ``verb`` in the permission table."""
    return lambda view: mark(view, RULE, verb)


def signed_in(verb: str) -> Callable[[View], View]:
    """Mark a page as open to browsers that are signed in as somebody whose role has ``verb``."""
    return lambda view: mark(mark(view, RULE, verb), BY_COOKIE, value=True)


def confirmed(view: View) -> View:
    """Mark a page for which the second factor must have been given within the last five minutes."""
    return mark(view, CONFIRMED, value=True)


def takes_file(most: int) -> Callable[[View], View]:
    """Mark a page whose form brings a file, of at most so many bytes; it is read of nobody who may not send it."""
    return lambda view: mark(view, FILE, most)


def never_kept(view: View) -> View:
    """Mark a read that shows people, masked or not: nobody's cache keeps it."""
    return mark(view, NEVER_KEPT, value=True)


def is_never_kept(view: View) -> bool:
    """Whether no cache may keep what the view answers."""
    return bool(_mark_of(view, NEVER_KEPT))


def mark(view: View, name: str, value: object) -> View:
    """Note something about a view where flask-smorest keeps what it knows of it: its decorators carry that along."""
    view._apidoc = {**getattr(view, "_apidoc", {}), name: value}  # type: ignore[attr-defined]  # noqa: SLF001
    return view


def rule_of(view: View) -> str | None:
    """A view's mark."""
    rule: str | None = _mark_of(view, RULE)
    return rule


def is_page(view: View) -> bool:
    """Whether a view is for signed-in browsers."""
    return bool(_mark_of(view, BY_COOKIE))


def takes_form(view: View, method: str) -> bool:
    """Whether what is sent here is a form: whatever changes something and shows neither token nor signature."""
    return method not in SAFE_METHODS and (is_page(view) or rule_of(view) == PUBLIC)


def most_of_file(view: View) -> int | None:
    """How many bytes a file may have that the view's form brings; None for a form without one."""
    most: int | None = _mark_of(view, FILE)
    return most


def caller() -> Caller:
    """Whoever sent the present request to a route that is not public."""
    return cast(Caller, g.caller)


def visit() -> Visit | None:
    """The signed-in browser that sent the present request, on a public page too; None if it is not signed in."""
    if "visit" not in g:
        secret = secret_of_visitor()
        in_use = BY_ITSELF not in request.headers
        g.visit = edge().gate.recall(secret, in_use=in_use) if secret else None
    return cast("Visit | None", g.visit)


def present_visit() -> Visit:
    """The signed-in browser that sent the present request to a page that only such may see."""
    return cast(Visit, g.visit)


def enforce() -> None:
    """Let the request through or raise what it lacks. Runs before every request."""
    if request.endpoint is None:
        return  # no such address or method: routing answers that
    view = _views()[request.endpoint]
    rule = _checked(request.endpoint, rule_of(view))
    is_form = takes_form(view, request.method)
    # The token of a form with a file lies behind the file: that is read of nobody who may not send it.
    later = is_form and most_of_file(view) is not None and rule not in WITHOUT_ACCOUNT and visit() is not None
    if is_form and not later:
        check_form_token()
    if rule in WITHOUT_ACCOUNT:
        return
    found = _browser() if is_page(view) else _program()
    g.caller = found
    if not edge().gate.admits(found, rule):
        raise RoleRefused(rule)
    if not edge().gate.covers(found, rule):
        raise ScopeRefused(rule)
    if later:
        check_form_token()
    if _mark_of(view, CONFIRMED) and edge().clock.now() - present_visit().confirmed > CONFIRMED_FOR:
        raise ConfirmationNeeded


def refuse_routes_without_rule(app: Flask) -> None:
    """Raise `RouteWithoutRule` unless every route has a rule that means something."""
    gate = app.extensions["expertpool"].gate
    for route in app.url_map.iter_rules():
        rule = _checked(route.rule, rule_of(app.view_functions[route.endpoint]))
        if rule not in WITHOUT_ACCOUNT and not gate.knows(rule):
            raise RouteWithoutRule(f"{route.rule} requires {rule!r}, which the permission table does not have")


def _browser() -> Caller:
    found = visit()
    if found is None:
        raise SignInNeeded
    return found.caller


def _program() -> Caller:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = edge().gate.identify(token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise NotSignedIn
    return found


def _views() -> dict[str, View]:
    return current_app.view_functions


def _mark_of(view: View, name: str) -> Any:
    return getattr(view, "_apidoc", {}).get(name)


def _checked(route: str, rule: str | None) -> str:
    if rule is None:
        raise RouteWithoutRule(f"{route} says neither @public nor @requires(...), @signed_in(...) nor @by_signature")
    return rule
