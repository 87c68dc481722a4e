"""Checkpoints (C2SP tlog-checkpoint): a signed statement of a log's size and root."""

import base64
from dataclasses import dataclass

from ledger.errors import Malformed, Refused
from ledger.merkle import HASH_SIZE
from ledger.note import Note, NoteSigner, VerifierKey, decode_base64, parse_note, sign_note, verified_by

MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head. ``origin`` names the log; ``extensions`` are opaque further lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(line + "\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note that carries it. Parsed, not believed: see ``opened_by``."""

    checkpoint: Checkpoint
    note: Note

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """Root of the tree of that size."""
        return self.checkpoint.root

    def to_bytes(self) -> bytes:
        """The note as it is stored and served."""
        return self.note.to_bytes()

    def opened_by(self, key: VerifierKey) -> Checkpoint:
        """Return the checkpoint once ``key`` is seen to have signed it; raises Refused."""
        if not verified_by(self.note, [key]):
            raise Refused("note.no-known-signature")
        return self.checkpoint


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's note text; raises Malformed."""
    lines = text.split("\n")
    if lines[-1] != "" or len(lines) < 4 or not all(lines[:-1]):
        raise Malformed("checkpoint.malformed", why="checkpoint-lines")
    origin, size, root = lines[:3]
    raw = decode_base64(root)
    if raw is None or len(raw) != HASH_SIZE:
        raise Malformed("checkpoint.malformed", why="root-hash")
    return Checkpoint(origin, parse_decimal(size), raw, tuple(lines[3:-1]))


def parse_signed_checkpoint(data: bytes) -> SignedCheckpoint:
    """Read a note that carries a checkpoint; raises Malformed. Verifies nothing."""
    note = parse_note(data)
    return SignedCheckpoint(parse_checkpoint(note.text), note)


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> SignedCheckpoint:
    """Sign a checkpoint; the text is read back first, so nothing unreadable is ever signed."""
    text = checkpoint.text()
    if parse_checkpoint(text) != checkpoint:
        raise Malformed("checkpoint.malformed", why="not-readable-back")
    return SignedCheckpoint(checkpoint, sign_note(text, signer))


def parse_decimal(text: str) -> int:
    """Read an ASCII decimal without leading zeros, up to 2^63-1; raises Malformed."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 19:
        raise Malformed("decimal.malformed")
    number = int(text)
    if number > MAX_SIZE:
        raise Malformed("decimal.malformed")
    return number
