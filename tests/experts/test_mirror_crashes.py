"""kill -9 at any step: no half-applied roster ever counts, and the same file brings it to its end."""

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from expertpool.core import faults
from expertpool.core.clock import FixedClock
from expertpool.core.ledger_tables import LedgerBatch
from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import Transactions
from expertpool.experts import bulk, history, mirror, queries
from expertpool.experts.mirror_errors import DeltaUnfinished
from expertpool.experts.mirror_format import DeltaFile, read_file, write_file
from expertpool.experts.mirror_queries import last_head, mirror_fact, mirror_head, roster_now
from expertpool.experts.models import Expert
from expertpool.protocol import roster
from policies.facts import Mirror
from tests.core.ledgered import reopen_office
from tests.experts.pool import START, TODAY, PoolOffice, made_keys
from tests.experts.province import Province, apply, member, mirrored, register
from tests.faults.installation import SPAWN, died

KEYS = ("disclosures", "experts", "experts-index")


def prepared(office: PoolOffice) -> tuple[Province, bytes]:
    """A mirrored pool, and the bytes of a file with everything in it: six go or change, four come."""
    register(office)
    province = Province()
    province.put(*(member(serial) for serial in range(1, 9)))
    apply(office, province.next())
    province.drop(1, 2)
    province.put(*(member(serial, area="430200") for serial in range(3, 7)), *(member(n) for n in range(20, 24)))
    delta = province.next()
    return province, write_file(delta.head, delta.lines, province.signer)


def _apply_and_die(url: str, directory: Path, data: bytes, point: str, occurrence: int) -> None:
    mirror.CHANGES = 3  # type: ignore[misc]  # so that there are several acts
    made = reopen_office(url, directory, FixedClock(START))
    keys = made_keys(*KEYS)
    office = PoolOffice(made.engine, Transactions(made.engine, FixedClock(START), keys), FixedClock(START), keys)
    left = occurrence

    def hook(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if point == "staged":
        finish = bulk.BulkEnrolment.finish

        def dying(self: bulk.BulkEnrolment) -> None:
            finish(self)
            os.kill(os.getpid(), signal.SIGKILL)

        bulk.BulkEnrolment.finish = dying  # type: ignore[method-assign]
    faults.arm(hook)
    mirror.apply_file(office.transactions, office.protector, read_file(data))


# The acts: accepted, two with three and two or more changes each, the newcomers, completed.
STEPS = [
    *((point, act) for act in range(1, 6) for point in ("tx.before-entry", "tx.before-commit", "tx.after-commit")),
    ("staged", 1),
]


@pytest.mark.parametrize(("point", "act"), STEPS)
def test_killed_at_any_step_it_goes_on(
    office: PoolOffice, database_url: str, tmp_path: Path, point: str, act: int
) -> None:
    province, data = prepared(office)
    process = SPAWN.Process(target=_apply_and_die, args=(database_url, tmp_path, data, point, act))
    process.start()
    assert died(process)

    committed = 3 if point == "staged" else act - (point != "tx.after-commit")
    assert reconcile(office.engine) == []
    with office.reading() as session:
        head = last_head(session, office.centre)
        assert head is not None
        if committed == 0:
            assert (head.sequence, mirror_fact(session, office.centre, TODAY).head_on) == (1, TODAY)
        elif committed == 5:
            assert (head.sequence, head.completed) == (2, START)
        else:
            assert (head.sequence, head.completed) == (2, None)
            assert mirror_head(session, office.centre) is None
            assert mirror_fact(session, office.centre, TODAY) == Mirror(None, TODAY)
    third = province.next()
    if 0 < committed < 5:
        with pytest.raises(DeltaUnfinished):
            apply(office, third)
    if committed < 5:
        apply(office, read_file(data))
    apply(office, third)
    whole(office, third)


def whole(office: PoolOffice, delta: DeltaFile) -> None:
    """The roster is the head's, everyone once, and an auditor can rebuild it."""
    assert reconcile(office.engine) == []
    with office.reading() as session:
        assert roster_now(session, office.centre) == delta.head.roster
        opened = history.opened_lines(session, mirrored(office), office.size)
        rebuilt = roster.rebuild(opened.said, opened.lines, opened.erased)
        live = queries.live_roster(session, mirrored(office))
        assert {expert: line.leaf for expert, line in rebuilt.lines.items()} == live
        assert len(live) == delta.head.roster.count
        assert session.scalar(select(func.count()).select_from(Expert.__table__)) == 12  # nothing staged is left
        assert session.scalars(select(LedgerBatch).where(LedgerBatch.entry.is_(None))).all() == []


def test_interrupted_while_staging_nothing_is_left_behind(
    sqlite_office: PoolOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    _, data = prepared(office)

    def interrupted(_: bulk.BulkEnrolment) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bulk.BulkEnrolment, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            apply(office, read_file(data))
    with office.reading() as session:
        assert session.scalars(select(LedgerBatch).where(LedgerBatch.entry.is_(None))).all() == []
    assert apply(office, read_file(data)).completed == START


def test_an_unfinished_chain_may_be_ended_and_taken_anew(
    sqlite_office: PoolOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    province, data = prepared(office)
    with monkeypatch.context() as patch:
        patch.setattr(bulk.BulkEnrolment, "finish", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            apply(office, read_file(data))
    with office.act("competent-department") as tx:
        mirror.restart(tx, office.centre, reason="文件遗失")
    full = province.next(full=True)
    apply(office, full)
    whole(office, full)
