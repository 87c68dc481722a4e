"""The pool over HTTP: a whole life, what is shown of people, pages, receipts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from expertpool.experts.lifecycle import Verb
from expertpool.experts.queries import record_of
from policies.facts import Claim
from tests.experts.desk import CLEAR, DEPARTMENT, EMPLOYER, FACTS, GROUND, MANAGER, WHO, Desk, second_manager
from tests.experts.pool import credit_code
from tests.website import problem_of

ANY = {"If-Match": "*"}


def test_a_whole_life_over_http(either_desk: Desk) -> None:
    desk = either_desk
    applied = desk.post("/experts", desk.application())
    path = f"/experts/{applied['id']}"
    assert (applied["status"], applied["questions"]) == ("applied", [])
    assert applied["receipt"].startswith("c2sp.org/tlog-proof")
    assert desk.post(f"{path}/review")["status"] == "reviewed"
    assert desk.post(f"{path}/enrolment", {**GROUND, "until": "2027-11-20"}, DEPARTMENT)["status"] == "enrolled"
    assert desk.post(f"{path}/suspension", {**GROUND, "until": "2026-12-01"}, DEPARTMENT)["status"] == "suspended"
    assert desk.post(f"{path}/reinstatement", GROUND, DEPARTMENT)["status"] == "reinstated"
    assert desk.post(f"{path}/renewal", {**GROUND, "until": "2028-11-20"})["status"] == "reinstated"
    desk.post(f"{path}/facts", {**FACTS, **GROUND, "title": "mid", "directorships": None}, headers=ANY)
    desk.post(f"{path}/absences", {"absences": [{"start": "2026-12-24", "until": "2026-12-26"}]})
    desk.post(f"{path}/contact", {"phone": "13900000009", "account": None})
    training = {"held_on": "2026-11-20", "topic": "电子评标", "hours": 8, "passed": True}
    recorded = desk.post(f"{path}/trainings", training)
    assert desk.get(f"{path}/trainings")["items"] == [
        {"id": recorded["id"], "expert_id": applied["id"], **training},
    ]
    shown = desk.get(path, DEPARTMENT)
    assert (shown["renewed_until"], shown["ground"]) == ("2028-11-20", "文号 1")
    assert shown["absences"] == [{"start": "2026-12-24", "until": "2026-12-26"}]
    assert (shown["title"], shown["directorships"], shown["penalties"]) == ("mid", None, [])
    assert shown["claims"] == [{"code": "A010101", "scheme": "national", "version": "2018", "recorded": "2026-11-21"}]
    assert shown["employments"] == [{"unit": EMPLOYER, "start": "2001-01-01", "end": None}]
    assert (shown["phone"], shown["account"]) == ("139****0009", None)
    assert desk.post(f"{path}/leaving")["status"] == "left"
    erased = desk.post(f"{path}/contact-erasure")
    assert (erased["phone"], erased["id_number"]) == (None, f"{CLEAR[1][:4]}**********{CLEAR[1][-4:]}")
    assert desk.post(f"{path}/reapplication")["status"] == "applied"
    assert desk.post(f"{path}/rejection", GROUND, DEPARTMENT)["status"] == "rejected"
    assert desk.refused(f"{path}/record-erasure", GROUND, 409, "experts.retention-runs") == {}
    desk.clock.advance(timedelta(days=365 * 30 + 9))
    erased = desk.post(f"{path}/record-erasure")
    assert (erased["name"], erased["id_number"], erased["status"]) == ("**", None, "rejected")
    assert desk.get(f"{path}/trainings")["items"] == []


def test_nobody_is_shown_in_the_clear(desk: Desk) -> None:
    body = desk.application(birth_date="1960-01-01")
    answers = [desk.post("/experts", body, key="k"), desk.post("/experts", body, key="k")]
    assert answers[0] == answers[1]  # and so is what is kept for repetitions
    path = f"/experts/{answers[0]['id']}"
    answers += [desk.get(path), desk.get("/experts"), desk.post(f"{path}/review"), desk.post(f"{path}/contact", {})]
    for answer in answers:
        assert not [clear for clear in (*CLEAR, "1960-01-01", "19600101") if clear in str(answer)]
    masked = {name: answers[0][name] for name in WHO}
    assert masked == {
        "name": "张**",
        "id_number": f"{CLEAR[1][:4]}**********{CLEAR[1][-4:]}",
        "phone": "138****0001",
        "account": "**** 0001",
    }


def test_amended_facts_keep_a_birth_date_that_no_number_tells(desk: Desk) -> None:
    given = desk.application(id_number=None, birth_date="1970-02-28")
    expert = desk.post("/experts", given)["id"]
    desk.post(f"/experts/{expert}/facts", {**FACTS, **GROUND}, headers=ANY)
    with Session(desk.site.service.engine) as session:
        assert str(record_of(session, expert).expert.birth_date) == "1970-02-28"


# -- pages


def test_experts_are_listed_by_identifier_and_found(either_desk: Desk) -> None:
    desk = either_desk
    holder = desk.enrol(1, claims=(Claim("A010101"),), area="430104")
    above = desk.enrol(2, claims=(Claim("A01"),))
    other = desk.enrol(3, claims=(Claim("B0101"),), area="430200")
    waiting = desk.apply(4)
    everyone = sorted([holder, above, other, waiting])

    def found(**query: Any) -> list[str]:
        return [item["id"] for item in desk.get("/experts", **query)["items"]]

    assert found() == everyone
    assert found(status="applied") == [waiting]
    assert found(specialty="A010101") == sorted([holder, above])
    assert found(specialty="A01") == [above]
    assert found(area="430000") == everyone
    assert found(area="430100") == sorted([holder, above, waiting])
    assert found(area="430104", specialty="A010101", status="enrolled") == [holder]
    assert found(origin="mirrored") == []
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(2):
        page = desk.get("/experts", **query)
        seen += [item["id"] for item in page["items"]]
        query["after"] = page["next"]
    assert (seen, query["after"]) == (everyone, None)


def test_the_order_of_a_list_tells_no_change(desk: Desk) -> None:
    first, second = sorted(desk.enrol(serial) for serial in (1, 2))
    before = [item["id"] for item in desk.get("/experts")["items"]]
    desk.clock.advance(timedelta(days=1))
    desk.take(second, Verb.SUSPEND, Verb.REINSTATE)
    desk.take(first, Verb.SUSPEND)
    assert [item["id"] for item in desk.get("/experts")["items"]] == before == [first, second]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 0}, "web.invalid-input"),
        ({"limit": 201}, "web.invalid-input"),
        ({"after": "x"}, "web.invalid-input"),
        ({"status": "gone"}, "web.invalid-input"),
        ({"origin": "imported"}, "web.invalid-input"),
        ({"area": "43"}, "web.invalid-input"),
        ({"speciality": "A01"}, "web.invalid-input"),
        ({"specialty": "A99"}, "experts.fact-invalid"),
        ({"area": "999999"}, "experts.fact-invalid"),
    ],
)
def test_a_search_that_is_none_names_the_field(desk: Desk, query: dict[str, Any], code: str) -> None:
    answer = desk.site.call("GET", "/api/v1/experts", role=MANAGER, query_string=query)
    assert [each["field"] for each in problem_of(answer, 422, code)["errors"]] == list(query)


def test_organisations_and_aliases(either_desk: Desk) -> None:
    desk = either_desk
    centre = desk.site.centre.id
    made = [
        desk.post("/organisations", {"centre_id": centre, "code": credit_code(serial), "name": name})
        for serial, name in ((2, "湖南省建筑设计院"), (1, "湖南（长沙）100%设计院"))
    ]
    assert made[1]["name"] == "湖南(长沙)100%设计院"

    def found(**query: Any) -> list[str]:
        return [item["code"] for item in desk.get("/organisations", **query)["items"]]

    assert found() == [credit_code(1), credit_code(2)]
    assert found(code=credit_code(2)) == [credit_code(2)]
    assert found(name="设计院", limit=1) == [credit_code(1)]
    assert found(name="设计院", after=credit_code(1)) == [credit_code(2)]
    assert found(name="０%") == [credit_code(1)]  # a sign of patterns is a letter like any other
    assert found(name="省院") == []
    alias = desk.post(f"/organisations/{made[0]['id']}/aliases", {"alias": "湖南省院"})
    assert desk.refused(f"/organisation-aliases/{alias['id']}/approval", None, 409, "experts.own-approval") == {}
    assert found(name="省院") == []
    assert [item["id"] for item in desk.get("/organisation-aliases", approved="false")["items"]] == [alias["id"]]
    second = second_manager(desk)
    approved = desk.site.client.post(f"/api/v1/organisation-aliases/{alias['id']}/approval", headers=second)
    assert (approved.status_code, approved.get_json()["alias"]) == (201, "湖南省院")
    assert found(name="省院") == [credit_code(2)]
    assert desk.get("/organisation-aliases", approved="false")["items"] == []
    assert len(desk.get("/organisation-aliases", organisation_id=made[0]["id"])["items"]) == 1
    assert desk.get("/organisation-aliases", organisation_id=made[1]["id"])["items"] == []
    taken = {"centre_id": centre, "code": credit_code(1), "name": "另一名称"}
    assert desk.refused("/organisations", taken, 409, "experts.organisation-taken") == {
        "code": "experts.organisation-taken"
    }
    wrong = {**taken, "code": credit_code(3)[:-1] + "I"}
    assert desk.refused("/organisations", wrong, 422, "experts.credit-code-invalid") == {
        "code": "experts.credit-code-invalid"
    }
