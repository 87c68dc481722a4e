"""Writes: one transaction, a receipt that proves the act offline, and never an error for what is committed."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from expertpool.core import checkpoints
from expertpool.core.database import DatabaseDown
from expertpool.core.ledger_store import SqlLog
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.web import acts
from expertpool.web.idempotency import KeptAnswers
from ledger.policy import parse_policy
from ledger.receipt import parse_receipt
from tests.website import Website, opened, problem_of

SYSTEM, SECURITY = Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR


def new_actor(site: Website, code: str = "li") -> dict[str, str]:
    return {"code": code, "role": "centre-staff", "centre_id": site.centre.id}


def size(site: Website) -> int:
    return SqlLog(site.service.engine).head().size


def test_a_write_is_answered_with_the_resource_and_its_receipt(either_site: Website) -> None:
    site = either_site
    with site.service.signing():
        answer = site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site))
    assert answer.status_code == 201
    body = answer.get_json()
    assert body.keys() == {"id", "code", "role", "centre_id", "active", "created", "receipt", "receipt_url"}
    assert (body["code"], body["role"], body["active"]) == ("li", "centre-staff", True)
    index = int(answer.headers["Ledger-Index"])
    assert index == size(site) - 1
    assert body["receipt_url"] == f"/ledger/proof/{index}"
    log_only = parse_policy("\n".join([site.service.policy_text.splitlines()[0], "quorum none", ""]).encode())
    entry, _ = parse_receipt(body["receipt"].encode()).check(log_only)
    assert (entry.kind, entry.actor) == ("actor.registered", site.actors[SECURITY].id)
    assert entry.body["account"] == body["id"]


def test_when_the_signer_is_silent_the_act_is_accepted_and_its_receipt_comes_later(site: Website) -> None:
    with capture_logs() as logged:
        answer = site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site))
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["receipt"] is None
    assert answer.headers["Link"] == f'<{body["receipt_url"]}>; rel="describedby"'
    assert [line["event"] for line in logged] == ["web.signer-late"]
    problem_of(site.client.get(body["receipt_url"]), 404, "ledger.no-checkpoint")
    site.service.signer.step()
    receipt = site.client.get(body["receipt_url"])
    assert receipt.status_code == 200
    assert parse_receipt(receipt.data).index == int(answer.headers["Ledger-Index"])


@pytest.mark.parametrize("error", [DatabaseDown(), RuntimeError("anything")])
def test_nothing_that_fails_after_the_commit_looks_like_a_refusal(
    site: Website, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(acts, "receipt_at", fail)
    answer = site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site))
    assert answer.status_code == 202
    with Session(site.service.engine) as session:
        assert session.get_one(Actor, answer.get_json()["id"]).code == "li"


def test_a_failure_before_the_commit_leaves_nothing(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    before = size(site)
    with monkeypatch.context() as patched:
        patched.setattr(KeptAnswers, "keep", fail)
        problem_of(site.call("POST", "/api/v1/actors", role=SECURITY, key="k", json=new_actor(site)), 500, "web.failed")
    assert size(site) == before
    assert site.call("POST", "/api/v1/actors", role=SECURITY, key="k", json=new_actor(site)).status_code == 202


def test_what_is_refused_is_not_recorded(site: Website) -> None:
    before = size(site)
    site.call("POST", "/api/v1/actors", role=SECURITY, json={**new_actor(site), "code": "NOT A CODE"})
    site.call("POST", "/api/v1/actors", role=SECURITY, json={**new_actor(site), "role": "expert"})
    site.call("POST", "/api/v1/actors", role=SYSTEM, json=new_actor(site))
    assert size(site) == before


def test_a_domain_error_names_the_field(site: Website) -> None:
    site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site))
    body = problem_of(
        site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site)), 409, "identity.code-taken"
    )
    assert [blamed["field"] for blamed in body["errors"]] == ["code"]


def test_the_wait_is_as_long_as_the_settings_say(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def wait(_engine: Any, index: int, timeout_s: float) -> Any:
        waited.append(timeout_s)
        raise checkpoints.NotYetSigned(index)

    monkeypatch.setattr(acts, "receipt_at", wait)
    with opened(sqlite_url, tmp_path, LEDGER__ACK_TIMEOUT_S="7") as site:
        site.call("POST", "/api/v1/actors", role=SECURITY, json=new_actor(site))
    assert waited == [7]
