"""What a draw makes of its contributions: the seeds of panel and vacancies, the seat codes, the members' salts.

docs/spec/draw.md, section 6. Whoever has the contributions computes all of it; without one of them nothing of it is
known, and nothing can be chosen by choosing another.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import NamedTuple

from expertpool.protocol.encoding import lp, u8, u32, u64

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYMBOLS = 4
LABEL = b"expertpool:panel/v1:"


class Contribution(NamedTuple):
    """What one organisation added: the 64 bytes `beta` of its ECVRF proof over alpha."""

    organisation: str
    beta: bytes


class BeaconValue(NamedTuple):
    """What a public beacon added: its chain hash and its round's randomness, each 32 bytes."""

    chain: bytes
    round: int
    randomness: bytes


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that follows from the contributions of one intent. Until the bundle is released, it is secret."""

    _prk: bytes = field(repr=False)

    @classmethod
    def derive(cls, alpha: bytes, contributions: Sequence[Contribution], beacon: BeaconValue | None = None) -> "Seeds":
        """Extract from the contributions, in the order of the intent, and the beacon where one is declared.

        `alpha` is the leaf hash of the intent's entry. Raises `ValueError` when a value does not have its length, an
        organisation contributes twice or none does.
        """
        organisations = {contribution.organisation for contribution in contributions}
        if not contributions or len(organisations) < len(contributions):
            raise ValueError("a seed needs contributions, each of another organisation")
        ikm = b"".join(lp(each.organisation) + lp(_exactly(64, each.beta)) for each in contributions)
        if beacon is not None:
            ikm += lp(_exactly(32, beacon.chain)) + lp(u64(beacon.round)) + lp(_exactly(32, beacon.randomness))
        return cls(extract(_exactly(32, alpha), ikm))

    @property
    def panel(self) -> bytes:
        """The seed (32 bytes) of the panel."""
        return expand(self._prk, LABEL + b"panel", 32)

    def vacancy(self, number: int) -> bytes:
        """Give the seed (32 bytes) of a vacancy; the first of a draw is number 1."""
        if number < 1:
            raise ValueError("vacancies are numbered from 1")
        return expand(self._prk, LABEL + b"vacancy" + u32(number), 32)

    def member_salt(self, vacancy: int, seat: int) -> bytes:
        """Give the salt (16 bytes) of the commitment to who took a seat: at first (vacancy 0), or in a vacancy."""
        return expand(self._prk, LABEL + b"member" + u32(vacancy) + u32(seat), 16)

    def seat_codes(self, seats: int) -> list[str]:
        """Give the codes of the seats in order: four symbols of Crockford's base 32 each, all different."""
        codes: dict[str, None] = {}
        symbols = self._symbols()
        while len(codes) < seats:
            codes["".join(islice(symbols, SYMBOLS))] = None
        return list(codes)

    def _symbols(self) -> Iterator[str]:
        """Read the blocks for seat codes as one string of bits, five to a symbol (eight symbols are five bytes)."""
        pending = b""
        for block in count():
            pending += expand(self._prk, LABEL + b"seats" + u32(block), 32)
            whole = len(pending) // 5 * 5
            bits = int.from_bytes(pending[:whole])
            yield from (CROCKFORD[bits >> shift & 31] for shift in range(8 * whole - 5, -1, -5))
            pending = pending[whole:]


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract with SHA-256 (RFC 5869, section 2.2)."""
    return hmac.digest(salt, ikm, "sha256")


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869, section 2.3)."""
    stream, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + u8(number), "sha256")
        stream += block
    return stream[:length]


def _exactly(length: int, value: bytes) -> bytes:
    if len(value) != length:
        raise ValueError(f"{len(value)} bytes where {length} are expected")
    return value
