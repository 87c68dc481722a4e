"""Sheets: every form read alike, nothing lost on the way out and in, and no text that becomes a formula."""

import csv
import io
import stat
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import sheets
from expertpool.experts.sheet_errors import SheetEmpty, SheetEncodingUnknown, SheetTooLarge, SheetUnreadable
from expertpool.experts.sheets import Form, as_text, guard, read_sheet, unguard, write_sheet
from tests.experts.old_workbook import old_workbook

TITLES = ("姓名", "身份证号", "备注")
ROWS = [["张三", "430104197003050011", "=1+1"], ["李四", "43010419700305002X", "’平常"]]
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("form", [Form.XLSX, Form.CSV_UTF8, Form.CSV_GBK])
def test_what_is_written_is_read(tmp_path: Path, form: Form) -> None:
    path = tmp_path / f"out.{'xlsx' if form is Form.XLSX else 'csv'}"
    write_sheet(path, form, TITLES, ROWS)
    sheet = read_sheet(path)
    assert (sheet.titles, [list(row) for row in sheet.rows], sheet.form) == (TITLES, ROWS, form)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_becomes_a_formula(tmp_path: Path, text: str) -> None:
    write_sheet(tmp_path / "a.xlsx", Form.XLSX, ["姓名"], [[text]])
    cell = load_workbook(tmp_path / "a.xlsx").active["A2"]
    assert cell.data_type != "f"
    assert cell.value.startswith("'")
    write_sheet(tmp_path / "a.csv", Form.CSV_UTF8, ["姓名"], [[text]])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][0] == f"'{text}"


@given(st.text())
def test_the_guard_loses_nothing(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in set("=+-@\t\r\n＝＋－＠")


def test_numbers_of_identity_are_text_cells(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.xlsx", Form.XLSX, TITLES, ROWS)
    cell = load_workbook(tmp_path / "a.xlsx").active["B2"]
    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_a_gbk_sheet_of_another_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,工作单位\r\n㐂龑,某某设计院\r\n".encode("gb18030"))
    sheet = read_sheet(path)
    assert (sheet.titles, list(sheet.rows[0]), sheet.form) == (
        ("姓名", "工作单位"),
        ["㐂龑", "某某设计院"],
        Form.CSV_GBK,
    )


def test_an_old_workbook_is_read(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [["姓名", "手机号"], ["张三", 13800000001.0], ["李四", "13800000002"]]
    sheet = read_sheet(made(tmp_path / "a.xls", old_workbook(rows)))
    assert (sheet.titles, sheet.form) == (("姓名", "手机号"), Form.XLS)
    assert [[as_text(cell) for cell in row] for row in sheet.rows] == [
        ["张三", "13800000001"],
        ["李四", "13800000002"],
    ]


def test_rows_are_numbered_as_on_screen_and_empty_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("姓名\n张三\n\n,\n李四\n", encoding="utf-8")
    assert [(number, row[0]) for number, row in read_sheet(tmp_path / "a.csv").numbered()] == [(2, "张三"), (5, "李四")]


def test_rows_of_a_workbook_that_begins_with_empty_rows_keep_their_numbers(tmp_path: Path) -> None:
    book = Workbook()
    book.active["B1"] = "姓名"
    book.active["B4"] = "张三"
    book.save(tmp_path / "a.xlsx")
    assert [number for number, _ in read_sheet(tmp_path / "a.xlsx").numbered()] == [4]


def test_cells_as_somebody_reads_them() -> None:
    assert as_text(13800000000.0) == "13800000000"
    assert as_text(" 张三 ") == "张三"
    assert as_text(datetime(2026, 11, 21)) == as_text(date(2026, 11, 21)) == "2026-11-21"  # noqa: DTZ001 -- a cell
    assert as_text(None) == ""
    assert as_text(1.5) == "1.5"


def made(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.csv", b"\xff\xfe\x00\x00name", SheetEncodingUnknown),
        ("a.csv", b"name\n\x80\xff", SheetEncodingUnknown),
        ("a.csv", b"name\0\nx", SheetEncodingUnknown),
        ("a.csv", b"", SheetEmpty),
        ("a.csv", "姓名\n".encode(), SheetEmpty),
        ("a.csv", "\n张三\n".encode(), SheetEmpty),
        ("a.csv", b'name\n"' + b"x" * 200_000 + b'"\n', SheetUnreadable),
        ("a.csv", b"," * sheets.MOST_COLUMNS + b"\nx\n", SheetTooLarge),
        ("a.xlsx", b"no workbook", SheetUnreadable),
        ("a.xls", b"", SheetUnreadable),
        ("a.ods", b"", SheetUnreadable),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, name: str, data: bytes, refusal: type[ExpertpoolError]) -> None:
    with pytest.raises(refusal):
        read_sheet(made(tmp_path / name, data))


def test_too_many_rows_are_refused_at_the_boundary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert len(read_sheet(made(tmp_path / "a.csv", b"n\n1\n2\n")).rows) == 2
    with pytest.raises(SheetTooLarge):
        read_sheet(made(tmp_path / "a.csv", b"n\n1\n2\n3\n"))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 1001)
    with pytest.raises(SheetTooLarge):
        read_sheet(made(tmp_path / "a.xlsx", packed.getvalue()))


def test_a_sheet_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> list[list[str]]:
        raise RuntimeError

    path = made(tmp_path / "a.csv", b"before")
    with pytest.raises(RuntimeError):
        write_sheet(path, Form.CSV_UTF8, TITLES, (row for _ in [0] for row in rows()))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
