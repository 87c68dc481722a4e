"""Sheets through a page: nothing changes before somebody has looked and confirmed, and no file does any harm."""

import io
import re
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import undefer
from werkzeug.test import TestResponse

from expertpool.experts import import_pages, importer, jobs, listing, uploads
from expertpool.experts.importer import LEASE, run_one
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.models import ImportState, SheetImport
from expertpool.experts.sheet_errors import SheetEmpty
from expertpool.experts.sheets import Cell, Form, read_sheet
from expertpool.identity.roles import Role
from expertpool.web import guards
from tests.browser import _TOKEN, Browser, entered
from tests.experts.browsing import listed, manager, value_of
from tests.experts.desk import DEPARTMENT, MANAGER, Desk
from tests.experts.pool import person
from tests.experts.sheet_rows import made_file, made_row

PATH = "/pool/imports"
GROUND = {"ground": "名册 1 号"}


def sheet_of(folder: Path, *rows: list[Cell], form: Form = Form.CSV_UTF8) -> bytes:
    return made_file(folder / "made", *rows, form=form).read_bytes()


def sent(browser: Browser, data: bytes, name: str = "名册.csv", **fields: str) -> TestResponse:
    token = _TOKEN.search(browser.get(PATH).text)
    assert token is not None
    given = {"form_token": token[1], "sheet": (io.BytesIO(data), name), **fields}
    return browser.client.post(PATH, data=given, headers=browser.headers)


def way_of(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def work(desk: Desk) -> None:
    service = desk.site.service
    while run_one(service.transactions, service.keys):
        pass


def row_of(desk: Desk) -> SheetImport:
    with desk.site.service.transactions.begin("svc:test") as tx:
        return tx.session.query(SheetImport).options(undefer("*")).one()


def in_pool(desk: Desk) -> int:
    with desk.site.service.transactions.begin("svc:test") as tx:
        return sum(listing.counts_by_status(tx.session, Pool(desk.site.centre.id, Origin.OWN)).values())


def test_a_sheet_is_checked_looked_at_and_imported(desk: Desk, tmp_path: Path) -> None:
    browser = manager(desk)
    rows = [made_row(serial) for serial in range(1, 8)]
    way = way_of(sent(browser, sheet_of(tmp_path, *rows, made_row(9, 身份证号="430121197003050000"), made_row(1))))
    waiting = browser.get(way).text
    assert "正在逐行检查" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    work(desk)
    text = browser.get(way).text
    assert "hx-trigger" not in text
    assert re.findall(r"<dd>([\d,]+)</dd>", text) == ["7", "2", "0"]
    for said in ("第 9 行", "末位校验码不对", "第 10 行", "与第 2 行重复", "总体规划", "+7"):
        assert said in text, said
    for serial in range(1, 10):
        assert not [value for value in person(serial) if value and value in text]
    assert in_pool(desk) == 0
    part = browser.client.get(way, headers={**browser.headers, "HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="import"')
    not_all = browser.send(f"{way}/confirmation", GROUND, page=way)
    assert not_all.status_code == 409
    assert "只导入无误的行" in not_all.text
    assert value_of(not_all.text, "ground") == "名册 1 号"
    no_ground = browser.send(f"{way}/confirmation", {"good_rows_only": "on"}, page=way)
    assert no_ground.status_code == 422
    past = {**GROUND, "good_rows_only": "on", "until": "2026-11-20"}
    assert browser.send(f"{way}/confirmation", past, page=way).status_code == 422
    assert in_pool(desk) == 0
    assert browser.send(f"{way}/confirmation", {**past, "until": "2028-12-31"}, page=way).status_code == 303
    assert "正在写入" in browser.get(way).text
    assert browser.send(f"{way}/confirmation", past, page=PATH).status_code == 409
    assert browser.send(f"{way}/end", {}, page=PATH).status_code == 409
    work(desk)
    done = browser.get(way).text
    assert "已导入 7 人" in done
    receipt = re.search(r"/ledger/proof/(\d+)", done)
    assert receipt is not None
    assert in_pool(desk) == 7
    expert = browser.get(f"/pool/experts/{listed(browser.get('/pool').text)[0]}").text
    assert "名册 1 号" in expert
    assert f"/ledger/entries/{receipt[1]}" in expert
    assert "已导入" in browser.get(PATH).text
    row = row_of(desk)
    assert (row.state, row.sheet, row.report, row.wishes) == (ImportState.DONE, None, None, None)
    assert row.errors is not None
    assert browser.send(f"{way}/end", {}, page=way).status_code == 303
    assert browser.get(way).status_code == 404


@pytest.mark.parametrize(("form", "name"), [(Form.CSV_GBK, "a.CSV"), (Form.XLSX, "a.xlsx")], ids=["gbk", "xlsx"])
def test_the_error_file_opens_and_can_be_sent_again(desk: Desk, tmp_path: Path, form: Form, name: str) -> None:
    browser = manager(desk)
    wrong = made_row(2, 身份证号="430121197003050000", 工作单位="=HYPERLINK(1)")
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1), wrong, form=form), name))
    work(desk)
    answer = browser.get(f"{way}/errors")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=errors-")
    file = tmp_path / f"errors{Path(name).suffix.lower()}"
    file.write_bytes(answer.data)
    read = read_sheet(file)
    assert read.titles[-2:] == ("不予导入的原因", "Reasons")
    assert [row[0] for row in read.rows] == [person(2).name]
    assert b'"=HYPERLINK' not in answer.data
    assert b",=HYPERLINK" not in answer.data
    way = way_of(sent(browser, answer.data, name))
    work(desk)
    assert "末位校验码不对" in browser.get(way).text
    assert browser.get(f"{PATH}/imp_nothing/errors").status_code == 404


