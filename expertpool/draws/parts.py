"""What the vault's modules work with, handed to them by the process that composes it (``expertpool.vault``)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Engine

from expertpool.core.settings import DrawSettings
from expertpool.core.transaction import Transactions
from expertpool.draws.keeping import VaultKeys
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.protection import Keys as PersonKeys
from expertpool.protocol.beacon import Round
from expertpool.protocol.intent import Beacon
from ledger.policy import Policy

VAULT: Final = "svc:vault"
"""Who acts by rule in the ledger."""

BeaconSource = Callable[[Beacon], Round | None]
"""A declared round, verified; None while it is not due or cannot be had."""


class ServiceKeys(PersonKeys, Protocol):
    """The part of the service's key store that the vault needs: identities, and who was named for recusal."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The vault. ``policy`` says who must have cosigned; without one no outside agent is ever asked."""

    engine: Engine
    transactions: Transactions
    keys: VaultKeys
    service_keys: ServiceKeys
    settings: DrawSettings
    policy: Policy | None
    beacon: BeaconSource

    def pool(self, centre_id: str) -> Pool:
        """The pool that a centre draws from."""
        return Pool(centre_id, Origin(self.settings.origin))
