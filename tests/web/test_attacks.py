"""What is tried on every route alike: foreign forms, forged headers, other methods, bombs, cut and doubled requests."""

import gzip
import re
import runpy
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]
from sqlalchemy import event
from werkzeug.test import TestResponse

from expertpool.identity.permissions import has_verb
from expertpool.identity.roles import Role
from expertpool.web.access import PUBLIC
from tests.web.routes import ROUTES, Route
from tests.web.scene import COOKIE, HERE, ROLES, Scene, Visitor
from tests.website import opened, problem_of, production

FORMS = [route for route in ROUTES if route.method == "POST" and route.is_page]
READS = [route for route in ROUTES if route.method == "GET"]
EVIL = "evil.example"
BLANK = "/pool/imports/template.csv"
"""A sheet to fill in, the same for everybody."""


def someone(scene: Scene, route: Route) -> Visitor:
    """Somebody whom the route is for."""
    return scene.people[HERE, next(role for role in ROLES if route.who == PUBLIC or has_verb(role, route.who))]


def client_of(scene: Scene, visitor: Visitor) -> FlaskClient:
    client = scene.site.app.test_client()
    client.set_cookie(COOKIE, visitor.cookie)
    return client


def entries(scene: Scene) -> int:
    return len(scene.world.draws.sealing.entries())


# ---------------------------------------------------------------- forms of others


