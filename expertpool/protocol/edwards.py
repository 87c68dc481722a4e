"""The curve edwards25519 (RFC 8032, section 5.1) on libsodium's arithmetic, strict in decoding and total in use.

libsodium's addition takes encodings with y >= p or a negative zero, and its multiplication raises where the result is
the neutral element or the point lies outside the prime-order subgroup. Here `decode` is the only door from bytes to a
`Point`, and multiplication has an answer for every scalar, so that callers follow an RFC line by line.
Scalars may be secret: they only go through libsodium's constant-time functions.
"""

import hmac
from typing import Final, NewType

from nacl import bindings, exceptions

Point = NewType("Point", bytes)
"""Canonical encoding (32 bytes) of a point of the curve, in any subgroup."""
Scalar = NewType("Scalar", bytes)
"""Integer below L as 32 bytes, little-endian."""

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493

NEUTRAL: Final = Point((1).to_bytes(32, "little"))
ZERO: Final = Scalar(bytes(32))
_MINUS_ONE: Final = Scalar((L - 1).to_bytes(32, "little"))
_SIGN_BIT: Final = 1 << 255


class NotAPoint(ValueError):
    """The bytes are not the one canonical encoding of a point of the curve."""


class NotAScalar(ValueError):
    """The bytes are not an integer below L in 32 bytes."""


def decode(encoding: bytes) -> Point:
    """Take 32 bytes as a point by RFC 8032, section 5.1.3; raises NotAPoint.

    Refused besides bytes off the curve: y >= p, and the sign bit where x = 0 (that is, where y is 1 or -1).
    """
    if len(encoding) != 32:
        raise NotAPoint
    number = int.from_bytes(encoding, "little")
    y = number % _SIGN_BIT
    if y >= P or (number >= _SIGN_BIT and y in (1, P - 1)):
        raise NotAPoint
    try:
        bindings.crypto_core_ed25519_add(encoding, NEUTRAL)
    except exceptions.RuntimeError:  # not on the curve
        raise NotAPoint from None
    return Point(encoding)


def decode_scalar(encoding: bytes) -> Scalar:
    """Take 32 bytes as a scalar; raises NotAScalar, also for the second spellings s + L, s + 2L, ..."""
    if len(encoding) != 32 or int.from_bytes(encoding, "little") >= L:
        raise NotAScalar
    return Scalar(encoding)


def reduce(digest: bytes) -> Scalar:
    """Reduce 64 bytes (little-endian) modulo L."""
    return Scalar(bindings.crypto_core_ed25519_scalar_reduce(digest))


def multiply_add(a: Scalar, b: Scalar, c: Scalar) -> Scalar:
    """Return a * b + c modulo L."""
    product = bindings.crypto_core_ed25519_scalar_mul(a, b)
    return Scalar(bindings.crypto_core_ed25519_scalar_add(product, c))


def add(p: Point, q: Point) -> Point:
    """Return p + q; libsodium's formulas are complete, so p = q and the neutral element need no care."""
    return Point(bindings.crypto_core_ed25519_add(p, q))


def subtract(p: Point, q: Point) -> Point:
    """Return p - q."""
    return Point(bindings.crypto_core_ed25519_sub(p, q))


def multiply(scalar: Scalar, point: Point) -> Point:
    """Return scalar * point for a point that is neutral or has prime order; libsodium raises for any other."""
    if point == NEUTRAL or _is_zero(scalar):
        return NEUTRAL
    return Point(bindings.crypto_scalarmult_ed25519_noclamp(scalar, point))


def multiply_base(scalar: Scalar) -> Point:
    """Return scalar * B for the base point B."""
    return NEUTRAL if _is_zero(scalar) else Point(bindings.crypto_scalarmult_ed25519_base_noclamp(scalar))


def clear_cofactor(point: Point) -> Point:
    """Return 8 * point, by doublings: multiplication would refuse what still has a torsion component."""
    for _ in range(3):
        point = add(point, point)
    return point


def has_prime_order(point: Point) -> bool:
    """Tell whether the point has order L exactly: not neutral, no torsion component.

    libsodium refuses other points before it multiplies, but until late 2025 let a component of order 2 pass
    (CVE-2025-69277). So what counts is the product: (L - 1) * point = -point only if L * point is neutral.
    """
    if point == NEUTRAL:
        return False
    try:
        return multiply(_MINUS_ONE, point) == subtract(NEUTRAL, point)
    except exceptions.RuntimeError:
        return False


def _is_zero(scalar: Scalar) -> bool:
    return hmac.compare_digest(scalar, ZERO)
