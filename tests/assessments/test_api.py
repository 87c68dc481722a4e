"""Assessments over HTTP: what is shown, and that each refusal names field and reason in both languages."""

from typing import Any

from expertpool.identity.roles import Role
from expertpool.sessions.steps import StepKind
from policies.conduct_items import ITEMS, Party
from tests.assessments.evaluated import AGENCY, PARTIES, PERSON, SEATS, Evaluated
from tests.website import problem_of


def path(assessed: Evaluated) -> str:
    return f"/api/v1/sessions/{assessed.session_id}/assessment"


def deduction(**changed: Any) -> dict[str, Any]:
    given = {"subject": 1, "item": "phone", "points": 10, "evidence": "statement", "grounds": "当场发现"}
    return {**given, **changed}


def sent(assessed: Evaluated, by: Party, *deductions: dict[str, Any], **changed: Any) -> Any:
    body = {"party": by.value, "rulebook": assessed.assessment.rulebook, "deductions": list(deductions)}
    address = f"{path(assessed)}/sheets"
    return assessed.world.site.call("POST", address, role=PARTIES[by], json={**body, **changed})


def test_a_whole_assessment(served_assessed: Evaluated) -> None:
    assessed, call = served_assessed, served_assessed.world.site.call
    shown = call("GET", path(assessed), role=Role.SUPERVISOR).get_json()
    assert [each["number"] for each in shown["subjects"]] == [*SEATS, AGENCY, PERSON]
    assert {each["code"] for each in shown["items"]} == ITEMS.keys()
    phone = next(each for each in shown["items"] if each["code"] == "phone")
    assert (phone["points"], phone["subjects"], phone["label"]) == (10, ["seat", "agency_person"], "product-default")
    named = call("POST", f"{path(assessed)}/people", role=Role.CENTRE_STAFF, json={"label": "李四"})
    assert (named.status_code, named.get_json()["number"]) == (201, PERSON + 1)
    (waiting,) = call("GET", "/api/v1/assessments", role=Role.INITIATOR).get_json()["items"]
    assert (waiting["session_id"], waiting["due"], waiting["soon"]) == (assessed.session_id, shown["due"], False)
    last = assessed.steps[-1]
    assert last.kind is StepKind.CLOSED
    recorded = deduction(item="left-post", points=30, evidence="record", step=last.number)
    assert sent(assessed, Party.CENTRE, recorded).status_code == 201
    assert sent(assessed, Party.SUPERVISOR).status_code == 201
    answer = sent(assessed, Party.PROJECT_UNIT, deduction(points=1))
    assert (answer.status_code, answer.get_json()["state"]) == (201, "open")
    assert "deductions" not in answer.get_json()
    assert assessed.reveal()
    shown = call("GET", path(assessed), role=Role.COMPETENT_DEPARTMENT).get_json()
    assert (shown["state"], shown["given"]) == ("revealed", sorted(party.value for party in Party))
    assert [(each["party"], each["item"], each["points"], each["step"]) for each in shown["marks"]] == [
        ("centre", "left-post", 30, last.number),
        ("project_unit", "phone", 1, None),
    ]
    assert shown["results"][0] == {"subject": 1, "deduction": 930, "score": 9070, "missing": []}
    assert call("GET", "/api/v1/assessments", role=Role.INITIATOR).get_json()["items"] == []


def test_refusals_name_field_and_reason(served_assessed: Evaluated) -> None:
    assessed = served_assessed
    refused = sent(assessed, Party.CENTRE, deduction(), deduction(subject=2, points=11), deduction(subject=77))
    problem = problem_of(refused, 422, "assessments.deductions-refused")
    assert [each["field"] for each in problem["errors"]] == ["deductions.2.subject", "deductions.1.points"]
    assert all(each["zh"] and each["en"] for each in problem["errors"])
    assert "11" in problem["errors"][1]["en"]
    for changed, field in (
        ({"grounds": ""}, "grounds"),
        ({"points": -1}, "points"),
        ({"evidence": "hearsay"}, "evidence"),
        ({"item": "NoSuchItem"}, "item"),
        ({"document": "AB"}, "document"),
    ):
        problem = problem_of(sent(assessed, Party.CENTRE, deduction(**changed)), 422, "web.invalid-input")
        assert {each["field"] for each in problem["errors"]} == {f"deductions.0.{field}"}
    problem = problem_of(sent(assessed, Party.CENTRE, rulebook="0" * 64), 422, "assessments.rulebook-unknown")
    assert [each["field"] for each in problem["errors"]] == ["rulebook"]
    problem = problem_of(sent(assessed, Party.CENTRE, party="supervisor"), 422, "assessments.wrong-party")
    assert [each["field"] for each in problem["errors"]] == ["party"]
    assert sent(assessed, Party.CENTRE).status_code == 201
    problem_of(sent(assessed, Party.CENTRE, deduction()), 409, "assessments.already-given")


def test_there_is_none_before_it_opens_and_none_of_another_centre(served_assessed: Evaluated) -> None:
    call = served_assessed.world.site.call
    for address in ("/api/v1/sessions/ses_none/assessment", path(served_assessed).replace("ses_", "prj_")):
        problem_of(call("GET", address, role=Role.CENTRE_STAFF), 404, "assessments.no-such-assessment")
