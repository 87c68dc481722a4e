"""What the vault answers an expert about the own payouts, over its line (`payouts.verbs`).

``proof`` is an answer code or a sign-in's token. Somebody else's payout is refused like one that there is not.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.vault_line import Verb
from expertpool.draws.parts import VAULT
from expertpool.invitations.desk_errors import CodeRefused
from expertpool.invitations.parts import Desk
from expertpool.payouts import agreeing, own, verbs
from expertpool.payouts.errors import NoSuchPayout
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.own import Recent
from expertpool.vault import sign_ins
from expertpool.vault.attempts import Attempts
from expertpool.vault.listener import Handler

Given = Mapping[str, Any]
TOKEN: Final = "exs_"  # noqa: S105 -- how a sign-in's token begins


class OwnPayouts:
    """The handlers of the verbs about one's own payouts."""

    def __init__(self, desk: Desk, attempts: Attempts) -> None:
        self._desk = desk
        self._parts = desk.parts
        self._attempts = attempts

    def by_verb(self) -> dict[Verb, Handler]:
        """The list."""
        return {verbs.LOOK: self.look, verbs.AGREE: self.agree, verbs.OBJECT: self.object}

    def look(self, given: Given) -> dict[str, Any]:
        """What somebody is due; nothing yet for whoever's committee has not ended."""
        with self._attempts.watched(given["source"]), self._reading() as session:
            read = own.recent(session, self._parts.keys, self._now())
            found = self._own(session, read, given["proof"])
            keys, service_keys = self._parts.keys, self._parts.service_keys
            return {"payouts": own.shown(keys, service_keys, read, found, self._now())}

    def agree(self, given: Given) -> dict[str, Any]:
        """Nothing."""
        elsewhere = {"gross": given["elsewhere"], "withheld": given["withheld"]}
        with self._owning(given), self._parts.transactions.begin(VAULT) as tx:
            agreeing.agree(tx, self._parts.keys, given["payout"], **elsewhere)
        return {}

    def object(self, given: Given) -> dict[str, Any]:
        """Nothing."""
        with self._owning(given), self._parts.transactions.begin(VAULT) as tx:
            agreeing.object_to(tx, self._parts.service_keys, given["payout"], reason=given["reason"])
        return {}

    @contextmanager
    def _owning(self, given: Given) -> Iterator[None]:
        """Refuse whoever has no such payout."""
        with self._attempts.watched(given["source"]):
            with self._reading() as session:
                read = own.recent(session, self._parts.keys, self._now())
                found = {payout.id for payout, _ in self._own(session, read, given["proof"])}
            if given["payout"] not in found:
                raise NoSuchPayout
            yield

    def _own(self, session: Session, read: Recent, proof: str) -> list[tuple[Payout, PaymentOrder]]:
        """Raises `CodeRefused`, `SignedOut`."""
        if proof.startswith(TOKEN):
            return read.of_experts(sign_ins.holder(session, self._parts.keys, proof, self._now()).experts)
        found = read.of_code(proof)
        if found is None and self._desk.seated.find(session, proof) is None:
            raise CodeRefused
        return found or []

    def _now(self) -> datetime:
        return self._desk.clock.now()

    def _reading(self) -> Session:
        return Session(self._parts.engine.execution_options(**READ_ONLY))
