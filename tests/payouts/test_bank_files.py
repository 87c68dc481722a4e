"""Files for the bank: what stands in them, that they are made again byte by byte, and what is refused.

LibreOffice opens the workbook where it is installed; elsewhere two libraries that read workbooks stand for it.
"""

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
import sepaxml  # type: ignore[import-untyped]
import xmlschema
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped]
from python_calamine import load_workbook as load_with_calamine

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.sheets import guard
from expertpool.experts.validation import is_unit_name
from expertpool.payouts.bank_sheet import TITLES, account_fits, as_csv, as_xlsx, check_batch
from expertpool.payouts.file_errors import (
    AccountUnusable,
    AmountUnusable,
    BatchEmpty,
    PayeeUnusable,
    PaymentTwice,
)
from expertpool.payouts.pain001 import NAMESPACE, Debtor, as_pain001
from expertpool.payouts.provider import Payment
from expertpool.payouts.workbooks import Table, workbook
from policies.money import MOST, Money

CARD = "6222021234567890128"
"""Made up, with the right check digit."""
PAYMENTS = [
    Payment("pay_1", "张三", "0000123456789012345", 60_000, "评审劳务费 pay_1"),
    Payment("pay_2", "阿卜杜拉·买买提", CARD, 123_450, "评审劳务费 pay_2"),
    Payment("pay_3", "𠮷田 <太郎> & 子", "01234567", 1, "评审劳务费 pay_3"),
]
DEBTOR = Debtor("长沙市水利局 & 代理", "4300012345678901", "313551088886")
SCHEMA = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"


def pain001(payments: list[Payment] = PAYMENTS) -> bytes:
    return as_pain001(
        payments, DEBTOR, message="pbt_1", made=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC), on=date(2026, 11, 23)
    )


MAKERS = [as_xlsx, as_csv, pain001]


def test_the_workbook_keeps_accounts_as_text() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(PAYMENTS))).active
    rows = list(sheet.iter_rows())
    assert tuple(cell.value for cell in rows[0]) == TITLES
    for number, (row, payment) in enumerate(zip(rows[1:], PAYMENTS, strict=True), 1):
        values = [cell.value for cell in row]
        assert values[:3] == [number, payment.account, payment.name]
        assert values[4:] == [payment.remark, payment.id]
        assert [row[place].data_type for place in (1, 2, 4, 5)] == ["s"] * 4
        assert [row[place].number_format for place in (1, 2, 4, 5)] == ["@"] * 4
        assert Money.parse(f"{values[3]:.2f}").fen == payment.amount


def test_another_library_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "batch.xlsx"
    path.write_bytes(as_xlsx(PAYMENTS))
    rows = load_with_calamine(path).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[1:]] == [payment.account for payment in PAYMENTS]
    assert [row[3] for row in rows[1:]] == [600, 1234.5, 0.01]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_workbook_with_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "batch.xlsx"
    path.write_bytes(as_xlsx(PAYMENTS))
    utf_8 = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", utf_8, "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    rows = list(csv.reader((tmp_path / "batch.csv").read_text(encoding="utf-8").splitlines()))
    assert [row[1:3] for row in rows[1:]] == [[each.account, each.name] for each in PAYMENTS]


def test_the_text_file_has_every_digit_too() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(PAYMENTS).decode("gb18030"), newline="")))
    assert tuple(rows[0]) == TITLES
    assert [row[1:4] for row in rows[1:]] == [[each.account, each.name, Money(each.amount).plain] for each in PAYMENTS]


@pytest.mark.parametrize("make", MAKERS, ids=["xlsx", "csv", "pain001"])
def test_a_file_is_a_function_of_its_payments(make: Any) -> None:
    assert make(PAYMENTS) == make(list(PAYMENTS))
    assert make(PAYMENTS) != make(PAYMENTS[::-1])
    assert make(PAYMENTS) != make([replace(PAYMENTS[0], amount=60_001), *PAYMENTS[1:]])


def test_no_clock_goes_into_a_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    first = as_xlsx(PAYMENTS)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 2, 3, 4, 5, 6, 0, 34, 0))
    monkeypatch.setattr("time.time", lambda: 1_900_000_000.0)
    assert as_xlsx(PAYMENTS) == first
    with ZipFile(io.BytesIO(first)) as parts:
        assert set(re.findall(rb">(\d{4}-[^<]*)<", parts.read("docProps/core.xml"))) == {b"2000-01-01T00:00:00Z"}
        assert {part.date_time[0] for part in parts.infolist()} == {1980}


