"""A whole service in a temporary folder: settings, database with its ledger, keys, transactions and a signer.

service = make_service(database_url, tmp_path)
with service.transactions.begin("svc:test") as tx: ...
service.signer.step()            # sign what was committed, in the test's own thread
with service.signing(): ...      # or follow the ledger in a thread, as the signer process does
"""

import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine

from expertpool.core import checkpoints, heartbeat, jobs_table, ledger_tables
from expertpool.core.clock import Clock, SystemClock
from expertpool.core.database import Base, open_engine
from expertpool.core.keystore import SealBroken
from expertpool.core.ledger_store import create_ledger
from expertpool.core.mark import create_mark
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import load_settings
from expertpool.core.signer import Signer
from expertpool.core.transaction import Transactions
from ledger.cosignature import cosign
from ledger.note import NoteSigner
from ledger.policy import Policy, parse_policy
from tests.ledger.signers import cosigner, signer

MAPPED = (heartbeat, jobs_table, ledger_tables, *load_rooms("models"))  # to import a module is to register its tables
ORIGIN = "centre.example/log"
WITNESS = "witness.example/w1"


class MemoryKeys:
    """The keys of a test, forgotten with it; whoever is given its secret has the same.

    A tampered or misplaced seal raises `SealBroken`, as the real key store does.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._keys: dict[str, AESGCM] = {}
        self.secret = secret or secrets.token_bytes(32)

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._key(name).encrypt(nonce, plaintext, associated)

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        try:
            return self._key(name).decrypt(sealed[:12], sealed[12:], associated)
        except InvalidTag:
            raise SealBroken(name) from None

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        return hmac.digest(self.secret, name.encode() + b"\0" + message, "sha256")

    def _key(self, name: str) -> AESGCM:
        if name not in self._keys:
            self._keys[name] = AESGCM(hmac.digest(self.secret, b"seal\0" + name.encode(), "sha256"))
        return self._keys[name]


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that an installation has, for one test. Its policy trusts its log and one outside witness.

    The policy is the verifier's; it lies where the settings look for it only when the test puts it there.
    """

    settings: Settings
    engine: Engine
    clock: Clock
    keys: MemoryKeys
    transactions: Transactions
    signer: Signer
    witness: NoteSigner
    policy_text: str

    @property
    def policy(self) -> Policy:
        return parse_policy(self.policy_text.encode())

    def cosign(self) -> None:
        """Have the witness cosign the newest checkpoint, as it would over the network."""
        signed = checkpoints.latest(self.engine)
        assert signed is not None
        made = cosign(signed, self.witness, int(self.clock.now().timestamp()))
        with self.engine.begin() as connection:
            checkpoints.add_cosignatures(connection, signed.size, [made])

    @contextmanager
    def signing(self) -> Iterator[None]:
        """Follow the ledger in a thread for as long as the block lasts."""
        done = threading.Event()
        thread = threading.Thread(target=self.signer.run, args=(1, done.is_set), name="signer")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def make_settings(database_url: str, var: Path, **environ: str) -> Settings:
    """Settings of an installation under ``var``; ``environ`` sets more, as ``LEDGER__ACK_TIMEOUT_S="1"``."""
    given: Mapping[str, str] = {
        "PATHS__VAR": str(var),
        "DATABASE__URL": database_url,
        "SERVICE__ORIGIN": ORIGIN,
        **environ,
    }
    return load_settings(environ={f"EXPERTPOOL_{name}": value for name, value in given.items()})


def make_service(database_url: str, var: Path, *, clock: Clock | None = None, **environ: str) -> Service:
    """Set up an empty database as ``expertpool init`` does. Whoever calls it disposes of ``engine``."""
    settings = make_settings(database_url, var, **environ)
    engine = open_engine(settings.database)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        create_ledger(connection)
    settings.ledger.signer_mark.parent.mkdir(parents=True, exist_ok=True)
    create_mark(settings.ledger.signer_mark)
    clock, keys, log, witness = clock or SystemClock(), MemoryKeys(), signer(ORIGIN), cosigner(WITNESS)
    return Service(
        settings=settings,
        engine=engine,
        clock=clock,
        keys=keys,
        transactions=Transactions(engine, clock, keys),
        signer=Signer(engine, clock, log, settings.ledger.signer_mark),
        witness=witness,
        policy_text=f"log {log.key}\nwitness 市公证处 {witness.key}\nquorum 市公证处\n",
    )
