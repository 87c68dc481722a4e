"""Keys in a file: durable before use, never overwritten."""

import base64
import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import argon2
import pytest

from expertpool.core.errors import ExpertpoolError
from expertpool.core.keyfile import (
    FileKeyStore,
    KeyFileExists,
    KeyFileReplaced,
    KeyFileUnusable,
    _Derivation,
)
from expertpool.core.keystore import BadKeyName, KeyExists, KeyMissing, KeyStore, WrongAlgorithm
from expertpool.protocol import vrf
from expertpool.protocol.envelope import seal_to
from tests.core.keyfiles import PASSPHRASE

pytestmark = pytest.mark.usefixtures("_derive_each_key_only_once")


@pytest.fixture
def path(key_file: Path) -> Path:
    return key_file


@pytest.fixture(scope="module")
def original(original_key_file: Path) -> Path:
    return original_key_file


def test_keys_survive_the_process_that_made_them(tmp_path: Path) -> None:
    path = tmp_path / "vault.keys"
    with FileKeyStore.initialise(path, PASSPHRASE) as made:
        made.generate("checkpoint", "ledger", "ed25519")
        made.generate("phones", "blind-index", "secret-32")
        public, index = made.public_key("checkpoint"), made.hmac_sha256("phones", b"x")
        sealed = made.seal("phones", b"x", b"y")
        signature = made.sign_ed25519("checkpoint", b"x")
    store: KeyStore
    with FileKeyStore(path, PASSPHRASE) as store:
        assert store.names() == ("checkpoint", "phones")
        assert store.describe("phones").purpose == "blind-index"
        assert store.public_key("checkpoint") == public
        assert store.sign_ed25519("checkpoint", b"x") == signature
        assert store.hmac_sha256("phones", b"x") == index
        assert store.open("phones", sealed, b"y") == b"x"


def test_keys_that_open_and_prove_survive_as_well(tmp_path: Path) -> None:
    path = tmp_path / "agent.keys"
    with FileKeyStore.initialise(path, PASSPHRASE, vrf.prove) as made:
        made.generate("share", "share", "x25519")
        made.generate("vrf", "contribution", "ecvrf")
        share, proof = made.public_key("share"), made.prove_ecvrf("vrf", b"alpha")
        public = made.public_key("vrf")
    with FileKeyStore(path, PASSPHRASE, vrf.prove) as store:
        assert store.open_hpke("share", seal_to(share, b"info", b"x"), b"info") == b"x"
        assert store.prove_ecvrf("vrf", b"alpha") == proof
    assert len(vrf.verify(public, b"alpha", proof)) == 64


def test_the_key_is_argon2ids(original: Path) -> None:
    """As computed by the other library at hand, from the parameters that the file states."""
    kdf = json.loads(original.read_bytes().partition(b"\n")[2])["kdf"]
    salt = base64.b64decode(kdf["salt"])
    ours = _Derivation(salt, kdf["memory_kib"], kdf["passes"], kdf["lanes"]).key(PASSPHRASE)
    theirs = argon2.low_level.hash_secret_raw(
        PASSPHRASE, salt, kdf["passes"], kdf["memory_kib"], kdf["lanes"], 32, argon2.Type.ID
    )
    assert ours == theirs


def test_a_demonstration_may_have_an_empty_passphrase(tmp_path: Path) -> None:
    FileKeyStore.initialise(tmp_path / "a.keys", b"").close()
    assert FileKeyStore(tmp_path / "a.keys", b"").names() == ()


def test_the_parameters_are_those_recommended_or_more(path: Path) -> None:
    kdf = json.loads(path.read_bytes().partition(b"\n")[2])["kdf"]
    assert kdf["name"] == "argon2id"
    assert kdf["memory_kib"] >= 65_536
    assert kdf["passes"] >= 3


def test_no_two_files_and_no_two_keys_are_alike(tmp_path: Path) -> None:
    publics, salts = set(), set()
    for name in ("a", "b"):
        with FileKeyStore.initialise(tmp_path / name, PASSPHRASE) as store:
            for key in ("one", "two"):
                store.generate(key, "p", "ed25519")
                publics.add(store.public_key(key))
        salts.add(json.loads((tmp_path / name).read_bytes().partition(b"\n")[2])["kdf"]["salt"])
    assert len(publics) == 4
    assert len(salts) == 2


