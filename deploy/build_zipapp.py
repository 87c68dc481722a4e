"""Build dist/ledger.pyz: the verifier in one file that needs nothing but Python 3.11 or newer.

Where `cryptography` is installed as well, it makes and cosigns too. The same sources give the same bytes on any machine
(nothing in it is compressed, for compressors differ), so that anyone can rebuild the file and compare.
"""

import importlib.metadata
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "dist" / "ledger.pyz"
BUNDLED = "rfc8785"
START = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("ledger: Python 3.11 or newer is needed, this is %d.%d." % sys.version_info[:2])

import runpy

runpy.run_module("ledger", run_name="__main__", alter_sys=True)
"""
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def contents() -> dict[str, bytes]:
    """Return what goes into the archive, by its name there."""
    files = {"__main__.py": START.encode(), "LICENSE": (ROOT / "LICENSE").read_bytes()}
    for path in (ROOT / "ledger").rglob("*"):
        if path.suffix == ".py":
            files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for file in importlib.metadata.files(BUNDLED) or []:
        if file.suffix == ".py" or file.name.startswith("LICENSE"):
            files[file.as_posix()] = file.read_binary()
    return files


def build(target: Path) -> None:
    """Write the archive."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in sorted(contents().items()):
                entry = zipfile.ZipInfo(name, EARLIEST_ZIP_DATE)
                entry.create_system = 3  # as on Unix, wherever it is built
                archive.writestr(entry, content)
    target.chmod(0o755)


if __name__ == "__main__":
    build(TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size // 1024} KiB")
