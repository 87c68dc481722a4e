"""What the vault answers finance about batches of payments, over its line (`payouts.verbs.EXPORT`)."""

from collections.abc import Mapping
from typing import Any

from expertpool.core.vault_line import QuestionMalformed, Verb
from expertpool.draws.parts import Parts
from expertpool.payouts import verbs
from expertpool.payouts.exporting import Sheet, hand_out, packed
from expertpool.payouts.pain001 import Debtor
from expertpool.vault.listener import Handler


class PaymentFiles:
    """The handler of the one act in which names and accounts leave the vault."""

    def __init__(self, parts: Parts, debtor: Debtor | None) -> None:
        """``debtor`` is the centre's own account, from which it disburses; None where it has none set."""
        self._parts = parts
        self._debtor = debtor

    def by_verb(self) -> dict[Verb, Handler]:
        """The list."""
        return {verbs.EXPORT: self.export}

    def export(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The file, handed out in the name of the account that asks; each time is an entry."""
        if given["sheet"] not in set(Sheet):
            raise QuestionMalformed
        with self._parts.transactions.begin(given["actor"]) as tx:
            file = hand_out(tx, self._parts, given["batch"], Sheet(given["sheet"]), self._debtor)
        return packed(file)
