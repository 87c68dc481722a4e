"""Keys that are used and never seen: a named key signs, proves, authenticates, seals and opens inside its store.

`KeyStore` is what the rest of the product asks for, small enough that a PKCS#11 module can stand behind it. There is
no way to get a private key out: a backup is a copy of the store's own file (`expertpool.core.keyfile`).

Imports the standard library, `cryptography` and `expertpool.core.errors` only: the custodian's agent runs on it.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, NoReturn, Protocol, Self, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable

Algorithm = Literal["ed25519", "secret-32", "x25519", "ecvrf"]
"""`ed25519` signs (RFC 8032), `secret-32` is 32 secret bytes that authenticate, seal and open, `x25519` opens what was
sealed to its public key (HPKE, RFC 9180), `ecvrf` proves (RFC 9381)."""

Prove = Callable[[bytes, bytes], bytes]
"""The proof (80 bytes) that a seed gives for an alpha: `protocol.vrf.prove`, which core does not import."""

SEED_BYTES = 32
NONCE_BYTES = 12

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAC_LABEL = b"expertpool secret-32 hmac-sha256"
_SEAL_LABEL = b"expertpool secret-32 aes-256-gcm"


class KeyMissing(NotFound):
    code = "keystore.key-missing"
    zh = "密钥库里没有密钥 {name}。"
    en = "The key store has no key {name}."
    name: str


class KeyExists(Conflict):
    code = "keystore.key-exists"
    zh = "密钥 {name} 已存在，不能再建一次；如需更换请用新的名称。"
    en = "Key {name} exists and is not made twice; a key that replaces it needs a new name."
    name: str


class BadKeyName(Invalid):
    code = "keystore.bad-name"
    zh = "密钥的名称和用途只能用小写字母、数字和连字符，以字母开头，最长 64 个字符。"
    en = "A key's name and purpose use small letters, digits and hyphens, begin with a letter, 64 characters at most."


class WrongAlgorithm(Invalid):
    code = "keystore.wrong-algorithm"
    zh = "密钥 {name} 的算法是 {algorithm}，不能做这个操作。"
    en = "Key {name} is of algorithm {algorithm}, which cannot do this."
    name: str
    algorithm: str


class SealBroken(Invalid):
    code = "keystore.seal-broken"
    zh = "密文不能用密钥 {name} 打开：内容被改动，或者不属于此处。"
    en = "What was sealed cannot be opened with key {name}: it was altered or belongs elsewhere."
    name: str


class NoProver(Unavailable):
    code = "keystore.no-prover"
    zh = "密钥 {name} 是随机贡献密钥，本程序不能用它作证明。"
    en = "Key {name} is for contributions, and this program was not given what proves with it."
    name: str


class BadKeyVariable(Invalid):
    code = "keystore.bad-variable"
    zh = "环境变量 {variable} 不是密钥，格式应为 算法:用途:BASE64（32 字节）。"
    en = "The environment variable {variable} is no key; it must be ALGORITHM:PURPOSE:BASE64 of 32 bytes."
    variable: str


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be known of a key. Raises `BadKeyName`."""

    name: str
    purpose: str
    algorithm: Algorithm

    def __post_init__(self) -> None:
        for text in (self.name, self.purpose):
            if len(text) > 64 or not _NAME.fullmatch(text):
                raise BadKeyName
        if self.algorithm not in get_args(Algorithm):
            raise WrongAlgorithm(self.name, self.algorithm)


class KeyStore(Protocol):
    """Operations with named keys. Each raises `KeyMissing`, or `WrongAlgorithm` if the key is of the other kind."""

    def names(self) -> tuple[str, ...]:
        """The names of all keys, sorted."""
        ...

    def describe(self, name: str) -> KeyInfo: ...

    def public_key(self, name: str) -> bytes:
        """The 32 bytes of the public key of any algorithm but `secret-32` (RFC 8032, RFC 7748)."""
        ...

    def sign_ed25519(self, name: str, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032)."""
        ...

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        """32 bytes that only a holder of the secret can compute: a blind index, say. Compare in constant time."""
        ...

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt and authenticate (AES-256-GCM); 28 bytes longer than the plaintext. `associated` is not hidden."""
        ...

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        """Undo `seal` with the same `associated`. Raises `SealBroken`."""
        ...

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes:
        """Open what was sealed to this `x25519` key: 32 bytes of encapsulated key, then text. Raises `SealBroken`."""
        ...

    def prove_ecvrf(self, name: str, alpha: bytes) -> bytes:
        """The 80 bytes of this `ecvrf` key's proof over alpha. Raises `NoProver`."""
        ...


class _SecretKey:
    """A `secret-32`: one derived key per operation, so that a seal and a blind index never share one."""

    def __init__(self, seed: bytearray) -> None:
        self._mac = _expand(seed, _MAC_LABEL)
        key = _expand(seed, _SEAL_LABEL)
        self._aead = AESGCM(key)
        wipe(key)

    def hmac_sha256(self, message: bytes) -> bytes:
        return hmac.digest(self._mac, message, "sha256")

    def seal(self, plaintext: bytes, associated: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plaintext, associated)

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)

    def wipe(self) -> None:
        wipe(self._mac)


