"""A repeated request gets the first answer and does nothing, also when both come at once, on both databases."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from expertpool.core.keyrings import ANSWER_KEY
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.identity.roles import Role
from expertpool.web.idempotency import request_digest
from expertpool.web.models import KeptAnswer
from tests.website import Website, problem_of

SECURITY = Role.SECURITY_ADMINISTRATOR


def register(site: Website, key: str | None, code: str = "li", *, role: Role = SECURITY, **more: Any) -> TestResponse:
    given = {"code": code, "role": "centre-staff", "centre_id": site.centre.id, **more}
    return site.call("POST", "/api/v1/actors", role=role, key=key, json=given)


def resource(answer: TestResponse) -> dict[str, Any]:
    return {name: value for name, value in answer.get_json().items() if name != "receipt"}


def size(site: Website) -> int:
    return SqlLog(site.service.engine).head().size


def test_the_same_again_gets_the_first_answer(either_site: Website) -> None:
    with either_site.service.signing():
        first, again = register(either_site, "k"), register(either_site, "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert first.headers["Ledger-Index"] == again.headers["Ledger-Index"]
    assert size(either_site) == int(first.headers["Ledger-Index"]) + 1
    assert reconcile(either_site.service.engine) == []


def test_a_late_receipt_comes_with_the_repetition(site: Website) -> None:
    first = register(site, "k")
    site.service.signer.step()
    again = register(site, "k")
    assert (first.status_code, again.status_code) == (202, 201)
    assert resource(first) == resource(again)
    assert again.get_json()["receipt"].startswith("c2sp.org/tlog-proof@v1\n")


def test_another_request_under_the_same_key_is_refused(either_site: Website) -> None:
    register(either_site, "k")
    before = size(either_site)
    problem_of(register(either_site, "k", code="zhao"), 422, "web.idempotency-key-reused")
    token = f"/api/v1/actors/{either_site.actors[SECURITY].id}/token"
    problem_of(either_site.call("POST", token, role=SECURITY, key="k"), 422, "web.idempotency-key-reused")
    assert size(either_site) == before


def test_without_a_key_each_request_is_one_of_its_own(site: Website) -> None:
    path = f"/api/v1/actors/{site.actors[SECURITY].id}/token"
    first = site.call("POST", path, role=SECURITY)
    site.tokens[SECURITY] = first.get_json()["token"]
    again = site.call("POST", path, role=SECURITY)
    assert first.get_json()["token"] != again.get_json()["token"]


def test_a_key_belongs_to_one_caller(site: Website) -> None:
    """Somebody else's answer may hold what this caller may not see."""
    path = "/api/v1/actors/{}/token"
    site.token(Role.CENTRE_STAFF)
    mine = site.call("POST", path.format(site.actors[SECURITY].id), role=SECURITY, key="k")
    theirs = site.call("POST", path.format(site.actors[SECURITY].id), role=Role.CENTRE_STAFF, key="k")
    assert mine.status_code == 202
    problem_of(theirs, 403, "identity.not-permitted")
    own = site.call("POST", path.format(site.actors[Role.CENTRE_STAFF].id), role=Role.CENTRE_STAFF, key="k")
    assert own.get_json()["token"] != mine.get_json()["token"]


def test_a_refused_request_may_be_repeated_under_its_key(site: Website) -> None:
    problem_of(register(site, "k", centre_id="ctr_" + 26 * "0"), 403, "identity.not-permitted")
    assert register(site, "k").status_code == 202


def test_a_caller_who_lost_the_permission_gets_no_answer(site: Website) -> None:
    path = f"/api/v1/actors/{site.actors[SECURITY].id}/token"
    assert site.call("POST", path, role=SECURITY, key="k").status_code == 202
    # The token that sent the first request is no longer valid, so it cannot even ask again.
    problem_of(site.call("POST", path, role=SECURITY, key="k"), 401, "web.not-signed-in")


