"""Identity's answer to the web: who sent a request, and what the permission table says of them."""

from typing import cast

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.identity.permissions import PERMISSIONS, Caller, has_verb
from expertpool.identity.queries import caller_by_token
from expertpool.web import access, edge


class PermissionGate:
    """The ``web.edge.Gate`` over accounts and the permission table. Asked afresh for every request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_ONLY)

    def identify(self, token: str) -> Caller | None:
        with Session(self._engine) as session:
            return caller_by_token(session, token)

    def admits(self, caller: edge.Caller, verb: str) -> bool:
        return has_verb(cast(Caller, caller).role, verb)

    def knows(self, verb: str) -> bool:
        return verb in PERMISSIONS


def caller() -> Caller:
    """Whoever sent the present request."""
    return cast(Caller, access.caller())
