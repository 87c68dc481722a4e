"""One shape for every error, in both languages, with nothing of the inside in it."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.exceptions import ImATeapot

from expertpool.core.database import DatabaseBusy, DatabaseDown
from expertpool.core.errors import Conflict, ExpertpoolError, Forbidden, Invalid, NotFound, Several, Unavailable
from expertpool.core.rooms import load_rooms
from expertpool.identity.roles import Role
from expertpool.web.access import public
from expertpool.web.guards import MAX_BODY_BYTES
from tests.website import Website, problem_of

SECRET = "张三 13800000000"


class Odd(ExpertpoolError):
    code = "test.odd"
    zh = "怪事。"
    en = "Odd."


class Nature:
    class Wrong(Invalid):
        code = "test.wrong"
        zh = "{what} 不对。"
        en = "{what} is wrong."
        what: str

    class Missing(NotFound):
        code = "test.missing"
        zh = "没有。"
        en = "None."

    class Closed(Forbidden):
        code = "test.closed"
        zh = "不许。"
        en = "No."

    class Late(Conflict):
        code = "test.late"
        zh = "晚了。"
        en = "Late."

    class Away(Unavailable):
        code = "test.away"
        zh = "不在。"
        en = "Away."

    class Many(Several):
        code = "test.many"
        zh = "好几处："
        en = "Several:"


def failing(site: Website, error: Exception) -> Any:
    """The answer of a route that raises."""

    @public
    def view() -> str:
        raise error

    site.app.add_url_rule("/failing", view_func=view)
    return site.client.get("/failing")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Nature.Wrong("x"), 422),
        (Nature.Missing(), 404),
        (Nature.Closed(), 403),
        (Nature.Late(), 409),
        (Nature.Away(), 503),
        (DatabaseBusy(), 503),
        (DatabaseDown(), 503),
        (Odd(), 500),
    ],
)
def test_the_nature_of_an_error_is_its_status(site: Website, error: ExpertpoolError, status: int) -> None:
    answer = failing(site, error)
    body = problem_of(answer, status, error.code)
    assert (body["zh"], body["en"], body["params"]) == (error.message("zh"), error.message("en"), error.params)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_fields_to_blame_are_told(site: Website) -> None:
    body = problem_of(failing(site, Nature.Wrong("x", field="name")), 422, "test.wrong")
    assert body["errors"] == [{"field": "name", "code": "test.wrong", "zh": "x 不对。", "en": "x is wrong."}]


def test_several_problems_are_told_at_once(site: Website) -> None:
    many = Nature.Many((Nature.Wrong("a", field="one"), Nature.Late(), Nature.Wrong("b", field="two")))
    body = problem_of(failing(site, many), 422, "test.many")
    assert [blamed["field"] for blamed in body["errors"]] == ["one", "two"]


@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), ImATeapot(SECRET)])
def test_nothing_of_a_failure_is_shown_or_logged_but_its_place(site: Website, error: Exception) -> None:
    with capture_logs() as logged:
        answer = failing(site, error)
    body = problem_of(answer, 500, "web.failed")
    assert body["params"] == {"request_id": body["request_id"]}
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert "test_problems" not in answer.text
    assert [line["log_level"] for line in logged] == ["error"]
    assert logged[0]["kind"] == type(error).__name__
    assert any("test_problems.py" in frame and frame.endswith(" view") for frame in logged[0]["frames"])
    assert SECRET not in str(logged)


@pytest.mark.parametrize("path", ["/nope", "/api/v1/nope", "/ledger/", "/api/v1/me/", "/ledger//checkpoint"])
def test_unknown_addresses(site: Website, path: str) -> None:
    problem_of(site.client.get(path), 404, "web.not-found")


def test_a_wrong_method_is_told_the_right_ones(site: Website) -> None:
    answer = site.client.delete("/ledger/checkpoint")
    problem_of(answer, 405, "web.method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_content_of_another_type(site: Website, content_type: str | None) -> None:
    answer = site.call("POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data=b"{}", content_type=content_type)
    problem_of(answer, 415, "web.unsupported-content-type")


def test_json_with_a_character_set_is_json(site: Website) -> None:
    content_type = "application/json; charset=utf-8"
    answer = site.call("POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data=b"{}", content_type=content_type)
    problem_of(answer, 422, "web.invalid-input")


@pytest.mark.parametrize(("extra", "status", "code"), [(0, 422, "web.invalid-input"), (1, 413, "web.too-large")])
def test_size_limit(site: Website, extra: int, status: int, code: str) -> None:
    content = b'{"code": "%s"}' % (b"a" * (MAX_BODY_BYTES - 12 + extra))
    assert len(content) == MAX_BODY_BYTES + extra
    answer = site.call(
        "POST", "/api/v1/centres", role=Role.SYSTEM_ADMINISTRATOR, data=content, content_type="application/json"
    )
    problem_of(answer, status, code)


def test_size_limit_of_a_stream(site: Website) -> None:
    """Chunked, so that no length is announced; servers end such a stream themselves."""
    answer = site.client.post(
        "/api/v1/centres",
        headers={
            "Authorization": f"Bearer {site.tokens[Role.SYSTEM_ADMINISTRATOR]}",
            "Transfer-Encoding": "chunked",
            "Content-Type": "application/json",
        },
        environ_overrides={
            "wsgi.input": io.BytesIO(b" " * (MAX_BODY_BYTES + 1)),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )
    problem_of(answer, 413, "web.too-large")


@pytest.mark.parametrize("path", ["/api/v1/actors/a%00b/token", "/ledger/tile/%00", "/?lang=%00", "/?%00=zh"])
def test_nul_is_refused_before_a_database_sees_it(site: Website, path: str) -> None:
    problem_of(site.client.open(path, method="POST" if "token" in path else "GET"), 400, "web.bad-request")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "a b", "[::1"])
def test_other_host_names(site: Website, host: str) -> None:
    problem_of(site.client.get("/", headers={"Host": host}), 400, "web.bad-host")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:5000"])
def test_own_host_names(site: Website, host: str) -> None:
    assert site.client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh-TW", "zh"),
        ("de, en;q=0.1", "en"),
        ("de", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("*", "zh"),
    ],
)
def test_the_reader_chooses_the_language_of_the_title(site: Website, accepted: str | None, language: Any) -> None:
    answer = site.client.get("/nope", headers={"Accept-Language": accepted} if accepted else {})
    problem_of(answer, 404, "web.not-found", language)
    assert "Accept-Language" in answer.headers["Vary"]


def test_every_refusal_of_a_capability_has_a_status_of_its_own() -> None:
    load_rooms("errors")
    from expertpool.web import errors
    from expertpool.web.problems import status_of

    def kinds(kind: type[ExpertpoolError]) -> Iterator[type[ExpertpoolError]]:
        for inner in kind.__subclasses__():
            yield inner
            yield from kinds(inner)

    unclear = {
        kind
        for kind in kinds(ExpertpoolError)
        if kind.__module__.startswith("expertpool") and status_of(kind.__new__(kind)) == 500
    }
    assert unclear == {errors.Failed}
