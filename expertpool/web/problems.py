"""Every error as one shape: application/problem+json (RFC 9457) with a stable code and both languages.

An error of the domain gets its status from its nature; nothing of an unexpected one is shown but the request's number.
The log names where it happened and never repeats a message, which may hold what somebody entered.
"""

import traceback
from typing import Any, Final

import structlog
from flask import Flask, Response, g, json, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import HTTPException, SecurityError

from expertpool.core.errors import Conflict, ExpertpoolError, Forbidden, Invalid, NotFound, Several, Unavailable
from expertpool.web import errors, rendering
from expertpool.web.edge import language
from expertpool.web.guards import MAX_BODY_BYTES, request_id
from expertpool.web.validation import complaints

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2

# The first that fits: an error's own status before that of its nature.
_STATUS: Final[tuple[tuple[type[ExpertpoolError], int], ...]] = (
    (errors.BadRequest, 400),
    (errors.BadHost, 400),
    (errors.BadJson, 400),
    (errors.BadIdempotencyKey, 400),
    (errors.NotSignedIn, 401),
    (errors.SignInNeeded, 401),
    (errors.WrongMethod, 405),
    (errors.PreconditionFailed, 412),
    (errors.PreconditionNeeded, 428),
    (errors.TooManyRequests, 429),
    (errors.TooLarge, 413),
    (errors.WrongContentType, 415),
    (Invalid, 422),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Unavailable, 503),
)

log = structlog.get_logger("web")


class FieldProblem(Schema):
    field = fields.String(required=True, metadata={"description": "dotted path of the field; empty for the whole"})
    code = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ProblemSchema(Schema):
    """The one shape of errors (RFC 9457)."""

    class Meta:
        title = "Problem"

    type = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "the message in the reader's language"})
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable: programs and documentation refer to it"})
    zh = fields.String(required=True)
    en = fields.String(required=True)
    params = fields.Dict(required=True, metadata={"description": "what the messages mention"})
    errors = fields.List(fields.Nested(FieldProblem), metadata={"description": "the fields to blame"})
    request_id = fields.String(required=True)


def init_problems(app: Flask) -> None:
    """Answer every error with a problem."""
    app.register_error_handler(ExpertpoolError, _expected)
    app.register_error_handler(HTTPException, _of_framework)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: ExpertpoolError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(error: ExpertpoolError, headers: dict[str, str] | None = None) -> Response:
    """The answer that tells an error: a page for a browser, else problem+json."""
    if rendering.wants_page() and not isinstance(error, errors.BadHost):  # under another's name there are no addresses
        return rendering.problem_page(error, status_of(error), headers)
    status, spoken = status_of(error), language()
    body: dict[str, Any] = {
        "type": f"urn:expertpool:problem:{error.code}",
        "title": error.message(spoken),
        "status": status,
        "code": error.code,
        "zh": error.message("zh"),
        "en": error.message("en"),
        "params": error.params,
        "request_id": request_id(),
    }
    if blamed := _blamed(error):
        body["errors"] = blamed
    response = Response(json.dumps(body), status, headers, content_type=CONTENT_TYPE)
    response.headers["Content-Language"] = spoken
    response.headers.add("Vary", "Accept-Language")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="expertpool"'
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(error.seconds)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _blamed(error: ExpertpoolError) -> list[dict[str, str]]:
    if isinstance(error, errors.InvalidInput):
        return error.fields
    inner = error.problems if isinstance(error, Several) else (error,)
    return [
        {"field": one.field, "code": one.code, "zh": one.message("zh"), "en": one.message("en")}
        for one in inner
        if one.field is not None
    ]


def _expected(error: ExpertpoolError, headers: dict[str, str] | None = None) -> Response:
    route = request.url_rule.rule if request.url_rule else None
    actor = g.caller.actor if "caller" in g else None
    status = status_of(error)
    tell = log.warning if status in (401, 403) else log.info
    tell(
        "web.refused",
        code=error.code,
        status=status,
        method=request.method,
        route=route,
        actor=actor,
        request_id=request_id(),
    )
    return problem(error, headers)


def _of_framework(error: HTTPException) -> Response:
    """What webargs says of the input is told field by field; all else has an error of its own."""
    invalid = getattr(error, "exc", None)
    if isinstance(invalid, ValidationError):
        return _expected(errors.InvalidInput(_fields(invalid)))
    kept = {name: value for name, value in error.get_headers() if name == "Allow"}
    match error.code:
        case 404:
            return _expected(errors.NoSuchAddress())
        case 405:
            return _expected(errors.WrongMethod(), kept)
        case 413:
            return _expected(errors.TooLarge(MAX_BODY_BYTES // 1024))
        case 400:
            return _expected(errors.BadHost() if isinstance(error, SecurityError) else errors.BadRequest())
        case _:
            return _unexpected(error)


def _fields(invalid: ValidationError) -> list[dict[str, str]]:
    """Webargs puts the place of the input (json, query) above the fields."""
    messages = invalid.messages if isinstance(invalid.messages, dict) else {"": invalid.messages}
    return [complaint for inner in messages.values() for complaint in complaints(inner)]


def _unexpected(error: Exception) -> Response:
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("web.failed", kind=type(error).__name__, frames=frames, request_id=request_id())
    return problem(errors.Failed(request_id()))
