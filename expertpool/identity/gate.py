"""Identity's answer to the web: who sent a request, and what the permission table says of them."""

from typing import cast

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transactions
from expertpool.identity import browsers, scoped_tokens
from expertpool.identity.attempts import DOOR
from expertpool.identity.models import Actor
from expertpool.identity.permissions import PERMISSIONS, Caller, has_verb
from expertpool.identity.queries import caller_by_token
from expertpool.identity.roles import LABELS
from expertpool.web import access, edge


class PermissionGate:
    """The ``web.edge.Gate`` over accounts and the permission table. Asked afresh for every request."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._engine: Engine = transactions.engine.execution_options(**READ_ONLY)

    def identify(self, token: str) -> Caller | None:
        now = self._transactions.clock.now()
        with Session(self._engine) as session:
            found = caller_by_token(session, token) or scoped_tokens.caller_by_token(session, token, now)
            unused = found is not None and scoped_tokens.is_unused_today(session, found, now)
        if found is not None and unused:
            with self._transactions.begin(DOOR) as tx:
                scoped_tokens.note_use(tx, found)
        return found

    def recall(self, secret: str, *, in_use: bool) -> edge.Visit | None:
        now = self._transactions.clock.now()
        with Session(self._engine) as session:
            row = browsers.find(session, secret, now)
            actor = session.get(Actor, row.actor_id) if row else None
        if row is None or actor is None or not actor.active:
            return None
        if in_use and now - row.seen >= browsers.NOTED_EVERY:
            with self._transactions.begin(DOOR) as tx:
                browsers.touch(tx, row.id)
        return edge.Visit(actor.as_caller(), row.id, row.confirmed, actor.code, LABELS[actor.role])

    def admits(self, caller: edge.Caller, verb: str) -> bool:
        return has_verb(cast(Caller, caller).role, verb)

    def covers(self, caller: edge.Caller, verb: str) -> bool:
        return cast(Caller, caller).covers(verb)

    def knows(self, verb: str) -> bool:
        return verb in PERMISSIONS


def caller() -> Caller:
    """Whoever sent the present request."""
    return cast(Caller, access.caller())
