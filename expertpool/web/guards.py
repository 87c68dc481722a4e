"""What every request must satisfy before anything else looks at it."""

from typing import Final

from flask import Flask, g, request

from expertpool.core.ids import new_id
from expertpool.web.access import enforce
from expertpool.web.errors import BadRequest, TooLarge, WrongContentType

MAX_BODY_BYTES: Final = 1024 * 1024


def init_guards(app: Flask) -> None:
    """Number each request, check its form, then its access. The size is checked where the content is read."""
    # One more, because werkzeug cuts a stream of unannounced length off at this without a word.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.before_request(_number)
    app.before_request(_check_form)
    app.before_request(enforce)


def content() -> bytes:
    """The content of the present request. Raises `TooLarge`."""
    sent = request.get_data()
    if len(sent) > MAX_BODY_BYTES:
        raise TooLarge(MAX_BODY_BYTES // 1024)
    return sent


def request_id() -> str:
    """The number of the present request: on its answer, in the log, and in whatever problem it met."""
    if "request_id" not in g:
        g.request_id = new_id("req")
    number: str = g.request_id
    return number


def _number() -> None:
    request_id()


def _check_form() -> None:
    """Refuse NUL, which PostgreSQL has no place for, and content that is not JSON."""
    if "\0" in request.path or any("\0" in part for pair in request.args.items(multi=True) for part in pair):
        raise BadRequest
    has_content = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if has_content and request.mimetype != "application/json":
        raise WrongContentType
