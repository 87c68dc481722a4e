"""``expertpool upgrade`` on an installation of an older version: tables and keys are completed, nothing is replaced."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from expertpool import migrations
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keyrings import (
    ACCOUNTS_KEY,
    ANSWER_KEY,
    EXPERTS_INDEX_KEY,
    EXPERTS_KEY,
    PROJECTS_KEY,
    SERVICE_KEYS,
    SESSIONS_KEY,
    VAULT_BOX,
    WEBHOOKS_KEY,
    open_service_keys,
    open_vault_keys,
    service_keys_path,
)
from expertpool.core.transaction import DISCLOSURE_KEY
from expertpool.sealing.queries import vault_key
from tests.cli.conftest import Installation

OLD = (DISCLOSURE_KEY, ANSWER_KEY)
NEWER = {PROJECTS_KEY, EXPERTS_KEY, EXPERTS_INDEX_KEY, ACCOUNTS_KEY, SESSIONS_KEY, WEBHOOKS_KEY}
SECRET = "test passphrase"


def made_old(installation: Installation, names: Iterable[str] = OLD, passphrase: bytes = b"") -> Path:
    """Give the installation the key file of a version that knew these keys only."""
    path = service_keys_path(installation.settings)
    path.unlink()
    with FileKeyStore.initialise(path, passphrase) as keys:
        for name in names:
            keys.generate(name, SERVICE_KEYS[name], "secret-32")
    return path


def test_missing_keys_are_added_and_those_that_are_there_stay(installation: Installation) -> None:
    path = made_old(installation)
    with open_service_keys(installation.settings, {}) as keys:
        sealed = keys.seal(DISCLOSURE_KEY, b"hidden", b"")
    result = installation.run("upgrade")
    assert result.exit_code == 0
    assert all(name in result.output for name in NEWER)
    assert "Back up the key file" in result.output
    with open_service_keys(installation.settings, {}) as keys:
        assert set(keys.names()) == {*OLD, *NEWER} == set(SERVICE_KEYS)
        assert {name: keys.describe(name).purpose for name in keys.names()} == dict(SERVICE_KEYS)
        assert keys.open(DISCLOSURE_KEY, sealed, b"") == b"hidden"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == [".keys.lock", "service"]

    before = path.read_bytes()
    result = installation.run("upgrade")
    assert (result.exit_code, "Keys added" in result.output, path.read_bytes()) == (0, False, before)


def test_a_wrong_passphrase_changes_neither_keys_nor_tables(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made_old(installation, passphrase=SECRET.encode())
    before, upgraded = path.read_bytes(), list[object]()
    monkeypatch.setattr(migrations, "upgrade", upgraded.append)
    result = installation.run("upgrade", EXPERTPOOL_PASSPHRASE="another")
    assert (result.exit_code, upgraded, path.read_bytes()) == (1, [], before)
    assert "The passphrase of the key file" in result.output
    assert installation.run("upgrade", EXPERTPOOL_PASSPHRASE=SECRET).exit_code == 0
    assert len(upgraded) == 1


@pytest.mark.parametrize("harm", ["exposed", "missing"])
def test_a_key_file_that_is_not_used_otherwise_is_not_completed(installation: Installation, harm: str) -> None:
    path = made_old(installation)
    if harm == "exposed":
        path.chmod(0o644)
    else:
        path.unlink()
    result = installation.run("upgrade")
    assert result.exit_code == 1
    assert ("open to other users" if harm == "exposed" else "There is no key file") in result.output
    assert path.exists() == (harm == "exposed")


def test_an_installation_without_a_vault_is_given_one(installation: Installation) -> None:
    installation.settings.keystore.vault_keys.unlink()
    result = installation.run("upgrade")
    assert (result.exit_code, str(installation.settings.keystore.vault_keys) in result.output) == (0, True)
    with open_vault_keys(installation.settings, {}) as keys, installation.session() as session:
        assert vault_key(session) == keys.public_key(VAULT_BOX)
    assert "vault's key file was made" not in installation.run("upgrade").output
