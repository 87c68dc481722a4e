"""A second, plain implementation to hold against the one that ships: edwards25519 and RFC 9381 in Python's integers.

It decodes as strictly, but checks no subgroup, as RFC 9381 allows: a forgery that it accepts would work elsewhere.
"""

import hashlib

from ledger import ed25519

P = ed25519._P
L = ed25519._L
SIGN_BIT = 1 << 255


def _point(encoding: bytes) -> tuple[int, int, int, int]:
    point = ed25519._decompress(encoding)
    assert point is not None
    return point


def encode(number: int) -> bytes:
    return number.to_bytes(32, "little")


def on_curve(encoding: bytes) -> bool:
    """Decode by RFC 8032, section 5.1.3."""
    y = int.from_bytes(encoding, "little") % SIGN_BIT
    return y < P and ed25519._decompress(encoding) is not None


def add(p: bytes, q: bytes) -> bytes:
    return ed25519._compress(ed25519._add(_point(p), _point(q)))


def multiply(scalar: int, p: bytes) -> bytes:
    """Multiply by any integer, negative ones too."""
    x, y, z, t = _point(p)
    return ed25519._compress(ed25519._multiply(abs(scalar), (x, y, z, t) if scalar >= 0 else (P - x, y, z, P - t)))


BASE = ed25519._compress(ed25519._BASE)
NEUTRAL = encode(1)
ORDER_EIGHT = encode(ed25519._ORDER_EIGHT_Y)
TORSION = [multiply(n, ORDER_EIGHT) for n in range(8)]
"""The eight points whose order divides the cofactor, the neutral one first."""


def hash_to_curve(public: bytes, alpha: bytes) -> bytes:
    for counter in range(256):
        candidate = hashlib.sha512(b"\x03\x01" + public + alpha + bytes([counter, 0])).digest()[:32]
        if on_curve(candidate) and multiply(8, candidate) != NEUTRAL:
            return multiply(8, candidate)
    raise AssertionError("no point")


def challenge(*points: bytes) -> bytes:
    return hashlib.sha512(b"\x03\x02" + b"".join(points) + b"\x00").digest()[:16]


def lax_verify(public: bytes, alpha: bytes, pi: bytes) -> bytes | None:
    """Return beta by RFC 9381, section 5.3, with validate_key = FALSE; None where the proof is invalid."""
    gamma, c, s = pi[:32], int.from_bytes(pi[32:48], "little"), int.from_bytes(pi[48:], "little")
    if s >= L or not on_curve(gamma) or not on_curve(public):
        return None
    h = hash_to_curve(public, alpha)
    u = add(multiply(s, BASE), multiply(-c, public))
    v = add(multiply(s, h), multiply(-c, gamma))
    if pi[32:48] != challenge(public, h, gamma, u, v):
        return None
    return hashlib.sha512(b"\x03\x03" + multiply(8, gamma) + b"\x00").digest()


def forge(secret: int, public: bytes, gamma: bytes, alpha: bytes) -> bytes:
    """Make a proof that `lax_verify` takes for public = secret * B and gamma = secret * H, each plus any torsion.

    The torsion drops out of U and V where the challenge is a multiple of 8: one nonce in eight.
    """
    h = hash_to_curve(public, alpha)
    for k in range(1, 1000):
        c = challenge(public, h, gamma, multiply(k, BASE), multiply(k, h))
        if c[0] % 8 == 0:
            return gamma + c + encode((k + int.from_bytes(c, "little") * secret) % L)
    raise AssertionError("no challenge fits")


def secret_scalar(seed: bytes) -> int:
    return int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") % SIGN_BIT & ~7 | 1 << 254
