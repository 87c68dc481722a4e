"""What every request must satisfy before anything else looks at it."""

from io import BytesIO
from typing import IO, Final

from flask import Flask, Request, current_app, g, request
from werkzeug.datastructures import MultiDict

from expertpool.core.ids import new_id
from expertpool.web.access import enforce, most_of_file, takes_form, visit
from expertpool.web.errors import BadRequest, TooLarge, WrongContentType

MAX_BODY_BYTES: Final = 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"
FORM_WITH_FILE: Final = "multipart/form-data"
MOST_AROUND_FILE: Final = 64 * 1024
"""Bytes that the other fields of a form with a file, and what stands between them, may have together."""
MOST_PARTS: Final = 20


def init_guards(app: Flask) -> None:
    """Number each request, check its form, then its access. The size is checked where the content is read."""
    # One more, because werkzeug cuts a stream of unannounced length off at this without a word.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.request_class = RequestInMemory
    app.before_request(_number)
    app.before_request(_check_form)
    app.before_request(enforce)
    app.before_request(_check_fields)


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
    if view is not None and is_form and (most := most_of_file(view)) is not None:
        _limit_file(most)
        return
    has_content = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if has_content and request.mimetype != (FORM if is_form else "application/json"):
        raise WrongContentType
    if is_form and content() and _has_nul(request.form):
        raise BadRequest


def _limit_file(most: int) -> None:
    """Refuse what is too large by its own account, and let whoever is signed in send more than others."""
    if (request.content_length or 0) > most + MOST_AROUND_FILE:
        raise TooLarge(most // 1024)
    if visit() is not None:
        request.max_content_length = most + MOST_AROUND_FILE
    request.max_form_memory_size = MOST_AROUND_FILE
    request.max_form_parts = MOST_PARTS


def _check_fields() -> None:
    """Refuse a form that should have brought a file and did not, and NUL beside it, once it is known who sends it."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or not takes_form(view, request.method) or most_of_file(view) is None:
        return
    if request.mimetype != FORM_WITH_FILE:
        raise WrongContentType
    if _has_nul(request.form):
        raise BadRequest


class RequestInMemory(Request):
    """A request whose file stays in memory: it names people, and a temporary file would hold it in the clear."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


def _has_nul(sent: MultiDict[str, str]) -> bool:
    return any("\0" in part for pair in sent.items(multi=True) for part in pair)
