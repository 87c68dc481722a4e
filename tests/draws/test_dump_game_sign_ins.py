"""A build whose sign-ins over the web and at the desk can be found by person, against a player who joins by times."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from expertpool.invitations import arriving
from expertpool.vault import sign_ins
from expertpool.vault.models import Attempt, SignIn
from tests.draws.test_dump_game import AGAIN, POOL, SEATS, Table, outside, play, set_table

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again


@pytest.fixture(autouse=True)
def nothing_breaks() -> None:
    """Here the log goes where an administrator reads it."""


@pytest.fixture
def table(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Table]:
    yield from set_table(sqlite_url, tmp_path, monkeypatch, capfd)


def by_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a sign-in is the digest of the person's identifier, one row for each person."""
    real = sign_ins.sign_in

    def sign_in(tx: Any, keys: Any, experts: Sequence[str], lasts: timedelta) -> str:
        tx.session.execute(delete(SignIn).where(SignIn.token == sha256(experts[0].encode()).hexdigest()))
        with monkeypatch.context() as patched:
            patched.setattr("expertpool.vault.sign_ins.secrets.token_urlsafe", lambda _: experts[0])
            return real(tx, keys, experts, lasts)

    monkeypatch.setattr(sign_ins, "sign_in", sign_in)
    monkeypatch.setattr(sign_ins, "_digest", lambda token: sha256(token.removeprefix("exs_").encode()).hexdigest())


def counted_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes to the desk is counted there, by the digest of their identity number."""
    real = arriving.arrive

    def arrive(tx: Any, *args: Any, **given: Any) -> Any:
        tx.session.add(Attempt(source=sha256(given["id_number"].encode()).hexdigest(), at=tx.now))
        return real(tx, *args, **given)

    monkeypatch.setattr(arriving, "arrive", arrive)


@pytest.mark.timeout(300)
def test_a_build_that_keeps_by_person_who_signs_in_and_who_comes_loses_by_times(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was not drawn signs in as well, so who signed in says little; beside when a seat was taken it says all."""
    by_person(monkeypatch)
    counted_by_number(monkeypatch)
    monkeypatch.setattr("tests.draws.test_dump_game.DAYS", 1)
    score = play(table, 4 * (SEATS + AGAIN))
    found = outside(score, score.on_seat, 1 / POOL)
    assert "vault_sign_ins by expires before draw.accepted-seat: match of sha256" in found
    assert "vault_attempts by at before draw.signed-in: match of sha256" in found
