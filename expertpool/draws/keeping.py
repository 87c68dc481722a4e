"""What the vault keeps under its own keys: the secrets of a draw, and its working copies of who took a seat.

Every kind of sealed thing is padded to one size and bound to its place, so that neither its length nor another place
for it tells anything.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.models import DrawSecret, LotKey, WorkingCopy

SMALL: Final = 1024
EVIDENCE: Final = 4096
_COPIES: Final = select(WorkingCopy.seat, WorkingCopy.vacancy, WorkingCopy.sealed).where(
    WorkingCopy.draw_id == bindparam("draw")
)


class VaultKeys(Protocol):
    """The part of the vault's key store that draws need."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes: ...

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes: ...

    def public_key(self, name: str) -> bytes: ...

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes: ...

    def hmac_sha256(self, name: str, message: bytes) -> bytes: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one draw: 32-byte keys, and the 16-byte salt of the request's commitment."""

    table_key: bytes
    request_salt: bytes
    lot_key: bytes


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who took a seat: the row of the table, how they are reached, and the code with which they answer.

    ``arrival_code`` (six digits) goes out with the confirmation; at the door it is matched together with the identity
    number. Both are empty in the copies of older versions.
    """

    row: int
    expert: str
    phone: str
    leaf: str
    roster_leaf: str
    answer_salt: str
    answer_code: str
    arrival_code: str = ""
    id_number: str = ""

    def __repr__(self) -> str:
        return "Occupant(...)"


def seal_padded(keys: VaultKeys, value: Any, context: str, size: int = SMALL) -> bytes:
    """Seal JSON at one size, bound to where it belongs. Raises ValueError when it is too long, which is our mistake."""
    text = json.dumps(value, ensure_ascii=False).encode()
    if len(text) > size - 4:
        raise ValueError(f"{len(text)} bytes do not fit into {size}")
    padded = (len(text).to_bytes(4, "big") + text).ljust(size, b"\x00")
    return keys.seal(VAULT_KEY, padded, context.encode())


def open_padded(keys: VaultKeys, sealed: bytes, context: str) -> Any:
    """Undo `seal_padded`. Raises `SealBroken`."""
    padded = keys.open(VAULT_KEY, sealed, context.encode())
    return json.loads(padded[4 : 4 + int.from_bytes(padded[:4], "big")])


def keep_secrets(tx: Transaction, keys: VaultKeys, draw_id: str, secrets: Secrets) -> None:
    """Keep what only the vault may know of a draw."""
    value = {name: part.hex() for name, part in asdict(secrets).items()}
    tx.session.add(DrawSecret(draw_id=draw_id, sealed=seal_padded(keys, value, f"draw_secrets:{draw_id}")))


def secrets_of(session: Session, keys: VaultKeys, draw_id: str) -> Secrets:
    """The secrets of a draw that has an intent."""
    value = open_padded(keys, session.get_one(DrawSecret, draw_id).sealed, f"draw_secrets:{draw_id}")
    return Secrets(**{name: bytes.fromhex(part) for name, part in value.items()})


def keep_lot_key(tx: Transaction, keys: VaultKeys, project_id: str, key: bytes) -> None:
    """Keep a project's lot key, unless it has one."""
    if tx.session.get(LotKey, project_id) is None:
        sealed = seal_padded(keys, key.hex(), f"draw_lot_keys:{project_id}")
        tx.session.add(LotKey(project_id=project_id, sealed=sealed))


def lot_key_of(session: Session, keys: VaultKeys, project_id: str) -> bytes | None:
    """A project's lot key; None before its first intent."""
    row = session.get(LotKey, project_id)
    return None if row is None else bytes.fromhex(open_padded(keys, row.sealed, f"draw_lot_keys:{project_id}"))


def keep_occupant(tx: Transaction, keys: VaultKeys, at: tuple[str, str, int], occupant: Occupant) -> None:
    """Keep who took a seat; ``at`` is draw, seat and vacancy (0: at first)."""
    draw, seat, vacancy = at
    sealed = seal_padded(keys, asdict(occupant), _place(draw, seat, vacancy))
    tx.session.add(WorkingCopy(draw_id=draw, seat=seat, vacancy=vacancy, sealed=sealed))


def occupants(session: Session, keys: VaultKeys, draw_id: str) -> dict[tuple[str, int], Occupant]:
    """Everyone who ever took a seat of a draw, by seat and vacancy."""
    rows = session.execute(_COPIES, {"draw": draw_id})
    return {(seat, vacancy): open_occupant(keys, (draw_id, seat, vacancy), sealed) for seat, vacancy, sealed in rows}


def open_occupant(keys: VaultKeys, at: tuple[str, str, int], sealed: bytes) -> Occupant:
    """Who took a seat; ``at`` is draw, seat and vacancy. Raises `SealBroken`."""
    return Occupant(**open_padded(keys, sealed, _place(*at)))


def _place(draw: str, seat: str, vacancy: int) -> str:
    return f"draw_working_copies:{draw}/{seat}/{vacancy}"
