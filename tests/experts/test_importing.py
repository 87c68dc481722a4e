"""Sheets into the pool: every kind of bad row is named with its remedy, and nothing comes in by halves."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from expertpool.core.errors import ExpertpoolError
from expertpool.core.reconcile import reconcile
from expertpool.experts import enrolling, listing, organisations, queries
from expertpool.experts.errors import GroundMissing, PersonTaken
from expertpool.experts.importing import REASONS, Checked, check_sheet, enrol_checked, write_errors
from expertpool.experts.mapping import DEFAULT, Mapping, load_aliases, load_mapping
from expertpool.experts.models import Expert
from expertpool.experts.sheet_errors import AliasesNeedNames, ColumnMissing, ColumnTwice, MappingInvalid
from expertpool.experts.sheets import Cell, Form, Sheet, read_sheet
from expertpool.identity.errors import NotPermitted
from policies.decision import Outcome
from policies.eligibility import Eligibility
from policies.facts import Claim, Degree, Employment, Line, Request, Title, Unit
from tests.experts.pool import START, TODAY, PoolOffice, credit_code, id_number, person
from tests.experts.sheet_rows import TITLES, made_file, made_row
from tests.policies import casebook

ROSTER_DEMO = Path(__file__).parents[2] / "config" / "roster-demo"


def check(office: PoolOffice, sheet: Sheet, mapping: Mapping = DEFAULT, **options: Any) -> Checked:
    with office.reading() as session:
        return check_sheet(session, office.protector, office.pool, sheet, mapping, today=TODAY, **options)


def enrol(office: PoolOffice, checked: Checked, who: str = "pool-manager", ground: str = "批复 1 号") -> None:
    actor = office.actors[who]
    enrol_checked(office.transactions, office.protector, office.pool, actor, checked, ground=ground)


def sheet_of(*rows: list[Cell]) -> Sheet:
    return Sheet(TITLES, rows, Form.CSV_UTF8)


def count(office: PoolOffice) -> int:
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(Expert)) or 0


def everything(office: PoolOffice) -> dict[str, int]:
    """How many rows each table has, what is staged and invisible included."""
    with office.engine.connect() as connection:
        names = Expert.metadata.tables
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in names}


@pytest.mark.parametrize("form", [Form.XLSX, Form.CSV_UTF8, Form.CSV_GBK])
def test_a_good_sheet_comes_in_by_one_entry(office: PoolOffice, tmp_path: Path, form: Form) -> None:
    path = tmp_path / f"in.{'xlsx' if form is Form.XLSX else 'csv'}"
    checked = check(office, read_sheet(made_file(path, *(made_row(serial) for serial in range(1, 6)), form=form)))
    assert (checked.refused, len(checked.good)) == ((), 5)
    before = office.size
    enrol(office, checked)
    assert office.size == before + 1
    assert b'"kind":"expert.bulk-enrolled"' in office.log.entries(before, office.size)[0]
    assert count(office) == 5
    assert reconcile(office.engine) == []
    with office.reading() as session:
        [expert] = queries.find_by(session, office.protector, office.pool, "id_number", str(person(3).id_number))
        assert queries.identity_of(session, office.protector, expert) == person(3)
        known = queries.record_of(session, expert.id).expert
    assert (known.title, known.degree, known.area) == (Title.SENIOR, Degree.MASTER, "430100")
    assert known.claims == (Claim("A010101", TODAY), Claim("A010102", TODAY))
    employer = Unit("湖南第3设计院", credit_code(3))
    assert known.employments == (Employment(employer, date(2001, 1, 1)),)
    assert (known.penalties, known.kinships) == ((), None)  # said to be none; not said


BAD: dict[str, tuple[dict[str, Cell], str, str, str]] = {
    "no name": ({"姓名": ""}, "姓名", "experts.name-invalid", "1 至 60"),
    "check digit": ({"身份证号": "430104197003050012"}, "身份证号", "experts.id-number-invalid", "校验码"),
    "length": ({"身份证号": "43010419700305"}, "身份证号", "experts.id-number-invalid", "14 位"),
    "birth in the number": (
        {"身份证号": id_number(1).replace("19700305", "19700230")},
        "身份证号",
        "experts.id-number-invalid",
        "",
    ),
    "number lost its digits": ({"身份证号": 430104197003050011}, "身份证号", "experts.cell-is-number", "文本格式"),
    "account lost its digits": ({"银行账号": 6.2220212e18}, "银行账号", "experts.cell-is-number", "文本格式"),
    "phone": ({"手机号": "12345"}, "手机号", "experts.phone-invalid", "11 位"),
    "account": ({"银行账号": "62-X"}, "银行账号", "experts.account-invalid", "8 至 32"),
    "title": ({"职称": "大师"}, "职称", "experts.word-unknown", "高级"),
    "degree": ({"学位": "状元"}, "学位", "experts.word-unknown", "博士"),
    "impossible date": ({"从业日期": "2001-02-29"}, "从业日期", "experts.day-invalid", "2026-11-21"),
    "no date": ({"入职日期": "去年"}, "入职日期", "experts.day-invalid", "2026-11-21"),
    "area": ({"行政区划代码": "999999"}, "行政区划代码", "experts.fact-invalid", "GB/T 2260"),
    "specialty": ({"评标专业代码": "A010101,Z99"}, "评标专业代码", "experts.fact-invalid", "Z99"),
    "employer without code": (
        {"统一社会信用代码": "", "工作单位": "无名公司"},
        "统一社会信用代码",
        "experts.employer-without-code",
        "登记单位",
    ),
    "credit code": (
        {"统一社会信用代码": "91430100MA4L00000X"},
        "统一社会信用代码",
        "experts.credit-code-invalid",
        "18",
    ),
    "no employer": ({"统一社会信用代码": "", "工作单位": ""}, "工作单位", "experts.employer-blank", "回避"),
    "code without name": ({"工作单位": ""}, "工作单位", "experts.unit-name-invalid", "一行"),
    "penalty in words": ({"处罚": "警告"}, "处罚", "experts.not-none", "无"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_names_its_column_and_the_remedy(sqlite_office: PoolOffice, kind: str) -> None:
    cells, title, code, remedy = BAD[kind]
    checked = check(sqlite_office, sheet_of(made_row(1, **cells)))
    assert checked.good == ()
    [(row, [problem])] = checked.refused
    assert (row, problem.code) == (2, code)
    assert checked.explain(problem, "zh").startswith(f"{title}：")
    assert remedy in checked.explain(problem, "zh")
    assert checked.explain(problem, "en").startswith(f"{title}: ")


def test_all_problems_of_a_row_are_told_at_once(sqlite_office: PoolOffice) -> None:
    checked = check(sqlite_office, sheet_of(made_row(1, 职称="大师", 从业日期="2001-02-29", 工作单位="", 处罚="有")))
    assert len(checked.refused[0].problems) == 3


@pytest.mark.parametrize("form", [Form.XLSX, Form.CSV_GBK])
def test_every_kind_of_bad_row_gives_the_error_file_and_changes_nothing(
    office: PoolOffice, tmp_path: Path, form: Form
) -> None:
    """The error file is the sheet's own form: corrected where it says, it is imported as it is."""
    suffix = "xlsx" if form is Form.XLSX else "csv"
    rows = [made_row(1), made_row(1), *(made_row(9, **cells) for cells, *_ in BAD.values())]
    sheet = read_sheet(made_file(tmp_path / f"in.{suffix}", *rows, form=form))
    before = everything(office)
    checked = check(office, sheet)
    out = tmp_path / f"errors.{suffix}"
    write_errors(out, sheet, checked)
    assert everything(office) == before

    errors = read_sheet(out)
    assert (errors.titles, errors.form) == ((*TITLES, *REASONS), form)
    assert len(errors.rows) == len(BAD) + 1
    assert all(row[-2] and row[-1] for row in errors.rows)
    again = check(office, errors)
    assert [one.row for one in again.refused] == list(range(3, len(BAD) + 3))
    assert [one.row for one in again.good] == [2]  # its twin is not in this sheet


