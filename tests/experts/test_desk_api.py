"""What the pool's desk does, by program: finding one, life cycles, letters, sheets, rulebooks."""

from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

from expertpool.core.ledger_store import SqlLog
from expertpool.experts import own
from expertpool.experts.importer import run_one
from expertpool.experts.lifecycle import Verb
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from policies.facts import day_of
from tests.experts.desk import DEPARTMENT, GROUND, MANAGER, Desk
from tests.experts.pool import credit_code, person
from tests.experts.sheet_rows import made_file, made_row
from tests.website import problem_of

LETTER = "自10月起调入某设计院，请更正工作单位。"


def noted(desk: Desk, path: str, body: Any, **more: Any) -> Any:
    """What a write says that leaves no entry."""
    desk.site.token(MANAGER)
    before = SqlLog(desk.site.service.engine).head().size
    answer = desk.site.call("POST", f"/api/v1{path}", role=MANAGER, json=body, **more)
    assert answer.status_code == 200, answer.text
    assert SqlLog(desk.site.service.engine).head().size == before
    return answer.get_json()


def test_somebody_is_found_by_a_whole_number_and_shown_masked(desk: Desk) -> None:
    expert, who, here = desk.enrol(1), person(1), {"centre_id": desk.site.centre.id}
    for by, number in (("id_number", who.id_number), ("phone", who.phone)):
        wanted = {**here, "by": by, "number": number}
        answer = desk.site.call("POST", "/api/v1/experts/search", role=DEPARTMENT, json=wanted)
        (found,) = answer.get_json()["items"]
        assert found["id"] == expert
        assert not [value for value in who if value and value in answer.text]
        nobody = {**wanted, "number": person(2).id_number if by == "id_number" else person(2).phone}
        assert desk.site.call("POST", "/api/v1/experts/search", role=MANAGER, json=nobody).get_json()["items"] == []
    wrong = {**here, "by": "phone", "number": "12"}
    desk.refused("/experts/search", wrong, 422, "experts.phone-invalid")
    desk.refused("/experts/search", {**wrong, "centre_id": f"ctr_{'0' * 26}"}, 403, "identity.not-permitted")


def test_a_life_cycle_is_told_with_its_entries(desk: Desk) -> None:
    expert = desk.take(desk.apply(1), Verb.REVIEW, Verb.ENROL)
    told = desk.get(f"/experts/{expert}/history")["items"]
    assert [act["verb"] for act in told] == ["enrol", "review", "apply"]
    assert [act["ground"] for act in told] == ["文号", "文号", "申请表"]
    assert sorted((act["entry"] for act in told), reverse=True) == [act["entry"] for act in told]


def test_an_organisation_is_shown_where_it_is_reached(desk: Desk) -> None:
    unit = {"centre_id": desk.site.centre.id, "code": credit_code(7), "name": "某设计院"}
    made = desk.post("/organisations", unit)
    shown = desk.get(f"/organisations/{made['id']}", DEPARTMENT)
    assert {**unit, "id": made["id"]} == shown
    problem_of(desk.site.call("GET", "/api/v1/organisations/org_x", role=MANAGER), 404, "experts.organisation-unknown")


def test_a_letter_is_answered_once_and_the_same_request_gets_the_first_answer(desk: Desk) -> None:
    expert, keys = desk.enrol(1), desk.site.service.keys
    with desk.site.service.transactions.begin("svc:vault") as tx:
        own.ask_correction(tx, Protector(keys), expert, LETTER, day_of(tx.now) - timedelta(days=1))
    (asked,) = desk.get("/corrections")["items"]
    assert (asked["expert"], asked["text"], asked["made"]) == (expert, LETTER, "2026-11-20")
    path, answer = f"/corrections/{asked['id']}/answer", {"answer": "已更正"}
    assert noted(desk, path, answer, key="k") == noted(desk, path, answer, key="k") == {"answered": True}
    desk.refused(path, answer, 409, "experts.correction-answered")
    assert desk.get("/corrections")["items"] == []


