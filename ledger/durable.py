"""Files that survive a power cut: replaced whole and flushed, or not at all; one writer at a time.

Windows has neither `fcntl` nor directories that can be flushed: there a byte of the lock file is locked, which ends
with the process as well, and a renamed file is as durable as its file system makes it.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Final

from ledger.errors import Unreadable

fcntl: ModuleType | None
msvcrt: ModuleType | None
try:
    import fcntl

    msvcrt = None
except ImportError:  # Windows
    import msvcrt  # type: ignore[no-redef, unused-ignore]

    fcntl = None

WINDOWS: Final = os.name == "nt"


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put ``data`` at ``path`` so that a crash leaves either the old file or the new one, flushed to disk."""
    make_directory(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            Path(temporary).chmod(mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_directory(path.parent)


def make_directory(path: Path) -> None:
    """Make a directory and those above it, as far as they are missing; each one's name is flushed to disk."""
    if not path.is_dir():
        make_directory(path.parent)
        path.mkdir(exist_ok=True)
        flush_directory(path.parent)


def flush_directory(path: Path) -> None:
    """Flush a directory, so that a file's new name is as durable as its bytes (where the system can)."""
    if WINDOWS:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def only_writer(directory: Path) -> Iterator[None]:
    """Hold a directory for this process; raises Unreadable when another process holds it."""
    make_directory(directory)
    with (directory / ".lock").open("ab") as file:
        try:
            lock(file)
        except OSError:
            raise Unreadable("store.locked", path=directory) from None
        yield


def lock(file: IO[bytes], *, wait: bool = False) -> None:
    """Lock an open file for as long as it is open; raises OSError where another process has it and we do not wait."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    elif msvcrt is not None:
        file.seek(0)  # it locks from where the file stands
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
