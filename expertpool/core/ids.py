"""Identifiers: a readable prefix and 128 random bits, which tell neither order nor time of creation."""

import re
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_LENGTH = 26  # 26 * 5 = 130 bits; the first character carries only three of the 128
_PREFIX = re.compile(r"[a-z][a-z0-9]{1,11}")
_BODY = re.compile(f"[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``ctr_2n8v...``; `prefix` names the kind (2 to 12 of a-z and 0-9)."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not an identifier prefix: {prefix!r}")
    number = secrets.randbits(128)
    digits = (_ALPHABET[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return f"{prefix}_{''.join(digits)}"


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` has the form of an identifier of this kind. Not whether the thing exists."""
    kind, separator, body = text.partition("_")
    return bool(separator) and kind == prefix and _BODY.fullmatch(body) is not None
