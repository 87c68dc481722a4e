"""A key store in one file, sealed under a passphrase.

The first line names the format and carries the SHA-256 of the rest, so that damage is told from a wrong passphrase.
The rest is JSON: the parameters of Argon2id (RFC 9106), a check of the passphrase, and each key sealed with
AES-256-GCM under the derived key, with its name, purpose and algorithm as associated data. The digest guards
against accidents; against a forger the seals do.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable
from expertpool.core.keystore import NONCE_BYTES, SEED_BYTES, Algorithm, HeldKeys, KeyExists, KeyInfo, Prove, wipe
from ledger import durable

FORMAT = "expertpool-keys/1"
LOCK = ".keys.lock"


class KeyFileMissing(NotFound):
    code = "keystore.file-missing"
    zh = "没有密钥文件 {path}，请检查路径，或先建立密钥库。"
    en = "There is no key file {path}; check the path or set up the key store first."
    path: str


class KeyFileExists(Conflict):
    code = "keystore.file-exists"
    zh = "密钥文件 {path} 已存在，不会覆盖。"
    en = "The key file {path} exists and is not overwritten."
    path: str


class KeyFileUnusable(Unavailable):
    code = "keystore.file-unusable"
    zh = "无法读写密钥文件 {path}，请检查权限和磁盘空间。"
    en = "The key file {path} cannot be read or written; check permissions and disk space."
    path: str


class KeyFileExposed(Unavailable):
    code = "keystore.file-exposed"
    zh = "密钥文件 {path} 的权限是 {mode}，其他用户也能访问，因此不使用；请改为 0600，并考虑更换密钥。"
    en = "The key file {path} has mode {mode}, open to other users, and is not used; set 0600 and consider new keys."
    path: str
    mode: str


class KeyFileDamaged(Unavailable):
    code = "keystore.file-damaged"
    zh = "密钥文件 {path} 已损坏（与口令无关），请从备份恢复。"
    en = "The key file {path} is damaged, whatever the passphrase; restore it from a backup."
    path: str


class WrongPassphrase(Invalid):
    code = "keystore.wrong-passphrase"
    zh = "密钥文件 {path} 的口令不对（文件完好）。"
    en = "The passphrase of the key file {path} is wrong; the file is intact."
    path: str


class KeyFileReplaced(Conflict):
    code = "keystore.file-replaced"
    zh = "密钥文件 {path} 在打开之后被换成了另一个，请重新打开。"
    en = "The key file {path} was replaced by another since it was opened; open it again."
    path: str


@dataclass(frozen=True, slots=True)
class _Derivation:
    """Parameters of Argon2id as the file states them; RFC 9106 section 4 recommends the defaults for 64 MiB."""

    salt: bytes
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        # The floor keeps a forged file from weakening the next one, the ceiling from exhausting the machine.
        numbers = (self.memory_kib, self.passes, self.lanes)
        if len(self.salt) != 16 or not all(type(number) is int for number in numbers):
            raise ValueError
        if not (65_536 <= self.memory_kib <= 2_097_152 and 3 <= self.passes <= 64 and 1 <= self.lanes <= 64):
            raise ValueError

    def key(self, passphrase: bytes) -> bytearray:
        derived = bytearray(SEED_BYTES)
        argon = Argon2id(
            salt=self.salt,
            length=SEED_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        argon.derive_into(passphrase, derived)
        return derived


@dataclass(frozen=True, slots=True)
class _Content:
    derivation: _Derivation
    check: bytes
    sealed: tuple[tuple[KeyInfo, bytes], ...]

    def encode(self) -> bytes:
        kdf = {**asdict(self.derivation), "name": "argon2id", "salt": _to_text(self.derivation.salt)}
        keys = [{**asdict(info), "sealed": _to_text(sealed)} for info, sealed in self.sealed]
        document = {"kdf": kdf, "check": _to_text(self.check), "keys": keys}
        body = json.dumps(document, indent=1).encode()
        return f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises ValueError, TypeError, KeyError, AttributeError, RecursionError or `Invalid` at anything else."""
        header, _, body = data.partition(b"\n")
        if header != f"{FORMAT} {hashlib.sha256(body).hexdigest()}".encode():
            raise ValueError
        document = json.loads(body)
        kdf: dict[str, Any] = document["kdf"]
        if kdf.pop("name") != "argon2id":
            raise ValueError
        keys = [(KeyInfo(key["name"], key["purpose"], key["algorithm"]), key) for key in document["keys"]]
        if len({info.name for info, _ in keys}) != len(keys):
            raise ValueError
        return cls(
            _Derivation(**{**kdf, "salt": _from_text(kdf["salt"])}),
            _from_text(document["check"]),
            tuple((info, _from_text(key["sealed"])) for info, key in keys),
        )


