"""A key file to copy, and a forger's hand, for the tests of the key store on files."""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.keyfile import (
    FORMAT,
    FileKeyStore,
    _Derivation,
)

PASSPHRASE = "正确的口令".encode()
derived_once = functools.cache(_Derivation.key)


@pytest.fixture(scope="session")
def original_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one key of each algorithm; tests copy it, for deriving the key takes its time."""
    path = tmp_path_factory.mktemp("keys") / "original.keys"
    with FileKeyStore.initialise(path, PASSPHRASE) as store:
        store.generate("checkpoint", "ledger", "ed25519")
        store.generate("phones", "blind-index", "secret-32")
    return path


@pytest.fixture
def _derive_each_key_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is slow by design; the same passphrase and parameters give the same key."""
    monkeypatch.setattr(_Derivation, "key", lambda self, passphrase: bytearray(derived_once(self, passphrase)))


@pytest.fixture
def key_file(original_key_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy2(original_key_file, tmp_path / "vault.keys"))


def forge(path: Path, change: Callable[[Any], None]) -> None:
    """Change the document and make the digest fit, as a forger would."""
    document = json.loads(path.read_bytes().partition(b"\n")[2])
    change(document)
    body = json.dumps(document).encode()
    path.write_bytes(f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body)
