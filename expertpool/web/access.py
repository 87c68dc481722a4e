"""Every route says who may use it, or the application does not start.

``@public``, ``@requires(verb)``, ``@by_signature`` and ``@by_vault`` only mark a view; the marks are enforced in one
place, before the request is read.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from flask import Flask, current_app, g, request

from expertpool.web.edge import Caller, edge
from expertpool.web.errors import NotSignedIn, RoleRefused

PUBLIC: Final = "public"
SIGNED: Final = "signature"
VAULT: Final = "vault"
WITHOUT_ACCOUNT: Final = frozenset({PUBLIC, SIGNED, VAULT})
RULE: Final = "access"
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
    """Mark a view as open to callers whose role has ``verb`` in the permission table."""
    return lambda view: mark(view, RULE, verb)


def mark(view: View, name: str, value: object) -> View:
    """Note something about a view where flask-smorest keeps what it knows of it: its decorators carry that along."""
    view._apidoc = {**getattr(view, "_apidoc", {}), name: value}  # type: ignore[attr-defined]  # noqa: SLF001
    return view


def rule_of(view: View) -> str | None:
    """A view's mark."""
    rule: str | None = getattr(view, "_apidoc", {}).get(RULE)
    return rule


def caller() -> Caller:
    """Whoever sent the present request to a route that is not public."""
    return cast(Caller, g.caller)


def enforce() -> None:
    """Let the request through or raise `NotSignedIn` or `RoleRefused`. Runs before every request."""
    if request.endpoint is None:
        return  # no such address or method: routing answers that
    rule = _checked(request.endpoint, rule_of(_views()[request.endpoint]))
    if rule in WITHOUT_ACCOUNT:
        return
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = edge().gate.identify(token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise NotSignedIn
    g.caller = found
    if not edge().gate.admits(found, rule):
        raise RoleRefused(rule)


def refuse_routes_without_rule(app: Flask) -> None:
    """Raise `RouteWithoutRule` unless every route has a rule that means something."""
    gate = app.extensions["expertpool"].gate
    for route in app.url_map.iter_rules():
        rule = _checked(route.rule, rule_of(app.view_functions[route.endpoint]))
        if rule not in WITHOUT_ACCOUNT and not gate.knows(rule):
            raise RouteWithoutRule(f"{route.rule} requires {rule!r}, which the permission table does not have")


def _views() -> dict[str, View]:
    return current_app.view_functions


def _checked(route: str, rule: str | None) -> str:
    if rule is None:
        raise RouteWithoutRule(f"{route} has no @public, @requires(...), @by_signature or @by_vault")
    return rule
