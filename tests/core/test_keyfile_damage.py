"""A key file that is not right is refused, and the refusal says what is to blame."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertpool.core.keyfile import (
    FORMAT,
    FileKeyStore,
    KeyFileDamaged,
    KeyFileExposed,
    KeyFileMissing,
    KeyFileUnusable,
    WrongPassphrase,
    _Derivation,
)
from tests.core.keyfiles import PASSPHRASE, forge

pytestmark = pytest.mark.usefixtures("_derive_each_key_only_once")


@pytest.fixture
def path(key_file: Path) -> Path:
    return key_file


@pytest.fixture(scope="module")
def original(original_key_file: Path) -> Path:
    return original_key_file


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
