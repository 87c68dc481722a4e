"""Rounds of the public randomness beacon drand, checked offline against pinned chain keys.

A round is a BLS signature over its number (RFC 9380 hashing, curve BLS12-381), hence unique: those who hold the key
cannot choose it, and until a threshold of them signs, nobody knows it. The signature must be canonically encoded and in
the prime-order subgroup, or one round would have many values of SHA-256(signature) to choose from.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from expertpool.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from py_arkworks_bls12381 import G1Point, G2Point

_Point = TypeVar("_Point", "G1Point", "G2Point")

LAST_ROUND: Final = 2**32 - 1
"""Centuries away on every chain; the bound keeps due times within what a datetime holds."""


class BeaconInvalid(ProtocolError):
    """A beacon value proves nothing; `why` is `chain`, `round`, `previous`, `encoding`, `order` or `signature`."""

    code = "protocol.beacon-invalid"
    zh = "随机信标的轮次无效（{why}）：它不是所声明的信标链发布的，请重新获取该轮次。"
    en = "The beacon round is invalid ({why}): the declared chain did not publish it. Fetch the round again."


@dataclass(frozen=True, slots=True)
class Chain:
    """One drand network. `scheme` is drand's own name of how it signs.

    pedersen-bls-chained: key in G1 (48 bytes), signature in G2 (96 bytes) over the previous signature and the number.
    bls-unchained-g1-rfc9380: key in G2 (96 bytes), signature in G1 (48 bytes) over the number alone.
    """

    name: str
    scheme: Literal["pedersen-bls-chained", "bls-unchained-g1-rfc9380"]
    public_key: bytes
    genesis: datetime
    """When round 1 was due."""
    period: timedelta


@dataclass(frozen=True, slots=True)
class Round:
    """A published round, as fetched or as it stands in a bundle: nothing in it is trusted."""

    chain_hash: str
    """Lower-case hex."""
    round: int
    signature: bytes
    previous: bytes = b""
    """The previous round's signature on a chained network; empty on any other."""


CHAINS: Final[Mapping[str, Chain]] = MappingProxyType(
    {
        "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce": Chain(
            name="default",
            scheme="pedersen-bls-chained",
            public_key=bytes.fromhex(
                "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31"
            ),
            genesis=datetime(2020, 7, 22, 15, 17, 30, tzinfo=UTC),
            period=timedelta(seconds=30),
        ),
        "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": Chain(
            name="quicknet",
            scheme="bls-unchained-g1-rfc9380",
            public_key=bytes.fromhex(
                "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
                "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
            ),
            genesis=datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC),
            period=timedelta(seconds=3),
        ),
    }
)
"""The networks of the League of Entropy by chain hash, which commits to key, period, genesis and name."""


def round_due(chain: Chain, number: int) -> datetime:
    """Return the moment (UTC) before which nobody knows the round; raises BeaconInvalid for a number out of range."""
    if not 1 <= number <= LAST_ROUND:
        raise BeaconInvalid(why="round")
    return chain.genesis + (number - 1) * chain.period


def round_after(chain: Chain, moment: datetime) -> int:
    """Return the first round that falls due after `moment` (aware), not at it."""
    return max(1, (moment - chain.genesis) // chain.period + 2)


def verify_round(beacon: Round) -> bytes:
    """Return the round's randomness (32 bytes, SHA-256 of its signature); raises BeaconInvalid."""
    chain = CHAINS.get(beacon.chain_hash)
    if chain is None:
        raise BeaconInvalid(why="chain")
    if not 1 <= beacon.round <= LAST_ROUND:
        raise BeaconInvalid(why="round")
    if beacon.previous and chain.scheme != "pedersen-bls-chained":
        raise BeaconInvalid(why="previous")
    message = hashlib.sha256(beacon.previous + beacon.round.to_bytes(8)).digest()
    if not _is_signed(chain, message, beacon.signature):
        raise BeaconInvalid(why="signature")
    return hashlib.sha256(beacon.signature).digest()


def _is_signed(chain: Chain, message: bytes, signature: bytes) -> bool:
    """Check e(signature, B2) = e(hash, key), or with the groups exchanged e(B1, signature) = e(key, hash)."""
    # Loaded only where a round is checked: a draw without a beacon replays without the library.
    from py_arkworks_bls12381 import GT, G1Point, G2Point  # noqa: PLC0415

    if chain.scheme == "pedersen-bls-chained":
        hash2 = G2Point.hash_to_curve(message, b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_")
        key1, signature2 = _decode(G1Point, chain.public_key), _decode(G2Point, signature)
        return GT.pairing_check([G1Point(), -key1], [signature2, hash2])
    hash1 = G1Point.hash_to_curve(message, b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_")
    key2, signature1 = _decode(G2Point, chain.public_key), _decode(G1Point, signature)
    return GT.pairing_check([signature1, -hash1], [G2Point(), key2])


def _decode(group: type[_Point], encoding: bytes) -> _Point:
    """Decode a compressed point of prime order; raises BeaconInvalid.

    The library takes any bytes with the infinity flag for the neutral point, so its own encoding is held against them.
    """
    try:
        point = group.from_compressed_bytes_unchecked(encoding)
    except ValueError:
        raise BeaconInvalid(why="encoding") from None
    if point.to_compressed_bytes() != encoding:
        raise BeaconInvalid(why="encoding")
    if point == group.identity() or not point.is_in_subgroup():
        raise BeaconInvalid(why="order")
    return point