def test_what_the_database_has_of_a_sheet_is_sealed(desk: Desk, tmp_path: Path) -> None:
    browser = manager(desk)
    wrong = made_row(2, 身份证号="430121197003050000")
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1), wrong)))
    work(desk)
    browser.send(f"{way}/confirmation", {"ground": "爨字 7 号", "good_rows_only": "on"}, page=way)
    secrets = [
        value for serial in (1, 2) for value in (person(serial).name, person(serial).phone, "爨字 7 号") if value
    ]
    file = desk.site.service.engine.url.database
    assert file is not None
    with sqlite3.connect(file) as connection:
        dump = "\n".join(connection.iterdump())
    assert "sheet_imports" in dump
    forms = {secret.encode() for secret in secrets} | {secret.encode().hex().encode() for secret in secrets}
    assert [each for each in forms if each in dump.encode() or each.decode().upper() in dump] == []


def test_when_the_pool_has_changed_meanwhile_somebody_looks_again(desk: Desk, tmp_path: Path) -> None:
    browser = manager(desk)
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1), made_row(2))))
    work(desk)
    desk.apply(2)
    assert browser.send(f"{way}/confirmation", GROUND, page=way).status_code == 303
    work(desk)
    text = browser.get(way).text
    assert "确认之后专家库有变化" in text
    assert "已在本专家库登记" in text
    assert in_pool(desk) == 1
    assert browser.send(f"{way}/confirmation", {**GROUND, "good_rows_only": "on"}, page=way).status_code == 303
    work(desk)
    assert in_pool(desk) == 2


def test_a_worker_that_was_killed_leaves_an_import_that_another_finishes_once(desk: Desk, tmp_path: Path) -> None:
    browser, service = manager(desk), desk.site.service
    way = way_of(sent(browser, sheet_of(tmp_path, *(made_row(serial) for serial in range(1, 4)))))
    work(desk)
    browser.send(f"{way}/confirmation", GROUND, page=way)

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importer, "enrol_rows", killed_while_staging(Killed))
        with pytest.raises(Killed):
            run_one(service.transactions, service.keys)
    assert (in_pool(desk), row_of(desk).batch is not None) == (0, True)
    assert not run_one(service.transactions, service.keys)  # it is still held
    desk.clock.advance(LEASE + timedelta(seconds=1))
    work(desk)
    assert in_pool(desk) == 3
    assert row_of(desk).state is ImportState.DONE


