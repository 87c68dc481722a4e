"""The pool's desk in a browser: who is shown how, what may be done by whom, and that nothing typed is lost."""

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from expertpool.experts import queries
from expertpool.experts.importing import check_sheet, enrol_checked
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.mapping import DEFAULT
from expertpool.experts.models import Expert
from expertpool.experts.protection import Identity, Protector
from expertpool.experts.sheets import read_sheet
from expertpool.protocol.facts import Absence
from policies.facts import (
    Claim,
    Kinship,
    Post,
    Relation,
    Title,
    Unit,
)
from tests.browser import entered
from tests.experts.browsing import counted, listed, manager, record_of, value_of
from tests.experts.desk import DEPARTMENT, MANAGER, Desk
from tests.experts.pool import TODAY, credit_code, id_number, person
from tests.experts.sheet_rows import made_file, made_row


def status_of(desk: Desk, expert_id: str) -> str:
    with desk.site.service.transactions.begin("svc:test") as tx:
        return tx.session.get_one(Expert, expert_id).status.value


def identity_of(desk: Desk, expert_id: str) -> Identity:
    with desk.site.service.transactions.begin("svc:test") as tx:
        found = tx.session.get_one(Expert, expert_id)
        return queries.identity_of(tx.session, Protector(desk.site.service.keys), found)


def test_no_page_shows_a_whole_name_number_phone_or_account(desk: Desk) -> None:
    expert_id = desk.enrol(1)
    left = desk.take(desk.enrol(2), Verb.LEAVE)
    browser, department = manager(desk), entered(desk.site, DEPARTMENT)
    secrets = [value for serial in (1, 2) for value in person(serial) if value is not None]
    assert len(secrets) == 8
    seen = [
        shown.get(path).text
        for shown in (browser, department)
        for path in ("/pool", f"/pool/experts/{expert_id}", f"/pool/experts/{left}", "/pool/organisations")
    ]
    seen += [browser.get(f"/pool/experts/{expert_id}/facts").text, browser.get("/pool?status=enrolled").text]
    seen.append(browser.send("/pool/find", {"by": "phone", "number": "13900000000"}, page="/pool").text)
    assert [(secret, at) for secret in secrets for at, text in enumerate(seen) if secret in text] == []
    assert "4301**********" in seen[0]
    assert "138****0001" in seen[1]


def test_the_list_takes_as_many_statements_for_a_hundred_as_for_ten(desk: Desk) -> None:
    browser, counts = manager(desk), []
    for serials in (range(1, 11), range(11, 101)):
        for serial in serials:
            desk.apply(serial)
        with counted(desk) as statements:
            assert browser.get("/pool").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20
    pages, after = [], ""
    while True:  # and every one of them stands on one page, in the order of the identifiers
        text = browser.get(f"/pool?{after}").text
        pages.append(listed(text))
        more = re.search(r'rel="next" href="\?([^"]*)"', text)
        if more is None:
            break
        after = unescape(more[1])
    assert [len(each) for each in pages] == [50, 50]
    everybody = [each for some in pages for each in some]
    assert everybody == sorted(set(everybody))


def test_an_expert_takes_as_many_statements_after_ten_acts_as_after_two(desk: Desk) -> None:
    expert_id, browser, counts = desk.enrol(1), manager(desk), []
    for more in (0, 8):
        desk.take(expert_id, *[Verb.RENEW] * more)
        with counted(desk) as statements:
            assert browser.get(f"/pool/experts/{expert_id}").text.count("<time ") == 3 + more
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20


