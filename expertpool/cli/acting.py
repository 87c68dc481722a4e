"""A command that acts in somebody's name: who holds a token, with the database and keys that the act needs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.cli.opening import open_installation
from expertpool.core.clock import SystemClock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import Forbidden, NotFound
from expertpool.core.keyrings import open_service_keys
from expertpool.core.keystore import KeyStore
from expertpool.core.settings import Settings
from expertpool.core.transaction import Transactions
from expertpool.experts.exporting import require_manager
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.protection import Protector
from expertpool.identity.models import Centre
from expertpool.identity.queries import caller_by_token

VARIABLE: Final = "EXPERTPOOL_TOKEN"


class TokenRefused(Forbidden):
    code = "command.token-refused"
    zh = "请在环境变量 {variable} 中给出有效的访问令牌：此操作以令牌持有人的名义记入账本。"
    en = "Set {variable} to a valid access token: the ledger records this act in the name of its holder."
    variable: str


class CentreUnknown(NotFound):
    code = "command.centre-unknown"
    zh = "没有代码为 {centre} 的中心。请核对 --centre。"
    en = "There is no centre with the code {centre}. Check --centre."
    centre: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody works: everything that the verbs of the pool ask for."""

    transactions: Transactions
    protector: Protector
    actor: str
    pool: Pool

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.transactions.engine.execution_options(**READ_ONLY)) as session:
            yield session


@dataclass(frozen=True, slots=True)
class Post:
    """Who acts, at which centre, with what the act needs."""

    transactions: Transactions
    keys: KeyStore
    actor: str
    centre_id: str


@contextmanager
def open_post(settings: Settings, centre: str | None) -> Iterator[Post]:
    """The token's holder at a centre, by the centre's code; without one, at their own. The verbs ask what they may.

    Raises `TokenRefused`, `CentreUnknown`, and what opening an installation and its keys raises.
    """
    engine = open_installation(settings)
    try:
        with Session(engine.execution_options(**READ_ONLY)) as session:
            caller = caller_by_token(session, os.environ.get(VARIABLE, ""))
            if caller is None:
                raise TokenRefused(VARIABLE)
            wanted = select(Centre.id).where(Centre.code == centre) if centre else None
            centre_id = caller.centre if wanted is None else session.scalar(wanted)
            if centre_id is None:
                raise CentreUnknown(centre or "-")
        with open_service_keys(settings) as keys:
            yield Post(Transactions(engine, SystemClock(), keys), keys, caller.actor, centre_id)
    finally:
        engine.dispose()


@contextmanager
def open_desk(settings: Settings, centre: str | None) -> Iterator[Desk]:
    """The desk of the token's holder at a centre's own pool. Raises as `open_post`, and `NotPermitted`."""
    with open_post(settings, centre) as post:
        desk = Desk(post.transactions, Protector(post.keys), post.actor, Pool(post.centre_id, Origin.OWN))
        with desk.reading() as session:
            require_manager(session, desk.actor, desk.pool)
        yield desk