def test_good_rows_alone_come_in_when_that_is_wanted(office: PoolOffice) -> None:
    checked = check(office, sheet_of(made_row(1), made_row(2, 职称="大师"), made_row(3)))
    enrol(office, checked)
    assert count(office) == 2


def test_duplicates_are_found_in_the_sheet_and_in_the_pool(office: PoolOffice) -> None:
    office.enrol(7)
    number = str(person(2).id_number)
    checked = check(office, sheet_of(made_row(2), made_row(7), made_row(3, 身份证号=f" {number[:6]}-{number[6:]} ")))
    assert [(one.row, one.problems[0].code) for one in checked.refused] == [
        (3, "experts.already-in-pool"),
        (4, "experts.twice-in-sheet"),
    ]
    assert "第 2 行" in checked.refused[1].problems[0].message("zh")


def test_a_refused_row_takes_nobodys_place(sqlite_office: PoolOffice) -> None:
    checked = check(sqlite_office, sheet_of(made_row(2, 职称="大师"), made_row(2)))
    assert ([one.row for one in checked.refused], [one.row for one in checked.good]) == ([2], [3])


def test_a_person_who_came_in_meanwhile_stops_it_all(office: PoolOffice) -> None:
    checked = check(office, sheet_of(made_row(1), made_row(2)))
    office.enrol(2)
    before = everything(office)
    with pytest.raises(PersonTaken):
        enrol(office, checked)
    assert {**everything(office), "ledger_batches": 0} == {**before, "ledger_batches": 0}