@pytest.mark.parametrize("make", MAKERS, ids=["xlsx", "csv", "pain001"])
@pytest.mark.parametrize(
    ("wrong", "refusal", "field"),
    [
        ({"account": "1234567"}, AccountUnusable, "account"),
        ({"account": "1" * 33}, AccountUnusable, "account"),
        ({"account": "6222 0212 3456"}, AccountUnusable, "account"),
        ({"account": "１２３４５６７８"}, AccountUnusable, "account"),
        ({"account": CARD[:-1] + "9"}, AccountUnusable, "account"),
        ({"name": ""}, PayeeUnusable, "name"),
        ({"name": "张\x00三"}, PayeeUnusable, "name"),
        ({"name": "张\n三"}, PayeeUnusable, "name"),
        ({"name": " 张三"}, PayeeUnusable, "name"),
        ({"name": "张\ufffe三"}, PayeeUnusable, "name"),
        ({"name": "张" * 71}, PayeeUnusable, "name"),
        ({"remark": ""}, PayeeUnusable, "name"),
        ({"remark": "x" * 141}, PayeeUnusable, "name"),
        ({"amount": 0}, AmountUnusable, "amount"),
        ({"amount": -1}, AmountUnusable, "amount"),
        ({"amount": MOST + 1}, AmountUnusable, "amount"),
        ({"id": "pay_1"}, PaymentTwice, "id"),
        ({"id": ""}, PaymentTwice, "id"),
        ({"id": "x" * 36}, PaymentTwice, "id"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else None,
)
def test_a_payment_that_cannot_be_written_is_refused(
    make: Any, wrong: dict[str, Any], refusal: type[ExpertpoolError], field: str
) -> None:
    with pytest.raises(refusal) as raised:
        make([PAYMENTS[0], replace(PAYMENTS[1], **wrong)])
    assert raised.value.field == field
    assert raised.value.params == {"row": 2}
    for private in (CARD, "张三", "买买提"):
        assert private not in str(raised.value)


@pytest.mark.parametrize("make", MAKERS, ids=["xlsx", "csv", "pain001"])
def test_a_batch_that_is_absurd_as_a_whole_is_refused(make: Any) -> None:
    make([replace(PAYMENTS[0], amount=MOST - 1), replace(PAYMENTS[1], amount=1)])
    with pytest.raises(AmountUnusable):
        make([replace(PAYMENTS[0], amount=MOST), replace(PAYMENTS[1], amount=1)])


@pytest.mark.parametrize("make", MAKERS, ids=["xlsx", "csv", "pain001"])
def test_nothing_to_pay_makes_no_file(make: Any) -> None:
    with pytest.raises(BatchEmpty):
        make([])


@pytest.mark.parametrize(
    ("account", "fits"),
    [
        ("12345678", True),
        ("1234567", False),
        ("9" * 32, True),
        ("9" * 33, False),
        (CARD, True),
        ("6222021234567890129", False),
        ("62220212345678", True),  # too short for a card's number
        ("4300012345678901", True),  # a company's account, which has no such check digit
    ],
)
def test_accounts(account: str, *, fits: bool) -> None:
    assert account_fits(account) is fits


def test_pain001_fits_the_schema_of_its_version() -> None:
    schema = xmlschema.XMLSchema(str(SCHEMA), defuse="always")
    schema.validate(io.BytesIO(pain001()))
    longest = [Payment(f"{number:035}", "名" * 70, "9" * 32, MOST // 3, "用" * 140) for number in range(3)]
    schema.validate(io.BytesIO(pain001(longest)))
    broken = pain001().replace(b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CASH</PmtMtd>")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(io.BytesIO(broken))


def test_what_pain001_says() -> None:
    tree = ET.fromstring(pain001())  # made here
    space = {"p": NAMESPACE}

    def texts(path: str) -> list[str | None]:
        return [each.text for each in tree.findall(path, space)]

    assert texts(".//p:NbOfTxs") == ["3", "3"]
    assert texts(".//p:CtrlSum") == ["1834.51", "1834.51"]
    assert texts(".//p:EndToEndId") == [each.id for each in PAYMENTS]
    assert texts(".//p:Cdtr/p:Nm") == [each.name for each in PAYMENTS]
    assert texts(".//p:CdtrAcct/p:Id/p:Othr/p:Id") == [each.account for each in PAYMENTS]
    assert texts(".//p:InstdAmt") == ["600.00", "1234.50", "0.01"]
    assert texts(".//p:DbtrAgt/p:FinInstnId/p:ClrSysMmbId/p:MmbId") == [DEBTOR.bank]
    assert texts(".//p:CreDtTm") == ["2026-11-22T01:02:03Z"]
    assert {each.get("Ccy") for each in tree.findall(".//p:InstdAmt", space)} == {"CNY"}


def test_a_name_is_never_run_by_a_spreadsheet() -> None:
    odd = [replace(PAYMENTS[0], name="=1+1"), replace(PAYMENTS[1], name="阿　不都")]
    sheet = load_workbook(io.BytesIO(as_xlsx(odd))).active
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=1+1", "s")
    assert sheet["C3"].value == "阿　不都"
    assert b",'=1+1," in as_csv(odd)


@given(st.text(min_size=1, max_size=60).filter(is_unit_name))
def test_whoever_is_in_a_pool_can_be_written(name: str) -> None:
    """A name that no file could hold would hold up everybody's fee. Names have the form of units'."""
    assume(not set(name) & {"\ufffe", "\uffff"})
    check_batch([replace(PAYMENTS[0], name=name)])


@given(
    st.text(max_size=80),
    st.one_of(st.text(max_size=40), st.from_regex(r"[0-9]{8,32}", fullmatch=True)),
    st.integers(-5, 10**7),
)
def test_whatever_is_typed_it_is_written_or_refused(name: str, account: str, amount: int) -> None:
    payment = Payment("pay_9", name, account, amount, "评审劳务费 pay_9")
    try:
        written = as_csv([payment])
    except (AccountUnusable, PayeeUnusable, AmountUnusable):
        return
    assert next(csv.reader(io.StringIO(written.decode("gb18030").split("\r\n", 1)[1], newline="")))[1:3] == [
        account,
        guard(name),
    ]
    ET.fromstring(pain001([payment]))  # made here


def test_a_workbook_of_several_tables() -> None:
    made = workbook(
        Table("甲", ("项", "数", "额"), (10, 5, 12), [("=1+1", 7, Money(-5)), ("\x00", 0, Money(0))], notes=("注",)),
        Table("乙", ("空",), (10,), []),
    )
    book = load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["甲", "乙"]
    assert [cell.value for cell in book["甲"][2]] == ["=1+1", 7, -0.05]
    assert book["甲"]["A2"].data_type == "s"
    assert book["甲"]["A3"].value == "\ufffd"
    assert book["甲"]["A5"].value == "注"
