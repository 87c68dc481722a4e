"""Comparing a bank's statement with our payments: taken by the web process, sealed, compared by the vault.

The file itself is not kept. The same file again is recognised; the same line again, in another file, changes nothing.
"""

import json
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import SESSIONS_KEY, VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.errors import VaultKeyMissing
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.invitations.parts import Desk
from expertpool.payouts.errors import StatementKnown
from expertpool.payouts.events import StatementCompared, StatementTaken
from expertpool.payouts.models import BankStatement, StatementLines
from expertpool.payouts.outcomes import Said
from expertpool.payouts.provider import Outcome, Reason
from expertpool.payouts.settling import Learnt, Source, Told, learn_of
from expertpool.payouts.statements import Statement, StatementLine
from expertpool.protocol.envelope import seal_to
from expertpool.sealing.queries import vault_key
from ledger.canonical import canonical

RECONCILE: Final = "payout.reconcile"
COMPARE: Final = "payouts.compare"
"""The vault's job: ``{"statement": id}``."""
INFO: Final = b"expertpool/payment/statement/v1\n"
LINE_BYTES: Final = 256
_DIGEST: Final = b"bank statement\n"


class DigestKeys(Protocol):
    """The part of the service's key store that makes a file known again without telling what is in it."""

    def hmac_sha256(self, name: str, message: bytes) -> bytes: ...


def import_statement(
    tx: Transaction, keys: DigestKeys, centre_id: str, *, content: bytes, statement: Statement
) -> BankStatement:
    """Take a statement that was read, and have the vault compare it. Raises `NotPermitted`, `StatementKnown`."""
    centre = tx.session.get(Centre, centre_id)
    require(tx, RECONCILE, Target() if centre is None else target_of(tx.session, centre))
    digest = keys.hmac_sha256(SESSIONS_KEY, _DIGEST + content)
    of_file = (BankStatement.centre_id == centre_id, BankStatement.digest == digest)
    if (known := tx.session.scalars(select(BankStatement).where(*of_file)).first()) is not None:
        raise StatementKnown(f"{known.taken:%Y-%m-%d}")
    row = BankStatement(
        centre_id=centre_id,
        digest=digest,
        lines=len(statement.lines),
        taken=tx.now,
        taken_by=tx.actor,
        matched=0,
        known=0,
        differences=0,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.session.add(StatementLines(statement_id=row.id, sealed=_sealed(tx.session, row.id, statement)))
    tx.enqueue(COMPARE, {"statement": row.id})
    tx.record(StatementTaken(centre=centre_id, statement=row.id, lines=row.lines, digest=sha256(content).hexdigest()))
    return row


def comparer(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that compares a statement's lines, each as a report of the bank."""

    def compare(tx: Transaction, job: Job) -> None:
        row = tx.session.get_one(BankStatement, job.args["statement"], with_for_update=True, populate_existing=True)
        lines = tx.session.get(StatementLines, row.id)
        if lines is None:
            return
        found = Counter(learn_of(tx, desk, told) for told in _opened(desk, row, lines.sealed))
        row.matched, row.known, row.differences = (found[each] for each in Learnt)
        row.compared = tx.now
        tx.session.delete(lines)
        tx.record(
            StatementCompared(
                centre=row.centre_id,
                statement=row.id,
                matched=row.matched,
                known=row.known,
                differences=row.differences,
            )
        )
        tx.session.flush()
        crash_point("payout.learnt")

    return compare


def visible_statements(session: Session, caller: Caller) -> list[BankStatement]:
    """The statements that were imported where the caller may reconcile, the newest first."""
    rows = session.scalars(select(BankStatement).order_by(BankStatement.taken.desc(), BankStatement.id))
    return [row for row in rows if may(caller, RECONCILE, target_of(session, session.get_one(Centre, row.centre_id)))]


def _sealed(session: Session, statement_id: str, statement: Statement) -> bytes:
    public = vault_key(session)
    if public is None:
        raise VaultKeyMissing
    plain = canonical([_plain(line) for line in statement.lines]).ljust(LINE_BYTES * (1 + len(statement.lines)))
    return seal_to(public, INFO + statement_id.encode(), plain)


def _plain(line: StatementLine) -> list[str | int | None]:
    reason = line.reason and line.reason.value
    return [line.row, line.payment, line.outcome.value, line.amount, line.at.isoformat(), line.reference, reason]


def _opened(desk: Desk, row: BankStatement, sealed: bytes) -> list[Told]:
    lines = json.loads(desk.parts.keys.open_hpke(VAULT_BOX, sealed, INFO + row.id.encode()))
    return [
        Told(
            payment,
            Said(Outcome(outcome), amount, reference),
            reason and Reason(reason),
            Source.STATEMENT,
            centre=row.centre_id,
            statement=row.id,
            line=number,
        )
        for number, payment, outcome, amount, _, reference, reason in lines
    ]
