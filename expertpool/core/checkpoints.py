"""Signed checkpoints in the database: published by the signer, waited for by whoever acknowledges an act."""

import time
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Engine, insert, select, update

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import Unavailable
from expertpool.core.faults import crash_point
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerCheckpoint
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.entry import Entry
from ledger.errors import Refused
from ledger.note import Signature
from ledger.policy import Policy
from ledger.receipt import Receipt, make_receipt
from ledger.store import nodes_of

_COVERING = (
    select(LedgerCheckpoint.size, LedgerCheckpoint.note).order_by(LedgerCheckpoint.size.desc()).limit(1)
)  # the newest: when it does not cover an entry, none does

_NEWEST = 300
_SIGNATURE = "\n— ".encode()


class NotYetSigned(Unavailable):
    """The act is recorded; only its receipt is late."""

    code = "ledger.not-yet-signed"
    zh = "操作已登记为账本第 {index} 条，但签名进程暂未应答，回执稍后可在账本页取得。请勿重复提交。"
    en = "Recorded as entry {index}, but the signer has not answered; fetch its receipt later; do not repeat it."
    index: int


def publish(connection: Connection, signed: SignedCheckpoint, at: datetime) -> None:
    """Make a checkpoint visible; publishing the same size again changes nothing (signatures are deterministic)."""
    known = connection.execute(select(LedgerCheckpoint.size).where(LedgerCheckpoint.size == signed.size)).scalar()
    if known is None:
        row = {"size": signed.size, "note": signed.to_bytes(), "signed_at": at}
        connection.execute(insert(LedgerCheckpoint), row)


def add_cosignatures(connection: Connection, size: int, signatures: list[Signature]) -> None:
    """Add verified cosignatures to the stored checkpoint of that size; of each key the first stays."""
    at = LedgerCheckpoint.size == size
    stored = connection.execute(select(LedgerCheckpoint.note).where(at).with_for_update()).scalar_one()
    note = parse_signed_checkpoint(stored).note
    known = {(signature.name, signature.key_id) for signature in note.signatures}
    note = note.adding(made for made in signatures if (made.name, made.key_id) not in known)
    connection.execute(update(LedgerCheckpoint).where(at).values(note=note.to_bytes()))


def latest(engine: Engine) -> SignedCheckpoint | None:
    """The newest checkpoint, or None before the first."""
    with engine.execution_options(**READ_ONLY).connect() as connection:
        row = connection.execute(_COVERING).first()
    return None if row is None else parse_signed_checkpoint(row.note)


def covering(engine: Engine, index: int) -> list[SignedCheckpoint]:
    """Checkpoints that cover entry ``index``, the newest first, with the cosignatures that have come in.

    The newest few hundred: an older one that a quorum cosigned is followed by others within seconds.
    """
    wanted = select(LedgerCheckpoint.note).where(LedgerCheckpoint.size > index)
    wanted = wanted.order_by(LedgerCheckpoint.size.desc()).limit(_NEWEST)
    with engine.execution_options(**READ_ONLY).connect() as connection:
        return [parse_signed_checkpoint(note) for note in connection.scalars(wanted)]


def witnessed(engine: Engine, policy: Policy) -> int:
    """The size of the newest checkpoint that a quorum cosigned, of the newest few hundred; 0 where there is none.

    Most have no cosignature at all: agents come when they please, the signer every few milliseconds.
    """
    newest = select(LedgerCheckpoint.note).order_by(LedgerCheckpoint.size.desc()).limit(_NEWEST)
    with engine.execution_options(**READ_ONLY).connect() as connection:
        for note in connection.scalars(newest):
            if (policy.needs_nobody or note.count(_SIGNATURE) > 1) and _has_quorum(policy, note):
                return parse_signed_checkpoint(note).size
    return 0


@lru_cache(maxsize=256)
def _has_quorum(policy: Policy, note: bytes) -> bool:
    """Whether a stored checkpoint has one; what the policy does not know, or finds wrong, has none.

    Judged once: everybody who waits for the cosigners asks again and again of the same newest checkpoint.
    """
    try:
        return policy.judge(parse_signed_checkpoint(note)).quorum
    except Refused:
        return False


def wait_until_covered(engine: Engine, index: int, timeout_s: float) -> SignedCheckpoint:
    """Return a checkpoint that covers entry ``index``; raises NotYetSigned after ``timeout_s`` seconds.

    Polls, from 1 ms up to 16 ms apart and always soon compared with the time already waited: the signer follows within
    milliseconds and may be on another host.
    """
    engine = engine.execution_options(**READ_ONLY)
    deadline = time.monotonic() + timeout_s
    pause = 0.001
    while True:
        with engine.connect() as connection:
            row = connection.execute(_COVERING).first()
        if row is not None and row.size > index:
            return parse_signed_checkpoint(row.note)
        if time.monotonic() >= deadline:
            raise NotYetSigned(index)
        time.sleep(pause)
        pause = min(1.25 * pause, 0.016)


def acknowledge(engine: Engine, entry: Entry, timeout_s: float) -> Receipt:
    """Wait until a checkpoint covers ``entry`` and return its receipt; raises NotYetSigned."""
    return receipt_at(engine, entry.index, timeout_s)


def receipt_at(engine: Engine, index: int, timeout_s: float) -> Receipt:
    """As ``acknowledge``, for an entry of which only the index is known; raises NotYetSigned, also if there is none."""
    crash_point("ack.before-wait")
    signed = wait_until_covered(engine, index, timeout_s)
    crash_point("ack.after-wait")
    log = SqlLog(engine)
    receipt = make_receipt(log.entries(index, index + 1)[0], index, signed, nodes_of(log, signed.size))
    crash_point("ack.before-reply")
    return receipt
