"""The month's notice: the same facts on the page, on paper and in the sheet."""

from dataclasses import replace

from expertpool.assessments import notice
from expertpool.assessments.notice import Conduct, Consequence, Notice, Standing, Turnout
from expertpool.projects.terms import Words
from expertpool.web.paper import print_record

MONTH = Notice(
    month="2026-11",
    projects=12,
    seats=60,
    clean=57,
    mean=9_950,
    conduct=[Conduct(Words("迟到", "late"), 2, 20), Conduct(Words("擅离岗位", "left the post"), 1, 30)],
    turnout=[Turnout(Words("交易中心", "trading centre"), 12, 12), Turnout(Words("项目单位", "project unit"), 11, 12)],
    agencies=[Standing("某某招标代理有限公司", 12, 9_990)],
    consequences=[Consequence("HN-0042", "王**", Words("暂停 6 个月", "suspended 6 months"), "擅离岗位", "2027-05-21")],
    appeals=2,
    granted=1,
)
QUIET = replace(MONTH, projects=0, seats=0, clean=0, mean=None, conduct=[], agencies=[], consequences=[])


def zh(text: str, _: str) -> str:
    return text


def en(_: str, text: str) -> str:
    return text


def test_the_title_says_which_month() -> None:
    assert notice.title(MONTH, zh) == "2026 年 11 月评审考评通报"
    assert notice.title(replace(MONTH, month="2026-03"), en) == "Notice of assessments, 2026-03"


def test_points_are_written_without_idle_zeros() -> None:
    assert [notice.points(each) for each in (10_000, 9_950, 9_995, 0, 333)] == ["100", "99.5", "99.95", "0", "3.33"]


def test_paper_and_sheet_have_the_same_facts() -> None:
    rows = list(notice.rows(MONTH, zh))
    printed = notice.paper(MONTH, zh, centre="中心", address="https://x.example/ledger")
    assert {row[1] for row in rows if row[0] == "扣分行为"} == {row[0] for row in printed.sections[0].rows}
    assert ("考评提交", "项目单位", 11, "", "应 12") in rows
    assert ("代理机构", "某某招标代理有限公司", 12, 99.9, "") in rows
    assert printed.sections[3].rows == (("HN-0042", "王**", "暂停 6 个月", "擅离岗位", "2027-05-21"),)
    assert {len(row) for row in rows} == {len(notice.TITLES)}


def test_it_prints_and_the_same_month_gives_the_same_bytes() -> None:
    for month in (MONTH, QUIET):
        printed = [print_record(notice.paper(month, zh, centre="中心", address="https://x.example")) for _ in range(2)]
        assert printed[0].startswith(b"%PDF-")
        assert printed[0] == printed[1]


def test_a_month_without_anything_says_so() -> None:
    assert dict(notice.facts(QUIET, en))["Mean score"] == "—"
    assert notice.sections(QUIET, en)[0].empty == "No points were deducted this month."
    assert notice.sections(QUIET, en)[0].rows == ()
