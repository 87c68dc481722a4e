"""Access tokens under attack."""

import hashlib
from hmac import compare_digest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from expertpool.identity import queries, service, tokens
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.identity.tokens import Token, new_token, parse_token
from tests.website import Website, problem_of

ACTOR = "act_2n8vhp3j5s7t9w1x3y5z7a9b2c"


def test_a_token_reads_back() -> None:
    token = new_token(ACTOR)
    assert parse_token(token.text()) == token
    assert token.digest() == hashlib.sha256(token.secret.encode()).digest()
    assert len(token.secret) == 43  # 256 bits in base64url


def test_two_tokens_differ() -> None:
    assert new_token(ACTOR).secret != new_token(ACTOR).secret


def test_the_secret_stays_out_of_repr() -> None:
    token = new_token(ACTOR)
    assert token.secret not in repr(token)


@given(st.text() | st.from_regex(r"ept_[0-9a-z]{24,28}_[A-Za-z0-9_-]{41,45}", fullmatch=True))
def test_parsing_never_fails_and_is_exact(text: str) -> None:
    token = parse_token(text)
    assert token is None or token.text() == text


def test_only_the_same_token_matches() -> None:
    token = new_token(ACTOR)
    assert token.matches(token.digest())
    assert not new_token(ACTOR).matches(token.digest())
    assert not token.matches(None)
    assert not token.matches(b"")


def test_comparison_is_of_constant_time_also_for_nobody(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    monkeypatch.setattr(tokens, "compare_digest", spy)
    stranger = Token(ACTOR, "A" * 43)
    known = parse_token(site.tokens[Role.AUDIT_ADMINISTRATOR])
    assert known is not None
    with Session(site.service.engine) as session:
        assert queries.caller_by_token(session, stranger.text()) is None
        assert queries.caller_by_token(session, known.text()) is not None
    assert [one for one, _ in compared] == [stranger.digest(), known.digest()]
    assert all(len(one) == len(other) == 32 for one, other in compared)


def test_only_the_digest_is_stored(site: Website) -> None:
    token = parse_token(site.tokens[Role.SYSTEM_ADMINISTRATOR])
    assert token is not None
    with Session(site.service.engine) as session:
        assert session.get_one(Actor, token.owner).token_hash == token.digest()


def mangled(text: str) -> list[str]:
    prefix, actor, secret = text.split("_", 2)
    return [
        "",
        text[:-1],
        text + "A",
        text.upper(),
        f"eptx_{actor}_{secret}",
        f"act_{actor}_{secret}",
        f"{prefix}_{actor}",
        f"{prefix}_{actor}_{secret[::-1]}",
        f"{prefix}_{actor[:-1]}_{secret}",
        f"{prefix}_{actor[1:]}{actor[0]}_{secret}",
        f"{prefix}_{actor}_{hashlib.sha256(secret.encode()).hexdigest()[:43]}",
        secret,
        text + "\x00",
        text.replace("_", "＿"),
    ]


def test_mangled_tokens_open_nothing(site: Website) -> None:
    good = site.token(Role.CENTRE_STAFF)
    assert site.client.get("/api/v1/me", headers={"Authorization": f"Bearer {good}"}).status_code == 200
    for bad in mangled(good):
        headers = {"Authorization": f"Bearer {bad}".encode().decode("latin-1")}
        problem_of(site.client.get("/api/v1/me", headers=headers), 401, "web.not-signed-in")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {} {}", "Token {}"])
def test_other_ways_to_send_it_open_nothing(site: Website, header: str) -> None:
    token = site.token(Role.CENTRE_STAFF)
    answer = site.client.get("/api/v1/me", headers={"Authorization": header.replace("{}", token)})
    problem_of(answer, 401, "web.not-signed-in")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="expertpool"'


def test_the_scheme_is_read_in_any_case(site: Website) -> None:
    token = site.token(Role.CENTRE_STAFF)
    assert site.client.get("/api/v1/me", headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_new_token_ends_the_old_one(site: Website) -> None:
    old = site.token(Role.CENTRE_STAFF)
    actor = site.actors[Role.CENTRE_STAFF].id
    with site.service.transactions.begin(actor) as tx:
        site.tokens[Role.CENTRE_STAFF] = service.issue_token(tx, actor).text()
    assert site.call("GET", "/api/v1/me", role=Role.CENTRE_STAFF).status_code == 200
    problem_of(site.client.get("/api/v1/me", headers={"Authorization": f"Bearer {old}"}), 401, "web.not-signed-in")


def test_a_retired_actor_is_out_at_once(site: Website) -> None:
    site.token(Role.CENTRE_STAFF)
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        service.retire_actor(tx, site.actors[Role.CENTRE_STAFF].id, reason="left")
    problem_of(site.call("GET", "/api/v1/me", role=Role.CENTRE_STAFF), 401, "web.not-signed-in")