class _ProvingKey:
    """An `ecvrf` key. Its public key is the Ed25519 key of the seed (RFC 9381, section 5.5)."""

    def __init__(self, seed: bytearray, prove: Prove | None) -> None:
        self._seed = bytearray(seed)
        self._prove = prove

    def public_key(self) -> Ed25519PublicKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed).public_key()

    def prove(self, alpha: bytes) -> bytes | None:
        return None if self._prove is None else self._prove(bytes(self._seed), alpha)

    def wipe(self) -> None:
        wipe(self._seed)


_Key = Ed25519PrivateKey | X25519PrivateKey | _SecretKey | _ProvingKey


class HeldKeys:
    """A `KeyStore` over keys in this process's memory. Use as a context manager, or `close` it, to forget them.

    ``prove`` is what `ecvrf` keys prove with; whoever hands it in is trusted with their seeds. Python cannot promise
    that no copy stays behind in memory; what it lets us overwrite is overwritten.
    """

    def __init__(self, prove: Prove | None = None) -> None:
        self._prove = prove
        self._keys: dict[str, tuple[KeyInfo, _Key]] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._keys))

    def describe(self, name: str) -> KeyInfo:
        return self._find(name)[0]

    def public_key(self, name: str) -> bytes:
        info, key = self._find(name)
        if isinstance(key, _SecretKey):
            raise WrongAlgorithm(name, info.algorithm)
        return key.public_key().public_bytes_raw()

    def sign_ed25519(self, name: str, message: bytes) -> bytes:
        return self._signing(name).sign(message)

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        return self._secret(name).hmac_sha256(message)

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        return self._secret(name).seal(plaintext, associated)

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        key = self._secret(name)
        try:
            return key.open(sealed, associated)
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            raise SealBroken(name) from None

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes:
        described, key = self._find(name)
        if not isinstance(key, X25519PrivateKey):
            raise WrongAlgorithm(name, described.algorithm)
        try:
            return _HPKE.decrypt(ciphertext, key, info)
        except (InvalidTag, ValueError):  # ValueError: shorter than an encapsulated key, or none
            raise SealBroken(name) from None

    def prove_ecvrf(self, name: str, alpha: bytes) -> bytes:
        info, key = self._find(name)
        if not isinstance(key, _ProvingKey):
            raise WrongAlgorithm(name, info.algorithm)
        proof = key.prove(alpha)
        if proof is None:
            raise NoProver(name)
        return proof

    def close(self) -> None:
        """Forget all keys."""
        for _, key in self._keys.values():
            if isinstance(key, _SecretKey | _ProvingKey):
                key.wipe()
        self._keys.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self.names())}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key store is neither pickled nor copied")

    def _hold(self, info: KeyInfo, seed: bytearray) -> None:
        """Take over a key; `seed` is overwritten."""
        self._keys[info.name] = info, self._made(info.algorithm, seed)
        wipe(seed)

    def _made(self, algorithm: Algorithm, seed: bytearray) -> _Key:
        match algorithm:
            case "ed25519":
                return Ed25519PrivateKey.from_private_bytes(seed)
            case "x25519":
                return X25519PrivateKey.from_private_bytes(seed)
            case "ecvrf":
                return _ProvingKey(seed, self._prove)
            case "secret-32":
                return _SecretKey(seed)

    def _find(self, name: str) -> tuple[KeyInfo, _Key]:
        if name not in self._keys:
            raise KeyMissing(name)
        return self._keys[name]

    def _signing(self, name: str) -> Ed25519PrivateKey:
        info, key = self._find(name)
        if not isinstance(key, Ed25519PrivateKey):
            raise WrongAlgorithm(name, info.algorithm)
        return key

    def _secret(self, name: str) -> _SecretKey:
        info, key = self._find(name)
        if not isinstance(key, _SecretKey):
            raise WrongAlgorithm(name, info.algorithm)
        return key


class EnvironmentKeyStore(HeldKeys):
    """Keys from environment variables, for containers whose secrets arrive that way.

    ``EXPERTPOOL_KEY_CHECKPOINT_2026=ed25519:checkpoint:BASE64`` is the key ``checkpoint-2026``. Raises
    `BadKeyVariable`.
    """

    PREFIX = "EXPERTPOOL_KEY_"

    def __init__(self, environ: Mapping[str, str] = os.environ, prove: Prove | None = None) -> None:
        super().__init__(prove)
        for variable, text in environ.items():
            if variable.startswith(self.PREFIX):
                self._hold(*_parse_variable(variable, text))


def _parse_variable(variable: str, text: str) -> tuple[KeyInfo, bytearray]:
    name = variable.removeprefix(EnvironmentKeyStore.PREFIX).replace("_", "-").lower()
    try:
        algorithm, purpose, encoded = text.split(":")
        info = KeyInfo(name, purpose, algorithm)  # type: ignore[arg-type]  # checked by KeyInfo
        seed = bytearray(base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error, Invalid):
        raise BadKeyVariable(variable) from None
    if len(seed) != SEED_BYTES:
        raise BadKeyVariable(variable)
    return info, seed


def _expand(seed: bytearray, label: bytes) -> bytearray:
    key = bytearray(SEED_BYTES)
    HKDFExpand(SHA256(), SEED_BYTES, label).derive_into(seed, key)
    return key


def wipe(secret: bytearray) -> None:
    """Overwrite with zeros."""
    secret[:] = bytes(len(secret))
