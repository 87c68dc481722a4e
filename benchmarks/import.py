"""An import of 100,000 experts from a sheet: rows a second, peak memory, and how long others must wait for a lock."""
# ruff: noqa: N999 -- named for `make bench NAME=import`

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy.orm import Session

from benchmarks.harness import Measurement
from benchmarks.locks import peak_mib, watch
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
        holds = watch(office.engine)
        start, work = perf_counter(), process_time()
        _import(office, file)
        seconds, work = perf_counter() - start, process_time() - work
        office.engine.dispose()
    yield Measurement("rows", round(ROWS / seconds), "1/s")
    yield Measurement("rows_per_cpu_second", round(ROWS / work), "1/s")
    yield Measurement("peak_mib", round(peak_mib()), "MiB")
    yield Measurement("lock_longest", round(max(holds) * 1000), "ms")


def _import(office: PoolOffice, file: Path) -> None:
    sheet = read_sheet(file)
    with Session(office.engine.execution_options(**READ_ONLY)) as session:
        checked = check_sheet(session, office.protector, office.pool, sheet, DEFAULT, today=TODAY)
    actor = office.actors["pool-manager"]
    enrol_checked(office.transactions, office.protector, office.pool, actor, checked, ground="批复 1 号")
    if len(checked.good) != ROWS:
        raise RuntimeError(f"only {len(checked.good)} rows were imported")