def test_the_list_is_filtered(desk: Desk) -> None:
    first = desk.enrol(1)
    second = desk.apply(
        2, area="430200", kinships=(Kinship(Unit("甲公司", credit_code(77)), Relation.SPOUSE, Post.STAFF),)
    )
    third = desk.enrol(3, claims=(Claim("A0101"),), area="430104")
    browser = manager(desk)
    for asked, there in [
        ("", {first, second, third}),
        ("status=applied", {second}),
        ("status=suspended", set()),
        ("specialty=A010101", {first, third}),
        ("specialty=A0101", {third}),
        ("area=430100", {first, third}),
        ("area=430104&status=enrolled", {third}),
        (f"unit={credit_code(77)}", {second}),
        (f"unit={credit_code(3).lower()}", {third}),
        ("origin=mirrored", set()),
    ]:
        assert set(listed(browser.get(f"/pool?{asked}").text)) == there, asked
    assert "请放宽或清除筛选条件" in browser.get("/pool?status=suspended").text
    tree = browser.get("/pool?specialty=规划")
    assert tree.status_code == 303
    assert "A010101" in browser.get(tree.headers["Location"]).text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("specialty=Z9", "没有专业代码"),
        ("area=999999", "没有行政区划代码"),
        ("unit=914301", "长度应在"),
        ("unit=91430100MA4L000019", "统一社会信用代码应为"),
        ("status=drawn", "应为其中之一"),
        ("after=x", "应为专家的编号"),
    ],
)
def test_a_filter_that_is_none_says_so(shared: Desk, asked: str, said: str) -> None:
    answer = manager(shared).get(f"/pool?{asked}")
    assert answer.status_code == 422
    assert said in answer.text or asked.startswith("after")
    name, _, typed = asked.partition("=")
    if name not in ("status", "after"):
        assert value_of(answer.text, name) == typed
    assert listed(answer.text) == []


def test_somebody_is_found_by_a_number_that_stands_in_no_address(desk: Desk) -> None:
    expert_id, other = desk.apply(1), desk.apply(2)
    browser = manager(desk)
    for by, number in [("id_number", id_number(1, date(1960, 1, 1))), ("phone", "+86 138 0000 0001")]:
        found = browser.send("/pool/find", {"by": by, "number": number}, page="/pool")
        assert (found.status_code, found.headers["Location"]) == (303, f"/pool/experts/{expert_id}")
    browser.send(
        f"/pool/experts/{other}/contact", {"phone": "13800000001", "account": ""}, page=f"/pool/experts/{other}"
    )
    both = browser.send("/pool/find", {"by": "phone", "number": "13800000001"}, page="/pool")
    assert set(listed(both.text)) == {expert_id, other}
    for by, number, status, said in [
        ("id_number", "123", 422, "身份证号应为 18 位"),
        ("phone", "13900000000", 404, "没有该专家"),
        ("account", "6222021200000000001", 422, "应为其中之一"),
        ("phone", "", 422, "长度应在"),
    ]:
        answer = browser.send("/pool/find", {"by": by, "number": number}, page="/pool")
        assert answer.status_code == status
        assert said in answer.text


def test_an_empty_pool_says_what_to_do(desk: Desk) -> None:
    browser = manager(desk)
    assert "库中还没有专家" in browser.get("/pool").text
    assert "镜像库中还没有专家" in browser.get("/pool?origin=mirrored").text
    assert "还没有登记单位" in browser.get("/pool/organisations").text
    assert "The pool is empty" in browser.get("/pool?lang=en").text


APPLICATION = {
    "name": "王五",
    "id_number": id_number(9),
    "phone": "13911112222",
    "account": "6222021200000000999",
    "title": "senior",
    "degree": "master",
    "practice_since": "2001-02-03",
    "area": "430104",
    "claims.0.code": "A010101",
    "employments.0.unit.name": "湖南第一设计院",
    "employments.0.unit.code": credit_code(1),
    "employments.0.start": "2002-01-01",
    "penalties.none": "on",
    "ground": "申请表 9 号",
}


