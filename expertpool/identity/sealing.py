"""What identity asks of the service's keys."""

from typing import Protocol

from expertpool.core.transaction import Sealer


class Keys(Sealer, Protocol):
    """Seals and opens secrets of accounts, and makes names that only this service can make."""

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        """Undo ``seal``; raises when it was altered or belongs elsewhere."""

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        """Authenticate with the named key."""
