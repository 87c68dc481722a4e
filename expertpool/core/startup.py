"""What every process checks before it serves: the database is not behind what outsiders, or the signer, have seen.

The signer hashes all entries again when it starts; the others compare sizes and stored hashes, which is quick and
enough to refuse a restored backup.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect

from expertpool.core.errors import Unavailable
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerHead
from expertpool.core.mark import read_mark
from expertpool.core.signer import Rewritten, RolledBack
from ledger.checkpoint import parse_signed_checkpoint
from ledger.merkle import frontier_at
from ledger.store import nodes_of


class NotInitialised(Unavailable):
    code = "startup.not-initialised"
    zh = "数据库尚未初始化。请先运行 expertpool init。"
    en = "The database is not initialised. Run expertpool init first."


def refuse_rollback(engine: Engine, mark: Path, cosigned: Path) -> None:
    """Raise RolledBack or Rewritten when the database is not an extension of the mark and of the last cosigned
    checkpoint (both files outside the database); NotInitialised when there is no ledger; DamagedMark without a mark.
    """
    if not inspect(engine).has_table(LedgerHead.__tablename__):
        raise NotInitialised
    log = SqlLog(engine)
    head = log.head()
    seen = read_mark(mark)
    known = [(seen.size, seen.root())]
    if cosigned.exists():
        signed = parse_signed_checkpoint(cosigned.read_bytes())
        known.append((signed.size, signed.root))
    for size, root in known:
        if head.size < size:
            raise RolledBack(head.size, size)
        if frontier_at(size, nodes_of(log, head.size)).root() != root:
            raise Rewritten(size)
