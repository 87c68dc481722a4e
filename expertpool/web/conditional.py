"""Reads that say "not modified", and writes that do not overwrite what somebody else changed (RFC 9110, section 13).

The tag of a resource is a hash of the very bytes that a read answers. A write that replaces a resource must show the
tag that its sender has seen: it is compared inside the act's own transaction with what a read answers then, which is
the state before the act, so that of two who replace the same thing at once the second is told.
"""

import hashlib
from typing import Any, Final

from flask import Flask, Response, current_app, request

from expertpool.web.access import PUBLIC, VAULT, is_never_kept, rule_of
from expertpool.web.errors import PreconditionFailed, PreconditionNeeded

PREFIX: Final = "/api/"
ANYBODYS: Final = "public, no-cache"
ONES_OWN: Final = "private, no-cache"
"""To be kept, and asked about before each use."""


def init_conditional(app: Flask) -> None:
    """Tag what the API's reads answer, and answer "not modified" to whoever has it."""
    app.after_request(_tag)


def require_match(read: str) -> None:
    """Raise unless the present request shows the tag of what the view ``read`` answers to its sender.

    Raises `PreconditionNeeded`, `PreconditionFailed`.
    """
    given = request.if_match
    if not request.headers.get("If-Match"):
        raise PreconditionNeeded
    arguments: Any = request.view_args
    answered: Any = current_app.view_functions[read](**arguments)
    if not given.contains(tag_of(current_app.make_response(answered))):
        raise PreconditionFailed


def tag_of(response: Response) -> str:
    """The tag of an answer."""
    return hashlib.sha256(response.get_data()).hexdigest()[:32]


def _tag(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    rule = rule_of(view) if view else None
    is_read = request.method in ("GET", "HEAD") and request.path.startswith(PREFIX)
    if view is None or not is_read or response.status_code != 200 or rule in (None, VAULT):
        return response
    if "ETag" not in response.headers:
        response.set_etag(tag_of(response))
    if not is_never_kept(view):
        response.headers.setdefault("Cache-Control", ANYBODYS if rule == PUBLIC else ONES_OWN)
    if "If-Match" not in request.headers:
        response.make_conditional(request)
    return response
