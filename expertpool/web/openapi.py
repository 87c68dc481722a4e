"""The API's own description (OpenAPI 3.1), read off the routes: schemas, access, problems, acts and their receipts."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
from flask import Flask, Response
from flask_smorest.utils import prepare_response
from marshmallow import Schema

from expertpool.web.access import PUBLIC, RULE, SIGNED, VAULT, View, mark, public
from expertpool.web.acts import ACT, NOTE, REPLACES
from expertpool.web.json_body import StrictParser
from expertpool.web.problems import CONTENT_TYPE, ProblemSchema

PREFIX: Final = "/api/v1"
_IN_PATH: Final = "in-path"
_READS: Final = "reads"
Decorator = Callable[[View], View]

_DESCRIPTION: Final = """\
Every error is `application/problem+json` with a stable `code` and its message in Chinese and English.

Every write takes an `Idempotency-Key`: repeated with the same key, a request gets its first answer. A write is answered
when a signed checkpoint covers its ledger entry, with a receipt (C2SP tlog-proof) that proves it offline. What changes
no business state (a sheet sent in, a letter answered) leaves no entry and is answered with 200.

Every read has an `ETag` and takes `If-None-Match`. A write that replaces what is there takes `If-Match`.

Every answer says in `RateLimit` how many requests are left; 429 says in `Retry-After` when to come back.
"""


class Api(flask_smorest.Api):  # type: ignore[misc]  # the library is not annotated
    """Collects the description and serves it at ``/api/v1/openapi.json``. Errors are answered by ``web.problems``."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status >= 400:
                response = {"description": status.phrase, "schema": self.ERROR_SCHEMA}
                prepare_response(response, self.spec, CONTENT_TYPE)
                self.spec.components.response(status.name, response, lazy=True)

    @public
    def _openapi_json(self) -> Response:
        response: Response = super()._openapi_json()
        return response


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # the library is not annotated
    """A capability's part of the API. The order of decorators: route, access, arguments, answer."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, *, url_prefix: str = "", description: str = "") -> None:
        super().__init__(name, import_name, url_prefix=url_prefix or None, description=description)
        self._prepare_doc_cbks.append(_describe)
        if url_prefix == PREFIX:
            self._prepare_doc_cbks.append(_describe_limits)

    def get(self, rule: str) -> Decorator:
        """Route reads."""
        return self._routed("GET", rule)

    def post(self, rule: str) -> Decorator:
        """Route writes."""
        return self._routed("POST", rule)

    def arguments(self, schema: type[Schema], *, location: str = "json") -> Decorator:
        """Hand the view what ``schema`` makes of the content, or of the query."""
        decorator: Decorator = super().arguments(schema, location=location)
        return decorator

    def response(self, status: int, schema: type[Schema] | None = None, *, content_type: str = "") -> Decorator:
        """Write what the view returns with ``schema``; without one, only describe it."""
        described = {"content_type": content_type, "schema": {"type": "string"}} if content_type else {"schema": schema}
        decorator: Decorator = super().response(status, **described)
        return decorator

    def _routed(self, method: str, rule: str) -> Decorator:
        def decorator(view: View) -> View:
            routed: View = self.route(rule, methods=[method])(
                mark(mark(view, _IN_PATH, "<" in rule), _READS, method == "GET")
            )
            return routed

        return decorator


def init_openapi(app: Flask, title: str) -> Api:
    """Start the description; blueprints are registered with what this returns."""
    app.config.update(
        API_TITLE=title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        API_SPEC_OPTIONS={"info": {"description": _DESCRIPTION}},
    )
    api = Api(app)
    scheme = {"type": "http", "scheme": "bearer", "description": "`ept_...` or `eps_...`, see docs/api.md"}
    api.spec.components.security_scheme("token", scheme)
    return api


def _describe(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what follows from the marks of a view: who may call it and which problems it may answer."""
    responses = doc.setdefault("responses", {})
    problems = {HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE, *_described_access(doc, info[RULE])}
    if info[_IN_PATH]:
        problems.add(HTTPStatus.NOT_FOUND)
    if "arguments" in info:
        problems.add(HTTPStatus(422))
    if "requestBody" in doc or ACT in info or NOTE in info:
        problems |= {HTTPStatus(413), HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus(422)}
    if ACT in info:
        problems |= _described_act(doc, info)
    if NOTE in info:
        problems |= _described_note(doc, info)
    if info[_READS] and info[RULE] != VAULT:
        _describe_tag(doc)
    for status in problems:
        responses.setdefault(str(status.value), status.name)
    return doc


def _described_access(doc: dict[str, Any], rule: str) -> set[HTTPStatus]:
    """Say who may call it; returns how others are refused."""
    doc["security"] = []
    if rule == PUBLIC:
        return set()
    doc["x-permission"] = rule
    if rule == SIGNED:
        return {HTTPStatus.FORBIDDEN}
    if rule != VAULT:
        doc["security"] = [{"token": []}]
    return {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def _described_act(doc: dict[str, Any], info: dict[str, Any]) -> set[HTTPStatus]:
    """Say what a write takes and gives; returns how it may be refused."""
    parameters, responses = doc.setdefault("parameters", []), doc["responses"]
    if info[RULE] != SIGNED:  # what is signed carries its own number
        parameters.append(_IDEMPOTENCY_KEY)
    responses["201"] = _recorded("recorded, with its receipt", info[ACT])
    responses["202"] = _recorded("recorded; the receipt is late and can be fetched", info[ACT])
    if not info.get(REPLACES):
        return {HTTPStatus.CONFLICT}
    parameters.append(_IF_MATCH)
    return {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED}


def _described_note(doc: dict[str, Any], info: dict[str, Any]) -> set[HTTPStatus]:
    """The same of a write that leaves no entry."""
    doc.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    content = {"application/json": {"schema": info[NOTE]}}
    doc["responses"]["200"] = {"description": "done; there is no entry of it", "content": content}
    return {HTTPStatus.CONFLICT}


def _describe_limits(doc: dict[str, Any], _info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Under `PREFIX` everybody has an allowance."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    doc["responses"].setdefault(str(status.value), status.name)
    return doc


def _describe_tag(doc: dict[str, Any]) -> None:
    """Of a read: its tag, and the answer to whoever has what it would answer."""
    doc.setdefault("parameters", []).append(_IF_NONE_MATCH)
    responses = doc["responses"]
    responses["304"] = {"description": "it is what `If-None-Match` names", "headers": {"ETag": _ETAG}}
    for status in responses.keys() & {"200", 200}:
        responses[status] = {**responses[status], "headers": {"ETag": _ETAG}}


def _recorded(description: str, schema: type[Schema]) -> dict[str, Any]:
    headers = {
        "Ledger-Index": {"description": "index of the act's ledger entry", "schema": {"type": "integer"}},
        "Link": {"description": "where the receipt is", "schema": {"type": "string"}},
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}, "headers": headers}


_ETAG: Final = {"description": "changes with the content", "schema": {"type": "string"}}
_IF_NONE_MATCH: Final = {
    "in": "header",
    "name": "If-None-Match",
    "description": "the `ETag` of what one has: if that is still so, the answer is 304 and empty",
    "schema": {"type": "string"},
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "the `ETag` of what is to be replaced, as one has read it; `*` for whatever is there",
    "required": True,
    "schema": {"type": "string", "pattern": r'^("[!#-~]{1,64}"|\*)$'},
}
_IDEMPOTENCY_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "a fresh key per request; repeated, it gets the first answer",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
