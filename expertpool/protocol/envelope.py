"""Records sealed to the key holders: any authorised set opens one together, nobody less. docs/spec/draw.md, section 8.

A set of organisations is nested HPKE: the first opens the outermost wrap and passes on what only the next can open. No
secret sharing of our own is needed, and each layer is bound to the draw, the subject and the moment before which no
share may be given (``info``).
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from expertpool.protocol.encoding import domain, from_base64, lp, u8
from expertpool.protocol.errors import ContentTooLong, EnvelopeBroken, Malformed
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

PLAINTEXT_BYTES: Final = 1024
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
HPKE_OVERHEAD: Final = 32 + 16  # encapsulated key, AES-256-GCM tag
HPKE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Open = Callable[[bytes, bytes], bytes]
"""Opens an HPKE ciphertext under an info with a key that its holder keeps. Raises `EnvelopeBroken`."""


@dataclass(frozen=True, slots=True)
class Holders:
    """Who can open: the X25519 key of each organisation, and the sets that may open together."""

    keys: Mapping[str, bytes]
    sets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class About:
    """What an envelope is bound to. ``subject``: a seat code or an organisation; ``not_before`` as entries write it."""

    draw: str
    intent: bytes
    purpose: str
    subject: str
    rulebook: bytes
    not_before: str

    def plain(self) -> dict[str, Any]:
        """As the envelope shows it."""
        return {
            "draw": self.draw,
            "intent": self.intent.hex(),
            "not_before": self.not_before,
            "purpose": self.purpose,
            "rulebook": self.rulebook.hex(),
            "subject": self.subject,
        }


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed record: ``info`` as it was bound, a wrap of the key for every set."""

    info: Mapping[str, Any]
    sets: tuple[tuple[str, ...], ...]
    text: bytes
    wraps: tuple[bytes, ...]

    @property
    def bound(self) -> bytes:
        """What text and wraps are bound to."""
        return domain("envelope") + canonical(dict(self.info))

    def to_bytes(self) -> bytes:
        """The envelope's bytes; envelopes of one purpose and draw are all of one length."""
        return canonical(
            {
                "info": dict(self.info),
                "sets": [list(each) for each in self.sets],
                "text": _base64(self.text),
                "wraps": [_base64(wrap) for wrap in self.wraps],
            }
        )

    @property
    def digest(self) -> bytes:
        """What the ledger shows of it."""
        return sha256(self.to_bytes()).digest()

    def peel(self, number: int, passed: bytes | None, position: int, opener: Open) -> bytes:
        """The share that the holder at ``position`` of set ``number`` gives: what the next opens, at last the key.

        ``passed`` is the share of the holder before, None for the first. Raises `EnvelopeBroken`.
        """
        return opener(self.wraps[number] if passed is None else passed, self.bound + u8(position))

    def content(self, key: bytes) -> bytes:
        """What was sealed. Raises `EnvelopeBroken`."""
        try:
            padded = AESGCM(key).decrypt(self.text[:NONCE_BYTES], self.text[NONCE_BYTES:], self.bound)
        except (InvalidTag, ValueError):
            raise EnvelopeBroken from None
        return padded[4 : 4 + int.from_bytes(padded[:4])]


def quorums(organisations: Sequence[str], least: int, outside: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Every smallest set of ``least`` organisations that has one from outside the centre among it."""
    return tuple(each for each in combinations(sorted(organisations), least) if outside.intersection(each))


def seal_to_holders(content: bytes, about: About, holders: Holders) -> Envelope:
    """Seal under a fresh key. Raises `ContentTooLong`."""
    if len(content) > PLAINTEXT_BYTES - 4:
        raise ContentTooLong(length=len(content), most=PLAINTEXT_BYTES - 4)
    info = about.plain()
    bound = domain("envelope") + canonical(info)
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
    text = nonce + AESGCM(key).encrypt(nonce, lp(content).ljust(PLAINTEXT_BYTES, b"\x00"), bound)
    wraps = tuple(_wrap(key, each, holders.keys, bound) for each in holders.sets)
    return Envelope(info, holders.sets, text, wraps)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope's bytes. Raises `Malformed`."""
    try:
        value = parse(data)
        envelope = Envelope(
            dict(value["info"]),
            tuple(tuple(map(str, each)) for each in value["sets"]),
            from_base64(value["text"], "text"),
            tuple(from_base64(wrap, "wraps") for wrap in value["wraps"]),
        )
    except (LedgerError, KeyError, TypeError, ValueError):
        raise Malformed(field="envelope") from None
    if envelope.to_bytes() != data or len(envelope.sets) != len(envelope.wraps):
        raise Malformed(field="envelope")
    return envelope


def seal_to(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """HPKE to one X25519 key (32 bytes). Raises `Malformed` for a key that is none."""
    try:
        return HPKE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info)
    except ValueError:
        raise Malformed(field="public key") from None


def open_with(private: X25519PrivateKey, ciphertext: bytes, info: bytes) -> bytes:
    """Undo `seal_to`. Raises `EnvelopeBroken`."""
    try:
        return HPKE.decrypt(ciphertext, private, info)
    except (InvalidTag, ValueError):
        raise EnvelopeBroken from None


def _wrap(key: bytes, organisations: Sequence[str], keys: Mapping[str, bytes], bound: bytes) -> bytes:
    wrapped = key
    for position in reversed(range(len(organisations))):
        wrapped = seal_to(keys[organisations[position]], bound + u8(position), wrapped)
    return wrapped


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
