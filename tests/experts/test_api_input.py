"""The pool over HTTP: what is wrong with a request is told by field, with the remedy, and nothing is written."""

from datetime import timedelta
from typing import Any

import pytest

from tests.experts.desk import EMPLOYER, GROUND, TRAINING, Desk
from tests.experts.pool import TODAY, id_number


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"centre_id": "x"}, "centre_id"),
        ({"ground": ""}, "ground"),
        ({"ground": "两\n行"}, "ground"),
        ({"name": None}, "name"),
        ({"practice_since": "2000-02-30"}, "practice_since"),
        ({"practice_since": "1899-12-31"}, "practice_since"),
        ({"practice_since": "2200-01-01"}, "practice_since"),
        ({"title": "教授"}, "title"),
        ({"area": "长沙"}, "area"),
        ({"equivalent": "yes"}, "equivalent"),
        ({"claims": [{}]}, "claims.0.code"),
        ({"claims": [{"code": "a01"}]}, "claims.0.code"),
        ({"claims": "A01"}, "claims"),
        ({"claims": [{"code": "A01"}] * 101}, "claims"),
        ({"claims": [{"code": "A01", "recorded": "2020-01-01"}]}, "claims.0.recorded"),
        ({"shareholdings": [{"unit": EMPLOYER, "permille": 1001}]}, "shareholdings.0.permille"),
        ({"kinships": [{"unit": EMPLOYER, "relation": "friend", "post": "staff"}]}, "kinships.0.relation"),
        ({"suspensions": []}, "suspensions"),
        ({"status": "active"}, "status"),
        ({"engagements": []}, "engagements"),
    ],
)
def test_forms_are_checked_before_anything_else(desk: Desk, change: dict[str, Any], field: str) -> None:
    size = desk.get("/experts")["items"]
    assert list(desk.refused("/experts", desk.application(**change), 422, "web.invalid-input")) == [field]
    assert desk.get("/experts")["items"] == size == []


def test_what_is_wrong_in_substance_names_every_field(desk: Desk) -> None:
    wrong = id_number(1)[:-1] + ("0" if id_number(1)[-1] != "0" else "1")
    who = {"name": "李四", "id_number": wrong, "phone": "12345", "account": "1"}
    assert desk.refused("/experts", desk.application(**who), 422, "experts.invalid") == {
        "id_number": "experts.id-number-invalid",
        "phone": "experts.phone-invalid",
        "account": "experts.account-invalid",
    }
    known = {
        "birth_date": "1971-01-01",
        "area": "990000",
        "claims": [{"code": "A010101"}, {"code": "A9"}],
        "directorships": [{"unit": {"name": "甲", "code": "1" * 18}, "post": "director"}],
        "employments": [{"unit": EMPLOYER, "start": "2001-01-02", "end": "2001-01-01"}],
    }
    assert desk.refused("/experts", desk.application(**known), 422, "experts.invalid") == {
        "birth_date": "experts.birth-date-differs",
        "area": "experts.fact-invalid",
        "claims.1.code": "experts.fact-invalid",
        "directorships.0.unit.code": "experts.credit-code-invalid",
        "employments.0.end": "experts.span-invalid",
    }
    nameless = {"employments": [{"unit": {"name": "无码单位"}}]}
    assert desk.refused("/experts", desk.application(**nameless), 422, "experts.invalid") == {
        "employments.0.unit.code": "experts.employer-without-code"
    }
    assert desk.get("/experts")["items"] == []


def test_an_applicant_twice_and_a_question(desk: Desk) -> None:
    asked = desk.post("/experts", desk.application(id_number=id_number(3, district="439901")))["questions"]
    assert [(each["field"], each["code"]) for each in asked] == [("id_number", "experts.birth-place-unknown")]
    desk.post("/experts", desk.application())
    assert desk.refused("/experts", desk.application(), 409, "experts.person-taken") == {
        "id_number": "experts.person-taken"
    }


def test_steps_and_days_that_cannot_be(desk: Desk) -> None:
    path = f"/experts/{desk.enrol()}"
    assert desk.refused(f"{path}/review", GROUND, 409, "experts.step-not-allowed") == {}
    assert desk.refused(f"{path}/record-erasure", GROUND, 409, "experts.still-in-pool") == {}
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert desk.refused(f"{path}/renewal", {**GROUND, "until": yesterday}, 422, "experts.days-invalid") == {
        "until": "experts.days-invalid"
    }
    away = {"absences": [{"start": "2026-12-02", "until": "2026-12-01"}]}
    assert list(desk.refused(f"{path}/absences", away, 422, "experts.days-invalid")) == ["absences"]
    tomorrow = {**TRAINING, "held_on": (TODAY + timedelta(days=1)).isoformat()}
    assert list(desk.refused(f"{path}/trainings", tomorrow, 422, "experts.days-invalid")) == ["held_on"]
    assert list(desk.refused(f"{path}/trainings", {**TRAINING, "hours": 0}, 422, "web.invalid-input")) == ["hours"]
    assert desk.refused("/experts/exp_none/review", GROUND, 404, "experts.unknown") == {}
    assert desk.refused("/organisations/org_none/aliases", {"alias": "x"}, 404, "experts.organisation-unknown") == {}
