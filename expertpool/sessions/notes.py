"""Texts that belong to the evaluation (dissent, questions), sealed at one size, bound to their session."""

from typing import Final, Protocol

from expertpool.core.keyrings import SESSIONS_KEY

MOST: Final = 500
"""Characters of a text."""
_SIZE: Final = 4 * MOST
"""Bytes of a text before sealing, so that its length is not seen."""


class NoteKeys(Protocol):
    """The part of the service's key store that seals and opens."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes: ...

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes: ...


def sealed(keys: NoteKeys, session_id: str, text: str) -> bytes:
    """A text of at most `MOST` characters as a step keeps it."""
    return keys.seal(SESSIONS_KEY, text.encode().ljust(_SIZE), _bound(session_id))


def opened(keys: NoteKeys, session_id: str, note: bytes) -> str:
    """The text of a step. Raises `SealBroken` for one that was altered or moved to another session."""
    return keys.open(SESSIONS_KEY, note, _bound(session_id)).decode().rstrip()


def _bound(session_id: str) -> bytes:
    return f"session_day_steps.note:{session_id}".encode()
