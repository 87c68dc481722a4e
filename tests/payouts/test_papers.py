"""What an expert keeps, and what a payer declares: every figure adds up, in both languages."""

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped]

from expertpool.payouts.declaration import HEADS, WAITING_HEADS, Declared, Waiting, declaration
from expertpool.payouts.slips import Certificate, CertificateRow, Slip, certificate, slip
from expertpool.web.paper import Record, print_record
from policies.fees import What
from policies.withholding import gross_up, tax, withhold

GROSS = gross_up(800_00, 925_00, 25_00)
SLIP = Slip(
    payout="pay_0123456789abcdefghjkmnpqrs",
    seat="A7K2",
    sat_on=date(2026, 11, 20),
    minutes=305,
    lines=((What.FLAT, 600_00), (What.HOURS, 200_00)),
    gross=GROSS,
    tax=withhold(925_00, 25_00, GROSS),
    expenses=0,
    month_gross=925_00,
    month_tax=25_00,
    article="湖南综合评标专家劳务报酬标准",
    title="湘江东岸防洪工程",
    payer="长沙市水利局",
    paid=date(2026, 11, 22),
)
ROWS = (
    CertificateRow(date(2026, 1, 20), "长沙市水利局", "pay_1", 925_00, 25_00, 900_00),
    CertificateRow(date(2026, 2, 20), "长沙市交通运输局", "pay_2", 1_175_00, 75_00, 1_100_00),
    CertificateRow(date(2026, 2, 21), "长沙市水利局", "pay_3", 600_00, 0, 630_00),
)
WAITING = [Waiting("pmo_1", "B3Q9", 2, 1_100_00, 60_00, "中标结果确定后")]


def zh(chinese: str, _english: str) -> str:
    return chinese


def en(_chinese: str, english: str) -> str:
    return english


def of(record: Record, section: int) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in record.sections[section].rows}


def slipped(given: Slip = SLIP, t: Any = zh) -> Record:
    return slip(given, t, centre="长沙公共资源交易中心", address="https://example.org/ledger/entries/7")


def certified(*rows: CertificateRow, t: Any = zh) -> Record:
    given = Certificate("欧阳明", "430102********1234", 2026, rows)
    return certificate(given, t, centre="长沙公共资源交易中心", address="https://example.org/ledger")


def test_a_slip_tells_how_the_amount_came_about() -> None:
    record = slipped()
    assert of(record, 0) == {"评审费（基准时间内）": ("600.00",), "超出基准时间": ("200.00",)}
    taxed = of(record, 1)
    assert taxed["税前劳务报酬"] == ("1,000.00",)
    assert taxed["应纳税所得额"] == ("1,125.00",)
    assert taxed["本月应扣税额"] == ("225.00",)
    assert taxed["本月此前已扣税额"] == ("25.00",)
    assert taxed["本次预扣税额"] == ("200.00",)
    assert taxed["实发金额"] == ("800.00　捌佰元整",)
    assert "凭票报销" not in taxed
    assert dict(record.facts)["评审时间"] == "5 小时 5 分"


def test_expenses_arrive_and_are_not_taxed() -> None:
    with_tickets = replace(SLIP, expenses=230_00, lines=(*SLIP.lines, (What.TICKETS, 230_00)))
    taxed = of(slipped(with_tickets), 1)
    assert taxed["凭票报销"] == ("230.00",)
    assert taxed["实发金额"] == ("1,030.00　壹仟零叁拾元整",)
    assert with_tickets.net == 1_030_00


def test_a_slip_before_the_names_tells_neither_project_nor_payer() -> None:
    facts = dict(slipped(replace(SLIP, title="", payer="", paid=None)).facts)
    assert (facts["项目"], facts["付款单位"], facts["支付日期"]) == ("在名单公开之前不显示", "—", "尚未支付")


def test_a_tax_that_may_change_says_so() -> None:
    said = "税额为截至今日的计算，支付时以当月合计为准。"
    assert said in slipped(replace(SLIP, exact=False)).notes
    assert said not in slipped().notes


def test_nothing_paid_is_said() -> None:
    record = slipped(replace(SLIP, lines=(), gross=0, tax=0))
    assert (record.sections[0].rows, record.sections[0].empty) == ((), "不支付")
    assert of(record, 1)["实发金额"] == ("0.00　零元整",)


