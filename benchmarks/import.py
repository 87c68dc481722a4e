"""An import of 100,000 experts from a sheet: rows a second, peak memory, and how long others must wait for a lock."""
# ruff: noqa: N999 -- named for `make bench NAME=import`

import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from benchmarks.harness import Measurement
from expertpool.core.database import READ_ONLY
from expertpool.experts.importing import check_sheet, enrol_checked
from expertpool.experts.mapping import DEFAULT
from expertpool.experts.sheets import read_sheet
from tests.experts.pool import TODAY, PoolOffice, make_pool
from tests.experts.sheet_rows import made_file, made_row

FOLDER = Path(__file__).parent.parent / "var" / "benchmarks"
ROWS = 100_000


def main() -> Iterator[Measurement]:
    """Import a sheet into an empty pool on SQLite: read, check, encrypt, index, commit to, write."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        folder = Path(directory)
        office = make_pool(f"sqlite:///{folder}/expertpool.db", folder)
        file = made_file(folder / "experts.csv", *(made_row(serial) for serial in range(ROWS)))
        holds = _watch(office)
        start, work = perf_counter(), process_time()
        _import(office, file)
        seconds, work = perf_counter() - start, process_time() - work
        office.engine.dispose()
    yield Measurement("rows", round(ROWS / seconds), "1/s")
    yield Measurement("rows_per_cpu_second", round(ROWS / work), "1/s")
    yield Measurement("peak_mib", round(_peak_mib()), "MiB")
    yield Measurement("lock_longest", round(max(holds) * 1000), "ms")


def _import(office: PoolOffice, file: Path) -> None:
    sheet = read_sheet(file)
    with Session(office.engine.execution_options(**READ_ONLY)) as session:
        checked = check_sheet(session, office.protector, office.pool, sheet, DEFAULT, today=TODAY)
    actor = office.actors["pool-manager"]
    enrol_checked(office.transactions, office.protector, office.pool, actor, checked, ground="批复 1 号")
    if len(checked.good) != ROWS:
        raise RuntimeError(f"only {len(checked.good)} rows were imported")


def _watch(office: PoolOffice) -> list[float]:
    """The length of every transaction that may write: on SQLite each of them keeps all other writers waiting."""
    holds: list[float] = []
    began: dict[Connection, float] = {}

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().keys() & READ_ONLY.keys():
            began[connection] = perf_counter()

    def end(connection: Connection) -> None:
        if connection in began:
            holds.append(perf_counter() - began.pop(connection))

    event.listen(office.engine, "begin", begin)  # after the engine's own listener, which waits for the lock
    event.listen(office.engine, "commit", end)
    event.listen(office.engine, "rollback", end)
    return holds


def _peak_mib() -> float:
    """The most memory that this process ever had; Linux counts in KiB, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