def test_an_interruption_leaves_nothing(office: PoolOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "CHUNK", 2)
    checked = check(office, sheet_of(*(made_row(serial) for serial in range(1, 8))))
    before = everything(office)
    calls: list[int] = []

    def interrupt(done: int) -> None:
        calls.append(done)
        if len(calls) == 2:
            assert everything(office)["experts"] == before["experts"] + 4
            assert count(office) == 0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrol_checked(
            office.transactions,
            office.protector,
            office.pool,
            office.actors["pool-manager"],
            checked,
            ground="x",
            progress=interrupt,
        )
    assert everything(office) == before


@pytest.mark.parametrize(
    ("who", "ground", "refusal"),
    [("pool-manager", "", GroundMissing), ("supervisor", "x", NotPermitted), ("branch-manager", "x", NotPermitted)],
)
def test_who_may_not_is_refused_before_any_work(
    sqlite_office: PoolOffice, who: str, ground: str, refusal: type[ExpertpoolError]
) -> None:
    checked = check(sqlite_office, sheet_of(made_row(1)))
    before = everything(sqlite_office)
    with pytest.raises(refusal):
        enrol(sqlite_office, checked, who, ground)
    assert everything(sqlite_office) == before


def register(office: PoolOffice, name: str, serial: int) -> str:
    with office.act() as tx:
        return organisations.register(tx, centre_id=office.centre, code=credit_code(serial), name=name).id


def test_an_employer_is_joined_by_name_or_approved_alias_and_by_nothing_like_it(office: PoolOffice) -> None:
    organisation = register(office, "湖南省建筑设计院", 8)
    with office.act() as tx:
        alias = organisations.propose_alias(tx, organisation, "省建院").id
    rows = [
        made_row(n, 工作单位=name, 统一社会信用代码="")
        for n, name in enumerate(("湖南省建筑设计院", "省建院", "湖南建筑设计院"), 1)
    ]
    checked = check(office, sheet_of(*rows))
    assert [one.row for one in checked.good] == [2]
    asked = checked.refused[1].problems
    assert [problem.code for problem in asked] == ["experts.employer-without-code", "experts.employer-resembles"]
    assert "湖南省建筑设计院" in asked[1].message("zh")
    with office.act("second-manager") as tx:
        organisations.approve_alias(tx, alias)
    assert [one.row for one in check(office, sheet_of(*rows)).good] == [2, 3]


def test_an_unknown_birthplace_only_asks(sqlite_office: PoolOffice) -> None:
    checked = check(sqlite_office, sheet_of(made_row(1, 身份证号=id_number(1, district="990104"))))
    assert len(checked.good) == 1
    assert [(row, question.code) for row, question in checked.questions] == [(2, "experts.birth-place-unknown")]


