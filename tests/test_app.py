"""The composition: what the web process refuses to start on, and what a web server loads."""

import runpy
from pathlib import Path

import pytest

from expertpool.app import create_app
from expertpool.core.database import open_engine
from expertpool.core.keyrings import create_service_keys
from expertpool.core.mark import DamagedMark, write_mark
from expertpool.core.signer import RolledBack
from expertpool.core.startup import NotInitialised
from ledger.merkle import Frontier, leaf_hash
from tests.service import MemoryKeys, make_service, make_settings

ROOT = Path(__file__).resolve().parent.parent


def test_a_database_behind_the_mark_is_refused(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path)
    ahead = Frontier()
    ahead.append(leaf_hash(b"an entry that the signer saw and this database lacks"))
    write_mark(service.settings.ledger.signer_mark, ahead)
    with pytest.raises(RolledBack):
        create_app(service.settings, engine=service.engine, keys=service.keys)
    service.engine.dispose()


def test_an_absent_mark_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    service = make_service(sqlite_url, tmp_path)
    service.settings.ledger.signer_mark.unlink()
    with pytest.raises(DamagedMark):
        create_app(service.settings, engine=service.engine, keys=service.keys)
    service.engine.dispose()


def test_an_empty_database_is_refused(database_url: str, tmp_path: Path) -> None:
    settings = make_settings(database_url, tmp_path)
    engine = open_engine(settings.database)
    with pytest.raises(NotInitialised):
        create_app(settings, engine=engine, keys=MemoryKeys())
    engine.dispose()


def test_what_a_web_server_loads(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As gunicorn does: settings from the environment, keys from their file, nothing else given."""
    service = make_service(sqlite_url, tmp_path)
    service.engine.dispose()
    service.settings.keystore.directory.mkdir()
    create_service_keys(service.settings)
    monkeypatch.setenv("EXPERTPOOL_PATHS__VAR", str(tmp_path))
    monkeypatch.setenv("EXPERTPOOL_DATABASE__URL", sqlite_url)
    app = runpy.run_path(str(ROOT / "wsgi.py"))["app"]
    assert app.test_client().get("/readyz").status_code == 200
    app.extensions["expertpool"].engine.dispose()


def test_the_web_servers_configuration_fits_the_settings(tmp_path: Path) -> None:
    configuration = runpy.run_path(str(ROOT / "config" / "gunicorn.conf.py"))
    settings = make_settings("sqlite:///x.db", tmp_path)
    assert configuration["threads"] <= settings.database.pool_size
    assert configuration["timeout"] > settings.ledger.ack_timeout_s
    assert not configuration["preload_app"]  # keys and connections are not to be shared across a fork