@pytest.mark.parametrize("route", FORMS, ids=str)
def test_a_foreign_form_does_nothing(scene: Scene, route: Route) -> None:
    """Without a token, with that of another session, as a query, or from a page of another site."""
    victim, attacker = someone(scene, route), scene.people[HERE, Role.KEY_HOLDER]
    if victim is attacker:
        attacker = scene.people[HERE, Role.FINANCE]
    client, address = client_of(scene, victim), scene.address(route)
    own, foreign = {"form_token": victim.form}, {"form_token": attacker.form}
    answers = [
        client.post(address, data={"x": "1"}),
        client.post(address, data=foreign),
        client.post(address, data={"x": "1"}, query_string=own),
        client.post(address, data=own, headers={"Sec-Fetch-Site": "cross-site"}),
        client.post(address, data=own, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    for answer in answers:
        problem_of(answer, 403, "web.form-expired")


def test_reading_changes_nothing(scene: Scene) -> None:
    """So no link, picture or prefetch can do anything."""
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    event.listen(scene.site.service.engine, "before_cursor_execute", note)
    try:
        for route in READS:
            if route.has_verb or route.who == PUBLIC:
                assert scene.ask(route, someone(scene, route)).status_code < 500
                assert written == [], str(route)
    finally:
        event.remove(scene.site.service.engine, "before_cursor_execute", note)


# ---------------------------------------------------------------- headers, ours and theirs


def test_every_answer_is_hardened(scene: Scene) -> None:
    """Page, problem, redirect or file, for nobody and for somebody; and every cookie is out of a script's reach."""
    nobody = scene.outsiders["nobody"]
    for route in ROUTES:
        for visitor in (nobody, someone(scene, route)) if route.has_verb else (nobody,):
            answer = scene.ask(route, visitor)
            policy = answer.headers["Content-Security-Policy"]
            for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
                assert part in policy, str(route)
            assert re.search("form-action '(self|none)'", policy), str(route)
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            for name in ("Server", "X-Powered-By", "Access-Control-Allow-Credentials"):
                assert name not in answer.headers
            if route.has_verb:
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", str(route)
                kept = answer.headers["Cache-Control"]
                assert kept == "no-store" or (not route.is_page and kept == "private, no-cache") or route.path == BLANK
                assert "Access-Control-Allow-Origin" not in answer.headers
            for cookie in answer.headers.getlist("Set-Cookie"):
                assert {"HttpOnly", "Path=/"} <= set(cookie.split("; ")), cookie
                assert "; SameSite=" in cookie
                assert "Domain=" not in cookie
            answer.close()
    scene.undo()


def test_in_production_every_cookie_and_answer_is_for_https(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, **production(tmp_path)) as site:
        host = {"Host": "experts.centre.example"}
        for route in ROUTES:
            if route.who == PUBLIC and route.method == "GET":
                answer = site.client.get(f"{route.path.split('<')[0]}?lang=en", headers=host)
                assert "max-age=31536000" in answer.headers["Strict-Transport-Security"], str(route)
                assert all("; Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie")), str(route)
                answer.close()


WHO_I_AM = {
    "X-Forwarded-User": "security-administrator",
    "X-Remote-User": "security-administrator",
    "Remote-User": "security-administrator",
    "X-Authenticated-User": "security-administrator",
    "X-SSL-Client-Verify": "SUCCESS",
    "X-SSL-Client-S-DN": "CN=security-administrator",
    "X-SSL-Client-Serial": "01",
    "X-SSL-Client-Cert": "-----BEGIN%20CERTIFICATE-----",
    "X-Client-Cert": "MII",
    "X-Client-Certificate": "MII",
    "Client-Cert": ":MII:",
    "Client-Cert-Chain": ":MII:",
    "X-Forwarded-Client-Cert": "Hash=00;Subject=CN=security-administrator",
    "X-ARR-ClientCert": "MII",
    "Forwarded": "for=127.0.0.1;host=evil.example;proto=https",
    "X-Real-IP": "127.0.0.1",
    "X-Forwarded-For": "127.0.0.1",
}
ELSEWHERE = {
    "X-Forwarded-Host": EVIL,
    "X-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Original-URL": "/accounts",
    "X-Rewrite-URL": "/accounts",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Script-Name": f"//{EVIL}",
    "X-Forwarded-Proto": "javascript",
    "X-Forwarded-Port": "666",
    "Forwarded": f"host={EVIL}",
}


@pytest.mark.parametrize("name", WHO_I_AM)
def test_no_header_makes_somebody_of_nobody(scene: Scene, name: str) -> None:
    """Whoever a reverse proxy would name so: over TCP anybody can write it."""
    for headers in ({name: WHO_I_AM[name]}, WHO_I_AM):
        page = scene.site.app.test_client().get("/account", headers=headers)
        problem_of(page, 401, "web.sign-in-needed")
        problem_of(scene.site.client.get("/api/v1/me", headers=headers), 401, "web.not-signed-in")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_header_leads_elsewhere(scene: Scene, name: str) -> None:
    headers = {"Accept": "text/html", name: ELSEWHERE[name]}
    asked = scene.site.app.test_client().get("/account", headers=headers)
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/account")
    shown = scene.site.app.test_client().get("/sign-in", headers=headers)
    assert shown.status_code == 200
    assert EVIL not in shown.text
    described = scene.site.client.get("/api/v1/openapi.json", headers=headers)
    assert EVIL not in described.text


@pytest.mark.parametrize("target", [f"//{EVIL}", f"https://{EVIL}/", f"/\\{EVIL}", "javascript:x", "/\t/x", "%2f"])
def test_no_next_leads_elsewhere(scene: Scene, target: str) -> None:
    """Wherever an address to go on to is taken."""
    visitor = scene.people[HERE, Role.FINANCE]
    client = client_of(scene, visitor)
    assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == "/home"
    entered = client.post("/sign-in/demo", data={"form_token": visitor.form, "role": "finance", "next": target})
    assert entered.headers["Location"] == "/home"
    for path in ("/confirm", "/sign-in"):
        shown = client_of(scene, visitor if path == "/confirm" else scene.outsiders["nobody"])
        assert f'value="{target}"' not in shown.get(path, query_string={"next": target}).text


# ---------------------------------------------------------------- methods


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_what_it_is(scene: Scene, name: str) -> None:
    visitor = scene.people[HERE, Role.FINANCE]
    client = client_of(scene, visitor)
    assert client.get("/sign-out", headers={name: "POST"}).status_code == 405
    assert client.get("/sign-out", query_string={"_method": "POST"}).status_code == 405
    assert client.post("/account", headers={name: "GET"}).status_code == 405
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY", "X"])
def test_no_other_method_does_anything(scene: Scene, method: str) -> None:
    visitor = scene.people[HERE, Role.FINANCE]
    for path in ("/account", "/sign-out", "/api/v1/me"):
        headers = {"Authorization": f"Bearer {visitor.token}"}
        assert client_of(scene, visitor).open(path, method=method, headers=headers).status_code == 405


# ---------------------------------------------------------------- bombs


def to_the_api(scene: Scene, content: bytes, **headers: str) -> TestResponse:
    token = scene.people[HERE, Role.SECURITY_ADMINISTRATOR].token
    return scene.site.client.post(
        "/api/v1/actors",
        data=content,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x"])
def test_nothing_is_unpacked(scene: Scene, encoding: str) -> None:
    """A megabyte of content that would be a gigabyte is judged as the bytes that it is."""
    bomb = gzip.compress(b'{"a":"' + b"0" * 50_000_000 + b'"}')
    assert len(bomb) < 60_000
    problem_of(to_the_api(scene, bomb, **{"Content-Encoding": encoding}), 400, "web.bad-json")


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"0," * 500_000 + b"0]",
        b'{"code":[' + b"{}," * 300_000 + b"{}]}",
        b'{"code":"' + b"a" * 1_000_000 + b'"}',
    ],
    ids=["wide", "many", "long"],
)
def test_what_is_wide_is_refused_as_what_is_wrong(scene: Scene, content: bytes) -> None:
    problem = problem_of(to_the_api(scene, content), 422, "web.invalid-input")
    assert len(str(problem)) < 5_000