@pytest.mark.parametrize("key", ["", "a" * 129, "white space", "钥匙".encode().decode("latin-1"), "tab\tbed"])
def test_a_key_has_a_form(site: Website, key: str) -> None:
    before = size(site)
    problem_of(register(site, key), 400, "web.bad-idempotency-key")
    assert size(site) == before


@pytest.mark.parametrize("key", ["a", "~" * 128, "5f0c1a52-5d1e-4d8e-9b1e-0a3d5f1c2b3a", '"quoted"'])
def test_keys_of_that_form_are_taken(site: Website, key: str) -> None:
    assert register(site, key).status_code == 202


def test_of_many_at_once_one_acts_and_all_get_its_answer(either_site: Website) -> None:
    site, together = either_site, threading.Barrier(4)

    def send(_: int) -> TestResponse:
        together.wait()
        return site.app.test_client().post(
            "/api/v1/actors",
            json={"code": "li", "role": "centre-staff", "centre_id": site.centre.id},
            headers={"Authorization": f"Bearer {site.tokens[SECURITY]}", "Idempotency-Key": "k"},
        )

    before = size(site)
    with site.service.signing(), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({str(resource(answer)) for answer in answers}) == 1
    assert size(site) == before + 1
    assert reconcile(site.service.engine) == []


def test_a_database_dump_shows_no_token(either_site: Website) -> None:
    path = f"/api/v1/actors/{either_site.actors[SECURITY].id}/token"
    answer = either_site.call("POST", path, role=SECURITY, key="k")
    token = answer.get_json()["token"]
    with Session(either_site.service.engine) as session:
        kept = session.scalars(select(KeptAnswer)).one()
    assert kept.body is not None
    assert token.encode() not in kept.body
    assert kept.entry == int(answer.headers["Ledger-Index"])
    context = f"idempotency_keys.body:{kept.actor}:{kept.key}".encode()
    assert token.encode() in either_site.service.keys.open(ANSWER_KEY, kept.body, context)


def test_nobody_tries_in_a_dump_what_was_asked(site: Website) -> None:
    """Whoever guesses a request finds no digest of it: a party's sealed sheet would be tried like that."""
    register(site, "k")
    with Session(site.service.engine) as session:
        kept = session.scalars(select(KeptAnswer)).one().request
    given = {"code": "li", "role": "centre-staff", "centre_id": site.centre.id}
    guesses = {request_digest("POST", "/api/v1/actors?", json.dumps(given).encode())}
    guesses |= {request_digest("POST", "/api/v1/actors?", site.app.json.dumps(given).encode())}
    assert kept not in guesses
    assert kept in {site.service.keys.hmac_sha256(ANSWER_KEY, guess) for guess in guesses}


def test_an_answer_cannot_be_moved_to_another_caller(site: Website) -> None:
    """Whoever can write to the database must not be able to hand one caller another's answer."""
    site.token(Role.CENTRE_STAFF)
    staff = site.actors[Role.CENTRE_STAFF].id
    register(site, "k")
    with Session(site.service.engine) as session, session.begin():
        row = session.scalars(select(KeptAnswer)).one()
        token = f"/api/v1/actors/{staff}/token?"
        moved = KeptAnswer(
            actor=staff,
            key="k",
            request=site.service.keys.hmac_sha256(ANSWER_KEY, request_digest("POST", token, b"")),
            answered=row.answered,
            entry=row.entry,
            body=row.body,
        )
        session.add(moved)
    answer = site.call("POST", f"/api/v1/actors/{staff}/token", role=Role.CENTRE_STAFF, key="k")
    problem_of(answer, 500, "web.failed")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
REQUESTS = st.tuples(TEXT, TEXT, st.binary(max_size=4))


@given(REQUESTS, REQUESTS)
def test_only_equal_requests_have_equal_digests(one: tuple[str, str, bytes], other: tuple[str, str, bytes]) -> None:
    assert (request_digest(*one) == request_digest(*other)) == (one == other)


def test_parts_of_a_request_do_not_run_together() -> None:
    assert request_digest("POST", "/a", b"b") != request_digest("POST", "/ab", b"")