def test_somebody_applies_is_reviewed_and_enrolled_in_the_browser(desk: Desk) -> None:
    browser, department = manager(desk), entered(desk.site, DEPARTMENT)
    done = browser.send("/pool/new", APPLICATION)
    found = re.fullmatch(r"/pool/experts/(exp_\w+)\?receipt=(\d+)", done.headers["Location"])
    assert found is not None
    expert_id = found[1]
    assert identity_of(desk, expert_id).id_number == id_number(9)
    known = record_of(desk, expert_id)
    assert (known.title, known.penalties, known.kinships) == (Title.SENIOR, (), None)
    text = browser.get(done.headers["Location"]).text
    assert f"/ledger/proof/{found[2]}" in text
    assert "申请表 9 号" in text
    way = f"/pool/experts/{expert_id}"
    assert f"{way}/review" in text
    assert f"{way}/enrol" not in text
    assert f"{way}/review" not in department.get(way).text
    nothing = browser.send(f"{way}/review", {"ground": " "}, page=way)
    assert (nothing.status_code, status_of(desk, expert_id)) == (422, "applied")
    assert browser.send(f"{way}/review", {"ground": "齐全"}, page=way).status_code == 303
    assert browser.send(f"{way}/enrol", {"ground": "x"}, page=way).status_code == 403
    past = (TODAY - timedelta(days=1)).isoformat()
    refused = department.send(f"{way}/enrol", {"ground": "文号 7", "until": past}, page=way)
    assert (refused.status_code, value_of(refused.text, "until")) == (422, past)
    assert 'value="文号 7"' in refused.text
    assert department.send(f"{way}/enrol", {"ground": "文号 7", "until": "2028-12-31"}, page=way).status_code == 303
    again = department.send(f"{way}/enrol", {"ground": "文号 7"}, page=way)
    assert (again.status_code, status_of(desk, expert_id)) == (409, "enrolled")
    story = browser.get(way).text
    assert [story.index(said) for said in ("文号 7", "齐全", "申请表 9 号")] == sorted(
        story.index(said) for said in ("文号 7", "齐全", "申请表 9 号")
    )


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    wrong = {
        **APPLICATION,
        "practice_since": "once",
        "claims.0.code": "",
        "claims.3.code": "A010101",
        "kinships.1.unit.name": "<b>甲</b>",
        "interests.none": "on",
    }
    browser = manager(desk)
    answer = browser.send("/pool/new", wrong)
    assert answer.status_code == 422
    assert "<b>" not in answer.text
    for name, kept in [
        ("name", "王五"),
        ("practice_since", "once"),
        ("claims.0.code", "A010101"),  # rows that were left blank do not count
        ("kinships.0.unit.name", "<b>甲</b>"),
        ("ground", "申请表 9 号"),
    ]:
        assert value_of(answer.text, name) == kept
    assert 'name="interests.none" checked' in answer.text
    for field in ("practice_since", "kinships.0.relation", "kinships.0.post"):
        assert re.search(
            rf'id="{re.escape(field)}-hint">\s*(<p class="form-hint">.*?</p>)?\s*<p class="wrong">', answer.text
        )
    late = browser.send(
        "/pool/new", {**APPLICATION, "id_number": "430121197003050091", "employments.0.unit.code": "x" * 18}
    )
    assert late.status_code == 422
    assert "校验码不对" in late.text or "统一社会信用代码应为" in late.text
    assert listed(browser.get("/pool").text) == []


def test_a_row_more_sends_nothing_on(desk: Desk) -> None:
    browser = manager(desk)
    answer = browser.send("/pool/new", {**APPLICATION, "more": "employments"})
    assert answer.status_code == 200
    assert value_of(answer.text, "employments.1.unit.name") == ""
    assert value_of(answer.text, "phone") == "13911112222"
    assert browser.send("/pool/new", {**APPLICATION, "more": "anything"}).status_code == 200
    assert listed(browser.get("/pool").text) == []


def test_contact_absences_and_trainings(desk: Desk) -> None:
    expert_id = desk.enrol(1)
    browser, way = manager(desk), f"/pool/experts/{expert_id}"
    wrong = browser.send(f"{way}/contact", {"phone": "12", "account": "6222021200000000008"}, page=way)
    assert (wrong.status_code, value_of(wrong.text, "phone")) == (422, "12")
    sent = {"phone": "13955556666", "account": "6222021200000000008"}
    assert browser.send(f"{way}/contact", sent, page=way).status_code == 303
    assert identity_of(desk, expert_id).phone == "13955556666"
    first = {"absences.0.start": "2026-12-01", "absences.0.until": "2026-12-05"}
    assert browser.send(f"{way}/absences", first, page=way).status_code == 303
    second = {**first, "absences.1.start": "2027-01-01", "absences.1.until": "2027-01-02"}
    backwards = browser.send(f"{way}/absences", {**second, "absences.1.until": "2026-12-31"}, page=way)
    assert backwards.status_code == 422
    assert "日期不合理" in backwards.text
    assert browser.send(f"{way}/absences", second, page=way).status_code == 303
    assert browser.send(f"{way}/absences", {**second, "absences.0.off": "on"}, page=way).status_code == 303
    with desk.site.service.transactions.begin("svc:test") as tx:
        record = queries.record_of(tx.session, expert_id)
    assert record.absences == (Absence(date(2027, 1, 1), date(2027, 1, 2)),)
    training = {"topic": "评标办法", "held_on": "2026-11-20", "hours": "8", "passed": "on"}
    assert browser.send(f"{way}/trainings", {**training, "hours": "eight"}, page=way).status_code == 422
    assert browser.send(f"{way}/trainings", training, page=way).status_code == 303
    assert "评标办法" in browser.get(way).text


