"""The processes that die: each runs the service's real code on the installation in a directory.

An appender counts an act as acknowledged only after it has written the receipt to the file of acknowledgements, which
is what a client would hold in its hands.
"""

import json
import os
import signal
from pathlib import Path

from expertpool.core import faults
from expertpool.core.checkpoints import acknowledge
from expertpool.core.clock import SystemClock
from expertpool.core.jobs import Job, Outbox
from expertpool.core.transaction import Transaction
from tests.core.ledgered import Office, open_room, reopen_office


def die_at(point: str | None, occurrence: int = 1) -> None:
    """Kill this process, as kill -9 does, when it reaches ``point`` for the n-th time."""
    left = occurrence

    def hook(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(hook)


def append(url: str, directory: Path, acts: int, point: str | None = None, occurrence: int = 1) -> None:
    """Perform ``acts`` acts, each acknowledged with a receipt."""
    office = reopen_office(url, directory, SystemClock())
    die_at(point, occurrence)
    for _ in range(acts):
        with office.transactions.begin("svc:appender") as tx:
            open_room(tx, f"room of {os.getpid()}")
        receipt = acknowledge(office.engine, tx.entries[0], timeout_s=60)
        _tell(directory, {"index": tx.entries[0].index, "receipt": receipt.to_bytes().decode()})


def sign(url: str, directory: Path, point: str | None = None, occurrence: int = 1) -> None:
    """Sign until killed."""
    office = reopen_office(url, directory, SystemClock())
    die_at(point, occurrence)
    office.signer().run(poll_ms=1, stopped=lambda: os.getppid() == 1)


def work(url: str, directory: Path, point: str | None = None, occurrence: int = 1) -> None:
    """Do queued jobs until there are none left."""
    office = reopen_office(url, directory, SystemClock())
    die_at(point, occurrence)
    outbox = make_outbox(office)
    while outbox.run_one():
        pass


def make_outbox(office: Office) -> Outbox:
    """A worker for the one kind of job of these tests, with a lease that a takeover need not wait for."""
    from datetime import timedelta

    return Outbox(office.transactions, {"test.open": _open_queued}, timedelta(0))


def acknowledged(directory: Path) -> list[tuple[int, str]]:
    """What clients were told: (index, receipt)."""
    path = directory / "acknowledged"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(told["index"], told["receipt"]) for told in map(json.loads, lines)]


def _tell(directory: Path, answer: dict[str, object]) -> None:
    with (directory / "acknowledged").open("ab", buffering=0) as file:  # one write: whole or not at all
        file.write(json.dumps(answer).encode() + b"\n")


def _open_queued(tx: Transaction, job: Job) -> None:
    open_room(tx, job.args["name"])
