"""A candidate table at rest: in parts of one size, sealed under the vault's key, compared with the intent when read."""

import json
import zlib
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.candidates import Counted, Made
from expertpool.draws.keeping import VaultKeys
from expertpool.draws.models import TablePart
from expertpool.protocol.decisions import read_extra
from expertpool.protocol.table import Table

PART: Final = 4 * 1024 * 1024


def sealed_parts(keys: VaultKeys, draw_id: str, made: Made) -> list[bytes]:
    """The table's parts, sealed: slow work, done before the transaction that keeps them begins."""
    data = _packed(made)
    padded = (len(data).to_bytes(8, "big") + data).ljust(-(-(len(data) + 8) // PART) * PART, b"\x00")
    return [
        keys.seal(VAULT_KEY, padded[at : at + PART], _context(draw_id, at // PART))
        for at in range(0, len(padded), PART)
    ]


def keep_table(tx: Transaction, draw_id: str, parts: list[bytes]) -> None:
    """Keep a draw's table."""
    for number, part in enumerate(parts):
        tx.session.add(TablePart(draw_id=draw_id, number=number, sealed=part))
        tx.session.flush()
        crash_point("draw.part-written")


def stored_table(session: Session, keys: VaultKeys, draw_id: str) -> Made:
    """The table of a draw. Raises `SealBroken`, `Malformed`."""
    data = b"".join(_opened(session, keys, draw_id))
    return _unpacked(data[8 : 8 + int.from_bytes(data[:8], "big")])


def _opened(session: Session, keys: VaultKeys, draw_id: str) -> Iterator[bytes]:
    parts = select(TablePart).where(TablePart.draw_id == draw_id).order_by(TablePart.number)
    for part in session.scalars(parts):
        yield keys.open(VAULT_KEY, part.sealed, _context(draw_id, part.number))


def _packed(made: Made) -> bytes:
    header = {
        "counted": [made.counted.matching, made.counted.eligible, made.counted.recused],
        "extras": {expert: extra.plain() for expert, extra in made.extras.items()},
        "per_line": sorted(made.counted.per_line.items()),
        "size": made.roster_size,
    }
    people = "\n".join(made.experts)
    groups = json.dumps(made.groups, ensure_ascii=False, separators=(",", ":"))
    pieces = [
        json.dumps(header, ensure_ascii=False).encode(),
        made.table.data,
        b"".join(made.roster_leaves),
        people.encode(),
        groups.encode(),
    ]
    return b"".join(len(piece).to_bytes(8, "big") + piece for piece in map(_pressed, pieces))


def _unpacked(data: bytes) -> Made:
    pieces, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "big")
        pieces.append(zlib.decompress(data[at + 8 : at + 8 + length]))
        at += 8 + length
    header, rows, leaves, people, groups = pieces
    said = json.loads(header)
    matching, eligible, recused = said["counted"]
    return Made(
        table=Table(rows),
        experts=people.decode().split("\n") if people else [],
        roster_leaves=[leaves[at : at + 32] for at in range(0, len(leaves), 32)],
        groups=[tuple((kind, name) for kind, name in each) for each in json.loads(groups)],
        extras={expert: read_extra(extra) for expert, extra in said["extras"].items()},
        roster_size=said["size"],
        counted=Counted(matching, eligible, dict(said["per_line"]), recused),
    )


def _pressed(piece: bytes) -> bytes:
    return zlib.compress(piece, 1)


def _context(draw_id: str, number: int) -> bytes:
    return f"draw_table_parts:{draw_id}/{number}".encode()
