"""How often somebody has asked lately, known to all processes of a web host and written to no database.

A file of fixed size is mapped into every process: cells of a tag and a moment. Each allowance refills with time (the
generic cell rate algorithm of ITU-T I.371), so that one moment says it all: when it will be full again. A name has four
cells to be in; where all are taken, whoever has asked least recently is forgotten. The file may be lost at any time:
then everybody has a full allowance. Limits that guard secrets are not here but in the database (`identity.lockout`).
"""

import fcntl
import hashlib
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

BUCKETS: Final = 1 << 14
CELLS_EACH: Final = 4
WINDOW_US: Final = 60_000_000
_CELL: Final = struct.Struct("<QQ")
_BUCKET_BYTES: Final = _CELL.size * CELLS_EACH
_NAME: Final = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left after a request: ``remaining`` requests, all again in ``reset_s``; ``wait_s`` if it is refused."""

    quota: int
    remaining: int
    reset_s: int
    wait_s: int = 0


class Rates:
    """The mapped file; ``secret`` keeps names out of it."""

    def __init__(self, path: Path, secret: bytes) -> None:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, BUCKETS * _BUCKET_BYTES)
        self._cells = mmap.mmap(self._file, BUCKETS * _BUCKET_BYTES)
        self._secret = secret
        self._thread = threading.Lock()

    def close(self) -> None:
        """Give the file back."""
        self._cells.close()
        os.close(self._file)

    def take(self, name: str, per_minute: int, now: datetime) -> Standing:
        """Take one from the allowance of this name, unless nothing is left."""
        digest = hashlib.blake2b(name.encode(), digest_size=_NAME.size, key=self._secret).digest()
        bucket, tag = _NAME.unpack(digest)
        first = bucket % BUCKETS * _BUCKET_BYTES
        at, each = int(now.timestamp() * 1_000_000), WINDOW_US / per_minute
        with self._alone():
            cell, full = self._find(first, tag)
            after = max(full, at) + each
            if (late := after - at - WINDOW_US) > 0:
                return Standing(per_minute, 0, _seconds(full - at), _seconds(late))
            _CELL.pack_into(self._cells, cell, tag, int(after))
        return Standing(per_minute, int((WINDOW_US - (after - at)) / each), _seconds(after - at))

    def _find(self, first: int, tag: int) -> tuple[int, int]:
        """The cell of a tag and when its allowance is full; or the cell that is free the longest, which is full."""
        offsets = range(first, first + _BUCKET_BYTES, _CELL.size)
        found = [(offset, *_CELL.unpack_from(self._cells, offset)) for offset in offsets]
        own = next(((offset, full) for offset, whose, full in found if whose == tag), None)
        return own or (min(found, key=lambda cell: cell[2])[0], 0)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A lock on a file is one process's; among its threads there is another."""
        with self._thread:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def _seconds(microseconds: float) -> int:
    """Rounded up, so that whoever waits so long is served."""
    return max(0, -int(-microseconds // 1_000_000))
