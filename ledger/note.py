"""Signed notes and their keys (C2SP signed-note), as the Go tools write them.

A note is text that ends in a newline, an empty line, and signature lines ``— name base64(key id || signature)``.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ledger import ed25519
from ledger.errors import Malformed, Refused

ED25519: Final = 0x01
COSIGNATURE_V1: Final = 0x04  # timestamped Ed25519 cosignature: see ledger.cosignature

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
_DASH: Final = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. ``value`` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note; nothing in it may be believed before ``verified_by``."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note as it is stored and served."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    def adding(self, signatures: Iterable[Signature]) -> "Note":
        """Return the note with further signatures; one that is already there is not added again."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name: ``name+hex(key id)+base64(algorithm || public key)``."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || newline || algorithm || public key), first four bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def matches(self, signature: Signature) -> bool:
        """Whether the signature line claims to be by this key (name and key id both)."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, text: str, value: bytes) -> bool:
        """Whether ``value`` is this key's signature over the note text."""
        message = text.encode()
        if self.algorithm == COSIGNATURE_V1:
            return len(value) == 72 and ed25519.verify(self.public, cosigned_message(value[:8], message), value[8:])
        return ed25519.verify(self.public, message, value)


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A verifier key together with whatever signs for it: a seed here, a key store or a token elsewhere."""

    key: VerifierKey
    sign_bytes: Callable[[bytes], bytes]

    def sign(self, text: str) -> Signature:
        """Sign a note's text with a plain Ed25519 key; cosigners use ``ledger.cosignature``."""
        if self.key.algorithm != ED25519:
            raise Malformed("key.algorithm", alg=f"0x{self.key.algorithm:02x}")
        return Signature(self.key.name, self.key.key_id, self.sign_bytes(text.encode()))


def generate_key(name: str, algorithm: int = ED25519) -> tuple[str, VerifierKey]:
    """Return a fresh signer key string (secret) and its verifier key."""
    _check_algorithm(algorithm)
    _check_name(name)
    seed = secrets.token_bytes(32)
    key = VerifierKey(name, algorithm, ed25519.public_key(seed))
    material = base64.b64encode(bytes([algorithm]) + seed).decode()
    return f"PRIVATE+KEY+{name}+{key.key_id.hex()}+{material}", key


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key string; raises Malformed, also when the key id is not that of the key."""
    name, key_id, algorithm, public = _parse_key(text)
    key = VerifierKey(name, algorithm, public)
    if key.key_id != key_id:
        raise Malformed("key.malformed", why="key-id")
    return key


def parse_signer_key(text: str) -> NoteSigner:
    """Read a signer key string (``PRIVATE+KEY+name+id+base64(algorithm || seed)``); raises Malformed."""
    if not text.startswith("PRIVATE+KEY+"):
        raise Malformed("key.malformed", why="not-a-signer-key")
    name, key_id, algorithm, seed = _parse_key(text.removeprefix("PRIVATE+KEY+"))
    key = VerifierKey(name, algorithm, ed25519.public_key(seed))
    if key.key_id != key_id:
        raise Malformed("key.malformed", why="key-id")
    return NoteSigner(key, lambda message: ed25519.sign(seed, message))


def sign_note(text: str, *signers: NoteSigner) -> Note:
    """Sign ``text``, which must end in a newline, with each signer."""
    _check_text(text)
    return Note(text, tuple(signer.sign(text) for signer in signers))


def parse_note(data: bytes) -> Note:
    """Split a note into text and signature lines; raises Malformed. Verifies nothing."""
    if len(data) > MAX_NOTE_BYTES:
        raise Malformed("note.too-large")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("note.malformed", why="not-utf8") from None
    head, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise Malformed("note.malformed", why="no-signatures")
    text = head + "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed("note.too-large")
    return Note(text, tuple(parse_signature_line(line) for line in lines))


def verified_by(note: Note, keys: Iterable[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
    """Return each known key that signed the note, once, with its signature.

    Signatures by unknown keys are ignored; a known key's signature that fails makes the whole note worthless and raises
    Refused (signed-note, "Signatures").
    """
    known = list(keys)
    verified: dict[VerifierKey, Signature] = {}
    for signature in note.signatures:
        for key in known:
            if key.matches(signature):
                if not key.verify(note.text, signature.value):
                    raise Refused("note.bad-signature", name=key.name)
                verified.setdefault(key, signature)
    return list(verified.items())


def parse_signature_line(line: str) -> Signature:
    """Read one signature line without its newline; raises Malformed."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Malformed("note.malformed", why="signature-line")
    raw = decode_base64(encoded)
    if not is_key_name(name) or raw is None or len(raw) < 5:
        raise Malformed("note.malformed", why="signature-line")
    return Signature(name, raw[:4], raw[4:])


def cosigned_message(timestamp: bytes, text: bytes) -> bytes:
    """Return what a cosignature/v1 signs: header, time line (POSIX seconds, from 8 bytes big-endian), note text."""
    return b"cosignature/v1\ntime %d\n" % int.from_bytes(timestamp, "big") + text


def decode_base64(text: str) -> bytes | None:
    """Decode standard padded base64; None unless ``text`` is the one canonical encoding."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def is_key_name(name: str) -> bool:
    """Key names are non-empty UTF-8 text and hold neither white space nor a plus sign."""
    return bool(name) and "+" not in name and _is_text(name) and not any(char.isspace() for char in name)


def _check_name(name: str) -> None:
    if not is_key_name(name):
        raise Malformed("key.malformed", why="key-name")


def _check_algorithm(algorithm: int) -> None:
    if algorithm not in (ED25519, COSIGNATURE_V1):
        raise Malformed("key.algorithm", alg=f"0x{algorithm:02x}")


def _is_text(text: str) -> bool:
    """Whether no character is below U+0020, or a lone surrogate (how Python carries bytes that are not UTF-8)."""
    return not any(char < " " or "\ud800" <= char <= "\udfff" for char in text)


def _check_text(text: str) -> None:
    if not text.endswith("\n") or not _is_text(text.replace("\n", "")):
        raise Malformed("note.malformed", why="note-text")


def _parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Malformed("key.malformed", why="key-parts")
    name, key_id, encoded = parts
    material = decode_base64(encoded)
    if material is None or not material or len(key_id) != 8 or any(c not in "0123456789abcdef" for c in key_id):
        raise Malformed("key.malformed", why="key-encoding")
    _check_name(name)
    _check_algorithm(material[0])
    if len(material) != 33:
        raise Malformed("key.malformed", why="key-length")
    return name, bytes.fromhex(key_id), material[0], material[1:]
