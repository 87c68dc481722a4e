"""Files from banks: titles wherever they stand, each row that is ours, and every mistake by row and column."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.sheet_errors import SheetEmpty, SheetUnreadable
from expertpool.payouts.bank_sheet import as_csv, as_xlsx
from expertpool.payouts.file_errors import (
    StatementAmountInvalid,
    StatementBothSides,
    StatementColumnsMissing,
    StatementDayInvalid,
    StatementNumberLost,
    StatementOutcomeUnknown,
    StatementReferenceMissing,
    StatementRefused,
    StatementTwoPayments,
)
from expertpool.payouts.provider import Outcome, Payment, Reason
from expertpool.payouts.statements import Statement, StatementLine, read_statement

ONE = "pay_0123456789abcdefghjkmnpqrs"
OTHER = "pay_7123456789abcdefghjkmnpqrs"
RESULT = ("业务参考号", "收款户名", "金额（元）", "处理结果", "失败原因", "交易流水号", "交易日期")
LEDGER = ("记账日期", "摘要", "借方金额", "贷方金额", "余额", "流水号")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


def read(folder: Path, *rows: Sequence[Any], name: str = "statement.csv", encoding: str = "utf-8") -> Statement:
    path = folder / name
    if path.suffix == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        path.write_bytes(text.getvalue().encode(encoding))
    else:
        book = Workbook()
        for row in rows:
            book.active.append(list(row))
        book.save(path)
    return read_statement(path)


def refusals(folder: Path, *rows: Sequence[Any], name: str = "statement.csv") -> tuple[ExpertpoolError, ...]:
    with pytest.raises(StatementRefused) as raised:
        read(folder, *rows, name=name)
    return raised.value.problems


def result(**changes: Any) -> tuple[Any, ...]:
    row = dict(zip(RESULT, (ONE, "张三", "600.00", "成功", "", "B1", "2026-11-22"), strict=True))
    return tuple((row | changes).values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_result_file_is_read(tmp_path: Path, encoding: str) -> None:
    read_back = read(
        tmp_path,
        RESULT,
        result(),
        (OTHER, "李四", "1,234.50", "失败", "收款账号不存在", "", "2026/11/22"),
        (f"{OTHER}-2", "李四", "1234.5", "退汇", "银行系统原因", "B3", "2026-11-22 12:00:00"),
        ("", "", "", "", "", "", ""),
        ("合计", "", "3069.00", "", "", "", ""),
        encoding=encoding,
    )
    assert read_back == Statement(
        (
            StatementLine(2, ONE, Outcome.PAID, 60_000, DAY, "B1"),
            StatementLine(3, OTHER, Outcome.FAILED, 123_450, DAY, "", Reason.ACCOUNT),
            StatementLine(4, f"{OTHER}-2", Outcome.RETURNED, 123_450, NOON, "B3", Reason.OTHER),
        ),
        others=1,
    )


def test_a_statement_with_a_heading_and_two_sides_is_read(tmp_path: Path) -> None:
    read_back = read(
        tmp_path,
        ("账户明细",),
        ("账号", "4300012345678901"),
        LEDGER,
        (datetime(2026, 11, 22, 12, 0), f"评审劳务费 {ONE}", 600.0, None, 1e6, "A1"),  # noqa: DTZ001
        (date(2026, 11, 22), f"退汇 {ONE}", None, 600, 1e6, 20261122),
        ("20261122", f"评审劳务费 {OTHER}（附言）", "1234.50", "0.00", "", "A3"),
        ("2026年11月22日", "水费", 88.8, None, 1e6, "A4"),
        name="statement.xlsx",
    )
    assert read_back == Statement(
        (
            StatementLine(4, ONE, Outcome.PAID, 60_000, NOON, "A1"),
            StatementLine(5, ONE, Outcome.RETURNED, 60_000, DAY, "20261122", Reason.OTHER),
            StatementLine(6, OTHER, Outcome.PAID, 123_450, DAY, "A3"),
        ),
        others=1,
    )


def test_a_bank_may_write_the_reference_in_capitals(tmp_path: Path) -> None:
    (line,) = read(tmp_path, RESULT, result(业务参考号=ONE.upper())).lines
    assert line.payment == ONE


@pytest.mark.parametrize("near", [ONE[:-1], ONE + "x", "pay_8" + ONE[5:], ONE.replace("a", "u"), "xyz"])
def test_what_only_resembles_a_reference_is_none(tmp_path: Path, near: str) -> None:
    assert read(tmp_path, RESULT, result(业务参考号=near)) == Statement((), others=1)


def test_the_batch_itself_is_no_statement(tmp_path: Path) -> None:
    payments = [Payment(ONE, "张三", "12345678", 60_000, f"评审劳务费 {ONE}")]
    for name, content in (("batch.xlsx", as_xlsx(payments)), ("batch.csv", as_csv(payments))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StatementColumnsMissing):
            read_statement(tmp_path / name)


@pytest.mark.parametrize(
    ("changes", "refusal", "column"),
    [
        ({"金额（元）": "六百"}, StatementAmountInvalid, "金额（元）"),
        ({"金额（元）": ""}, StatementAmountInvalid, "金额（元）"),
        ({"金额（元）": "-600"}, StatementAmountInvalid, "金额（元）"),
        ({"金额（元）": "600.001"}, StatementAmountInvalid, "金额（元）"),
        ({"处理结果": "处理中"}, StatementOutcomeUnknown, "处理结果"),
        ({"处理结果": ""}, StatementOutcomeUnknown, "处理结果"),
        ({"交易流水号": ""}, StatementReferenceMissing, "交易流水号"),
        ({"交易日期": "昨天"}, StatementDayInvalid, "交易日期"),
        ({"交易日期": "2026-02-30"}, StatementDayInvalid, "交易日期"),
        ({"交易日期": ""}, StatementDayInvalid, "交易日期"),
    ],
    ids=str,
)
def test_a_cell_that_is_wrong_is_named(
    tmp_path: Path, changes: dict[str, str], refusal: type[ExpertpoolError], column: str
) -> None:
    (problem,) = refusals(tmp_path, RESULT, result(业务参考号=OTHER), result(**changes))
    assert type(problem) is refusal
    assert (problem.params["row"], problem.params["title"]) == (3, column)
    assert "第 3 行" in problem.message("zh")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    problems = refusals(tmp_path, RESULT, result(), result(交易日期="?"), result(处理结果="?"), result())
    assert [problem.params["row"] for problem in problems] == [3, 4]


@pytest.mark.parametrize(("debit", "credit"), [("600", "600"), ("", ""), ("0", "0.00")])
def test_one_side_has_the_amount(tmp_path: Path, debit: str, credit: str) -> None:
    (problem,) = refusals(tmp_path, LEDGER, ("2026-11-22", ONE, debit, credit, "", "A1"))
    assert type(problem) is StatementBothSides


def test_a_row_about_two_payments_is_refused(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, RESULT, result(收款户名=OTHER))
    assert type(problem) is StatementTwoPayments
    assert read(tmp_path, RESULT, result(收款户名=f"备注 {ONE}")).lines[0].payment == ONE


@pytest.mark.parametrize("amount", [600.005, float("1e15"), True])
def test_a_number_of_a_spreadsheet_is_not_rounded(tmp_path: Path, amount: float) -> None:
    (problem,) = refusals(tmp_path, RESULT, result(**{"金额（元）": amount}), name="result.xlsx")
    assert type(problem) is StatementAmountInvalid


def test_a_number_that_lost_its_digits_is_refused(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, RESULT, result(交易流水号=2026112212345678901), name="result.xlsx")
    assert type(problem) is StatementNumberLost


@pytest.mark.parametrize(
    "titles",
    [("a", "b"), ("日期", "金额"), ("日期", "流水号", "借方"), ("流水号", "金额", "处理结果")],
    ids="-".join,
)
def test_a_file_without_the_columns_is_refused(tmp_path: Path, titles: tuple[str, ...]) -> None:
    with pytest.raises(StatementColumnsMissing):
        read(tmp_path, titles, [ONE] * len(titles))


def test_titles_are_looked_for_among_the_first_rows(tmp_path: Path) -> None:
    heading = [("账户明细",)] * 29
    assert len(read(tmp_path, *heading, RESULT, result()).lines) == 1
    with pytest.raises(StatementColumnsMissing):
        read(tmp_path, *heading, ("账户明细",), RESULT, result())


def test_what_is_no_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetEmpty):
        read(tmp_path, RESULT)
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(SheetUnreadable):
        read_statement(tmp_path / "x.xlsx")


cells = st.one_of(st.text(max_size=12), st.sampled_from([ONE, OTHER, "600", "成功", "2026-11-22", "B1"]))


@given(st.lists(st.lists(cells, max_size=8), max_size=6))
def test_whatever_stands_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("statement")
    try:
        read_back = read(folder, RESULT, *rows)
    except ExpertpoolError:
        return
    assert all(line.amount >= 0 and line.at.tzinfo is UTC for line in read_back.lines)