def test_data_of_somebody_who_has_gone_are_erased(desk: Desk) -> None:
    expert_id = desk.take(desk.enrol(1), Verb.LEAVE)
    browser, way = manager(desk), f"/pool/experts/{expert_id}"
    assert "138****0001" in browser.get(way).text
    assert browser.send(f"{way}/contact-erasure", {"ground": "本人要求"}, page=way).status_code == 303
    assert "138****0001" not in browser.get(way).text
    early = browser.send(f"{way}/record-erasure", {"ground": "期满"}, page=way)
    assert early.status_code == 409
    assert "档案保存期到" in early.text
    desk.clock.advance(timedelta(days=31 * 366))
    later = manager(desk)
    assert later.send(f"{way}/record-erasure", {"ground": "期满"}, page=way).status_code == 303
    assert "张" not in later.get(way).text


def test_whoever_was_imported_has_the_import_in_their_story(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sheet = read_sheet(made_file(tmp_path_factory.mktemp("sheet") / "a.csv", made_row(1)))
    service, pool, protector = (
        desk.site.service,
        Pool(desk.site.centre.id, Origin.OWN),
        Protector(desk.site.service.keys),
    )
    desk.site.token(MANAGER)
    with service.transactions.begin("svc:test") as tx:
        checked = check_sheet(tx.session, protector, pool, sheet, DEFAULT, today=TODAY)
    actor = desk.site.actors[MANAGER].id
    entry = enrol_checked(service.transactions, protector, pool, actor, checked, ground="名册 1 号")
    browser = manager(desk)
    (expert_id,) = listed(browser.get("/pool").text)
    text = browser.get(f"/pool/experts/{expert_id}").text
    assert "批量入库" in text
    assert "名册 1 号" in text
    assert f"/ledger/entries/{entry.index}" in text


def test_the_pool_is_exported_masked(desk: Desk, tmp_path: Path) -> None:
    for serial in (1, 2):
        desk.apply(serial)
    answer = manager(desk).send("/pool/export", {}, page="/pool")
    assert answer.headers["Content-Disposition"] == "attachment; filename=experts-own.csv"
    file = tmp_path / "experts.csv"
    file.write_bytes(answer.data)
    sheet = read_sheet(file)
    assert sheet.titles[0] == "姓名"
    assert [row[0] for row in sheet.rows] == ["张**", "张**"]
    assert [value for serial in (1, 2) for value in person(serial) if value and value in answer.text] == []
    department = entered(desk.site, DEPARTMENT)
    assert department.send("/pool/export", {}, page="/pool").status_code == 403


def test_nothing_is_changed_in_a_mirror(desk: Desk) -> None:
    expert_id = desk.enrol(1)
    with desk.site.service.engine.begin() as connection:
        for table in ("experts", "roster_lines"):
            connection.exec_driver_sql(f"UPDATE {table} SET origin = 'mirrored'")
    browser, way = manager(desk), f"/pool/experts/{expert_id}"
    assert listed(browser.get("/pool").text) == []
    assert listed(browser.get("/pool?origin=mirrored").text) == [expert_id]
    text = browser.get(way).text
    assert "修改请在省级库办理" in text
    assert f'action="{way}' not in text
    refused = browser.send(f"{way}/leave", {"ground": "x"}, page="/pool/new")
    assert refused.status_code == 409
    assert "由上级库同步而来" in refused.text


def test_whoever_is_elsewhere_is_not_there(desk: Desk) -> None:
    other = desk.branch()
    browser = manager(desk)
    for path in ("/pool/experts/exp_nobody", "/pool/experts/exp_nobody/facts", "/pool/organisations/org_nothing"):
        assert browser.get(path).status_code == 404
    assert browser.get("/pool?centre_id=ctr_nowhere").status_code == 403
    assert browser.get(f"/pool?centre_id={other}").status_code == 200  # below one's own
