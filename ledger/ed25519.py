"""Ed25519 (RFC 8032): by the ``cryptography`` library, or in plain Python where only verification is needed.

An auditor's machine may have nothing but Python. Verification handles public data only, so a plain implementation that
is not constant-time gives nothing away; signing is never done in plain Python.
"""

import hashlib
from typing import Final

from ledger.errors import Malformed

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    HAVE_CRYPTOGRAPHY = True
except ImportError:  # an auditor with a bare Python; the zipapp test runs there
    HAVE_CRYPTOGRAPHY = False

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)

# The y coordinates of the eight points of small order. Under such a "key" one signature fits many messages, and its two
# points with x = 0 have a second spelling (sign bit set) that libraries disagree about.
_ORDER_EIGHT_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y: Final = frozenset((0, 1, _P - 1, _ORDER_EIGHT_Y, _P - _ORDER_EIGHT_Y))

_Point = tuple[int, int, int, int]  # extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` (64 bytes) is valid.

    A key that is not canonically encoded, or a point of small order, never verifies anything.
    """
    if len(public) != 32 or len(signature) != 64 or not _is_sound(public):
        return False
    return _verify_fast(public, message, signature) if HAVE_CRYPTOGRAPHY else verify_plain(public, message, signature)


def public_key(seed: bytes) -> bytes:
    """Return the public key of a 32-byte seed."""
    return _private(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign with a 32-byte seed."""
    return _private(seed).sign(message)


def verify_plain(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify as RFC 8032, section 5.1.7, with [S]B = R + [k]A compared by encoding, as OpenSSL and Go do."""
    point = _decompress(public)
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or scalar >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    x, y, z, t = point
    minus_a = (_P - x, y, z, _P - t)
    return _compress(_add(_multiply(scalar, _BASE), _multiply(k, minus_a))) == signature[:32]


def _verify_fast(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(seed: bytes) -> "Ed25519PrivateKey":
    if not HAVE_CRYPTOGRAPHY:
        raise Malformed("key.no-signing")
    return Ed25519PrivateKey.from_private_bytes(seed)


def _is_sound(public: bytes) -> bool:
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    return y < _P and y not in _SMALL_ORDER_Y


def _add(p: _Point, q: _Point) -> _Point:
    """Add by RFC 8032, section 5.1.4 (complete formulas: also doubles)."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int, point: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(data: bytes) -> _Point | None:
    """Decode by RFC 8032, section 5.1.3; None when no such point exists."""
    number = int.from_bytes(data, "little")
    sign_bit, y = number >> 255, number & (1 << 255) - 1
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(x_squared, (_P + 3) // 8, _P)
    if (x * x - x_squared) % _P:
        x = x * _SQRT_MINUS_ONE % _P
    if (x * x - x_squared) % _P or (x == 0 and sign_bit):
        return None
    if x & 1 != sign_bit:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE_Y: Final = 4 * pow(5, -1, _P) % _P
_BASE: Final = _decompress(_BASE_Y.to_bytes(32, "little")) or (0, 1, 1, 0)
