"""The rows that the bidders strike, at rest: a bit for each row of the table, sealed.

They are compared with the ledger when they are read. How long it is follows from the table alone, whoever is struck.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.candidates import Made
from expertpool.draws.errors import StruckAltered
from expertpool.draws.keeping import VaultKeys, secrets_of
from expertpool.draws.models import BidderList, StruckRows
from expertpool.protocol.bidders import struck_digest, struck_salt

UNIT: Final = 64 * 1024
"""Sealed at a multiple of this: one for half a million rows."""


def keep_strikes(tx: Transaction, keys: VaultKeys, draw_id: str, size: int, rows: Iterable[int]) -> None:
    """Keep which rows of a table of this size are struck."""
    bits = bytearray(max(1, -(-size // (8 * UNIT))) * UNIT)
    for row in rows:
        bits[row // 8] |= 1 << row % 8
    tx.session.add(StruckRows(draw_id=draw_id, sealed=keys.seal(VAULT_KEY, bytes(bits), _context(draw_id))))


def rows_struck(session: Session, keys: VaultKeys, draw_id: str, made: Made) -> tuple[frozenset[int], int]:
    """The struck rows, and after how many vacancies; none before the list was opened.

    Raises `StruckAltered`, `SealBroken`.
    """
    noted = session.get(BidderList, draw_id)
    if noted is None or noted.vacancies is None:
        return frozenset(), 0
    bits = keys.open(VAULT_KEY, session.get_one(StruckRows, draw_id).sealed, _context(draw_id))
    rows = [row for row in range(len(made.table)) if bits[row // 8] >> row % 8 & 1]
    salt = struck_salt(secrets_of(session, keys, draw_id).table_key)
    if struck_digest(salt, map(made.table.leaf, rows)).hex() != noted.struck:
        raise StruckAltered
    return frozenset(rows), noted.vacancies


def _context(draw_id: str) -> bytes:
    return f"draw_struck_rows:{draw_id}".encode()