# Writing


def test_a_key_is_not_made_twice(path: Path) -> None:
    before = path.read_bytes()
    with FileKeyStore(path, PASSPHRASE) as store, pytest.raises(KeyExists):
        store.generate("phones", "other", "ed25519")
    assert path.read_bytes() == before


def test_of_two_processes_that_make_the_same_key_one_is_refused(path: Path) -> None:
    def generate(store: FileKeyStore) -> bytes | None:
        try:
            store.generate("new", "p", "ed25519")
        except KeyExists:
            return None
        return store.public_key("new")

    stores = [FileKeyStore(path, PASSPHRASE) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(generate, stores))
    [kept] = [public for public in made if public]
    assert FileKeyStore(path, PASSPHRASE).public_key("new") == kept


def test_keys_that_two_processes_make_are_both_kept(path: Path) -> None:
    first, second = FileKeyStore(path, PASSPHRASE), FileKeyStore(path, PASSPHRASE)
    first.generate("first", "p", "ed25519")
    second.generate("second", "p", "ed25519")
    assert FileKeyStore(path, PASSPHRASE).names() == ("checkpoint", "first", "phones", "second")
    with pytest.raises(KeyMissing):
        second.public_key("first")


@pytest.mark.parametrize(
    ("name", "algorithm", "error"), [("Bad Name", "ed25519", BadKeyName), ("a", "rsa", WrongAlgorithm)]
)
def test_an_odd_key_is_refused_and_nothing_written(
    path: Path, name: str, algorithm: Any, error: type[ExpertpoolError]
) -> None:
    before = path.read_bytes()
    with FileKeyStore(path, PASSPHRASE) as store, pytest.raises(error):
        store.generate(name, "p", algorithm)
    assert path.read_bytes() == before


def test_a_file_is_not_overwritten_by_a_new_one(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyFileExists):
        FileKeyStore.initialise(path, b"other")
    assert path.read_bytes() == before


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileExists):
        FileKeyStore.initialise(tmp_path / "a.keys", b"")
    assert not (tmp_path / "elsewhere").exists()


def test_only_the_owner_may_read_the_file_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with FileKeyStore.initialise(tmp_path / "a.keys", b"") as store:
            store.generate("a", "p", "ed25519")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.keys").stat().st_mode) == 0o600


def test_file_and_folder_are_flushed_before_a_key_can_be_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileKeyStore(path, PASSPHRASE)
    done: list[str] = []
    replace, fsync = Path.replace, os.fsync

    def spy_fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        assert "new" not in store.names()
        fsync(descriptor)

    def spy_replace(self: Path, target: Path) -> Path:
        done.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    store.generate("new", "p", "ed25519")
    assert done == ["file", "replace", "folder"]
    assert "new" in store.names()


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no space")


@pytest.mark.parametrize("place", ["os.fsync", "pathlib.Path.replace", "os.fdopen"])
def test_a_full_disk_leaves_the_old_file_and_no_key(path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    store = FileKeyStore(path, PASSPHRASE)
    with monkeypatch.context() as broken:
        broken.setattr(place, full_disk)
        with pytest.raises(KeyFileUnusable):
            store.generate("new", "p", "ed25519")
    assert path.read_bytes() == before
    assert "new" not in store.names()
    store.generate("new", "p", "ed25519")
    assert "new" in FileKeyStore(path, PASSPHRASE).names()


def test_a_key_is_not_added_to_a_file_that_was_replaced(path: Path, tmp_path: Path) -> None:
    store = FileKeyStore(path, PASSPHRASE)
    FileKeyStore.initialise(tmp_path / "other.keys", PASSPHRASE).close()
    (tmp_path / "other.keys").replace(path)
    with pytest.raises(KeyFileReplaced):
        store.generate("new", "p", "ed25519")


def test_a_closed_store_makes_no_key(path: Path) -> None:
    before = path.read_bytes()
    store = FileKeyStore(path, PASSPHRASE)
    wrapping_key = store._wrapping_key
    assert any(wrapping_key)
    store.close()
    assert not any(wrapping_key)
    with pytest.raises(ValueError, match="closed"):
        store.generate("new", "p", "ed25519")
    assert path.read_bytes() == before
