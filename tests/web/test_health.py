"""Alive says nothing of others; ready means that writes will be acknowledged."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.core import checkpoints
from expertpool.core.clock import FixedClock
from expertpool.core.database import DatabaseDown
from tests.website import opened, problem_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_ready_until_an_entry_waits_for_longer_than_callers_do(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    with opened(database_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="10") as site:
        clock.advance(timedelta(seconds=10))
        assert site.client.get("/readyz").status_code == 200
        clock.advance(timedelta(microseconds=1))
        answer = site.client.get("/readyz")
        assert problem_of(answer, 503, "web.signer-late")["params"] == {"limit_s": 10}
        assert answer.headers["Retry-After"] == "2"
        assert site.client.get("/healthz").status_code == 200
        site.service.signer.step()
        clock.advance(timedelta(days=1))
        assert site.client.get("/readyz").get_json() == {"status": "ok"}


def test_without_a_database_alive_but_not_ready(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: Any) -> None:
        raise DatabaseDown

    with opened(sqlite_url, tmp_path) as site:
        monkeypatch.setattr(checkpoints, "latest", down)
        problem_of(site.client.get("/readyz"), 503, "database.down")
        assert site.client.get("/healthz").get_json() == {"status": "ok"}