def killed_while_staging(kind: type[BaseException]) -> Callable[..., None]:
    """What `enrol_rows` is to a process that is killed: some rows are staged, and nobody cleans up."""

    def enrol_some(_transactions: object, enrolment: object, _actor: str, rows: object, **_: object) -> None:
        enrolment.stage([enrolment.prepare(*next(rows))])  # type: ignore[attr-defined, call-overload]
        raise kind

    return enrol_some


def test_told_to_stop_it_leaves_nothing_and_the_next_one_does_it(desk: Desk, tmp_path: Path) -> None:
    browser, service = manager(desk), desk.site.service
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1))))
    assert run_one(service.transactions, service.keys, lambda: True)
    row = row_of(desk)
    assert (row.state, row.leased_until, row.attempts) == (ImportState.SENT, None, 0)
    work(desk)
    browser.send(f"{way}/confirmation", GROUND, page=way)
    assert run_one(service.transactions, service.keys, lambda: True)
    assert in_pool(desk) == 0
    work(desk)
    assert in_pool(desk) == 1


def test_what_breaks_off_again_and_again_is_given_up(desk: Desk, tmp_path: Path) -> None:
    browser, service = manager(desk), desk.site.service
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importer, "read_apart", lambda path: 1 // 0)
        for _ in range(importer.MOST_ATTEMPTS):
            with pytest.raises(ZeroDivisionError):
                run_one(service.transactions, service.keys)
            desk.clock.advance(LEASE + timedelta(seconds=1))
    work(desk)
    browser = manager(desk)
    assert "导入多次中断" in browser.get(way).text
    assert row_of(desk).sheet is None


def test_the_worker_goes_on_with_the_next_sheet_when_one_breaks_off(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, service, stop = manager(desk), desk.site.service, threading.Event()
    for serial in (1, 2):
        way_of(sent(browser, sheet_of(tmp_path, made_row(serial))))
    calls: list[int] = []

    def watched(*given: Any) -> bool:
        calls.append(1)
        if len(calls) == 1:
            importer._take(service.transactions)  # it is leased, and then breaks
            raise ZeroDivisionError
        stop.set()
        return run_one(*given[:2])

    monkeypatch.setattr(jobs, "run_one", watched)
    jobs.follow(service.transactions, service.keys, 0.001, stop)
    assert len(calls) == 2
    with service.transactions.begin("svc:test") as tx:
        assert sorted(row.state.value for row in tx.session.query(SheetImport)) == ["checked", "sent"]


def test_whoever_lost_the_right_meanwhile_imports_nothing(desk: Desk, tmp_path: Path) -> None:
    browser = manager(desk)
    way = way_of(sent(browser, sheet_of(tmp_path, made_row(1))))
    work(desk)
    browser.send(f"{way}/confirmation", GROUND, page=way)
    with desk.site.service.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE sheet_imports SET actor = ?", (desk.site.actors[Role.SYSTEM_ADMINISTRATOR].id,)
        )
    work(desk)
    assert "您的角色无权执行该操作" in browser.get(way).text
    assert in_pool(desk) == 0


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"x", "不是可读的"),
        ("a", b"x", "不是可读的"),
        ("a.csv", b"", "不是可读的"),
        ("", b"x", "不是可读的"),
    ],
)
def test_what_is_no_sheet_is_refused_at_once(shared: Desk, name: str, data: bytes, said: str) -> None:
    answer = sent(manager(shared), data, name)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", "姓名\n".encode(), "第一行应为列名"),
        ("a.csv", b"a,b\n1,2\n", "没有列“姓名”"),
        ("a.csv", "姓名,姓名\n甲,乙\n".encode(), "重复"),
        ("a.csv", b"\xff\xfe\x00a", "编码"),
        ("a.csv", ("姓名" + "," * 300 + "\n甲\n").encode(), "表格过大"),
        ("a.csv", b"x" * 300_000, "不是可读的"),
    ],
    ids=["no-rows", "no-name", "twice", "encoding", "columns", "field"],
)
def test_what_cannot_be_read_is_told_on_the_imports_page(shared: Desk, name: str, data: bytes, said: str) -> None:
    browser = manager(shared)
    way = way_of(sent(browser, data, name))
    work(shared)
    text = browser.get(way).text
    assert said in text
    assert "库中什么都没有改变" in text


