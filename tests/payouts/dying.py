"""The processes that die on a payday: a vault that pays, the web process that takes reports, and the provider itself.

Each runs the real code on the installation of a test until it is told to stop, or dies where it is told to.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from werkzeug.serving import make_server

from expertpool.app import create_app
from expertpool.core.clock import FixedClock
from expertpool.core.database import open_engine
from expertpool.core.transaction import Transactions
from expertpool.draws.parts import Parts
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.parts import Desk
from expertpool.payouts.http_provider import REPORTING, HttpProvider
from expertpool.payouts.sandbox import Answer, Behaviour, Books
from expertpool.payouts.sandbox_server import PREFIX, Reporter, SandboxServer
from expertpool.vault.process import Vault
from tests.draws.world import MemoryVaultKeys
from tests.faults import children
from tests.faults.installation import SPAWN
from tests.payouts.sandbox import REPORTS_SECRET, SECRET
from tests.service import MemoryKeys, make_settings

SPAWN.set_forkserver_preload(["tests.payouts.dying"])
LEASE = timedelta(seconds=10)
PAUSE_S = 0.05
STOP, DIE = "stop", "die"
"""Files by which processes are told to stop, and the provider to die."""


@dataclass(frozen=True)
class Given:
    """What a process of a test needs; the secrets are the service's, the vault's and its box."""

    url: str
    var: Path
    secrets: tuple[bytes, bytes, bytes]
    now: datetime

    @property
    def is_over(self) -> bool:
        """Whether the processes are told to stop."""
        return (self.var / STOP).exists()


def vault(given: Given, provider_port: int, point: str | None, occurrence: int) -> None:
    """Work off what there is."""
    service, own, box = given.secrets
    settings, clock = make_settings(given.url, given.var), FixedClock(given.now)
    engine = open_engine(settings.database)
    keys = MemoryVaultKeys(X25519PrivateKey.from_private_bytes(box), own)
    parts = Parts(
        engine=engine,
        transactions=Transactions(engine, clock, keys),
        keys=keys,
        service_keys=MemoryKeys(service),
        settings=settings.draws,
        policy=None,
        beacon=lambda _: None,
    )
    desk = Desk.open(parts, Gateways([]), settings.invitations, settings.service.base_url)
    url = f"http://127.0.0.1:{provider_port}{PREFIX}"
    provider = HttpProvider(url, secret=SECRET, clock=clock, timeout=30)
    working = Vault(desk, LEASE, provider=provider)
    children.die_at(point, occurrence)
    while not given.is_over:
        if not working.step():
            time.sleep(PAUSE_S)


def web(given: Given, port: int, point: str | None, occurrence: int) -> None:
    """Take reports."""
    os.environ[REPORTING] = REPORTS_SECRET.decode()
    settings = make_settings(given.url, given.var)
    app = create_app(
        settings, engine=open_engine(settings.database), clock=FixedClock(given.now), keys=MemoryKeys(given.secrets[0])
    )
    server = make_server("127.0.0.1", port, app, threaded=False)
    children.die_at(point, occurrence)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    while not given.is_over:
        time.sleep(PAUSE_S)
    server.shutdown()
    serving.join()


class DyingBooks(Books):
    """Books whose keeper dies when the next payment is booked and before it is answered, once it is told to."""

    told: Path

    def take(self, key: str, body: bytes) -> Answer:
        answer = super().take(key, body)
        if self.told.exists():
            self.told.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def provider(given: Given, port: int, web_port: int, behaviour: Behaviour) -> None:
    """Take payments and report them."""

    def now() -> float:
        return given.now.timestamp()

    books, stop = DyingBooks(books_of(given), behaviour, now), threading.Event()
    books.told = given.var / DIE
    reporter = Reporter(books, f"http://127.0.0.1:{web_port}", REPORTS_SECRET, now, retry_s=0)
    with SandboxServer(port, books, SECRET, now) as server:
        threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,)),
            threading.Thread(target=reporter.run, args=(stop,)),
        ]
        for thread in threads:
            thread.start()
        while not given.is_over:
            time.sleep(PAUSE_S)
        stop.set()
        server.shutdown()
        for thread in threads:
            thread.join()


def books_of(given: Given) -> Path:
    """Where the provider keeps its books."""
    return given.var / "sandbox.db"
