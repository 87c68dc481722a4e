"""Puts the vault's parts together, for whoever acts as the vault on its host: its process, or an export.

This module loads what a draw needs; import it when it is used.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from expertpool.cli.opening import open_installation
from expertpool.core.clock import Clock
from expertpool.core.keyrings import open_service_keys, open_vault_keys
from expertpool.core.settings import Settings
from expertpool.core.transaction import Transactions
from expertpool.core.witness_policy import load_witness_policy
from expertpool.draws.parts import Parts
from expertpool.invitations.evening import Evening
from expertpool.invitations.gateways import open_gateways
from expertpool.invitations.parts import Desk
from expertpool.invitations.preflight import Patient
from expertpool.vault.beacon import DrandRelay


@contextmanager
def open_vault_parts(settings: Settings, clock: Clock) -> Iterator[Parts]:
    """The vault of an installation. Raises what opening its database, its keys and its witness policy raises."""
    engine = open_installation(settings)
    try:
        with open_vault_keys(settings) as keys, open_service_keys(settings) as service_keys:
            yield Parts(
                engine=engine,
                transactions=Transactions(engine, clock, keys),
                keys=keys,
                service_keys=service_keys,
                settings=settings.draws,
                policy=load_witness_policy(settings),
                beacon=DrandRelay(settings.draws.beacon_url, clock),
            )
    finally:
        engine.dispose()


@contextmanager
def open_desk(settings: Settings, clock: Clock) -> Iterator[Desk]:
    """The vault that calls experts, too. Raises what opening its parts and its gateways raises."""
    with open_vault_parts(settings, clock) as parts:
        yield Desk.open(parts, open_gateways(settings, clock), settings.invitations, settings.service.base_url)


def evening_of(settings: Settings, parts: Parts) -> Evening:
    """Who looks every evening at what tomorrow's sessions need. Raises what opening the gateways raises."""
    clock = parts.transactions.clock
    patient = Patient(settings, parts.engine, parts.policy, open_gateways(settings, clock), clock)
    return Evening(patient, parts.transactions)
