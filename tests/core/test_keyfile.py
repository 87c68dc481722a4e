"""Keys in a file: durable before use, never overwritten, and a refusal says what is to blame."""

import base64
import errno
import functools
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import argon2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertpool.core.errors import ExpertpoolError
from expertpool.core.keyfile import (
    FORMAT,
    FileKeyStore,
    KeyFileDamaged,
    KeyFileExists,
    KeyFileExposed,
    KeyFileMissing,
    KeyFileReplaced,
    KeyFileUnusable,
    WrongPassphrase,
    _Derivation,
)
from expertpool.core.keystore import BadKeyName, KeyExists, KeyMissing, KeyStore, WrongAlgorithm

PASSPHRASE = "正确的口令".encode()
derived_once = functools.cache(_Derivation.key)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one key of each algorithm; tests copy it, for deriving the key takes its time."""
    path = tmp_path_factory.mktemp("keys") / "original.keys"
    with FileKeyStore.initialise(path, PASSPHRASE) as store:
        store.generate("checkpoint", "ledger", "ed25519")
        store.generate("phones", "blind-index", "secret-32")
    return path


@pytest.fixture(autouse=True)
def _derive_each_key_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is slow by design; the same passphrase and parameters give the same key."""
    monkeypatch.setattr(_Derivation, "key", lambda self, passphrase: bytearray(derived_once(self, passphrase)))


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy2(original, tmp_path / "vault.keys"))


def forge(path: Path, change: Callable[[Any], None]) -> None:
    """Change the document and make the digest fit, as a forger would."""
    document = json.loads(path.read_bytes().partition(b"\n")[2])
    change(document)
    body = json.dumps(document).encode()
    path.write_bytes(f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body)


# Use


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


# Opening what is not right


def test_a_wrong_passphrase_is_told_as_such(path: Path) -> None:
    for wrong in (b"", PASSPHRASE + b"\n", PASSPHRASE.upper() + b"x"):
        with pytest.raises(WrongPassphrase):
            FileKeyStore(path, wrong)


def test_a_missing_file_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing):
        FileKeyStore(tmp_path / "absent.keys", b"")
    with pytest.raises(KeyFileMissing):
        FileKeyStore(tmp_path / "absent" / "a.keys", b"")
    with pytest.raises(KeyFileUnusable):
        FileKeyStore.initialise(tmp_path / "absent" / "a.keys", b"")


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable):
        FileKeyStore(tmp_path, b"")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o660, 0o777])
def test_a_file_that_others_may_touch_is_not_used(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFileExposed) as refused:
        FileKeyStore(path, PASSPHRASE)
    assert refused.value.mode == f"{mode:04o}"


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_the_owner_alone_is_used(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert FileKeyStore(path, PASSPHRASE).names() == ("checkpoint", "phones")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_damage_whatever_the_passphrase(path: Path, original: Path, data: st.DataObject) -> None:
    content = bytearray(original.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(content) - 1))
    for damaged in (bytes(content), bytes(content[:cut]), original.read_bytes() + b"\n"):
        path.write_bytes(damaged)
        with pytest.raises(KeyFileDamaged):
            FileKeyStore(path, b"any")


FIRST_KEY: tuple[str | int, ...] = ("keys", 0)
Place = tuple[str | int, ...]


def put(place: Place, value: object) -> Callable[[Any], None]:
    """A change that puts `value` at this place of the document."""

    def change(document: Any) -> None:
        for step in place[:-1]:
            document = document[step]
        document[place[-1]] = value

    return change


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("name", "other"),
        ("purpose", "other"),
        ("algorithm", "secret-32"),
        ("sealed", ""),
        ("sealed", "AAAA" * 20),
    ],
)
def test_a_key_holds_only_with_its_own_name_purpose_and_algorithm(path: Path, entry: str, value: str) -> None:
    forge(path, put((*FIRST_KEY, entry), value))
    with pytest.raises(KeyFileDamaged):
        FileKeyStore(path, PASSPHRASE)


def test_two_keys_cannot_be_exchanged(path: Path) -> None:
    def swap(document: Any) -> None:
        first, second = document["keys"]
        first["sealed"], second["sealed"] = second["sealed"], first["sealed"]

    forge(path, swap)
    with pytest.raises(KeyFileDamaged):
        FileKeyStore(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("place", "value"), [(("kdf", "salt"), "A" * 22 + "=="), (("kdf", "passes"), 4), (("check",), "")]
)
def test_other_parameters_open_nothing(path: Path, place: Place, value: object) -> None:
    forge(path, put(place, value))
    with pytest.raises(WrongPassphrase):
        FileKeyStore(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("kdf", "name"), "argon2i"),
        (("kdf", "memory_kib"), 65_535),
        (("kdf", "memory_kib"), 2_097_153),
        (("kdf", "memory_kib"), 65_536.0),
        (("kdf", "memory_kib"), "65536"),
        (("kdf", "passes"), 2),
        (("kdf", "passes"), 65),
        (("kdf", "passes"), True),
        (("kdf", "lanes"), 0),
        (("kdf", "lanes"), 65),
        (("kdf", "more"), 1),
        (("kdf", "salt"), "~~~~"),
        (("kdf", "salt"), "AAAA" * 4),
        (("kdf", "salt"), None),
        (("kdf",), []),
        (("kdf",), {}),
        (("check",), 3),
        (("keys",), 3),
        (("keys",), [{}]),
        ((*FIRST_KEY, "name"), "phones"),
        ((*FIRST_KEY, "name"), "Not A Name"),
        ((*FIRST_KEY, "name"), 3),
        ((*FIRST_KEY, "algorithm"), "rsa"),
        ((*FIRST_KEY, "algorithm"), []),
    ],
    ids=str,
)
def test_a_file_of_another_shape_is_refused_before_any_work(
    path: Path, place: Place, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_derivation(*_: object) -> None:
        raise AssertionError("a key was derived from a file that is not sound")

    forge(path, put(place, value))
    monkeypatch.setattr(_Derivation, "key", no_derivation)
    with pytest.raises(KeyFileDamaged):
        FileKeyStore(path, PASSPHRASE)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 100_000], ids=lambda body: str(body[:4]))
def test_a_body_that_is_no_document_is_refused(path: Path, body: bytes) -> None:
    path.write_bytes(f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body)
    with pytest.raises(KeyFileDamaged):
        FileKeyStore(path, PASSPHRASE)


def test_a_later_format_is_not_guessed_at(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"expertpool-keys/1", b"expertpool-keys/2", 1))
    with pytest.raises(KeyFileDamaged):
        FileKeyStore(path, PASSPHRASE)


def test_neither_file_nor_refusal_shows_a_secret(path: Path) -> None:
    with pytest.raises(WrongPassphrase) as refused:
        FileKeyStore(path, b"geheim")
    assert "geheim" not in repr(refused.value) + repr(refused.value.as_dict())
    assert PASSPHRASE not in path.read_bytes()
