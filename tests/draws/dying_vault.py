"""A vault in a process of its own, which dies where it is told to: the real code on the database of a test."""

import os
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.core.clock import FixedClock
from expertpool.core.database import open_engine
from expertpool.core.transaction import Transactions
from expertpool.draws.parts import Parts
from expertpool.invitations.file_gateway import FileGateway
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.parts import Desk
from expertpool.vault.process import Vault
from ledger.policy import parse_policy
from tests.draws.world import DrawWorld, MemoryVaultKeys
from tests.faults import children
from tests.faults.installation import SPAWN
from tests.service import MemoryKeys, make_settings

SPAWN.set_forkserver_preload(["tests.faults.children", "tests.draws.dying_vault"])
LEASE = timedelta(minutes=1)


@dataclass(frozen=True)
class Given:
    """What a process needs to be the vault of a test; the secrets are the service's, the vault's and its box."""

    url: str
    var: Path
    secrets: tuple[bytes, bytes, bytes]
    policy: str
    now: datetime


def run(given: Given, point: str, occurrence: int) -> None:
    """Do what there is to do, and die at the n-th time that a point is reached; exits when nothing is left to do."""
    service, own, box = given.secrets
    settings = make_settings(given.url, given.var)
    engine, clock = open_engine(settings.database), FixedClock(given.now)
    keys = MemoryVaultKeys(X25519PrivateKey.from_private_bytes(box), own)
    parts = Parts(
        engine=engine,
        transactions=Transactions(engine, clock, keys),
        keys=keys,
        service_keys=MemoryKeys(service),
        settings=settings.draws,
        policy=parse_policy(given.policy.encode()),
        beacon=lambda _: None,
    )
    gateways = Gateways([FileGateway(given.var / "messages")])
    desk = Desk.open(parts, gateways, settings.invitations, settings.service.base_url)
    vault = Vault(desk, LEASE)
    children.die_at(point, occurrence)
    while vault.step():
        pass
    engine.dispose()


def dies(world: DrawWorld, point: str, occurrence: int = 1) -> bool:
    """Run a vault until it dies or has nothing left to do; says which."""
    service, keys = world.site.service, world.parts().keys
    assert isinstance(keys, MemoryVaultKeys)
    secrets = (service.keys.secret, keys.secret, world.sealing.vault.private_bytes_raw())
    url, var = service.settings.database.url, service.settings.paths.var
    given = Given(url, var, secrets, service.policy_text, world.clock.now())
    child = SPAWN.Process(target=run, args=(given, point, occurrence))
    child.start()
    child.join(60)
    if child.exitcode is None:
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        raise AssertionError(f"the vault neither died at {point} nor came to an end")
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode == -signal.SIGKILL