class FileKeyStore(HeldKeys):
    """The keys of one file, opened with its passphrase; all are checked at once. `initialise` makes a new file.

    Raises `KeyFileMissing`, `KeyFileUnusable`, `KeyFileExposed`, `KeyFileDamaged`, `WrongPassphrase`.
    """

    def __init__(self, path: Path, passphrase: bytes, prove: Prove | None = None) -> None:
        super().__init__(prove)
        self._path = path
        content = _read(path)
        self._derivation = content.derivation
        self._wrapping_key = content.derivation.key(passphrase)
        if _unseal(self._wrapping_key, content.check, b"") is None:
            self.close()
            raise WrongPassphrase(str(path))
        for info, sealed in content.sealed:
            seed = _unseal(self._wrapping_key, sealed, _bound_to(info))
            if seed is None:
                self.close()
                raise KeyFileDamaged(str(path))
            self._hold(info, seed)

    @classmethod
    def initialise(cls, path: Path, passphrase: bytes, prove: Prove | None = None) -> Self:
        """Make a file without keys and open it. Raises `KeyFileExists`, `KeyFileUnusable`."""
        derivation = _Derivation(salt=secrets.token_bytes(16))
        key = derivation.key(passphrase)
        content = _Content(derivation, _seal(key, b"", b""), ())
        wipe(key)
        with _locked_folder(path):
            if path.exists() or path.is_symlink():
                raise KeyFileExists(str(path))
            _write(path, content)
        return cls(path, passphrase, prove)

    def generate(self, name: str, purpose: str, algorithm: Algorithm) -> KeyInfo:
        """Make a key; it is in the file, durably, before it can be used.

        Raises `KeyExists` (also if another process just made it), `BadKeyName`, `KeyFileReplaced`, and what opening
        the file raises; ValueError once the store is closed.
        """
        if not self._wrapping_key:
            raise ValueError("the key store is closed")
        info = KeyInfo(name, purpose, algorithm)
        seed = bytearray(secrets.token_bytes(SEED_BYTES))
        with _locked_folder(self._path):
            content = _read(self._path)
            if content.derivation != self._derivation:
                raise KeyFileReplaced(str(self._path))
            if name in {known.name for known, _ in content.sealed}:
                raise KeyExists(name)
            sealed = _seal(self._wrapping_key, seed, _bound_to(info))
            _write(self._path, _Content(content.derivation, content.check, (*content.sealed, (info, sealed))))
        self._hold(info, seed)
        return info

    def close(self) -> None:
        """Forget all keys and the key that seals them; nothing can be generated any more."""
        wipe(self._wrapping_key)
        self._wrapping_key.clear()
        super().close()


# Seals


def _bound_to(info: KeyInfo) -> bytes:
    return json.dumps([FORMAT, info.name, info.purpose, info.algorithm]).encode()


def _seal(key: bytearray, secret: bytes | bytearray, associated: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, associated)


def _unseal(key: bytearray, sealed: bytes, associated: bytes) -> bytearray | None:
    """What was sealed, in memory that can be overwritten; None if the seal does not hold."""
    secret = bytearray(max(0, len(sealed) - NONCE_BYTES - 16))
    try:
        AESGCM(key).decrypt_into(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated, secret)
    except (InvalidTag, ValueError):  # ValueError: too short to be a seal
        return None
    return secret


# The file


def _read(path: Path) -> _Content:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read()
    except FileNotFoundError:
        raise KeyFileMissing(str(path)) from None
    except OSError:
        raise KeyFileUnusable(str(path)) from None
    if mode & 0o077 and not durable.WINDOWS:  # there the folder's access list says who may read, and these bits nothing
        raise KeyFileExposed(str(path), f"{stat.S_IMODE(mode):04o}")
    try:
        return _Content.decode(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Invalid):
        raise KeyFileDamaged(str(path)) from None


@contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    """Let one process at a time write key files in this folder."""
    try:
        lock = (path.parent / LOCK).open("ab")
    except OSError:
        raise KeyFileUnusable(str(path)) from None
    with lock:
        durable.lock(lock, wait=True)
        yield


def _write(path: Path, content: _Content) -> None:
    """Replace the file as a whole: after a crash there is the old one or the new one, never a part."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        durable.flush_directory(path.parent)
    except OSError:
        raise KeyFileUnusable(str(path)) from None


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_text(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError from error
