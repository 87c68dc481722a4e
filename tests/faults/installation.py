"""Start and kill processes on one installation, and check that it kept every promise."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.clock import SystemClock
from expertpool.core.reconcile import reconcile
from ledger.entry import parse_entry
from ledger.policy import Policy
from ledger.receipt import parse_receipt
from tests.core.ledgered import Office, Room, make_office, reopen_office
from tests.faults import children

SPAWN = multiprocessing.get_context("forkserver")  # forks from a clean, warm process: quick, and no threads to inherit
SPAWN.set_forkserver_preload(["tests.faults.children"])


class Installation:
    """A database and a directory that several processes work on."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.directory = directory
        make_office(url, directory, SystemClock()).engine.dispose()
        self._children: list[BaseProcess] = []

    def start(self, child: Callable[..., None], *args: object) -> BaseProcess:
        process = SPAWN.Process(target=child, args=(self.url, self.directory, *args))
        process.start()
        self._children.append(process)
        return process

    @contextmanager
    def office(self) -> Iterator[Office]:
        office = reopen_office(self.url, self.directory, SystemClock())
        yield office
        office.engine.dispose()

    def stop(self) -> None:
        """Kill whatever still runs."""
        for process in self._children:
            if process.is_alive():
                process.kill()
            process.join(30)
        self._children.clear()

    def check(self) -> list[int]:
        """Assert every promise about what is on disk, once nothing runs; returns the acknowledged indexes."""
        assert not any(process.is_alive() for process in self._children)
        with self.office() as office:
            signer = office.signer()
            signer.check()
            signer.step()
            entries = [parse_entry(data) for data in office.log.entries(0, office.log.head().size)]
            assert [entry.index for entry in entries] == list(range(len(entries)))
            assert [entry.prev for entry in entries[1:]] == [entry.hash.hex() for entry in entries[:-1]]
            assert reconcile(office.engine) == []
            with Session(office.engine) as session:
                assert len(session.scalars(select(Room)).all()) == len(entries)
        policy = Policy({office.vkey: ""}, {}, "none")
        told = children.acknowledged(self.directory)
        for index, receipt in told:
            entry, _ = parse_receipt(receipt.encode()).check(policy)
            assert entry == entries[index]
        indexes = [index for index, _ in told]
        assert len(indexes) == len(set(indexes))
        return indexes


def died(process: BaseProcess) -> bool:
    """Wait for a process and say whether SIGKILL ended it."""
    process.join(60)
    return process.exitcode == -signal.SIGKILL


def kill(process: BaseProcess) -> None:
    """kill -9."""
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)