def test_a_sheet_goes_all_the_way_by_program(desk: Desk, tmp_path: Path) -> None:
    rows = [made_row(serial) for serial in range(1, 4)]
    data = made_file(tmp_path / "made", *rows, made_row(9, 身份证号="430121197003050000")).read_bytes()
    sheet = {"centre_id": desk.site.centre.id, "form": "xlsx", "sheet": b64encode(data).decode()}
    if not data.startswith(b"PK"):
        sheet["form"] = "csv"
    sent = noted(desk, "/pool-imports", sheet, key="one")
    assert noted(desk, "/pool-imports", sheet, key="one") == sent
    assert [each["id"] for each in desk.get("/pool-imports")["items"]] == [sent["id"]]
    path, service = f"/pool-imports/{sent['id']}", desk.site.service
    desk.refused(f"{path}/confirmation", GROUND, 409, "experts.import-in-hand")
    run_one(service.transactions, service.keys)
    checked = desk.get(path)
    assert (checked["state"], checked["good"], checked["refused"]) == ("checked", 3, 1)
    assert checked["why"][0]["row"] == 5
    errors = desk.get(f"{path}/errors")
    assert b"430121197003050000" in b64decode(errors["sheet"]) or errors["form"] == "xlsx"
    desk.refused(f"{path}/confirmation", GROUND, 409, "experts.nothing-to-import")
    assert noted(desk, f"{path}/confirmation", {**GROUND, "good_rows_only": True})["state"] == "confirmed"
    run_one(service.transactions, service.keys)
    assert desk.get(path)["state"] == "done"
    assert len(desk.get("/experts")["items"]) == 3


def test_a_sheet_is_given_up_and_one_that_is_too_large_refused(desk: Desk) -> None:
    given = {"centre_id": desk.site.centre.id, "form": "csv", "sheet": "eHh4"}
    sent = noted(desk, "/pool-imports", given)
    assert noted(desk, f"/pool-imports/{sent['id']}/ending", None) == {"id": sent["id"]}
    problem_of(desk.site.call("GET", f"/api/v1/pool-imports/{sent['id']}", role=MANAGER), 404, "experts.import-unknown")
    for wrong in ({"sheet": "eHh4" * 250_001}, {"sheet": "%%%%"}, {"form": "pdf"}):
        assert desk.site.call("POST", "/api/v1/pool-imports", role=MANAGER, json={**given, **wrong}).status_code == 422


def test_every_figure_of_a_rulebook_stands_with_its_article(desk: Desk) -> None:
    listed = desk.get("/rulebooks", Role.AUDITOR)
    versions = [(each["book"], each["since"]) for each in listed["items"]]
    assert "national" in {book for book, _ in versions}
    shown = desk.get("/rulebooks/national", Role.AUDITOR)
    assert shown["layers"] == ["national"]
    assert {"law", "product-default"} <= {each["label"] for each in shown["figures"]}
    assert all(each["article"] for each in shown["figures"] if each["label"] == "law")
    problem_of(desk.site.call("GET", "/api/v1/rulebooks/none", role=MANAGER), 404, "web.not-found")
    book, since = next(each for each in versions if each[0] != "national")
    under = {"since": next(day for name, day in versions if name == "national"), "to_book": book, "to_since": since}
    changed = desk.get("/rulebooks/national/changes", Role.AUDITOR, **under)["items"]
    assert [each for each in changed if each["after"] is not None]
    same = {"since": under["since"], "to_since": under["since"]}
    assert desk.get("/rulebooks/national/changes", Role.AUDITOR, **same)["items"] == []
    nobodys = desk.site.call(
        "GET", "/api/v1/rulebooks/national/changes", role=MANAGER, query_string={**same, "since": "1999-01-01"}
    )
    problem_of(nobodys, 404, "web.not-found")


def test_specialties_are_listed_with_the_class_above(desk: Desk) -> None:
    items = {each["code"]: each for each in desk.get("/specialties")["items"]}
    assert items["A010101"]["parent"] in items
    assert items["A"]["parent"] == ""
