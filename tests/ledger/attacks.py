"""What somebody who can write to a log's files could do to an honest log of 600 entries, and how it is told.

The checkpoint stays the honest one, signed and cosigned, unless a test says otherwise.
"""

from functools import cache
from pathlib import Path

from ledger.report import exit_code
from ledger.verify import Report, verify
from tests.ledger.logs import POLICY, Files, bundles, entries, files_of, write_directory

SIZE = 600
LAST = SIZE - 1
HASH = bytes(range(32))


@cache
def honest(size: int = SIZE) -> tuple[list[bytes], Files]:
    data = entries(size)
    return data, files_of(data)


def check(files: Files, directory: Path, **options: object) -> Report:
    report = verify(str(write_directory(files, directory)), policy=POLICY, **options)  # type: ignore[arg-type]
    assert (report.verdict, exit_code(report)) == ("broken", 1)
    return report


def codes(report: Report) -> list[str]:
    return [found.code for found in report.findings]


def replaced(data: list[bytes], index: int, entry: bytes) -> list[bytes]:
    return [*data[:index], entry, *data[index + 1 :]]


def rebuilt(data: list[bytes]) -> Files:
    """Bundles and all tiles of other entries, under the honest checkpoint."""
    return {**files_of(data), "checkpoint": honest()[1]["checkpoint"]}


def laid_over(data: list[bytes]) -> Files:
    """Other entries, cut into bundles anew, over the honest tiles."""
    return {**honest()[1], **bundles(data)}
