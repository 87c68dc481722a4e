"""What the worker does with sheets that came through a page: check one, or enrol the rows of one that was confirmed.

Each takes as long as it takes, in short transactions: it is no job of the outbox, whose work is one transaction. A run
holds its import by a lease that it renews with every some hundred rows; of a worker that is killed another takes the
import over, removes what was staged, and begins that stage anew. What was enrolled is noted in the act's own
transaction, so it is done once.

Public: `run_one`.
"""

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY, DatabaseBusy, DatabaseDown
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ids import new_id
from expertpool.core.staging import discard_batch
from expertpool.core.transaction import Transaction, Transactions
from expertpool.experts.bulk import BulkEnrolment, placed
from expertpool.experts.enrolling import enrol_rows
from expertpool.experts.exporting import masked
from expertpool.experts.importing import Checked, check_sheet, write_errors
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.mapping import DEFAULT
from expertpool.experts.models import ImportState, SheetImport
from expertpool.experts.protection import Keys, Protector
from expertpool.experts.sheet_errors import ImportFailed
from expertpool.experts.sheet_process import read_apart
from expertpool.experts.sheets import Sheet
from expertpool.experts.uploads import Report, as_json, open_column, read_report, read_wishes, seal_column
from policies.facts import day_of

LEASE: Final = timedelta(minutes=3)
MOST_ATTEMPTS: Final = 3
SHOWN: Final = 50
"""How many refused rows and questions a page shows; the error file has them all."""
SAMPLE: Final = 8

log = structlog.get_logger("importer")


class LeaseLost(RuntimeError):
    """Another worker has taken the import over, or somebody gave it up: stop, and leave nothing."""


class Stopped(RuntimeError):
    """The worker was told to stop: what was staged goes, and the next one begins the stage anew."""


