"""Reads JSON strictly: what one reader takes one way and another reader otherwise is refused (RFC 8259, section 4)."""

import json
from typing import Any, NoReturn

from flask import Request
from marshmallow import RAISE
from webargs.core import missing
from webargs.flaskparser import FlaskParser

from expertpool.web.errors import BadJson
from expertpool.web.guards import content


class StrictParser(FlaskParser):
    """As webargs' own, with JSON read by `parse_json`, and a misspelt name in a query refused, not passed over."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ARG002 -- the present request, as everywhere
        sent = content()
        return parse_json(sent) if sent else missing


def parse_json(sent: bytes) -> Any:
    """Read JSON; raises `BadJson`, also for NaN, a key twice, NUL, lone surrogates and what is nested too deeply."""
    try:
        text = sent.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
        _check_text(value)
    except (ValueError, RecursionError):
        raise BadJson from None
    return value


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
        if "\0" in value:
            raise ValueError
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)
