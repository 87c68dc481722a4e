"""Workbooks are read in a process of its own: what bombs do to it, they do to nothing else."""

import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from expertpool.experts import sheet_process
from expertpool.experts.sheet_errors import SheetTooLarge, SheetUnreadable
from expertpool.experts.sheets import Form, read_sheet
from tests.experts.sheet_rows import made_file, made_row


def far_apart() -> bytes:
    """A table of two cells so far apart that what lies between them fits into no memory."""
    book = Workbook()
    book.active["A1"], book.active["XFD1048576"] = "姓名", "b"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def inflated() -> bytes:
    """A part that unpacks to more than two gigabytes by its own account."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(b" " * 2**20)
        archive.getinfo("xl/worksheets/sheet1.xml").file_size = 2**31
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [(far_apart, SheetTooLarge), (inflated, SheetTooLarge), (lambda: b"PK\3\4 no workbook", SheetUnreadable)],
    ids=["far-apart", "inflated", "broken"],
)
def test_a_bomb_kills_a_process_of_its_own(tmp_path: Path, data: Callable[[], bytes], refusal: type[Exception]) -> None:
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(data())
    with pytest.raises(refusal):
        sheet_process.read_apart(bomb)


def test_a_workbook_comes_back_from_the_other_process_as_it_was(tmp_path: Path) -> None:
    file = made_file(tmp_path / "made.xlsx", made_row(1), made_row(2, 从业日期=None), form=Form.XLSX)
    assert sheet_process.read_apart(file) == read_sheet(file)


def test_the_other_process_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made_file(tmp_path / "made.xlsx", made_row(1), form=Form.XLSX)
    given: list[object] = []

    def run(*_: object, env: object, **__: object) -> None:
        given.append(env)
        raise subprocess.TimeoutExpired("", 0)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SheetTooLarge):
        sheet_process.read_apart(file)
    assert given == [{}]


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made_file(tmp_path / "made.xlsx", made_row(1), form=Form.XLSX)
    monkeypatch.setattr(sheet_process, "MOST_SECONDS", 0.001)
    with pytest.raises(SheetTooLarge):
        sheet_process.read_apart(file)
