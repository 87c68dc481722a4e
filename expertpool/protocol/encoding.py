"""How the protocol writes and hashes things: docs/spec/draw.md, section 1."""

import hmac
from hashlib import sha256

from expertpool.protocol.errors import Malformed
from ledger.note import decode_base64

_TAG = b"expertpool:draw/v1:"


def u8(number: int) -> bytes:
    """One byte."""
    return number.to_bytes(1, "big")


def u32(number: int) -> bytes:
    """Four bytes, big-endian."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """Eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def lp(data: bytes | str) -> bytes:
    """A byte string, or a text in UTF-8, behind its length."""
    raw = data.encode() if isinstance(data, str) else data
    return u32(len(raw)) + raw


def domain(name: str) -> bytes:
    """The prefix that keeps hashes of one purpose apart from those of all others."""
    return _TAG + name.encode() + b"\x00"


def tagged(name: str, data: bytes) -> bytes:
    """T(name, data): the SHA-256 of the data in its domain."""
    return sha256(domain(name) + data).digest()


def mac(key: bytes, name: str, data: bytes = b"") -> bytes:
    """HMAC-SHA-256 over a name and data."""
    return hmac.digest(key, name.encode() + data, "sha256")


def from_hex(text: object, length: int, field: str) -> bytes:
    """Exactly this many bytes, written in lower-case hex. Raises `Malformed`."""
    try:
        raw = bytes.fromhex(text) if type(text) is str else b""
    except ValueError:
        raise Malformed(field=field) from None
    if len(raw) != length or raw.hex() != text:  # fromhex skips white space
        raise Malformed(field=field)
    return raw


def from_base64(text: object, field: str) -> bytes:
    """What a padded base64 text holds, in its one spelling. Raises `Malformed`."""
    if type(text) is not str:
        raise Malformed(field=field)
    raw = decode_base64(text)
    if raw is None:
        raise Malformed(field=field)
    return raw
