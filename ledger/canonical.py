"""Canonical JSON (RFC 8785), as far as a ledger needs it.

Entries hold objects, arrays, strings, booleans, null and integers within ±(2^53-1), never other numbers: an amount is
integer 分 and a ratio is two integers, so nobody has to agree on how a float is printed.

Values are written by the standard library's C encoder where that provably gives RFC 8785's bytes, and by the
``rfc8785`` library elsewhere; property tests hold the two equal. ``parse`` proves that bytes are canonical by writing
the parsed value again.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import rfc8785

from ledger.errors import Malformed

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 64  # fixed, so that no verdict depends on how much stack an interpreter happens to have left

Json = Any  # a JSON value; a recursive type would help no reader here


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 form of ``value``; raises Malformed for what a ledger does not hold."""
    _refuse_foreign(value)
    try:
        return _write(value).encode("utf-8")
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise Malformed("json.value", text=_short(value)) from None


def parse(data: bytes) -> Json:
    """Parse canonical JSON; raises Malformed when ``data`` is not exactly the canonical form of its value.

    Duplicate keys, white space, other orders, other escapes, ``-0``, fractions and lone surrogates all fail, because
    each changes the bytes that the value is written back to. Arrays and objects nest at most 64 deep.
    """
    [value] = parse_all([data])
    return value


def parse_all(items: Sequence[bytes], within: int = 0) -> list[Json]:
    """Parse several texts as ``parse`` does, each of which stands ``within`` so many arrays and objects.

    They are written back in one go, as one array: that costs far less, and equal arrays of JSON have equal elements.
    """
    values, texts = [], []
    for data in items:
        text = _decode_utf8(data)
        value = _load(text)
        if data.count(b"[") + data.count(b"{") + within > MAX_DEPTH:  # only then can it be too deep
            _refuse_foreign(value, within)
        values.append(value)
        texts.append(text)
    try:
        if _write(values) == f"[{','.join(texts)}]":
            return values
    except (rfc8785.CanonicalizationError, UnicodeError):
        pass  # a key with half a surrogate pair: nothing that decodes from UTF-8 is written like that
    raise Malformed("json.not-canonical")


def _decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("json.not-utf8") from None


def _load(text: str) -> Json:
    try:
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        raise Malformed("json.depth") from None
    except ValueError:
        raise Malformed("json.invalid") from None
    if end != len(text):
        raise Malformed("json.invalid")
    return value


def _write(value: Json) -> str:
    """Write a value that a ledger may hold.

    RFC 8785 sorts keys by UTF-16 code units, the encoder by code points: these orders differ only when a key holds
    a character from U+10000 up, a pair of units. In all else that a ledger holds the two write alike.
    """
    text = _ENCODER.encode(value)
    if text.isascii() or not _has_pairs(text) or not _has_pairs_in_keys(value):
        return text
    return rfc8785.dumps(value).decode("utf-8")


def _has_pairs(text: str) -> bool:
    return len(text.encode("utf-16-le")) > 2 * len(text)


def _has_pairs_in_keys(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_pairs, value)) or any(map(_has_pairs_in_keys, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_pairs_in_keys, value))


def _integer(text: str) -> int:
    # The length comes first: Python refuses to convert thousands of digits, and nobody should pay for them.
    if len(text) > 17 or not -MAX_INTEGER <= (number := int(text)) <= MAX_INTEGER:
        raise Malformed("json.number", text=text[:24])
    return number


def _no_number(text: str) -> NoReturn:
    raise Malformed("json.number", text=text[:24])


_DECODER: Final = json.JSONDecoder(parse_float=_no_number, parse_int=_integer, parse_constant=_no_number)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def _refuse_foreign(value: Json, within: int = 0) -> None:
    """Refuse what RFC 8785 could write but a ledger does not hold; an explicit stack, so depth is no attack."""
    stack: list[tuple[Json, int]] = [(value, within + 1)]
    while stack:
        item, depth = stack.pop()
        if item is None or isinstance(item, str | bool):
            continue
        if isinstance(item, int):
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                raise Malformed("json.number", text=str(item)[:24] if abs(item) < 10**30 else "…")
            continue
        if not isinstance(item, dict | list | tuple):
            raise Malformed("json.value", text=_short(item))
        if depth > MAX_DEPTH:  # a cycle ends here too
            raise Malformed("json.depth")
        if isinstance(item, dict):
            if not all(isinstance(key, str) for key in item):
                raise Malformed("json.value", text=_short(item))
            item = item.values()
        stack.extend((child, depth + 1) for child in item)


def _short(value: object) -> str:
    return type(value).__name__
