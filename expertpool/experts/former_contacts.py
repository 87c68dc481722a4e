"""How experts were reached before they were amended, so that nobody redirects a draw's calls after asking for it.

A drawn seat uses the contact that was ledgered before the request (docs/adr/0021). Amendments keep what they replace,
for longer than any draw takes from its submission to its last vacancy.

Public: `keep`, `forget`, `sweep`.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.experts.models import Expert, FormerContact

KEPT_FOR: Final = timedelta(days=180)


def keep(tx: Transaction, expert: Expert) -> None:
    """Keep how an expert is reached now, as a part of the act that is about to replace it."""
    tx.session.add(FormerContact(expert_id=expert.id, until=tx.now, phone_sealed=expert.phone_sealed))


def forget(session: Session, expert_id: str) -> None:
    """Forget all that an expert was ever reached by: the erasure of a contact."""
    session.execute(delete(FormerContact).where(FormerContact.expert_id == expert_id))


def sweep(engine: Engine, now: datetime) -> None:
    """Forget what no draw asks for any more."""
    with Session(engine) as session, session.begin():
        session.execute(delete(FormerContact).where(FormerContact.until < now - KEPT_FOR))