def test_a_form_of_very_many_fields_is_one_that_is_wrong(scene: Scene) -> None:
    visitor = scene.outsiders["nobody"]
    many = f"form_token={visitor.form}&" + "a=&" * 300_000
    answer = client_of(scene, visitor).post("/sign-in", data=many, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (413, 422)


@pytest.mark.parametrize("path", ["/api/v1/actors", "/sign-in"])
def test_a_cut_body_does_nothing(scene: Scene, path: str) -> None:
    """Fewer bytes than were announced: the sender went away."""
    before = entries(scene)
    whole = b'{"code":"x","role":"finance","centre_id":"' + scene.centre.encode() + b'"}'
    visitor = scene.people[HERE, Role.SECURITY_ADMINISTRATOR]
    form = path == "/sign-in"
    answer = client_of(scene, visitor).open(
        path,
        method="POST",
        input_stream=BytesIO(f"form_token={visitor.form}".encode() if form else whole),
        content_type="application/x-www-form-urlencoded" if form else "application/json",
        headers={"Authorization": f"Bearer {visitor.token}"},
        environ_overrides={"CONTENT_LENGTH": str(len(whole) + 500)},
    )
    assert answer.status_code == 400
    assert entries(scene) == before


# ---------------------------------------------------------------- requests that two readers would take differently


@pytest.fixture(scope="module")
def gunicorn() -> Config:
    """As it is configured here."""
    config = Config()
    for name, value in runpy.run_path(str(Path(__file__).parents[2] / "config/gunicorn.conf.py")).items():
        if name in config.settings:
            config.set(name, value)
    return config


def read(config: Config, *pieces: bytes) -> list[tuple[str, str, bytes]]:
    """Each request of a connection: method, path, body."""

    def requests() -> Iterator[Request]:
        yield from RequestParser(config, iter(pieces), ("192.0.2.1", 1))

    return [(each.method, each.path, each.body.read()) for each in requests()]


HEAD = b"POST /sign-in HTTP/1.1\r\nHost: a\r\n"
NEXT = b"GET /accounts HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        HEAD + b"Content-Length: 5, 5\r\n\r\nabcde",
        HEAD + b"Content-Length: +5\r\n\r\nabcde",
        HEAD + b"Content-Length: 0x5\r\n\r\nabcde",
        HEAD + b"Content-Length: -1\r\n\r\n" + NEXT,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        HEAD + b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"X: a\r\n folded\r\n\r\n",
        HEAD + b"X: a\rb\r\n\r\n",
        HEAD + b"X: a\0b\r\n\r\n",
        HEAD + b"X" * 9000 + b": a\r\n\r\n",
        HEAD + b"X: a\r\n" * 60 + b"\r\n",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\n\r\n",
        b"G=T / HTTP/1.1\r\n\r\n",
    ],
    ids=lambda request_: f"{request_[-60:]!r:.70}",
)
def test_a_doubtful_request_is_refused_by_the_server(gunicorn: Config, request_: bytes) -> None:
    """Smuggling lives of two readers that see two ends of one request (RFC 9112, sections 6 and 11)."""
    with pytest.raises(ParseException):
        read(gunicorn, request_)


def test_a_header_that_would_be_taken_for_another_is_dropped(gunicorn: Config) -> None:
    """``X_SSL_Client_Cert`` would read as ``X-SSL-Client-Cert`` in a WSGI environment."""
    (request_,) = list(RequestParser(gunicorn, iter([HEAD + b"X_Forwarded_User: a\r\n\r\n"]), ("192.0.2.1", 1)))
    assert [name for name, _ in request_.headers] == ["HOST"]


def test_what_is_left_of_a_body_is_no_request(gunicorn: Config) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(NEXT) + NEXT + b"\r\n0\r\n\r\n"
    assert [method for method, _, _ in read(gunicorn, chunked + NEXT)] == ["POST", "GET"]
