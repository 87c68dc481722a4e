"""The desk of cases and appeals: what waits for whom, and each decision on a page of its own."""

import html

import pytest
from werkzeug.test import TestResponse

from expertpool.assessments import appeals, consequences, serving
from expertpool.assessments.case_lifecycle import AppealState, CaseState, Measure
from expertpool.assessments.models import Amendment, Appeal, Case
from expertpool.identity.roles import Role
from policies.conduct_items import Party
from tests.assessments.evaluated import Evaluated, taken
from tests.browser import Browser, entered


@pytest.fixture
def revealed(served_assessed: Evaluated) -> Evaluated:
    """One seat lost points, too few for a case by rule."""
    served_assessed.give(Party.CENTRE, taken(1))
    served_assessed.give(Party.SUPERVISOR)
    served_assessed.give(Party.PROJECT_UNIT)
    assert served_assessed.reveal()
    return served_assessed


def text(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def browser(assessed: Evaluated, role: Role) -> Browser:
    return entered(assessed.world.site, role)


def sheet(assessed: Evaluated) -> str:
    return f"/sessions/{assessed.session_id}/assessment"


def case_of(assessed: Evaluated) -> Case:
    with assessed.world.session() as session:
        return session.query(Case).one()


def appeal_of(assessed: Evaluated) -> Appeal:
    with assessed.world.session() as session:
        return session.query(Appeal).one()


def test_a_case_goes_from_the_centre_to_the_department(revealed: Evaluated) -> None:
    clerk, department = browser(revealed, Role.CENTRE_STAFF), browser(revealed, Role.COMPETENT_DEPARTMENT)
    wrong = {"subject": "1", "measure": "suspension", "months": "", "reason": "多次携带通讯设备"}
    refused = clerk.send(f"{sheet(revealed)}/cases", wrong, page=sheet(revealed))
    assert refused.status_code == 422
    assert "期限" in text(refused)
    assert clerk.send(f"{sheet(revealed)}/cases", {**wrong, "months": "6"}, page=sheet(revealed)).status_code == 303
    case = case_of(revealed)
    assert "等您处理" in text(clerk.get("/cases"))
    assert "移送主管部门" not in text(department.get(f"/cases/{case.id}"))
    assert clerk.send(f"/cases/{case.id}/hand-over", {}, page=f"/cases/{case.id}").status_code == 303
    assert case_of(revealed).state is CaseState.HANDED_OVER
    assert f"/cases/{case.id}/decide" in text(department.get(f"/cases/{case.id}"))
    decided = {"measure": "suspension", "months": "3", "reason": "情节较轻"}
    assert department.send(f"/cases/{case.id}/decide", decided).status_code == 303
    found = case_of(revealed)
    assert (found.state, found.measure, found.months) == (CaseState.DECIDED, Measure.SUSPENSION, 3)
    shown = text(department.get(f"/cases/{case.id}"))
    assert found.start is not None
    assert found.start.isoformat() in shown
    assert "现在不能这样决定" in text(department.get(f"/cases/{case.id}/decide"))


def test_a_case_is_withdrawn_with_a_reason_only(revealed: Evaluated) -> None:
    clerk = browser(revealed, Role.CENTRE_STAFF)
    given = {"subject": "2", "measure": "warning", "months": "", "reason": "请注意"}
    clerk.send(f"{sheet(revealed)}/cases", given, page=sheet(revealed))
    at = f"/cases/{case_of(revealed).id}"
    assert clerk.send(f"{at}/withdraw", {"reason": ""}, page=at).status_code == 422
    assert clerk.send(f"{at}/withdraw", {"reason": "事实不清"}, page=at).status_code == 303
    assert case_of(revealed).state is CaseState.WITHDRAWN


def file_appeal(assessed: Evaluated) -> Appeal:
    """As the vault does it for the expert."""
    assessed.rule(lambda tx: consequences.follow(tx, assessed.session_id))
    assessed.rule(lambda tx: serving.receive(tx, assessed.session_id, 1))
    keys = assessed.world.site.service.keys
    return assessed.rule(lambda tx: appeals.file(tx, keys, assessed.session_id, 1, text="手机是工作人员的"))


def test_an_appeal_is_upheld_and_the_first_score_stays_visible(revealed: Evaluated) -> None:
    appeal = file_appeal(revealed)
    department = browser(revealed, Role.COMPETENT_DEPARTMENT)
    assert f"/appeals/{appeal.id}" in text(department.get("/cases"))
    assert "手机是工作人员的" in text(department.get(f"/appeals/{appeal.id}"))
    for points in ("10", "11", "-1"):
        refused = {"points.0": points, "outcome": "upheld", "reason": "查实"}
        assert department.send(f"/appeals/{appeal.id}/decide", refused).status_code == 422, points
    upheld = {"points.0": "0", "outcome": "upheld", "reason": "监控录像查实"}
    assert department.send(f"/appeals/{appeal.id}/decide", upheld).status_code == 303
    assert appeal_of(revealed).state is AppealState.UPHELD
    shown = text(department.get(sheet(revealed)))
    assert "<s>97</s>" in shown
    assert "申诉后更正" in shown
    assert "监控录像查实" in text(department.get(f"/appeals/{appeal.id}"))


def test_a_refused_appeal_amends_nothing(revealed: Evaluated) -> None:
    appeal = file_appeal(revealed)
    department = browser(revealed, Role.COMPETENT_DEPARTMENT)
    fields = {"points.0": "0", "outcome": "refused", "reason": "查无此事"}
    assert department.send(f"/appeals/{appeal.id}/decide", fields).status_code == 303
    assert appeal_of(revealed).state is AppealState.REFUSED
    with revealed.world.session() as session:
        assert session.query(Amendment).count() == 0
    assert "现在不能决定" in text(department.get(f"/appeals/{appeal.id}/decide"))
