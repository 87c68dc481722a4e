"""Messages through the door as bytes: what is signed, what is encrypted, and their forms. Pure.

An envelope is JSON ``{"key", "message", "signature", "sealed"?}``, the same over HTTP and in a file. ``message`` is a
text, and the signature (Ed25519) is over `DOMAIN` and that text as it stands; only then is it read, as canonical JSON.
``sealed`` is bound by the SHA-256 that the message names. Byte for byte: docs/spec/trading-door.md.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError

from expertpool.projects import door_errors as errors
from expertpool.projects.door_schemas import EnvelopeSchema, MessageSchema
from expertpool.projects.terms import SealedKind
from expertpool.web.errors import InvalidInput
from expertpool.web.validation import complaints
from ledger import ed25519
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError

DOMAIN: Final = b"expertpool/trading-door/v1\n"
SEALED_DOMAIN: Final = b"expertpool/trading-door/sealed/v1\n"

MAX_FILE_BYTES: Final = 1024 * 1024
HPKE_OVERHEAD: Final = 32 + 16  # encapsulated X25519 key, AES-256-GCM tag
PLAINTEXT_LENGTHS: Final[Mapping[SealedKind, tuple[int, ...]]] = {
    SealedKind.BIDDER_LIST: (16_384, 65_536, 262_144),
    SealedKind.DRAW_RESULT: (16_384,),
    SealedKind.SCORES: (16_384, 65_536, 262_144),
}
"""Plaintexts are padded to one of these lengths, so that a ciphertext tells little of how many bidders there are."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was sent; nothing in ``text`` may be read before its signature is verified."""

    key: str
    text: str = field(repr=False)
    signature: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)

    def signed_by(self, public: bytes) -> bool:
        """Whether this key made the signature."""
        return ed25519.verify(public, DOMAIN + self.text.encode(), self.signature)


@dataclass(frozen=True, slots=True)
class Message:
    """What is signed: for which centre, of which kind, which in the sender's order, and when it was written."""

    centre: str
    kind: str
    sequence: int
    time: datetime
    body: Mapping[str, Any]


def envelope_of(given: Mapping[str, Any]) -> Envelope:
    """The envelope that `EnvelopeSchema` has loaded."""
    return Envelope(given["key"], given["message"], bytes.fromhex(given["signature"]), given["sealed"])


def read_file(data: bytes) -> Envelope:
    """The envelope in a file. Raises `NotAnEnvelope`, `InvalidInput`."""
    if len(data) > MAX_FILE_BYTES:
        raise errors.NotAnEnvelope
    try:
        value = json.loads(data.decode("utf-8"))
        json.dumps(value, ensure_ascii=False).encode()  # raises UnicodeEncodeError, a ValueError, for half a character
    except (ValueError, RecursionError):
        raise errors.NotAnEnvelope from None
    return envelope_of(load(EnvelopeSchema(), value))


def read_message(text: str) -> Message:
    """The message that a verified text is. Raises `NotCanonical`, `InvalidInput`."""
    try:
        value = parse(text.encode())
    except (LedgerError, UnicodeEncodeError):
        raise errors.NotCanonical(field="message") from None
    stated = load(MessageSchema(), value)
    return Message(**{**stated, "time": datetime.fromtimestamp(stated["time"], UTC)})


def load(schema: Schema, value: Any) -> Any:
    """What a schema makes of a value. Raises `InvalidInput` that names every wrong field."""
    try:
        return schema.load(value)
    except ValidationError as error:
        raise InvalidInput(list(complaints(error.messages))) from None


def check_sealed(kind: SealedKind, sealed: bytes | None, sha256: str) -> bytes:
    """The ciphertext of a message. Raises `SealedMissing`, `SealedLength`, `SealedDiffers`."""
    if sealed is None:
        raise errors.SealedMissing(field="sealed")
    lengths = [length + HPKE_OVERHEAD for length in PLAINTEXT_LENGTHS[kind]]
    if len(sealed) not in lengths:
        raise errors.SealedLength(", ".join(map(str, lengths)), field="sealed")
    if hashlib.sha256(sealed).hexdigest() != sha256:
        raise errors.SealedDiffers(field="sealed")
    return sealed


def sealed_info(kind: SealedKind, *, centre: str, project: str, session: str) -> bytes:
    """The HPKE ``info`` that binds a ciphertext to its kind and session, by codes that both sides know."""
    return SEALED_DOMAIN + canonical({"centre": centre, "kind": kind.value, "project": project, "session": session})
