"""The signer notices growth at once, and waits out a database that fails."""

import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine

from expertpool.core import checkpoints
from expertpool.core import signer as signer_module
from expertpool.core.checkpoints import wait_until_covered
from expertpool.core.database import DatabaseDown, open_engine
from expertpool.core.ledger_watch import LedgerWatch
from expertpool.core.mark import read_mark
from expertpool.core.settings import DatabaseSettings
from tests.core.ledgered import Office


def test_it_moves_at_first_and_when_something_was_committed(office: Office) -> None:
    watch = LedgerWatch(office.engine)
    assert [watch.moved(), watch.moved()] == [True, False]
    office.open_room()
    assert [watch.moved(), watch.moved()] == [True, False]
    watch.close()


def test_what_is_not_committed_does_not_move_it(office: Office) -> None:
    watch = LedgerWatch(office.engine)
    watch.moved()
    with office.transactions.begin("svc:test") as tx:
        tx.session.flush()
        assert not watch.moved()
    watch.close()


def test_after_a_lost_connection_it_says_so_and_goes_on(office: Office) -> None:
    watch = LedgerWatch(office.engine)
    watch.moved()
    assert watch._connection is not None
    watch._connection.dbapi_connection.close()  # type: ignore[union-attr]
    with pytest.raises(DatabaseDown):
        watch.moved()
    assert watch.moved()
    watch.close()


def test_without_a_database_it_is_down(tmp_path: Path) -> None:
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/no/such/folder/x.db"))
    with pytest.raises(DatabaseDown):
        LedgerWatch(engine).moved()


@pytest.mark.parametrize(
    ("owner", "verb", "error"),
    [
        (signer_module, "write_mark", OSError(28, "No space left on device")),
        (checkpoints, "publish", DatabaseDown()),
    ],
)
def test_the_signer_waits_for_a_disk_and_a_database(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch, owner: ModuleType, verb: str, error: Exception
) -> None:
    """Whatever fails on the way, the entry is covered in the end and the mark stands where it should."""
    do, fails = getattr(owner, verb), iter([error] * 3)

    def attempt(*args: Any) -> Any:
        if problem := next(fails, None):
            raise problem
        return do(*args)

    sqlite_office.signer().check()
    sqlite_office.open_room()
    signer, done = sqlite_office.signer(), threading.Event()
    monkeypatch.setattr(signer, "check", lambda: None)
    monkeypatch.setattr(signer_module, "TROUBLE_PAUSE_S", 0)
    monkeypatch.setattr(owner, verb, attempt)
    with structlog.testing.capture_logs() as logged:
        thread = threading.Thread(target=signer.run, args=(1, done.is_set))
        thread.start()
        signed = wait_until_covered(sqlite_office.engine, 0, timeout_s=30)
        done.set()
        thread.join()

    assert signed.opened_by(sqlite_office.vkey).size == 1
    assert read_mark(sqlite_office.mark).size == 1
    reason = getattr(error, "code", "OSError")
    assert [(line["event"], line.get("reason")) for line in logged] == [
        ("signer.started", None),
        *[("signer.waiting", reason)] * 3,
        ("signer.stopped", None),
    ]


def test_the_probe_is_the_databases_own(sqlite_url: str) -> None:
    """SQLite's counter belongs to the connection: it must be kept, or every look would be the first."""
    engine = create_engine(sqlite_url)
    watch = LedgerWatch(engine)
    assert watch.moved()
    held = watch._connection
    assert not watch.moved()
    assert watch._connection is held
    watch.close()
