"""Sheets that come through a page: sent, checked by the worker, looked at, and then confirmed or given up.

    with transactions.begin(actor) as tx:
        sent = uploads.send(tx, keys, pool, form=..., data=...)
    importer.run_one(transactions, keys)                                      # the worker checks it
    with transactions.begin(actor) as tx:
        uploads.confirm(tx, keys, sent.id, Wishes("文号 1", None, good_rows_only=True))
    importer.run_one(transactions, keys)                                      # and enrols its rows by one act

Whatever names people is sealed, bound to the import and its column, and goes with the last thing that needs it.

Public: `send`, `confirm`, `give_up`, `sweep`, `visible_import`, `imports_in`, `open_column`, `seal_column`, `Wishes`,
`Report`.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from expertpool.core.keyrings import EXPERTS_KEY
from expertpool.core.transaction import Transaction
from expertpool.experts import validation
from expertpool.experts.acts import require_pool
from expertpool.experts.errors import DaysInvalid
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.listing import reaches
from expertpool.experts.models import ImportState, SheetImport
from expertpool.experts.protection import Keys
from expertpool.experts.sheet_errors import ImportInHand, ImportUnknown, NothingToImport, SheetUnreadable
from expertpool.identity.permissions import Caller
from policies.facts import day_of

VERB: Final = "expert.enrol-in-bulk"
KEPT_FOR: Final = timedelta(days=3)
"""How long a sheet lies here that nobody confirms."""
REMEMBERED_FOR: Final = timedelta(days=90)
"""How long the list of imports tells that there was one."""

Column = Literal["sheet", "report", "errors", "wishes"]


class Wishes(NamedTuple):
    """How a sheet is to be imported. ``until``: the last day of the memberships."""

    ground: str
    until: date | None
    good_rows_only: bool


class Report(NamedTuple):
    """What a check found. Of the refused rows, questions and good rows (masked) the first ones, of specialties most.

    A refused row is (row on screen, reasons in Chinese, in English), a question likewise with one text each.
    ``problem`` is why there is nothing else: the sheet could not be read, or the act was refused.
    """

    good: int = 0
    refused: int = 0
    asked: int = 0
    why: Sequence[tuple[int, Sequence[str], Sequence[str]]] = ()
    questions: Sequence[tuple[int, str, str]] = ()
    rows: Sequence[tuple[int, str, str | None, str, str]] = ()
    specialties: Sequence[tuple[str, int]] = ()
    problem: tuple[str, str] | None = None
    changed: bool = False
    """Whether the pool has changed since the sheet was confirmed, so that somebody must look again."""


def send(tx: Transaction, keys: Keys, pool: Pool, *, suffix: str, data: bytes) -> SheetImport:
    """Put down a sheet to be checked. Raises `NotPermitted`, `MirroredElsewhere`, `SheetUnreadable`."""
    require_pool(tx, pool, VERB)
    if suffix not in {".xlsx", ".xls", ".csv"} or not data:
        raise SheetUnreadable(field="sheet")
    sent = SheetImport(
        centre_id=pool.centre_id,
        actor=tx.actor,
        created=tx.now,
        form=suffix[1:],
        state=ImportState.SENT,
        total=0,
        done=0,
        attempts=0,
    )
    tx.session.add(sent)
    tx.session.flush()
    sent.sheet = seal_column(keys, sent.id, "sheet", data)
    return sent


def confirm(tx: Transaction, keys: Keys, import_id: str, wishes: Wishes) -> None:
    """Have a sheet's rows enrolled, as its check has shown them.

    Raises `NotPermitted`, `ImportUnknown`, `ImportInHand`, `NothingToImport`, `GroundMissing`, `DaysInvalid`.
    """
    found = _required(tx, import_id)
    if found.state is not ImportState.CHECKED:
        raise ImportInHand
    report = read_report(keys, found)
    if report.good == 0 or (report.refused and not wishes.good_rows_only):
        raise NothingToImport(field="good_rows_only")
    today = day_of(tx.now)
    if wishes.until is not None and wishes.until < today:
        raise DaysInvalid(today.isoformat(), field="until")
    wishes = wishes._replace(ground=validation.check_ground(wishes.ground))
    found.wishes = seal_column(keys, found.id, "wishes", json.dumps(wishes, default=str).encode())
    found.state, found.actor = ImportState.CONFIRMED, tx.actor
    found.done, found.total, found.attempts = 0, report.good, 0


def give_up(tx: Transaction, import_id: str) -> None:
    """Forget a sheet. Raises `NotPermitted`, `ImportUnknown`, and `ImportInHand` while its rows are being enrolled."""
    found = _required(tx, import_id)
    if found.state is ImportState.CONFIRMED:
        raise ImportInHand
    tx.session.delete(found)


def visible_import(session: Session, caller: Caller, import_id: str) -> SheetImport:
    """An import that the caller may see. Raises `ImportUnknown`."""
    found = session.get(SheetImport, import_id)
    if found is None or not reaches(session, caller, VERB, found.centre_id):
        raise ImportUnknown
    return found


def imports_in(session: Session, centre_id: str, limit: int) -> Sequence[SheetImport]:
    """A centre's latest imports."""
    found = select(SheetImport).where(SheetImport.centre_id == centre_id)
    return session.scalars(found.order_by(SheetImport.created.desc(), SheetImport.id).limit(limit)).all()


def read_report(keys: Keys, found: SheetImport) -> Report:
    """What the last check found."""
    told = open_column(keys, found, "report")
    return Report() if told is None else Report(**json.loads(told))


def read_wishes(keys: Keys, found: SheetImport) -> Wishes:
    """How it was confirmed to be imported."""
    ground, until, good_rows_only = json.loads(open_column(keys, found, "wishes") or b"")
    return Wishes(ground, date.fromisoformat(until) if until else None, good_rows_only)


def seal_column(keys: Keys, import_id: str, column: Column, data: bytes) -> bytes:
    """A value of an import as it is stored."""
    return keys.seal(EXPERTS_KEY, data, _bound(import_id, column))


def open_column(keys: Keys, found: SheetImport, column: Column) -> bytes | None:
    """A stored value, opened; None where there is none (any more)."""
    sealed: bytes | None = getattr(found, column)
    return None if sealed is None else keys.open(EXPERTS_KEY, sealed, _bound(found.id, column))


def as_json(report: Report) -> bytes:
    return json.dumps(report._asdict()).encode()


def sweep(engine: Engine, now: datetime) -> None:
    """Forget sheets that nobody came back to, and the list of those that are long done."""
    idle = SheetImport.state.in_((ImportState.SENT, ImportState.CHECKED, ImportState.FAILED))
    with Session(engine) as session, session.begin():
        session.execute(delete(SheetImport).where(idle, SheetImport.created < now - KEPT_FOR))
        session.execute(delete(SheetImport).where(SheetImport.created < now - REMEMBERED_FOR))


def _required(tx: Transaction, import_id: str) -> SheetImport:
    found = tx.session.get(SheetImport, import_id, with_for_update=True)
    if found is None:
        raise ImportUnknown
    require_pool(tx, Pool(found.centre_id, Origin.OWN), VERB)
    return found


def _bound(import_id: str, column: Column) -> bytes:
    return f"{SheetImport.__tablename__}.{column}:{import_id}".encode()
