"""Identity at rest: encrypted under keys of one person each, found by keyed blind index, shown masked.

Every person has two random 256-bit keys: one for who they are (name, identity number, the pool's own number), one for
how they are reached and paid (phone, account). Both are wrapped by the key store's key `experts`. A value is sealed
with AES-256-GCM bound to its table, column and person, so a ciphertext moved anywhere else does not open; deleting
a person's wrapped key makes every copy of the values unreadable, in images and old pages too.

A blind index is HMAC-SHA-256 under `experts-index` over column, pool and normalised value, cut to 128 bits: equal
values meet in one column of one pool and nowhere else, and without the key nobody can try numbers.

Public: `Protector`, `PersonCipher`, `Identity`, `SEALED`, `mask_*`.
"""

import secrets
from typing import Final, Literal, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from expertpool.core.keyrings import EXPERTS_INDEX_KEY, EXPERTS_KEY
from expertpool.core.keystore import SealBroken
from expertpool.experts.lifecycle import Pool

TABLE: Final = "experts"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
INDEX_BYTES: Final = 16  # no two of a billion values meet by chance
PAD_TO: Final = 32  # so that a ciphertext does not tell a name of two characters from one of three

Part = Literal["identity", "contact"]
Column = Literal["name", "id_number", "code", "ground", "phone", "account", "correction", "answer"]

SEALED: Final[dict[Column, Part]] = {
    "name": "identity",
    "id_number": "identity",
    "code": "identity",
    "ground": "identity",
    "correction": "identity",
    "answer": "identity",
    "phone": "contact",
    "account": "contact",
}
"""Every sealed value and the key that it is sealed under; its columns are ``<name>_sealed`` and ``<name>_index``, but
for corrections and their answers, which have rows of their own."""

INDEXED: Final[tuple[Column, ...]] = ("id_number", "code", "phone", "account")
"""The values that have a blind index. A name has none: too many people share one."""


class Identity(NamedTuple):
    """Who a person is and how they are reached, in the clear: lives for the length of a call, is never logged.

    Values are normalised (``validation.check_identity``). ``code`` is the number that the pool gave to the expert.
    """

    name: str
    id_number: str | None = None
    code: str | None = None
    phone: str | None = None
    account: str | None = None

    def __repr__(self) -> str:
        return "Identity(...)"


IDENTITY: Final[tuple[Column, ...]] = ("name", "id_number", "code", "phone", "account")
"""The columns of an `Identity`, in its order."""


class Keys(Protocol):
    """The part of a key store that the protection of people needs."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes: ...

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes: ...

    def hmac_sha256(self, name: str, message: bytes) -> bytes: ...


class PersonKeys(NamedTuple):
    """A person's two keys, wrapped; None once erased."""

    identity: bytes | None
    contact: bytes | None


class PersonCipher:
    """Seals and opens the values of one person."""

    def __init__(self, person: str, keys: dict[Part, bytes]) -> None:
        self._person = person
        self._ciphers = {part: AESGCM(key) for part, key in keys.items()}

    def seal(self, column: Column, text: str) -> bytes:
        """Encrypt a value for its column: nonce, then ciphertext and tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = text.encode()
        padded = data + bytes(-(len(data) + 1) % PAD_TO) + b"\1"
        return nonce + self._ciphers[SEALED[column]].encrypt(nonce, padded, self._bound(column))

    def open(self, column: Column, sealed: bytes | None) -> str | None:
        """Undo `seal`; None for a value that there is not, or whose key was erased. Raises `SealBroken`."""
        cipher = self._ciphers.get(SEALED[column])
        if sealed is None or cipher is None:
            return None
        try:
            padded = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(column))
        except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
            raise SealBroken(EXPERTS_KEY) from None
        return padded[:-1].rstrip(b"\0").decode()

    def seal_all(self, identity: Identity) -> dict[str, bytes | None]:
        """The ``_sealed`` columns of a person (all but the ground, which is no part of an identity)."""
        return {
            f"{column}_sealed": None if value is None else self.seal(column, value)
            for column, value in zip(IDENTITY, identity, strict=True)
        }

    def _bound(self, column: Column) -> bytes:
        return f"{TABLE}.{column}:{self._person}".encode()


class Protector:
    """What protects identities, over a key store that has the keys `experts` and `experts-index`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def new_person(self, person: str) -> tuple[PersonCipher, PersonKeys]:
        """Fresh keys for a person: the cipher to use now and the wrapped keys to store."""
        identity, contact = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        wrapped = PersonKeys(
            self._keys.seal(EXPERTS_KEY, identity, _wrap_context("identity", person)),
            self._keys.seal(EXPERTS_KEY, contact, _wrap_context("contact", person)),
        )
        return PersonCipher(person, {"identity": identity, "contact": contact}), wrapped

    def new_contact_key(self, person: str) -> bytes:
        """A fresh wrapped contact key, for somebody whose last one was erased."""
        return self._keys.seal(EXPERTS_KEY, secrets.token_bytes(KEY_BYTES), _wrap_context("contact", person))

    def open_person(self, person: str, wrapped: PersonKeys) -> PersonCipher:
        """The cipher of a person whose wrapped keys were stored. Raises `SealBroken`."""
        parts: dict[Part, bytes | None] = {"identity": wrapped.identity, "contact": wrapped.contact}
        keys = {
            part: self._keys.open(EXPERTS_KEY, key, _wrap_context(part, person))
            for part, key in parts.items()
            if key is not None
        }
        return PersonCipher(person, keys)

    def blind_index(self, pool: Pool, column: Column | Literal["person"], value: str) -> bytes:
        """The bytes by which a normalised value is found in its column of a pool."""
        bound = f"{TABLE}.{column}\0{pool.centre_id}\0{pool.origin}\0{value}"
        return self._keys.hmac_sha256(EXPERTS_INDEX_KEY, bound.encode())[:INDEX_BYTES]

    def index_all(self, pool: Pool, identity: Identity) -> dict[str, bytes | None]:
        """The ``_index`` columns of a person."""
        return {
            f"{column}_index": None if value is None else self.blind_index(pool, column, value)
            for column, value in zip(IDENTITY, identity, strict=True)
            if column in INDEXED
        }

    def person_token(self, pool: Pool, identity: Identity) -> bytes | None:
        """What the roster says instead of an identity number, so that nobody stands on it twice; None without one."""
        return None if identity.id_number is None else self.blind_index(pool, "person", identity.id_number)


def mask_name(name: str) -> str:
    """张三丰 -> 张**: the first character, and two stars however long the name is."""
    return f"{name[:1]}**"


def mask_id_number(number: str) -> str:
    """4301**********1234: the first four and the last four of eighteen."""
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def mask_phone(phone: str) -> str:
    """138****5678."""
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def mask_account(account: str) -> str:
    """**** 1234: the last four digits of a bank account."""
    return f"**** {account[-4:]}"


def _wrap_context(part: Part, person: str) -> bytes:
    return f"expert_keys.{part}:{person}".encode()
