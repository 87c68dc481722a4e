"""The day over HTTP: what each role sees, what a repeated or a blind write gets."""

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from expertpool.identity.roles import Role
from expertpool.sessions import acts
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.steps import StepKind
from tests.sessions.days import DOCUMENT, FIRST, SECOND, Day
from tests.sessions.room import SEATS
from tests.website import problem_of

Call = Callable[..., TestResponse]


def caller(day: Day) -> tuple[Call, str]:
    """Who calls the API, as a clerk if nothing else is said; and the day's address."""

    def call(method: str, path: str, role: Role = Role.CENTRE_STAFF, **more: Any) -> TestResponse:
        return day.world.site.call(method, path, role=role, **more)

    return call, f"/api/v1/sessions/{day.session_id}/day"


def test_each_sees_what_is_for_them_and_nothing_is_done_blindly(served_day: Day) -> None:
    day = served_day
    call, at = caller(day)
    problem_of(call("GET", at), 404, "sessions.no-such-day")
    day.begin()
    day.member(acts.vote_time, FIRST)
    shown = call("GET", at)
    assert (shown.get_json()["state"], len(shown.get_json()["members"])) == ("reviewing", len(SEATS))
    assert {"name", "expert", "code"} & {key for each in shown.get_json()["members"] for key in each} == set()
    assert call("GET", at, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304

    steps = {each["number"]: each for each in call("GET", f"{at}/steps").get_json()["items"]}
    secret = [each for each in steps.values() if each["kind"] in ("chair-voted", "time-vote")]
    assert len(secret) == 4
    assert {each["seat"] for each in secret} == {None}
    assert {each["seat"] for each in steps.values() if each["kind"] == "declared"} == set(SEATS)
    outside = call("GET", f"{at}/steps", Role.INITIATOR).get_json()["items"]
    assert [each["kind"] for each in outside] == ["assembled", "review-begun"]
    assert call("GET", f"{at}/steps", Role.FINANCE).status_code == 403

    key = {"Idempotency-Key": "b1"}
    first = call("POST", f"{at}/break", json={"meal": True}, headers=key)
    again = call("POST", f"{at}/break", json={"meal": True}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201) or first.status_code == again.status_code == 202
    assert first.get_json()["number"] == again.get_json()["number"]
    assert day.kinds.count(StepKind.BREAK_BEGUN) == 1
    problem_of(call("POST", f"{at}/break", json={}), 409, "sessions.wrong-step")
    problem_of(call("POST", f"{at}/break-end", json={"revision": 1}), 409, "sessions.day-moved")
    assert call("POST", f"{at}/break-end", json={}).status_code in (201, 202)

    text = {"text": "请说明\n工期"}
    assert call("POST", f"{at}/questions", json=text).status_code == 422
    asked = call("POST", f"{at}/questions", json={"text": "请说明工期"}).get_json()
    assert call("POST", f"{at}/answers", json={"question": asked["number"]}).status_code in (201, 202)


def test_two_accounts_make_it_count(served_day: Day) -> None:
    day = served_day
    call, at = caller(day)
    day.begin()
    day.member(acts.vote_time, FIRST)
    before = call("GET", at).headers["ETag"]
    lines = [{"at": day.now.isoformat(), "kind": "time-vote", "seat": SECOND}]
    sheet = call("POST", f"{at}/papers", json={"lines": lines, "document": DOCUMENT, "reason": "停电"}).get_json()
    (listed,) = call("GET", f"{at}/papers", Role.SUPERVISOR).get_json()["items"]
    assert (listed["id"], listed["state"], listed["lines"][0]["seat"]) == (sheet["id"], "entered", SECOND)
    signature = f"{at}/papers/{sheet['id']}/signature"
    assert call("POST", signature, Role.SUPERVISOR, json={"document": DOCUMENT}).get_json()["state"] == "signed"
    assert len(day.standing.extensions) == 1

    day.wait(hours=3)
    outcomes = f"/api/v1/projects/{day.draw.project_id}/outcomes"
    body = {"kind": "report-signed", "subject": day.session_id, "at": day.now.isoformat(), "document": DOCUMENT}
    entry = call("POST", outcomes, Role.INITIATOR, json=body).get_json()
    confirmed = call("POST", f"{outcomes}/{entry['id']}/confirmation", Role.SUPERVISOR, json={"document": DOCUMENT})
    assert confirmed.get_json()["state"] == "signed"
    assert [each["id"] for each in call("GET", outcomes).get_json()["items"]] == [entry["id"]]
    day.sign()
    assert day.state() is DayState.REPORT_SIGNED

    confirmation = f"{at}/confirmation"
    problem_of(call("POST", confirmation, json={}), 428, "web.precondition-needed")
    stale = {"If-Match": before}
    problem_of(call("POST", confirmation, json={}, headers=stale), 412, "web.precondition-failed")
    seen = {"If-Match": call("GET", at).headers["ETag"]}
    closed = call("POST", confirmation, json={}, headers=seen)
    assert closed.status_code in (201, 202)
    assert closed.get_json()["confirmed"] == closed.get_json()["proposed"] != []
    problem_of(call("POST", confirmation, json={}, headers=seen), 409, "sessions.wrong-step")
