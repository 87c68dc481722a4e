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
from tests.postgres import Cluster, find_binaries

FOLDER = Path(__file__).parent.parent / "var" / "benchmarks"
ROWS = 100_000


def main() -> Iterator[Measurement]:
    """Import a sheet into an empty pool: read, check, encrypt, index, commit to, write; on both databases.

    The peak is SQLite's, as a process has but one.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        yield from measure("", f"sqlite:///{directory}/expertpool.db", Path(directory))
        yield Measurement("peak_mib", round(peak_mib()), "MiB")
    binaries = find_binaries()
    if binaries is not None:
        with Cluster(binaries) as cluster, tempfile.TemporaryDirectory(dir=FOLDER) as directory:
            yield from measure("_postgresql", cluster.url(cluster.create_database()), Path(directory))


def measure(suffix: str, url: str, folder: Path) -> Iterator[Measurement]:
    """Import into an empty database. The processor time is this process's, without a database server's."""
    office = make_pool(url, folder)
    file = made_file(folder / "experts.csv", *(made_row(serial) for serial in range(ROWS)))
    holds = watch(office.engine)
    start, work = perf_counter(), process_time()
    _import(office, file)
    seconds, work = perf_counter() - start, process_time() - work
    office.engine.dispose()
    yield Measurement(f"rows{suffix}", round(ROWS / seconds), "1/s")
    yield Measurement(f"rows_per_cpu_second{suffix}", round(ROWS / work), "1/s")
    yield Measurement(f"lock_longest{suffix}", round(max(holds) * 1000), "ms")


def _import(office: PoolOffice, file: Path) -> None:
    sheet = read_sheet(file)
    with Session(office.engine.execution_options(**READ_ONLY)) as session:
        checked = check_sheet(session, office.protector, office.pool, sheet, DEFAULT, today=TODAY)
    actor = office.actors["pool-manager"]
    enrol_checked(office.transactions, office.protector, office.pool, actor, checked, ground="批复 1 号")
    if len(checked.good) != ROWS:
        raise RuntimeError(f"only {len(checked.good)} rows were imported")
