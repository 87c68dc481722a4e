"""A province's roster of 20,000: applied in full, then with every line changed, then with none."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.harness import Measurement
from benchmarks.locks import peak_mib, watch
from expertpool.experts.demo_pool import demo_experts
from expertpool.protocol.facts import Record
from tests.experts.pool import PoolOffice, make_pool
from tests.experts.province import Province, apply, register

FOLDER = Path(__file__).parent.parent / "var" / "benchmarks"
LINES = 20_000


def main() -> Iterator[Measurement]:
    """Apply three files to an empty pool on SQLite: verify, check, compare, encrypt, commit to, write."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        folder = Path(directory)
        office = make_pool(f"sqlite:///{folder}/expertpool.db", folder)
        register(office)
        holds = watch(office.engine)
        province = Province()
        province.put(*((who, Record(facts)) for who, facts in demo_experts("mirror", LINES)))
        yield Measurement("lines_full", round(LINES / _seconds(office, province)), "1/s")
        for who, record in list(province.roster.values()):
            province.put((who, record._replace(expert=record.expert._replace(area="430102", equivalent=True))))
        changed = _seconds(office, province)
        yield Measurement("lines_changed", round(len(province.sent[-1].lines) / changed), "1/s")
        yield Measurement("empty_s", round(_seconds(office, province), 2), "s")
        office.engine.dispose()
    yield Measurement("peak_mib", round(peak_mib()), "MiB")
    yield Measurement("lock_longest", round(max(holds) * 1000), "ms")


def _seconds(office: PoolOffice, province: Province) -> float:
    """How long the next file takes to apply."""
    delta = province.next()
    start = perf_counter()
    apply(office, delta)
    return perf_counter() - start