def test_progress_counts_every_row(sqlite_office: PoolOffice) -> None:
    done: list[int] = []
    checked = check(sqlite_office, sheet_of(*(made_row(n) for n in range(1, 4))), progress=done.append)
    assert sum(done) == 3 == checked.rows


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_roster_of_names_and_employers_is_imported_and_a_blank_employer_excluded_with_its_reason(
    office: PoolOffice, tmp_path: Path
) -> None:
    """Made-up people; the mapping, the aliases and the rulebook are those that we ship for such a roster."""
    rows = "name,employer\nAda Made-Up,Huawei Technologies\nBo Made-Up,HUAWEI\nCy Made-Up,Other & Co\nDi Made-Up,\n"
    sheet = read_sheet(written(tmp_path / "roster.csv", rows))
    aliases = load_aliases(ROSTER_DEMO / "aliases.toml")
    checked = check(office, sheet, load_mapping(ROSTER_DEMO / "mapping.toml"), aliases=aliases)
    assert checked.refused == ()
    enrol(office, checked)

    with office.reading() as session:
        known = {
            queries.identity_of(session, office.protector, expert).name: queries.record_of(session, expert.id).expert
            for expert in listing.experts_in(session, office.pool)
        }
    rules = Eligibility(casebook.book("roster-demo"), "roster", Request(review_at=START, lines=(Line((), 10),)))
    decisions = {name: rules.decide(facts) for name, facts in known.items()}
    assert Counter(decision.outcome for decision in decisions.values()) == {Outcome.ALLOWED: 3, Outcome.REFUSED: 1}
    [finding] = decisions["Di Made-Up"].findings
    assert (finding.rule, finding.reason.key) == ("roster.employer", "blank")
    assert rules.groups(known["Ada Made-Up"]) == rules.groups(known["Bo Made-Up"])
    assert rules.groups(known["Ada Made-Up"]) != rules.groups(known["Cy Made-Up"])


def test_a_mapping_may_vouch_that_there_are_none(sqlite_office: PoolOffice, tmp_path: Path) -> None:
    content = 'employers = "name"\nnone = ["penalties"]\n[columns]\nWho = "name"\n[title]\n"研究员" = "senior"\n'
    mapping = load_mapping(written(tmp_path / "m.toml", content))
    [candidate] = check(sqlite_office, Sheet(("Who",), [["Ada"]], Form.XLSX), mapping).good
    assert (candidate.facts.penalties, candidate.facts.kinships, candidate.facts.employments) == ((), None, None)
    assert mapping.titles["研究员"] == Title.SENIOR


def test_an_alias_file_joins_nothing_where_codes_do(sqlite_office: PoolOffice) -> None:
    with pytest.raises(AliasesNeedNames):
        check(sqlite_office, sheet_of(made_row(1)), aliases={"a": "b"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[columns]\n'Name' = 'nmae'", "name"),
        ("[column]\n'Name' = 'name'", "columns"),
        ("employers = 'guess'", "code"),
        ("none = ['claims']", "penalties"),
        ("none = 'penalties'", "list"),
        ("columns = 1", "table"),
        ("[title]\n'x' = 'top'", "senior"),
        ("= 1", "TOML"),
    ],
)
def test_a_wrong_mapping_is_explained(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(MappingInvalid) as refused:
        load_mapping(written(tmp_path / "m.toml", content))
    assert says in refused.value.message("en")


@pytest.mark.parametrize("content", ["a = 'b'", "a = [1]", "a = ['x']\nb = ['X']", "a = ["])
def test_a_wrong_alias_file_is_explained(tmp_path: Path, content: str) -> None:
    with pytest.raises(MappingInvalid):
        load_aliases(written(tmp_path / "a.toml", content))


@pytest.mark.parametrize(
    ("mapping", "titles", "refusal"),
    [
        (DEFAULT, ("工作单位",), ColumnMissing),
        (DEFAULT, ("姓名", "身份证号", "身份证号码"), ColumnTwice),
        (DEFAULT, ("姓名", "姓名"), ColumnTwice),
        (Mapping({"Name": "name", "Who": "employer"}), ("Name",), ColumnMissing),
        (Mapping({"Who": "employer"}), ("Who",), ColumnMissing),
    ],
)
def test_columns_that_do_not_fit_are_told(
    sqlite_office: PoolOffice, mapping: Mapping, titles: tuple[str, ...], refusal: type[ExpertpoolError]
) -> None:
    with pytest.raises(refusal):
        check(sqlite_office, Sheet(titles, [["x"]], Form.XLSX), mapping)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("2001-02-03", date(2001, 2, 3)),
        ("2001/2/3", date(2001, 2, 3)),
        ("2001.2.3", date(2001, 2, 3)),
        ("2001年2月3日", date(2001, 2, 3)),
        ("20010203", date(2001, 2, 3)),
        (20010203.0, date(2001, 2, 3)),
        (date(2001, 2, 3), date(2001, 2, 3)),
        ("2000-02-29", date(2000, 2, 29)),
        ("", None),
    ],
)
def test_days_are_read_as_people_write_them(sqlite_office: PoolOffice, cell: Cell, read: date | None) -> None:
    checked = check(sqlite_office, sheet_of(made_row(1, 从业日期=cell)))
    assert checked.good[0].facts.practice_since == read
