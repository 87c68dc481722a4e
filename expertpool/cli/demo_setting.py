"""Where a demonstration plays: a fresh installation in a folder, with accounts whose acts are done in this process.

Its clock can be set: what must have settled for days is done some days ago by that clock, and dated so in the ledger.
"""

import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from expertpool.cli.installation import Made, initialise
from expertpool.cli.opening import open_installation
from expertpool.core.clock import Clock, FixedClock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import Conflict
from expertpool.core.keyrings import open_service_keys
from expertpool.core.keystore import KeyStore
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import load_settings
from expertpool.core.transaction import Transaction, Transactions
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.identity import service as identity
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from ledger.note import VerifierKey

AGO: Final = timedelta(days=10)
"""How long ago pool and keys were ledgered: longer than anything has to settle."""

CENTRE: Final = "demo"
STAFF: Final = (Role.POOL_MANAGER, Role.INITIATOR, Role.SUPERVISOR)
T = TypeVar("T")


class FolderTaken(Conflict):
    code = "demo.folder-taken"
    zh = "{path} 已存在且非空。演示只在新目录中进行，请用 --out 另选。"
    en = "{path} exists and is not empty. A demonstration takes a new folder: choose another with --out."
    path: str


@dataclass(frozen=True, slots=True)
class Places:
    """What lies where below the folder; ``policy`` is the witness policy that all agree on."""

    folder: Path
    policy: Path

    @property
    def config(self) -> Path:
        return self.folder / "expertpool.toml"

    @property
    def public_bundle(self) -> Path:
        return self.folder / "public.zip"

    @property
    def audit_bundle(self) -> Path:
        return self.folder / "audit.zip"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def holders(self) -> Path:
        return self.folder / "holders"

    def holder(self, name: str) -> Path:
        """The own folder of a key holder's agent."""
        return self.holders / name


@dataclass(frozen=True, slots=True)
class Setting:
    """A running demonstration's centre. ``log`` is the ledger's key, ``today`` the moment at which it began."""

    places: Places
    settings: Settings
    log: VerifierKey
    centre_id: str
    actors: dict[Role, str]
    engine: Engine
    keys: KeyStore
    today: datetime

    @property
    def past(self) -> FixedClock:
        """The demonstration's clock some days ago."""
        return FixedClock(self.today - AGO)

    @property
    def pool(self) -> Pool:
        return Pool(self.centre_id, Origin.OWN)

    def transactions(self, clock: Clock) -> Transactions:
        return Transactions(self.engine, clock, self.keys)

    def act(self, actor: str, clock: Clock, verb: Callable[[Transaction], T]) -> T:
        """An act of a service's account, or of whoever the identifier names."""
        with self.transactions(clock).begin(actor) as tx:
            return verb(tx)

    def act_as(self, role: Role, clock: Clock, verb: Callable[[Transaction], T]) -> T:
        """An act of the account with this role."""
        return self.act(self.actors[role], clock, verb)

    def reading(self) -> Session:
        return Session(self.engine.execution_options(**READ_ONLY))


@contextmanager
def set_up(folder: Path, *, rulebook: str, today: datetime) -> Iterator[Setting]:
    """Make the installation, some days ago. Raises `FolderTaken`, and what `initialise` raises."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(str(folder))
    places = Places(folder.absolute(), folder.absolute() / "trust.policy")
    places.logs.mkdir(parents=True)
    _forget_other_settings()
    places.config.write_text(_configuration(places, rulebook, free_port()), encoding="utf-8")
    settings = load_settings(places.config)
    made = initialise(settings, FixedClock(today - AGO), centre=CENTRE)
    with staffed(places, settings, made, today=today) as setting:
        yield setting


@contextmanager
def staffed(places: Places, settings: Settings, made: Made, *, today: datetime) -> Iterator[Setting]:
    """A new installation with the accounts of those who act in it, registered some days ago."""
    engine = open_installation(settings)
    actors = {actor.role: actor.id for actor, _ in made.founding.administrators}
    try:
        with open_service_keys(settings) as keys:
            setting = Setting(places, settings, made.log, made.founding.centre.id, actors, engine, keys, today=today)
            for role in STAFF:
                actors[role] = setting.act_as(Role.SECURITY_ADMINISTRATOR, setting.past, _registering(role, setting)).id
            yield setting
    finally:
        engine.dispose()


def credit_code(body: str) -> str:
    """A unified social credit code with its right check digit; ``body`` are the 17 characters before."""
    return str(body + uscc.calc_check_digit(body))


def digits(seed: str, purpose: str, count: int) -> str:
    """Decimal digits that follow from the seed."""
    digest = hashlib.sha256(f"expertpool/demo/{purpose}/{seed}".encode()).digest()
    return str(int.from_bytes(digest))[-count:]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _registering(role: Role, setting: Setting) -> Callable[[Transaction], Actor]:
    return lambda tx: identity.register_actor(tx, code=role.value, role=role, centre_id=setting.centre_id)


def _forget_other_settings() -> None:
    """Settings that this shell has for another installation do not concern the demonstration, nor its processes."""
    for name in list(os.environ):
        if name == "EXPERTPOOL_CONFIG" or (name.startswith("EXPERTPOOL_") and "__" in name):
            del os.environ[name]


def _configuration(places: Places, rulebook: str, port: int) -> str:
    return f"""\
# Written by `expertpool demo`.
[service]
base_url = "http://127.0.0.1:{port}"

[paths]
var = {_text(places.folder / "var")}

[ledger]
witness_policy = {_text(places.policy)}

[outbox]
lease_s = 5

[draws]
rulebook = "{rulebook}"
poll_ms = 50
"""


def _text(path: Path) -> str:
    """A path as a TOML string."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
