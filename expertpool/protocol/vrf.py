"""The verifiable random function ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, cipher suite 0x03).

A contributor's output beta is the only one that its key can give for an alpha: it may withhold, never choose. The proof
is not unique: whoever owns the key can make others, all with the same beta. Variables are named as in the RFC.
Secret scalars meet the curve through libsodium's constant-time functions only. How often `_encode_to_curve` tries tells
something of alpha, which is public in every use here: the leaf hash of a logged intent.
"""

import hashlib
from contextlib import suppress
from typing import Final

from expertpool.protocol.edwards import (
    NEUTRAL,
    NotAPoint,
    NotAScalar,
    Point,
    Scalar,
    clear_cofactor,
    decode,
    decode_scalar,
    has_prime_order,
    multiply,
    multiply_add,
    multiply_base,
    reduce,
    subtract,
)
from expertpool.protocol.errors import ProtocolError

SEED_SIZE: Final = 32
PROOF_SIZE: Final = 80

_SUITE: Final = b"\x03"
_CHALLENGE_SIZE: Final = 16


class ProofInvalid(ProtocolError):
    """Nothing follows from this proof; `why` is `length`, `gamma-encoding`, `gamma-order`, `scalar` or `challenge`."""

    code = "protocol.proof-invalid"
    zh = "随机贡献的证明无效（{why}）：它不是由该公钥对应的私钥为这次抽取作出的，请勿采用。"
    en = "The proof of a contribution is invalid ({why}): that key did not make it for this draw. Do not use it."


class KeyInvalid(ProofInvalid):
    """No proof counts under this public key; `why` is `encoding` or `order`."""

    code = "protocol.key-invalid"
    zh = "随机贡献的公钥无效（{why}），请密钥保管方重新生成并登记。"
    en = "The public key for contributions is invalid ({why}); its holder has to make and register a new one."


def public_key(seed: bytes) -> bytes:
    """Return the public key (32 bytes) of a 32-byte seed; the same as the seed's Ed25519 key (RFC 8032, 5.1.5)."""
    x, _ = _expand(seed)
    return multiply_base(x)


def validate_key(public: bytes) -> Point:
    """Return the public key as a point of prime order; raises KeyInvalid.

    Stricter than RFC 9381, section 5.4.5, which refuses only the eight points of small order: a key with any torsion
    component belongs to no seed either.
    """
    try:
        Y = decode(public)
    except NotAPoint:
        raise KeyInvalid(why="encoding") from None
    if not has_prime_order(Y):
        raise KeyInvalid(why="order")
    return Y


def prove(seed: bytes, alpha: bytes) -> bytes:
    """Return the proof pi (80 bytes: Gamma, c, s) for alpha; raises ValueError for a seed that is not 32 bytes.

    RFC 9381, section 5.1; the nonce is that of 5.4.2.2, so equal arguments give equal bytes.
    """
    x, nonce_key = _expand(seed)
    Y = multiply_base(x)
    H = _encode_to_curve(Y, alpha)
    Gamma = multiply(x, H)
    k = reduce(hashlib.sha512(nonce_key + H).digest())
    c = _challenge(Y, H, Gamma, multiply_base(k), multiply(k, H))
    return Gamma + c + multiply_add(_scalar(c), x, k)


def verify(public: bytes, alpha: bytes, pi: bytes) -> bytes:
    """Return the output beta (64 bytes) that pi proves for alpha; raises KeyInvalid or ProofInvalid.

    RFC 9381, section 5.3, stricter in one point: a Gamma with a torsion component is refused, though it would give the
    same beta, so that there is no second spelling of a contribution.
    """
    Y = validate_key(public)
    if len(pi) != PROOF_SIZE:
        raise ProofInvalid(why="length")
    c = pi[32:48]
    try:
        Gamma, s = decode(pi[:32]), decode_scalar(pi[48:])
    except NotAPoint:
        raise ProofInvalid(why="gamma-encoding") from None
    except NotAScalar:
        raise ProofInvalid(why="scalar") from None
    if not has_prime_order(Gamma):
        raise ProofInvalid(why="gamma-order")
    H = _encode_to_curve(Y, alpha)
    U = subtract(multiply_base(s), multiply(_scalar(c), Y))
    V = subtract(multiply(s, H), multiply(_scalar(c), Gamma))
    if c != _challenge(Y, H, Gamma, U, V):
        raise ProofInvalid(why="challenge")
    return hashlib.sha512(_SUITE + b"\x03" + clear_cofactor(Gamma) + b"\x00").digest()


def _expand(seed: bytes) -> tuple[Scalar, bytes]:
    """Return the secret scalar x, reduced modulo L, and the secret from which nonces are derived."""
    if len(seed) != SEED_SIZE:
        raise ValueError("a seed has 32 bytes")
    digest = hashlib.sha512(seed).digest()
    clamped = bytes([digest[0] & 0xF8]) + digest[1:31] + bytes([digest[31] & 0x7F | 0x40])
    return reduce(clamped + bytes(32)), digest[32:]


def _encode_to_curve(Y: Point, alpha: bytes) -> Point:
    """Try and increment (RFC 9381, section 5.4.1.1): every second try hits; 256 misses are out of the question."""
    H, counter = NEUTRAL, 0
    while H == NEUTRAL:
        digest = hashlib.sha512(_SUITE + b"\x01" + Y + alpha + counter.to_bytes(1) + b"\x00").digest()
        with suppress(NotAPoint):
            H = clear_cofactor(decode(digest[:32]))
        counter += 1
    return H


def _challenge(Y: Point, H: Point, Gamma: Point, U: Point, V: Point) -> bytes:
    """Return c as 16 bytes (RFC 9381, section 5.4.3)."""
    return hashlib.sha512(_SUITE + b"\x02" + Y + H + Gamma + U + V + b"\x00").digest()[:_CHALLENGE_SIZE]


def _scalar(c: bytes) -> Scalar:
    return Scalar(c + bytes(32 - _CHALLENGE_SIZE))
