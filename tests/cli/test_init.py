"""`init` makes everything once, or says what is in the way and makes nothing."""

import os
import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from expertpool import migrations
from expertpool.cli.installation import policy_skeleton
from expertpool.core.database import open_engine
from expertpool.core.keyrings import LOG_KEY, log_signer, open_service_keys, open_signer_keys, open_vault_keys
from expertpool.core.ledger_store import SqlLog
from expertpool.core.mark import read_mark
from expertpool.core.settings_loading import load_settings
from expertpool.core.transaction import DISCLOSURE_KEY
from expertpool.identity.models import Actor
from expertpool.identity.tokens import parse_token
from ledger.entry import parse_entry
from ledger.policy import parse_policy
from tests.cli.conftest import Installation, call
from tests.ledger.signers import signer


def test_it_makes_an_installation_and_says_what(database_url: str, tmp_path: Path) -> None:
    environ = {"EXPERTPOOL_PATHS__VAR": str(tmp_path / "var"), "EXPERTPOOL_DATABASE__URL": database_url}
    result = call("init", "--centre", "csggzy", **environ)
    assert result.exit_code == 0, result.output

    settings = load_settings(environ=environ)
    with open_service_keys(settings, {}) as service, open_signer_keys(settings, {}) as own:
        assert DISCLOSURE_KEY in service.names()
        assert LOG_KEY not in service.names()
        assert own.names() == (LOG_KEY,)
        key = log_signer(own, settings.service.origin).key
    assert f"  {key}\n" in result.output
    assert f"  log {key}\n" in result.output
    assert read_mark(settings.ledger.signer_mark).size == 0
    engine = open_engine(settings.database)
    assert migrations.revision_of(engine) == migrations.newest_revision()
    kinds = [parse_entry(data).kind for data in SqlLog(engine).entries(0, 99)]
    assert kinds[0] == "centre.opened"
    tokens = [parse_token(text) for text in re.findall(r"ept_\S+", result.output)]
    assert len(tokens) == 3
    with Session(engine) as session:
        stored = {actor.id: actor.token_hash for actor in session.scalars(select(Actor))}
    assert all(token is not None and token.matches(stored[token.owner]) for token in tokens)
    engine.dispose()


def test_secrets_are_its_owners_only(installation: Installation) -> None:
    for path in (installation.settings.ledger.signer_keys, installation.settings.keystore.directory / "service"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(installation.settings.keystore.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(installation.var.stat().st_mode) & 0o007 == 0


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_refuses_to_run_twice(installation: Installation) -> None:
    installation.engine.dispose()
    before = snapshot(installation.var)
    result = installation.run("init")
    assert result.exit_code == 1
    assert "nothing was changed" in result.output
    assert str(installation.settings.ledger.signer_mark) in result.output
    assert snapshot(installation.var) == before


@pytest.mark.parametrize("left", ["signer/keys", "signer/mark", "keys/service", "worker/cosigned"])
def test_whatever_is_left_of_another_installation_stops_it(tmp_path: Path, left: str) -> None:
    """A lost mark or key must never be answered with a new one: that would hide a rollback."""
    file = tmp_path / left
    file.parent.mkdir()
    file.write_bytes(b"")
    result = call("init", EXPERTPOOL_PATHS__VAR=str(tmp_path))
    assert result.exit_code == 1
    assert str(file) in result.output
    assert file.read_bytes() == b""
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db"] == [file.name]


def test_a_database_with_a_ledger_stops_it(postgres_url: str, tmp_path: Path) -> None:
    first = {"EXPERTPOOL_PATHS__VAR": str(tmp_path / "a"), "EXPERTPOOL_DATABASE__URL": postgres_url}
    assert call("init", **first).exit_code == 0
    result = call("init", **{**first, "EXPERTPOOL_PATHS__VAR": str(tmp_path / "b")})
    assert result.exit_code == 1
    assert "nothing was changed" in result.output
    assert not (tmp_path / "b").exists()


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    result = call("init", EXPERTPOOL_PATHS__VAR=str(tmp_path / "var"), EXPERTPOOL_DATABASE__URL=url)
    assert result.exit_code == 1
    assert "cannot be used at present" in result.output
    assert not (tmp_path / "var").exists()


PRODUCTION = """
[service]
mode = "production"
origin = "ggzy.example.cn/log"
name_zh = "示例中心"
name_en = "Example Centre"
base_url = "https://experts.example.cn"
[ledger]
witness_policy = "policy"
[keystore]
signer_passphrase_env = "SIGNER"
vault_passphrase_env = "VAULT"
[draws]
rulebook = "hunan"
[gateway_first]
url = "https://gateway.example.cn"
[preflight]
officer_phone = "13800000000"
"""


def test_in_production_each_process_has_its_passphrase(tmp_path: Path) -> None:
    file, var = tmp_path / "x.toml", tmp_path / "var"
    file.write_text(f'{PRODUCTION}[paths]\nvar = "{var}"\n', "utf-8")
    given = {"EXPERTPOOL_PASSPHRASE": "a", "SIGNER": "b", "VAULT": "c"}
    for missing in given:
        environ = {name: value for name, value in given.items() if name != missing}
        result = call("--config", str(file), "init", **environ)
        assert result.exit_code == 1
        assert missing in result.output
        assert not (var / "keys").exists()
    result = call("--config", str(file), "init", **given)
    assert result.exit_code == 0, result.output
    settings = load_settings(file, {})
    open_service_keys(settings, {"EXPERTPOOL_PASSPHRASE": "a"}).close()
    open_signer_keys(settings, {"SIGNER": "b"}).close()
    open_vault_keys(settings, {"VAULT": "c"}).close()


def test_the_skeleton_of_a_policy_is_a_policy_that_proves_nothing() -> None:
    key = signer("centre.example/log").key
    policy = parse_policy(policy_skeleton(key).encode())
    assert list(policy.logs) == [key]
    assert policy.quorum == "none"
    completed = policy_skeleton(key).replace("# ", "").replace("quorum none\n", "")
    assert completed.count("\nwitness ") == completed.count("\ngroup ") == completed.count("\nquorum ") == 1


def test_a_failed_set_up_does_not_leave_a_database_that_could_be_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, os.strerror(28), str(tmp_path / "full"))

    monkeypatch.setattr(migrations, "upgrade", fails)
    result = call("init", EXPERTPOOL_PATHS__VAR=str(tmp_path / "var"))
    assert result.exit_code == 1
    assert "No space left on device" in result.output
    engine = open_engine(load_settings(environ={"EXPERTPOOL_PATHS__VAR": str(tmp_path / "var")}).database)
    assert inspect(engine).get_table_names() == []
    assert call("signer", EXPERTPOOL_PATHS__VAR=str(tmp_path / "var")).exit_code == 1
    engine.dispose()
