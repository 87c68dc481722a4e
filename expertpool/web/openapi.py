"""The API's own description (OpenAPI 3.1), read off the routes: schemas, access, problems, acts and their receipts."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
from flask import Flask, Response
from flask_smorest.utils import prepare_response
from marshmallow import Schema

from expertpool.web.access import PUBLIC, RULE, SIGNED, VAULT, View, mark, public
from expertpool.web.acts import ACT
from expertpool.web.json_body import StrictParser
from expertpool.web.problems import CONTENT_TYPE, ProblemSchema

PREFIX: Final = "/api/v1"
_IN_PATH: Final = "in-path"
Decorator = Callable[[View], View]

_DESCRIPTION: Final = """\
Every error is `application/problem+json` with a stable `code` and its message in Chinese and English.

Every write takes an `Idempotency-Key`: repeated with the same key, a request gets its first answer. A write is answered
when a signed checkpoint covers its ledger entry, with a receipt (C2SP tlog-proof) that proves it offline.
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
            routed: View = self.route(rule, methods=[method])(mark(view, _IN_PATH, "<" in rule))
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
    scheme = {"type": "http", "scheme": "bearer", "description": "`ept_...`, as issued by the security administrator"}
    api.spec.components.security_scheme("token", scheme)
    return api


def _describe(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what follows from the marks of a view: who may call it and which problems it may answer."""
    responses = doc.setdefault("responses", {})
    problems = {HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE}
    doc["security"] = []
    if info[RULE] == SIGNED:
        doc["x-permission"] = SIGNED
        problems.add(HTTPStatus.FORBIDDEN)
    elif info[RULE] == VAULT:
        doc["x-permission"] = VAULT
        problems |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    elif info[RULE] != PUBLIC:
        doc["security"] = [{"token": []}]
        doc["x-permission"] = info[RULE]
        problems |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if info[_IN_PATH]:
        problems.add(HTTPStatus.NOT_FOUND)
    if "arguments" in info:
        problems.add(HTTPStatus(422))
    if "requestBody" in doc or ACT in info:
        problems |= {HTTPStatus(413), HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus(422)}
    if ACT in info:
        problems.add(HTTPStatus.CONFLICT)
        if info[RULE] != SIGNED:  # what is signed carries its own number
            doc.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        responses["201"] = _recorded("recorded, with its receipt", info[ACT])
        responses["202"] = _recorded("recorded; the receipt is late and can be fetched", info[ACT])
    for status in problems:
        responses.setdefault(str(status.value), status.name)
    return doc


def _recorded(description: str, schema: type[Schema]) -> dict[str, Any]:
    headers = {
        "Ledger-Index": {"description": "index of the act's ledger entry", "schema": {"type": "integer"}},
        "Link": {"description": "where the receipt is", "schema": {"type": "string"}},
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}, "headers": headers}


_IDEMPOTENCY_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "a fresh key per request; repeated, it gets the first answer",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
