"""The API's reference for people, made from the API's own description: nothing to load from elsewhere, no script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, current_app

from expertpool.web.access import SIGNED, VAULT, public
from expertpool.web.edge import edge
from expertpool.web.openapi import PREFIX
from expertpool.web.reference_words import OPERATIONS, SECTIONS
from expertpool.web.rendering import page

DEEPEST: Final = 3
"""How far fields inside fields are listed."""
_KEPT: Final = "expertpool.reference"
_JSON: Final = "application/json"

reference = Blueprint("reference", __name__)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field of a body, ``name`` as a dotted path."""

    name: str
    place: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address; ``verb`` is that of the permission table, or how one gets in without an account."""

    anchor: str
    method: str
    path: str
    zh: str
    en: str
    verb: str | None
    takes: list[Field]
    gives: list[Field]
    statuses: list[str]
    curl: str


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of one capability."""

    name: str
    zh: str
    en: str
    operations: list[Operation]


@reference.get("/api")
@public
def show() -> Response:
    """Show every operation: what it does, who may, what it takes and gives, how to call it."""
    return page("reference.html", sections=sections(), signed=SIGNED, vault=VAULT, description=f"{PREFIX}/openapi.json")


def sections() -> list[Section]:
    """The reference of the application, made when it is first asked for."""
    kept: list[Section] | None = current_app.extensions.get(_KEPT)
    if kept is None:
        answer: Any = current_app.view_functions["api-docs.openapi_json"]()
        kept = current_app.extensions[_KEPT] = list(sections_of(json.loads(answer.get_data())))
    return kept


def sections_of(description: dict[str, Any]) -> Iterator[Section]:
    """The reference of a description, in the order of its tags."""
    found: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method != "parameters":
                made = _operation(description, method.upper(), path, operation, shared)
                found.setdefault(operation["tags"][0], []).append(made)
    for tag in description["tags"]:
        name = tag["name"]
        yield Section(name, SECTIONS.get(name, tag["description"]), tag["description"], found.get(name, []))


def _operation(
    description: dict[str, Any], method: str, path: str, operation: dict[str, Any], shared: list[dict[str, Any]]
) -> Operation:
    parameters = [*shared, *operation.get("parameters", [])]
    body = _schema_of(operation.get("requestBody", {}))
    summary = operation["summary"].replace("`", "")
    answers: Mapping[str, dict[str, Any]] = operation["responses"]
    answer = answers.get("201") or answers.get("200") or {}
    takes = [_parameter(description, each) for each in parameters]
    return Operation(
        anchor=f"{method}{path}".translate({ord(each): "-" for each in "/{}"}).lower(),
        method=method,
        path=path,
        zh=OPERATIONS.get(f"{method} {path}", summary),
        en=summary,
        verb=operation.get("x-permission"),
        takes=[*takes, *_fields(description, body)],
        gives=list(_fields(description, _schema_of(answer))),
        statuses=sorted(operation["responses"]),
        curl=_curl(description, method, path, operation, parameters),
    )


def _parameter(description: dict[str, Any], parameter: dict[str, Any]) -> Field:
    kind = _kind(description, parameter["schema"])
    about = parameter.get("description", "")
    return Field(parameter["name"], parameter["in"], kind, bool(parameter.get("required")), about)


def _fields(description: dict[str, Any], schema: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[Field]:
    """The fields of a schema, those inside them after each."""
    found = _resolved(description, schema)
    required = found.get("required", [])
    for name, inner in found.get("properties", {}).items():
        whole, items = _resolved(description, inner), _resolved(description, inner.get("items", {}))
        about = inner.get("description", "")
        yield Field(before + name, "body", _kind(description, inner), name in required, about)
        if depth < DEEPEST:
            yield from _fields(description, whole, f"{before}{name}.", depth + 1)
            yield from _fields(description, items, f"{before}{name}[].", depth + 1)


def _kind(description: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value may be, in as few words as there are."""
    found = _resolved(description, schema)
    if "enum" in found:
        return " · ".join(str(each) for each in found["enum"])
    named = found.get("type", "object")
    kinds = [each for each in (named if isinstance(named, list) else [named]) if each != "null"]
    kind = " · ".join(kinds)
    if "items" in found:
        kind = f"[{_kind(description, found['items'])}]"
    return f"{kind} ({found['format']})" if "format" in found else kind


def _curl(
    description: dict[str, Any], method: str, path: str, operation: dict[str, Any], parameters: list[dict[str, Any]]
) -> str:
    """A call that can be copied, with made-up values."""
    asked = [each for each in parameters if each["in"] == "query" and each.get("required")]
    query = "&".join(f"{each['name']}={quote(str(_example(description, each['schema'])))}" for each in asked)
    lines = [f"curl -s '{edge().settings.service.base_url}{path}{'?' + query if query else ''}'"]
    if operation.get("security") or operation.get("x-permission") == VAULT:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    names = {each["name"] for each in parameters}
    if "Idempotency-Key" in names:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if "If-Match" in names:
        lines.append('-H "If-Match: $ETAG"')
    if schema := _schema_of(operation.get("requestBody", {})):
        sent = json.dumps(_example(description, schema), ensure_ascii=False)
        lines += [f"-H 'Content-Type: {_JSON}'", f"-d '{sent}'"]
    elif method == "POST":
        lines.append("-X POST")
    return " \\\n  ".join(lines)


def _example(description: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value of this form, good enough to see the form."""
    found = _resolved(description, schema)
    if "enum" in found:
        return found["enum"][0]
    named = found.get("type", "object")
    kind = named[0] if isinstance(named, list) else named
    if kind == "object":
        needed = found.get("required", [])
        return {
            name: _example(description, inner) for name, inner in found.get("properties", {}).items() if name in needed
        }
    if kind == "array":
        return [_example(description, found["items"])]
    plain: Mapping[str, Any] = {"integer": found.get("minimum", 1), "number": 1, "boolean": False}
    formats = {"date": "2026-12-01", "date-time": "2026-12-01T09:00:00+08:00"}
    return plain.get(kind, formats.get(found.get("format", ""), "…"))


def _schema_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content.get("content", {}).get(_JSON, {}).get("schema", {})
    return found


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it is only named, or is one thing or null."""
    for either in ("anyOf", "oneOf", "allOf"):
        if either in schema:
            return _resolved(description, next((each for each in schema[either] if each.get("type") != "null"), {}))
    if "$ref" in schema:
        found: dict[str, Any] = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return _resolved(description, found)
    return schema
