"""The signer: follows the ledger and signs checkpoints. A process of its own, with the log key and nothing else.

Order, and why: hash the new entries' own bytes onto the mark's tree, compare with the stored head, write the mark,
sign, publish. A crash after the mark and before publication repeats the last two; Ed25519 signs deterministically, so
the same tree gets the same note. It never signs a tree that is smaller than the mark or does not extend it.
"""

import time
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy import Engine

from expertpool.core import checkpoints
from expertpool.core.clock import Clock
from expertpool.core.database import DatabaseBusy, DatabaseDown
from expertpool.core.errors import Conflict
from expertpool.core.faults import crash_point
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_watch import LedgerWatch
from expertpool.core.mark import read_mark, write_mark
from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.merkle import Frontier, leaf_hash
from ledger.note import NoteSigner

READ_AT_ONCE = 1024
TROUBLE_PAUSE_S = 1.0

log = structlog.get_logger("signer")


class RolledBack(Conflict):
    code = "signer.rolled-back"
    zh = (
        "数据库只有 {size} 个账本条目，而签名进程已签过 {mark} 个：数据库被恢复到过去或被截短。"
        "已停止服务；请恢复完整的数据库，不要删除高水位文件。"
    )
    en = (
        "The database holds {size} ledger entries, but {mark} were signed: it was restored from the past or cut short. "
        "Service is refused; restore the complete database and leave the mark file alone."
    )
    size: int
    mark: int


class Rewritten(Conflict):
    code = "signer.rewritten"
    zh = "账本前 {size} 个条目与已签署的树不一致：数据库中的条目被改写。已停止服务，请通知审计人员。"
    en = "The first {size} ledger entries are not the signed ones: the database was rewritten. Service is refused."
    size: int


class Signer:
    """Signs what was appended since the mark. One per log: two would only repeat each other's notes."""

    def __init__(self, engine: Engine, clock: Clock, key: NoteSigner, mark: Path) -> None:
        self._engine = engine
        self._log = SqlLog(engine)
        self._clock = clock
        self._key = key
        self._mark = mark
        self._signed = read_mark(mark)
        self._published = -1

    def check(self) -> None:
        """Refuse a database that is behind the mark or differs below it; publish what a crash left unpublished."""
        check_against_mark(self._log, self._signed)
        self._publish(self._signed)

    def step(self) -> int:
        """Sign the tree as it stands if it has grown; returns how many entries are newly covered."""
        head = self._log.head()
        crash_point("signer.read")
        if head.size == self._signed.size:
            if self._published != head.size:  # the database failed after the mark was written
                self._publish(self._signed)
            return 0
        if head.size < self._signed.size:
            raise RolledBack(head.size, self._signed.size)
        tree = self._extend(head)
        crash_point("signer.before-mark")
        write_mark(self._mark, tree)
        crash_point("signer.after-mark")
        grown, self._signed = tree.size - self._signed.size, tree
        self._publish(tree)
        crash_point("signer.after-publish")
        return grown

    def run(self, poll_ms: int, stopped: Callable[[], bool]) -> None:
        """Follow the ledger until ``stopped``; one signature covers whatever has arrived meanwhile.

        A database or a disk that fails for a while is waited for; nothing is signed meanwhile.
        """
        self.check()
        log.info("signer.started", size=self._signed.size)
        watch = LedgerWatch(self._engine)
        behind = True
        while not stopped():
            try:
                behind = behind or watch.moved()
                if behind:
                    behind = self.step() > 0
                else:
                    time.sleep(poll_ms / 1000)
            except (DatabaseBusy, DatabaseDown, OSError) as error:
                log.error("signer.waiting", reason=getattr(error, "code", type(error).__name__))  # noqa: TRY400
                behind = True
                time.sleep(TROUBLE_PAUSE_S)
        watch.close()
        log.info("signer.stopped", size=self._signed.size)

    def _extend(self, head: Frontier) -> Frontier:
        tree = self._signed.copy()
        while tree.size < head.size:
            end = min(tree.size + READ_AT_ONCE, head.size)
            entries = self._log.entries(tree.size, end)
            if tree.size + len(entries) != end:
                raise Rewritten(end)
            for data in entries:
                tree.append(leaf_hash(data))
        if tree.nodes != head.nodes:
            raise Rewritten(head.size)
        return tree

    def _publish(self, tree: Frontier) -> None:
        signed = self._sign(tree)
        crash_point("signer.before-publish")
        with self._engine.begin() as connection:
            checkpoints.publish(connection, signed, self._clock.now())
        self._published = signed.size

    def _sign(self, tree: Frontier) -> SignedCheckpoint:
        return sign_checkpoint(Checkpoint(self._key.key.name, tree.size, tree.root()), self._key)


def check_against_mark(log: SqlLog, mark: Frontier) -> None:
    """Compare the database with the mark, hashing the entries' own bytes; raises RolledBack or Rewritten.

    Reads every entry below the mark once, at start-up: about a second for 100,000 entries.
    """
    head = log.head()
    if head.size < mark.size:
        raise RolledBack(head.size, mark.size)
    tree = Frontier()
    while tree.size < mark.size:
        entries = log.entries(tree.size, min(tree.size + READ_AT_ONCE, mark.size))
        if not entries:
            raise Rewritten(mark.size)
        for data in entries:
            tree.append(leaf_hash(data))
    if tree.nodes != mark.nodes:
        raise Rewritten(mark.size)
