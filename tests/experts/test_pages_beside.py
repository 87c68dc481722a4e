"""What stands beside the experts on the pool's desk: organisations, rulebooks, the tree of specialties."""

import re

from expertpool.experts import queries
from expertpool.experts.listing import aliases_in
from tests.browser import entered
from tests.experts.browsing import manager, value_of
from tests.experts.desk import DEPARTMENT, Desk
from tests.experts.pool import credit_code


def test_an_organisation_is_registered_found_and_its_spelling_approved_by_another(desk: Desk) -> None:
    browser, path = manager(desk), "/pool/organisations"
    code = credit_code(5)
    wrong = browser.send(path, {"name": "甲", "code": code[:-1] + "?"})
    assert (wrong.status_code, value_of(wrong.text, "name")) == (422, "甲")
    done = browser.send(path, {"name": "湖南第五设计院", "code": code})
    way = done.headers["Location"].partition("?")[0]
    assert browser.send(path, {"name": "湖南第五设计院", "code": code}).status_code == 409
    for asked, there in [(code, True), (code.lower(), True), ("第五", True), ("第六", False), (credit_code(6), False)]:
        assert (f'href="{way}"' in browser.get(f"{path}?q={asked}").text) == there, asked
    assert browser.get(f"{path}?q=x%0Ay").status_code == 422
    taken = browser.send(f"{way}/aliases", {"alias": "湖南第五设计院"}, page=way)
    assert (taken.status_code, value_of(taken.text, "alias")) == (409, "湖南第五设计院")
    assert browser.send(f"{way}/aliases", {"alias": "湖南五院"}, page=way).status_code == 303
    own = browser.get(path).text
    assert "您提出的" in own
    assert "/approval" not in own
    with desk.site.service.transactions.begin("svc:test") as tx:
        (alias,) = aliases_in(tx.session, desk.site.centre.id, organisation_id=None, approved=False, after="", limit=9)
    approval = f"{path}/aliases/{alias.id}/approval"
    assert browser.send(approval, {}, page=path).status_code == 409
    with desk.site.service.transactions.begin("svc:test") as tx:
        assert "湖南五院" not in queries.unit_names(tx.session, desk.site.centre.id)


def test_the_rulebooks_say_what_counts_and_why(shared: Desk) -> None:
    browser = entered(shared.site, DEPARTMENT)
    books = browser.get("/pool/rulebooks").text
    for book in ("national", "hunan", "guangdong", "hubei", "shenzhen", "demo-centre", "roster-demo"):
        assert f"/pool/rulebooks/{book}" in books
    assert books.count("本中心抽取所用") == 1
    hunan = browser.get("/pool/rulebooks/hunan").text
    assert "湘财购〔2023〕22号" in hunan
    assert "招标投标法 第三十七条第三款" in hunan
    assert re.search(r"<strong>68 年</strong> <span class=\"label label-local\">地方</span>", hunan)
    assert re.search(r"<strong>700.00 元</strong> <span class=\"label label-local\">地方</span>", hunan)
    english = browser.get("/pool/rulebooks/hunan?lang=en").text
    assert "68 years" in english
    assert "700.00 yuan" in english
    for path in ("nothing", "hunan?on=1999-01-01"):
        assert browser.get(f"/pool/rulebooks/{path}").status_code == 404
    assert browser.get("/pool/rulebooks/hunan?on=yesterday").status_code == 200


def test_what_changed_between_two_rulebooks(shared: Desk) -> None:
    browser, way = manager(shared), "/pool/rulebooks/changes"
    text = browser.get(f"{way}?from=national@2025-01-01&to=hunan@2025-01-01").text
    assert re.search(r"70 年.*?68 年", text, re.DOTALL)
    assert "没有不同" in browser.get(f"{way}?from=hunan@2025-01-01&to=hunan@2025-01-01").text
    other = browser.get(f"{way}?from=hunan@2025-01-01&to=roster-demo@2020-01-01").text
    assert "＋ 新增" in other
    assert "－ 删除" in other
    assert "请选择两个现有的版本" in browser.get(f"{way}?from=hunan@1999-01-01&to=x").text
    assert browser.get(way).status_code == 200


def test_the_tree_of_specialties(shared: Desk) -> None:
    browser, path = manager(shared), "/pool/specialties"
    assert "?under=A01" in browser.get(f"{path}?under=A").text
    assert "?under=A" in browser.get(path).text
    below = browser.get(f"{path}?under=A01").text
    assert "under=A0101" in below
    assert "/pool?specialty=A0101" in below
    assert "总体规划" in browser.get(f"{path}?q=总体规划").text
    assert "A010101" in browser.get(f"{path}?q=a010101").text
    assert "没有这样的专业" in browser.get(f"{path}?q=炼金术").text
    assert "另有" in browser.get(f"{path}?q=A").text
    assert "?under=A" in browser.get(f"{path}?under=nothing").text
