"""Files that survive a power cut: replaced whole and flushed, or not at all; one writer at a time."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from ledger.errors import Unreadable

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows has no advisory locks in the standard library that die with their process like these
    fcntl = None


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
    if os.name == "nt":
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
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Unreadable("store.locked", path=directory) from None
        yield
