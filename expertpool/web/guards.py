"""What every request must satisfy before anything else looks at it."""

from typing import Final

from flask import Flask, current_app, g, request
from werkzeug.datastructures import MultiDict

from expertpool.core.ids import new_id
from expertpool.web.access import enforce, takes_form
from expertpool.web.errors import BadRequest, TooLarge, WrongContentType

MAX_BODY_BYTES: Final = 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"


def init_guards(app: Flask) -> None:
    """Number each request, check its form, then its access. The size is checked where the content is read."""
    # One more, because werkzeug cuts a stream of unannounced length off at this without a word.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.before_request(_number)
    app.before_request(_check_form)
    app.before_request(enforce)


def content() -> bytes:
    """The content of the present request, which can be read again as a form. Raises `TooLarge`."""
    sent = request.get_data(parse_form_data=False)
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
    """Refuse NUL, which PostgreSQL has no place for, and content but JSON, or a form where a page takes one."""
    if "\0" in request.path or _has_nul(request.args):
        raise BadRequest
    view = current_app.view_functions.get(request.endpoint or "")
    is_form = view is not None and takes_form(view, request.method)
    has_content = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if has_content and request.mimetype != (FORM if is_form else "application/json"):
        raise WrongContentType
    if is_form and content() and _has_nul(request.form):
        raise BadRequest


def _has_nul(sent: MultiDict[str, str]) -> bool:
    return any("\0" in part for pair in sent.items(multi=True) for part in pair)