def test_a_certificate_adds_up_by_payer() -> None:
    record = certified(*ROWS)
    assert of(record, 0) == {
        "长沙市水利局": ("2", "1,525.00", "25.00", "1,530.00"),
        "长沙市交通运输局": ("1", "1,175.00", "75.00", "1,100.00"),
    }
    assert len(record.sections[1].rows) == 3
    assert dict(record.facts)["预扣税款合计"] == "100.00 元（壹佰元整）"
    assert certified().sections[0].empty == "本年度没有支付。"


@pytest.mark.parametrize("t", [zh, en], ids=["zh", "en"])
def test_the_papers_print_and_print_again_the_same(t: Any) -> None:
    for record in (slipped(t=t), certified(*ROWS, t=t), certified(t=t)):
        printed = print_record(record)
        assert printed.startswith(b"%PDF-")
        print_record.cache_clear()
        assert print_record(record) == printed


def test_the_english_papers_have_no_chinese_but_names_and_articles() -> None:
    record = slipped(replace(SLIP, title="Dike", payer="Water bureau", article="tariff"), en)
    words = [
        record.title,
        *(name for name, _ in record.facts),
        *(head for each in record.sections for head in each.heads),
    ]
    words += [row[0] for each in record.sections for row in each.rows]
    assert all(word.isascii() for word in words)


def test_what_a_paper_is_made_of_shows_no_person_when_it_is_printed_in_a_log() -> None:
    assert "欧阳明" not in repr(Certificate("欧阳明", "430102197503011234", 2026, ROWS))
    assert "92500" not in repr(ROWS[0])
    assert "张三" not in repr(Declared("张三", "430102197503010018", 2_200_00, 280_00, 3))


def sheets(declared: list[Declared], waiting: list[Waiting] = WAITING) -> Any:
    made = declaration(date(2026, 11, 3), "长沙市水利局（11430100MB1L000033）", declared, waiting)
    assert made == declaration(date(2026, 11, 30), "长沙市水利局（11430100MB1L000033）", declared, waiting)
    return load_workbook(io.BytesIO(made))


def notes(sheet: Any) -> str:
    return "\n".join(str(row[0].value) for row in sheet.iter_rows(min_row=2) if isinstance(row[0].value, str))


def test_a_declaration_lists_people_with_the_tax_of_the_month() -> None:
    book = sheets([Declared("张三", "43010219750301001X", 2_200_00, 280_00, 3)])
    sheet = book["扣缴申报"]
    assert tuple(cell.value for cell in sheet[1]) == HEADS
    row = [cell.value for cell in sheet[2]]
    assert row == [1, "张三", "居民身份证", "43010219750301001X", "一般劳务报酬所得", 2200, 800, 1400, 20, 0, 280, 3]
    assert sheet["D2"].number_format == "@"
    said = notes(sheet)
    for part in ("2026年11月", "2026年12月15日", "1 人，收入 2,200.00 元，应扣缴税额 280.00 元（大写：贰佰捌拾元整）"):
        assert part in said
    assert "请核对" not in said


def test_a_declaration_flags_who_cannot_be_named_yet() -> None:
    book = sheets([])
    waiting = book["待列名"]
    assert tuple(cell.value for cell in waiting[1]) == WAITING_HEADS
    assert [cell.value for cell in waiting[2]] == [1, "pmo_1", "B3Q9", 2, 1100, 60, "中标结果确定后"]
    assert "2026年12月15日 前" in notes(waiting)
    assert notes(sheets([], [])["待列名"]) == "没有待列名的付款。"
    assert "0 人" in notes(book["扣缴申报"])


def test_a_declaration_points_at_a_sum_that_was_withheld_wrongly() -> None:
    right = Declared("张三", "430102197503010018", 2_200_00, 280_00, 3)
    assert "请核对序号 2：" in notes(sheets([right, replace(right, withheld=279_99)])["扣缴申报"])


@settings(max_examples=25)
@given(st.lists(st.integers(0, 100_000_00), max_size=8))
def test_the_declared_tax_is_the_tax_on_the_sum(grosses: list[int]) -> None:
    people = [Declared("张三", "430102197503010018", gross, tax(gross), 1) for gross in grosses]
    assert "请核对" not in notes(sheets(people, [])["扣缴申报"])
