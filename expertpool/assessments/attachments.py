"""Files for an appeal: PDF or picture by their content, sealed before they are kept, under a name that tells nothing.

A file comes in before the appeal that it is for, because the line to the vault carries no files; what no appeal was
filed with is deleted after a day.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertpool.assessments.case_errors import FileUnusable, NoSuchFile
from expertpool.assessments.models import Attachment
from expertpool.core.ids import new_id
from expertpool.core.keyrings import SESSIONS_KEY
from expertpool.core.transaction import Transaction
from expertpool.sessions.notes import NoteKeys

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_FILES: Final = 5
UNUSED: Final = timedelta(days=1)
SIGNATURES: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
"""How the content begins of what is taken; a name or a stated type is never asked."""


def media_type(content: bytes) -> str | None:
    """What a file is by its content; None for what is not taken."""
    return next((media for begins, media in SIGNATURES.items() if content.startswith(begins)), None)


def keep(tx: Transaction, keys: NoteKeys, content: bytes) -> Attachment:
    """Keep a file sealed until an appeal is filed with it. Raises `FileUnusable`."""
    media = media_type(content)
    if media is None or len(content) > MOST_BYTES:
        raise FileUnusable(MOST_BYTES // 1024 // 1024, field="file")
    stale = (Attachment.appeal_id.is_(None), Attachment.uploaded <= tx.now - UNUSED)
    tx.session.execute(delete(Attachment).where(*stale))
    number = new_id("att")
    row = Attachment(
        id=number,
        media=media,
        digest=sha256(content).hexdigest(),
        sealed=keys.seal(SESSIONS_KEY, content, _bound(number)),
        uploaded=tx.now,
    )
    tx.session.add(row)
    return row


def take(tx: Transaction, appeal_id: str, files: Sequence[str]) -> list[str]:
    """Give files to an appeal; returns their digests in this order. Raises `NoSuchFile`."""
    rows = [tx.session.get(Attachment, number, with_for_update=True) for number in files]
    free = [row for row in rows if row is not None and row.appeal_id is None]
    if len(free) != len(set(files)) or len(files) > MOST_FILES:
        raise NoSuchFile(MOST_FILES, field="files")
    for row in free:
        row.appeal_id = appeal_id
    return [row.digest for row in free]


def files_of(session: Session, appeal_id: str) -> Sequence[Attachment]:
    """The files of an appeal, by name."""
    found = select(Attachment).where(Attachment.appeal_id == appeal_id)
    return session.scalars(found.order_by(Attachment.id)).all()


def opened(keys: NoteKeys, row: Attachment) -> bytes:
    """A file's content. Raises `SealBroken` for one that was altered."""
    return keys.open(SESSIONS_KEY, row.sealed, _bound(row.id))


def _bound(number: str) -> bytes:
    return f"{Attachment.__tablename__}:{number}".encode()