def run_one(transactions: Transactions, keys: Keys, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Check or enrol the sheet that has waited longest; False when none waits. Soon gives up when ``stopping``."""
    found = _take(transactions)
    if found is None:
        return False
    try:
        _Run(transactions, keys, found, stopping).go()
    except LeaseLost:
        log.warning("importer.lost", importing=found.id)
    return True


class _Run:
    """One stage of one import, under a lease."""

    def __init__(
        self, transactions: Transactions, keys: Keys, found: SheetImport, stopping: Callable[[], bool]
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._import = found
        self._pool = Pool(found.centre_id, Origin.OWN)
        self._protector = Protector(keys)
        self._stopping = stopping
        self._done = 0

    def go(self) -> None:
        found = self._import
        if found.batch is not None:
            discard_batch(self._transactions.engine, found.batch)  # of a run that was killed
        try:
            if found.attempts > MOST_ATTEMPTS:
                raise ImportFailed
            with tempfile.TemporaryDirectory(prefix="expertpool-import-") as folder:
                self._stage(Path(folder))
        except (DatabaseBusy, DatabaseDown):
            raise  # the lease runs out, and it is tried again
        except Stopped:
            self._put(state=found.state, attempts=found.attempts - 1)
        except ExpertpoolError as error:
            report = Report(problem=(error.message("zh"), error.message("en")))
            self._put(state=ImportState.FAILED, report=self._sealed("report", as_json(report)), sheet=None, wishes=None)

    def _stage(self, folder: Path) -> None:
        path = folder / f"sheet.{self._import.form}"
        path.touch(mode=0o600)
        path.write_bytes(open_column(self._keys, self._import, "sheet") or b"")
        sheet = read_apart(path)
        checking = self._import.state is ImportState.SENT
        total = sum(1 for _ in sheet.numbered())
        self._put(total=total, done=0)
        checked = self._check(sheet)
        report = self._report(checked)
        if checking or _found(report) != _found(read_report(self._keys, self._import)):
            errors = write_errors(folder / "errors", sheet, checked).read_bytes() if checked.refused else None
            self._put(
                state=ImportState.CHECKED,
                report=self._sealed("report", as_json(report._replace(changed=not checking))),
                errors=None if errors is None else self._sealed("errors", errors),
                done=total,
            )
        else:
            self._enrol(checked)

    def _check(self, sheet: Sheet) -> Checked:
        engine, today = self._transactions.engine, day_of(self._transactions.clock.now())
        progress = self._progress if self._import.state is ImportState.SENT else self._go_on
        with Session(engine.execution_options(**READ_ONLY)) as session:
            return check_sheet(session, self._protector, self._pool, sheet, DEFAULT, today=today, progress=progress)

    def _enrol(self, checked: Checked) -> None:
        wishes = read_wishes(self._keys, self._import)
        now = self._transactions.clock.now()
        enrolment = BulkEnrolment(
            self._transactions.engine, self._protector, self._pool, now, resolve=checked.resolve, until=wishes.until
        )
        self._put(batch=enrolment.batch, total=len(checked.good), done=0)
        rows = ((expert_id, each.identity, each.facts) for expert_id, each in placed(checked.good))
        enrol_rows(
            self._transactions,
            enrolment,
            self._import.actor,
            rows,
            ground=wishes.ground,
            progress=self._progress,
            beside=self._note_done,
        )

    def _note_done(self, tx: Transaction) -> None:
        """In the act's own transaction: it is done, and what named people is gone but for the error file."""
        _hold(tx.session, self._import, state=ImportState.DONE, sheet=None, report=None, wishes=None)

    def _report(self, checked: Checked) -> Report:
        claims = Counter(claim.code for each in checked.good for claim in each.facts.claims or ())
        return Report(
            good=len(checked.good),
            refused=len(checked.refused),
            asked=len(checked.questions),
            why=[
                (
                    row,
                    [checked.explain(each, "zh") for each in problems],
                    [checked.explain(each, "en") for each in problems],
                )
                for row, problems in checked.refused[:SHOWN]
            ],
            questions=[
                (row, checked.explain(question, "zh"), checked.explain(question, "en"))
                for row, question in checked.questions[:SHOWN]
            ],
            rows=[_shown(each) for each in checked.good[:SAMPLE]],
            specialties=claims.most_common(SAMPLE),
        )

    def _progress(self, rows: int) -> None:
        if self._stopping():
            raise Stopped
        self._done += rows
        self._put(done=self._done)

    def _go_on(self, rows: int) -> None:
        """A check before the rows are enrolled: it counts for nothing on the page."""
        self._done -= rows
        self._progress(rows)

    def _sealed(self, column: Any, data: bytes) -> bytes:
        return seal_column(self._keys, self._import.id, column, data)

    def _put(self, **values: Any) -> None:
        """Write down how far it is, and go on holding it; or lay it down with its next state."""
        until = None if "state" in values else self._transactions.clock.now() + LEASE
        with Session(self._transactions.engine) as session, session.begin():
            _hold(session, self._import, **values, leased_until=until)


def _hold(session: Session, found: SheetImport, **values: Any) -> None:
    """Change an import that is still ours. Raises `LeaseLost`."""
    ours = (SheetImport.id == found.id, SheetImport.lease == found.lease)
    put: CursorResult[Any] = session.execute(update(SheetImport).where(*ours).values(**values))  # type: ignore[assignment]
    if put.rowcount != 1:
        raise LeaseLost(found.id)


def _take(transactions: Transactions) -> SheetImport | None:
    """Lease the import that has waited longest; with its sealed columns, for the length of a stage."""
    now = transactions.clock.now()
    waiting = (
        select(SheetImport)
        .where(
            SheetImport.state.in_((ImportState.SENT, ImportState.CONFIRMED)),
            or_(SheetImport.leased_until.is_(None), SheetImport.leased_until <= now),
        )
        .order_by(SheetImport.created, SheetImport.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with Session(transactions.engine, expire_on_commit=False) as session, session.begin():
        found = session.scalars(waiting).first()
        if found is not None:
            found.lease, found.leased_until, found.attempts = new_id("lse"), now + LEASE, found.attempts + 1
            for column in ("sheet", "report", "wishes"):
                getattr(found, column)
        return found


def _found(report: Report) -> tuple[int, int, list[int]]:
    """By what two checks of one sheet are compared: how many rows are right, and which are refused."""
    return report.good, report.refused, [row for row, *_ in report.why]


def _shown(each: Any) -> tuple[int, str, str | None, str, str]:
    """A good row as the pool's managers may see it."""
    identity, known = masked(each.identity, each.facts)
    jobs = known.employments or ()
    return (
        each.row,
        identity.name,
        identity.id_number,
        "、".join(claim.code for claim in known.claims or ()),
        jobs[0].unit.name if jobs else "",
    )
