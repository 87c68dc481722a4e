"""Run in a process of its own (``python -m tests.ledger.crash_child DIRECTORY each|run``): append, publish, be killed.

``each``: for each system call that changes the disk, in DIRECTORY/1, DIRECTORY/2, ..., a process that is killed right
before that call. ``run``: go on until somebody kills us. What was acknowledged is told as a size, in
DIRECTORY/N/acknowledged or on standard output.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from ledger.files import FileLog
from tests.ledger.logs import drafts, entries, signed

BATCHES = (250, 3, 3, 20, 300)  # to the first seam, over it, over two at once
CHANGES = ("fsync", "replace", "mkdir", "unlink", "rmdir")


def work(directory: Path, acknowledge: Callable[[int], None], batches: tuple[int, ...] = BATCHES) -> None:
    log = FileLog(directory / "log")
    data = entries(log.size + sum(batches))
    for batch in batches:
        log.append(drafts(log.size, batch))
        acknowledge(log.size)
        log.publish(signed(data[: log.size]).to_bytes())


def die_at(number: int) -> None:
    """Have this process killed right before its ``number``-th change of the disk."""
    calls, fsync = count(1), os.fsync

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if next(calls) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            # A killed process loses nothing that it has written, so flushing would only take time here.
            return None if original is fsync else original(*args, **options)

        return call

    for name in CHANGES:
        setattr(os, name, watched(getattr(os, name)))


def each(directory: Path) -> None:
    for number in count(1):
        place = directory / str(number)
        place.mkdir()
        if (child := os.fork()) == 0:
            with (place / "acknowledged").open("w") as told:
                die_at(number)
                work(place, partial(tell, told))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return


def run(directory: Path) -> None:
    while True:
        work(directory, partial(tell, sys.stdout), (1, 2, 100))


def tell(out: TextIO, size: int) -> None:
    out.write(f"{size}\n")
    out.flush()


if __name__ == "__main__":
    {"each": each, "run": run}[sys.argv[2]](Path(sys.argv[1]))
