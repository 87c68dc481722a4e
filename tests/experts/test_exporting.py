"""The pool as a sheet: masked unless there is a reason on record, and fit to be read again."""

from pathlib import Path

import pytest

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.errors import GroundMissing
from expertpool.experts.exporting import STATUS, export_experts
from expertpool.experts.importing import check_sheet
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.mapping import DEFAULT, FIELDS
from expertpool.experts.sheets import Form, Sheet, read_sheet
from expertpool.identity.errors import NotPermitted
from policies.facts import Employment, Unit
from tests.experts.pool import TODAY, PoolOffice, credit_code, known_facts, person


def export(office: PoolOffice, path: Path, form: Form = Form.XLSX, who: str = "pool-manager", **options: str) -> Sheet:
    actor = office.actors[who]
    export_experts(office.transactions, office.protector, office.pool, actor, path, form=form, **options)  # type: ignore[arg-type]
    return read_sheet(path)


def column(sheet: Sheet, field: str) -> list[object]:
    index = sheet.titles.index(FIELDS[field][0])
    return [row[index] for row in sheet.rows]


def test_an_export_is_masked_and_leaves_no_entry(office: PoolOffice, tmp_path: Path) -> None:
    for serial in (1, 2, 3):
        office.enrol(serial)
    size = office.size
    sheet = export(office, tmp_path / "out.xlsx")
    assert office.size == size
    assert column(sheet, "name") == ["张**"] * 3
    assert {str(number)[4:14] for number in column(sheet, "id_number")} == {"*" * 10}
    assert set(column(sheet, "birth_date")) <= {"", None}
    assert sheet.titles[-1] == STATUS
    assert [row[-1] for row in sheet.rows] == ["enrolled"] * 3
    told = str(sheet.rows)
    for serial in (1, 2, 3):
        for value in person(serial):
            assert value is None or value not in told


@pytest.mark.parametrize("form", [Form.XLSX, Form.CSV_UTF8, Form.CSV_GBK])
def test_a_clear_export_has_its_reason_in_the_ledger_and_can_be_read_again(
    office: PoolOffice, tmp_path: Path, form: Form
) -> None:
    office.enrol(1)
    size = office.size
    path = tmp_path / f"out.{'xlsx' if form is Form.XLSX else 'csv'}"
    sheet = export(office, path, form, clear_reason="纪检函〔2026〕3号")
    [entry] = office.log.entries(size, office.size)
    assert b'"kind":"expert.exported"' in entry
    assert "纪检".encode() not in entry
    assert column(sheet, "name") == [person(1).name]
    with office.reading() as session:
        pool = Pool(office.branch, Origin.OWN)  # another pool, in which nobody is yet
        again = check_sheet(session, office.protector, pool, sheet, DEFAULT, today=TODAY)
    assert again.refused == ()
    [candidate] = again.good
    assert candidate.identity == person(1)
    assert candidate.facts._replace(birth_date=None) == known_facts(1)


def test_a_formula_in_a_name_is_not_one_in_the_export(sqlite_office: PoolOffice, tmp_path: Path) -> None:
    sqlite_office.enrol(1, identity=person(1, name='=HYPERLINK("http://x")'))
    path = tmp_path / "out.csv"
    export(sqlite_office, path, Form.CSV_UTF8, clear_reason="x")
    assert "\"'=HYPERLINK(" in path.read_text(encoding="utf-8-sig")


def test_the_latest_of_several_employers_is_shown(sqlite_office: PoolOffice, tmp_path: Path) -> None:
    jobs = [
        Employment(
            Unit(f"单位{n}", credit_code(n)), TODAY.replace(year=start), TODAY.replace(year=end) if end else None
        )
        for n, start, end in ((1, 2001, 2005), (2, 2005, None), (3, 2002, 2010))
    ]
    sqlite_office.enrol(1, facts=known_facts(1, employments=tuple(jobs)))
    assert column(export(sqlite_office, tmp_path / "out.xlsx"), "employer") == ["单位2"]


@pytest.mark.parametrize(
    ("who", "options", "refusal"),
    [
        ("branch-manager", {}, NotPermitted),
        ("supervisor", {"clear_reason": "x"}, NotPermitted),
        ("pool-manager", {"clear_reason": ""}, GroundMissing),
    ],
)
def test_who_may_not_gets_no_file(
    sqlite_office: PoolOffice, tmp_path: Path, who: str, options: dict[str, str], refusal: type[ExpertpoolError]
) -> None:
    sqlite_office.enrol(1)
    size = sqlite_office.size
    with pytest.raises(refusal):
        export(sqlite_office, tmp_path / "out.csv", Form.CSV_UTF8, who, **options)
    assert sqlite_office.size == size
    assert not (tmp_path / "out.csv").exists()


def test_pages_join_without_gap(sqlite_office: PoolOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expertpool.experts.exporting.PAGE", 2)
    for serial in range(1, 6):
        sqlite_office.enrol(serial)
    assert len(export(sqlite_office, tmp_path / "out.csv", Form.CSV_UTF8, clear_reason="x").rows) == 5
