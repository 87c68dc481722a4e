"""A founded installation behind its web application, as tests of the edge and of capabilities call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from expertpool.app import create_app
from expertpool.core.clock import Clock
from expertpool.core.errors import Language
from expertpool.identity import service as identity
from expertpool.identity.models import Actor, Centre
from expertpool.identity.roles import Role
from tests.service import ORIGIN, Service, make_service

UNLIMITED = {"API__ACCOUNT_PER_MINUTE": "0", "API__SOURCE_PER_MINUTE": "0"}
"""Tests ask more often than people's programs; those of the limits set their own."""
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Website:
    """``tokens`` holds one account's token per role that was asked for; the administrators' are there at once."""

    service: Service
    app: Flask
    client: FlaskClient
    centre: Centre
    actors: dict[Role, Actor]
    tokens: dict[Role, str]

    def call(
        self, method: str, path: str, *, role: Role | None = None, key: str | None = None, **more: Any
    ) -> TestResponse:
        """Send a request as the account of this role, under this idempotency key."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.token(role)}"
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.open(path, method=method, headers=headers, **more)

    def token(self, role: Role) -> str:
        """The token of the account of this role at the first centre, registered when first asked for."""
        if role not in self.tokens:
            with self.service.transactions.begin(self.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
                actor = identity.register_actor(tx, code=f"one-{role.value}", role=role, centre_id=self.centre.id)
                self.tokens[role] = identity.issue_token(tx, actor.id).text()
            self.actors[role] = actor
        return self.tokens[role]


@contextmanager
def opened(database_url: str, var: Path, *, clock: Clock | None = None, **environ: str) -> Iterator[Website]:
    """Found an installation and put its application together. Nothing signs unless the test does."""
    service = make_service(database_url, var, clock=clock, **{**UNLIMITED, **environ})
    try:
        with service.transactions.begin("svc:init") as tx:
            founding = identity.found(tx, code="csggzy", name_zh="长沙公共资源交易中心", name_en="Changsha Centre")
        app = create_app(service.settings, engine=service.engine, clock=service.clock, keys=service.keys)
        actors = {actor.role: actor for actor, _ in founding.administrators}
        tokens = {actor.role: token.text() for actor, token in founding.administrators}
        yield Website(service, app, app.test_client(), founding.centre, actors, tokens)
    finally:
        service.engine.dispose()


def production(var: Path) -> dict[str, Any]:
    """What production wants to have set, for ``opened``."""
    return {
        "SERVICE__MODE": "production",
        "SERVICE__ORIGIN": ORIGIN,
        "SERVICE__NAME_ZH": "长沙公共资源交易中心",
        "SERVICE__NAME_EN": "Changsha Centre",
        "SERVICE__BASE_URL": "https://experts.centre.example",
        "LEDGER__WITNESS_POLICY": str(var / "policy"),
        "DRAWS__RULEBOOK": "hunan",
        "GATEWAY_FIRST__URL": "https://gateway.example",
        "PREFLIGHT__OFFICER_PHONE": "13800000000",
    }


def problem_of(response: TestResponse, status: int, code: str, language: Language = "zh") -> dict[str, Any]:
    """The problem in an answer, after its one shape has been checked."""
    assert response.status_code == status, response.text
    assert response.content_type == PROBLEM
    body: dict[str, Any] = response.get_json()
    assert {"type", "title", "status", "code", "zh", "en", "params", "request_id"} <= body.keys()
    assert body.keys() <= {"type", "title", "status", "code", "zh", "en", "params", "request_id", "errors"}
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:expertpool:problem:{code}")
    assert body["title"] == body[language]
    assert body["zh"] != body["en"]
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert response.headers["Content-Language"] == language
    for blamed in body.get("errors", []):
        assert blamed.keys() == {"field", "code", "zh", "en"}
    return body


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Website]:
    """On SQLite, nobody signing, and nobody waiting for long."""
    with opened(sqlite_url, tmp_path, LEDGER__ACK_TIMEOUT_S="1") as website:
        yield website


@pytest.fixture
def either_site(database_url: str, tmp_path: Path) -> Iterator[Website]:
    """The same on both databases."""
    with opened(database_url, tmp_path, LEDGER__ACK_TIMEOUT_S="1") as website:
        yield website
