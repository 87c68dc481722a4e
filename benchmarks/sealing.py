"""Sealing: what a sealed record costs to make and to open, and how many projects an installation fills in a minute.

A record is sealed to three key holders, two of whom open it; the peer is as many bare HPKE operations. Filling is told
in `filling`: the processes as they are deployed, from the submission of a request to its last acceptance.
"""

import secrets
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchmarks.filling import filling
from benchmarks.harness import Measurement, paired
from expertpool.protocol.envelope import About, Envelope, Holders, Open, open_with, quorums, seal_to, seal_to_holders

RECORDS = 100  # in each timed round
ROUNDS = 7
CONTENT = secrets.token_bytes(600)
ABOUT = About("drw_bench", bytes(32), "record", "7KQ2", bytes(32), "2026-11-21T01:00:00.000000Z")
OUTSIDE = frozenset({"hld_b", "hld_c"})


def main() -> Iterator[Measurement]:
    """Yield every measurement of sealing."""
    yield from sealing()
    yield from filling()


def sealing() -> Iterator[Measurement]:
    """Seal a record to two of three holders, and open it by a set."""
    private = {name: X25519PrivateKey.generate() for name in ("hld_a", *sorted(OUTSIDE))}
    keys = {name: key.public_key().public_bytes_raw() for name, key in private.items()}
    holders = Holders(keys, quorums(sorted(keys), 2, OUTSIDE))
    openers = {name: opener(key) for name, key in private.items()}
    envelope = seal_to_holders(CONTENT, ABOUT, holders)
    wraps = sum(map(len, holders.sets))
    bare = seal_to(keys["hld_a"], b"", bytes(32))

    sealed = paired(
        lambda: [seal_to_holders(CONTENT, ABOUT, holders) for _ in range(RECORDS)],
        lambda: [seal_to(keys["hld_a"], b"", bytes(32)) for _ in range(RECORDS * wraps)],
        ROUNDS,
    )
    opened = paired(
        lambda: [opened_by(envelope, number % len(holders.sets), openers) for number in range(RECORDS)],
        lambda: [open_with(private["hld_a"], bare, b"") for _ in range(RECORDS * 2)],
        ROUNDS,
    )
    per = 1000 / RECORDS
    yield Measurement("seal_ms", round(sealed.ours * per, 3), "ms", f"{wraps} bare HPKE seals", round(sealed.ratio, 3))
    yield Measurement("open_ms", round(opened.ours * per, 3), "ms", "2 bare HPKE openings", round(opened.ratio, 3))


def opener(private: X25519PrivateKey) -> Open:
    """What a holder's agent opens with."""
    return lambda ciphertext, info: open_with(private, ciphertext, info)


def opened_by(envelope: Envelope, number: int, openers: dict[str, Open]) -> bytes:
    """Open a record by one of its sets, a holder after the other."""
    share: bytes | None = None
    for position, holder in enumerate(envelope.sets[number]):
        share = envelope.peel(number, share, position, openers[holder])
    return envelope.content(share or b"")
