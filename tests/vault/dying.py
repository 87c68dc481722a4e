"""A vault in a process of its own that is asked one thing, and dies where it is told to."""

import os
import signal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.core.clock import FixedClock
from expertpool.core.database import open_engine
from expertpool.core.transaction import Transactions
from expertpool.core.vault_line import Verb
from expertpool.draws.parts import Parts
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.parts import Desk
from expertpool.invitations.verbs import VERBS
from expertpool.sessions.verbs import VERBS as OF_THE_ROOM
from expertpool.vault.handlers import Handlers
from ledger.policy import parse_policy
from tests.draws.dying_vault import Given
from tests.draws.world import MemoryVaultKeys, Phones
from tests.faults import children
from tests.faults.installation import SPAWN
from tests.service import MemoryKeys, make_settings
from tests.vault.world import VaultWorld


def run(given: Given, verb: str, asked: dict[str, Any], point: str) -> None:
    """Be asked, and die at a point."""
    service, own, box = given.secrets
    settings = make_settings(given.url, given.var)
    engine, keys = open_engine(settings.database), MemoryKeys(service)
    parts = Parts(
        engine=engine,
        transactions=Transactions(engine, FixedClock(given.now), keys),
        keys=MemoryVaultKeys(X25519PrivateKey.from_private_bytes(box), own),
        service_keys=keys,
        settings=settings.draws,
        policy=parse_policy(given.policy.encode()),
        beacon=lambda _: None,
    )
    desk = Desk.open(parts, Gateways([Phones()]), settings.invitations, settings.service.base_url)
    handlers = Handlers(desk, settings.vault, lambda *_: None).by_verb()
    handler = next(handler for each, handler in handlers.items() if each.name == verb)
    children.die_at(point)
    handler(asked)


def dies(world: VaultWorld, verb: Verb, point: str, **asked: Any) -> None:
    """Ask a vault that dies at a point."""
    service, keys = world.site.service, world.draws.parts().keys
    assert isinstance(keys, MemoryVaultKeys)
    assert verb in (*VERBS, *OF_THE_ROOM)
    secrets = (service.keys.secret, keys.secret, world.draws.sealing.vault.private_bytes_raw())
    url, var = service.settings.database.url, service.settings.paths.var
    given = Given(url, var, secrets, service.policy_text, world.clock.now())
    child = SPAWN.Process(target=run, args=(given, verb.name, verb.check(asked), point))
    child.start()
    child.join(60)
    if child.exitcode is None:
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    assert child.exitcode == -signal.SIGKILL
    world.restart()
