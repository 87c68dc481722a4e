"""Rows of made-up experts as a sheet has them, and files of them."""

from pathlib import Path

from expertpool.experts.sheets import Cell, Form, write_sheet
from tests.experts.pool import credit_code, person

TITLES = (
    "姓名",
    "身份证号",
    "手机号",
    "银行账号",
    "职称",
    "学位",
    "从业日期",
    "行政区划代码",
    "评标专业代码",
    "工作单位",
    "统一社会信用代码",
    "入职日期",
    "处罚",
)


def made_row(serial: int = 1, **values: Cell) -> list[Cell]:
    """A good row; ``values`` replace cells by the title of their column."""
    who = person(serial)
    cells: dict[str, Cell] = {
        "姓名": who.name,
        "身份证号": who.id_number,
        "手机号": who.phone,
        "银行账号": who.account,
        "职称": "高级",
        "学位": "硕士",
        "从业日期": "2000-01-01",
        "行政区划代码": "430100",
        "评标专业代码": "A010101、A010102",
        "工作单位": f"湖南第{serial % 50}设计院",
        "统一社会信用代码": credit_code(serial % 50),
        "入职日期": "2001年1月1日",
        "处罚": "无",
    }
    assert values.keys() <= cells.keys()
    return list({**cells, **values}.values())


def made_file(path: Path, *rows: list[Cell], form: Form = Form.CSV_UTF8) -> Path:
    """A file with these rows."""
    write_sheet(path, form, TITLES, rows)
    return path