def test_a_file_may_be_so_large_and_no_larger(shared: Desk) -> None:
    browser, most = manager(shared), import_pages.MOST_BYTES
    over = browser.client.post(
        PATH,
        data={"sheet": (io.BytesIO(b"x"), "a.csv")},
        headers=browser.headers,
        environ_overrides={"CONTENT_LENGTH": str(most + import_pages.MOST_BYTES)},
    )
    assert over.status_code == 413
    assert "16384 KiB" in over.text
    assert browser.send(PATH, {"sheet": "x"}).status_code == 415
    many = {f"field-{number}": "x" for number in range(30)}
    assert sent(browser, b"x", "a.csv", **many).status_code == 413
    assert sent(browser, b"x", "a.csv", more="x" * 100_000).status_code == 413
    assert sent(browser, b"x", "a.csv", nul="a\0b").status_code == 400


def test_a_file_is_read_of_nobody_who_may_not_send_it(shared: Desk) -> None:
    def post(browser: Browser, path: str = PATH, size: int = 1000) -> int:
        data = {"form_token": "0" * 64, "sheet": (io.BytesIO(b"x" * size), "a.csv")}
        return browser.client.post(path, data=data, headers=browser.headers).status_code

    stranger, department, browser = Browser(shared.site), entered(shared.site, DEPARTMENT), manager(shared)
    assert post(stranger) == 403  # no form of ours
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guards, "MAX_BODY_BYTES", 500)
        shared.site.app.config["MAX_CONTENT_LENGTH"] = 501
        assert post(stranger) == 413
        assert post(browser) == 403
    shared.site.app.config["MAX_CONTENT_LENGTH"] = guards.MAX_BODY_BYTES + 1
    assert post(department) == 403
    assert post(browser, "/pool/organisations") == 415  # files are taken here and nowhere else


def test_the_template_is_understood(shared: Desk, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    file.write_bytes(manager(shared).get(f"{PATH}/template.csv").data)
    with pytest.raises(SheetEmpty):
        read_sheet(file)
    text = manager(shared).get(PATH).text
    assert "统一社会信用代码 / 单位代码" in text


def test_sheets_that_nobody_comes_back_to_are_forgotten(desk: Desk, tmp_path: Path) -> None:
    way_of(sent(manager(desk), sheet_of(tmp_path, made_row(1))))
    engine = desk.site.service.engine
    uploads.sweep(engine, desk.clock.now() + uploads.KEPT_FOR)
    assert row_of(desk).state is ImportState.SENT
    uploads.sweep(engine, desk.clock.now() + uploads.KEPT_FOR + timedelta(seconds=1))
    with desk.site.service.transactions.begin("svc:test") as tx:
        assert tx.session.query(SheetImport).count() == 0


def test_an_import_of_another_centre_is_not_there(desk: Desk) -> None:
    desk.site.token(MANAGER)
    with desk.site.service.transactions.begin(desk.site.actors[MANAGER].id) as tx:
        pool = Pool(desk.site.centre.id, Origin.OWN)
        found = uploads.send(tx, desk.site.service.keys, pool, suffix=".csv", data=b"x").id
    branch = desk.branch()
    with desk.site.service.transactions.begin("svc:test") as tx:
        tx.session.get_one(SheetImport, found).centre_id = branch
    assert manager(desk).get(f"{PATH}/{found}").status_code == 200  # below one's own
    with desk.site.service.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE centres SET parent_id = NULL WHERE id = ?", (branch,))
    for path in (f"{PATH}/{found}", f"{PATH}/{found}/errors"):
        assert manager(desk).get(path).status_code == 404
    browser = manager(desk)
    assert browser.send(f"{PATH}/{found}/end", {}, page=PATH).status_code == 403


def test_the_example_of_a_proxy_lets_sheets_through() -> None:
    proxy = (Path(__file__).parents[2] / "deploy/nginx-example.conf").read_text(encoding="utf-8")
    (most,) = re.findall(r"location = /pool/imports \{\s+client_max_body_size (\d+)m;", proxy)
    assert int(most) * 2**20 >= import_pages.MOST_BYTES + guards.MOST_AROUND_FILE
