"""Reads a workbook in a process of its own, with a ceiling on memory and time: what strangers made may be a bomb.

A file of five kilobytes may unpack to gigabytes, or name two cells so far apart that the table between them fits into
no memory; the reader then aborts, and would take the worker with it. A sheet comes back as JSON.

    python -m expertpool.experts.sheet_process FILE       # the child; prints the sheet, or a refusal's code

Public: `read_apart`.
"""

import json
import resource
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.sheet_errors import SheetEmpty, SheetUnreadable
from expertpool.experts.sheets import Form, Sheet, read_sheet, too_large

MOST_MEMORY: Final = 3 * 2**30
"""Address space of the child in bytes: enough for as many rows and columns as are taken."""
MOST_SECONDS: Final = 120

_REFUSALS: Final = {error.code: error for error in (SheetUnreadable, SheetEmpty)}


def read_apart(path: Path) -> Sheet:
    """Read a sheet as `read_sheet` does; a workbook in another process. A csv is text and no larger than its file.

    Raises `SheetUnreadable`, `SheetEncodingUnknown`, `SheetTooLarge`, `SheetEmpty`.
    """
    if path.suffix.lower() == ".csv":
        return read_sheet(path)
    command = [sys.executable, "-I", "-m", "expertpool.experts.sheet_process", str(path)]
    nothing: dict[str, str] = {}  # no passphrase of the worker's is in the child's environment
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS, check=False, env=nothing)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise too_large() from None
    if done.returncode != 0:
        raise too_large()  # it ran into its ceiling, or was killed
    told = json.loads(done.stdout, object_hook=_cell)
    if "refused" in told:
        refusal = _REFUSALS.get(told["refused"])
        raise too_large() if refusal is None else refusal()
    return Sheet(tuple(told["titles"]), told["rows"], Form(told["form"]))


def _plain(cell: object) -> dict[str, Any]:
    """What JSON has no word for."""
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    if isinstance(cell, datetime):
        return {"moment": cell.isoformat()}
    if isinstance(cell, date | time):
        return {type(cell).__name__: cell.isoformat()}
    raise TypeError(cell)


def _cell(told: dict[str, Any]) -> Any:
    match told:
        case {"seconds": float(seconds)}:
            return timedelta(seconds=seconds)
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case {"time": str(text)}:
            return time.fromisoformat(text)
        case _:
            return told


def main(path: Path) -> None:
    """What the child does."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture of people's data on a disk
    try:
        sheet = read_sheet(path)
        told: dict[str, Any] = {"titles": sheet.titles, "rows": sheet.rows, "form": sheet.form}
    except ExpertpoolError as error:
        told = {"refused": error.code}
    json.dump(told, sys.stdout, default=_plain)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
