"""A centre with its pool and its key holders, made once in a test process and copied for every test.

Making it is most of what a short test of draws would take. Every copy has its own database, folder, clock and
application; what no test changes (private keys, tokens, rows that no session holds) is shared.
"""

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from expertpool.app import create_app
from expertpool.core.clock import FixedClock
from expertpool.core.database import open_engine
from expertpool.core.signer import Signer
from expertpool.core.transaction import Transactions
from tests.draws.world import ENROLLED, EXPERTS, DrawWorld, Phones
from tests.ledger.signers import signer
from tests.sealing.world import World
from tests.service import ORIGIN, make_settings
from tests.website import Website, opened

ENVIRON = {"LEDGER__ACK_TIMEOUT_S": "1"}
DATABASE = "expertpool.db"


@dataclass(frozen=True, slots=True)
class Original:
    """What copies are made of; nothing holds its database open."""

    world: DrawWorld
    folder: Path
    url: URL

    def copy_to(self, url: URL, var: Path) -> None:
        """Fill a database that is empty or does not exist yet, and a folder."""
        shutil.copytree(self.folder, var, dirs_exist_ok=True, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
        assert url.database
        assert self.url.database
        if url.get_backend_name() == "sqlite":
            shutil.copyfile(self.url.database, url.database)
        else:
            administer(url, "DROP DATABASE {}", url.database)
            administer(url, "CREATE DATABASE {} TEMPLATE {}", url.database, self.url.database)


@contextmanager
def prepared(database_url: str, var: Path, experts: int = EXPERTS, *, served: bool = True) -> Iterator[DrawWorld]:
    """A world as `DrawWorld.prepare` leaves it, with a pool of so many; without an application unless ``served``."""
    url = make_url(database_url)
    kept = original(url.set(database=""), experts)
    kept.copy_to(url, var)
    before, clock = kept.world.site, FixedClock(kept.world.clock.now())
    settings = make_settings(database_url, var, **ENVIRON)
    engine, keys = open_engine(settings.database), before.service.keys
    try:
        service = replace(
            before.service,
            settings=settings,
            engine=engine,
            clock=clock,
            transactions=Transactions(engine, clock, keys),
            signer=Signer(engine, clock, signer(ORIGIN), settings.ledger.signer_mark),
        )
        app: Any = create_app(settings, engine=engine, clock=clock, keys=keys) if served else None
        sealing = copy(kept.world.sealing)
        sealing.clock, sealing.jobs = clock, dict(sealing.jobs)
        client = app and app.test_client()
        sealing.site = Website(service, app, client, before.centre, dict(before.actors), dict(before.tokens))
        agents = [replace(agent) for agent in kept.world.agents]
        yield DrawWorld(sealing, agents, phones=[Phones()])
    finally:
        engine.dispose()


@cache
def original(server: URL, experts: int) -> Original:
    """The world of which there are copies on this database server, made when it is first asked for."""
    folder = Path(mkdtemp(prefix="expertpool-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if server.get_backend_name() == "sqlite":
        url = server.set(database=str(folder / DATABASE))
    else:
        url = server.set(database=f"prepared_{experts}")
        administer(server, "CREATE DATABASE {}", f"prepared_{experts}")
    clock = FixedClock(ENROLLED)
    with opened(url.render_as_string(hide_password=False), folder, clock=clock, **ENVIRON) as site:
        return Original(DrawWorld(World(site, clock)).prepare(experts), folder, url)


def administer(server: URL, statement: str, *names: str) -> None:
    """Do what is done to a whole database."""
    host = str(server.query["host"])
    with psycopg.connect(host=host, user=server.username, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
