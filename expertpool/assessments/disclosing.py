"""What opens the ledger's commitments to somebody's result: the images of the rows, with their places in the entries.

An entry commits to the salted image of every row that its act changed (docs/spec/ledger.md), so an expert who holds the
images of the own rows shows what was recorded and when, and nothing of anybody else. See docs/adr/ on why entries about
people need no batch of their own.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from expertpool.assessments.models import Amendment, Appeal, Case, Mark, Notice, Result
from expertpool.core.ledger_tables import LedgerImage
from expertpool.core.rows import LedgeredRow, row_key
from ledger.memory import Tree
from ledger.merkle import inclusion_proof

MOST: Final = 40
"""Images in one answer, the newest."""


def disclosures(session: Session, session_id: str, subject: int) -> list[dict[str, Any]]:
    """The images of everything about a subject: marks, result, amendment, notices, cases, appeal; by entry."""
    rows = list(_rows(session, session_id, subject))
    places = or_(
        *((LedgerImage.row_table == row.__tablename__) & (LedgerImage.row_key == row_key(row)) for row in rows)
    )
    kept = LedgerImage.data.is_not(None)
    images = session.scalars(
        select(LedgerImage).where(places, kept).order_by(LedgerImage.entry, LedgerImage.position)
    ).all()
    return [_disclosed(session, image) for image in images[-MOST:]]


def _rows(session: Session, session_id: str, subject: int) -> Iterator[LedgeredRow]:
    for model in (Mark, Result, Amendment, Notice, Case, Appeal):
        yield from session.scalars(select(model).filter_by(session_id=session_id, subject=subject))


def _disclosed(session: Session, image: LedgerImage) -> dict[str, Any]:
    leaves = session.scalars(
        select(LedgerImage.leaf).where(LedgerImage.entry == image.entry).order_by(LedgerImage.position)
    )
    tree = Tree()
    for leaf in leaves:
        tree.append_hash(leaf)
    proof = inclusion_proof(image.position, tree.size, tree.node)
    return {
        "entry": image.entry,
        "position": image.position,
        "count": tree.size,
        "image": (image.data or b"").decode(),
        "proof": [each.hex() for each in proof],
    }
