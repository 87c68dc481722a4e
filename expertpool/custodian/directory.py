"""An agent's own directory: its keys, its configuration, its memory, and the evidence that it keeps.

DIR/keys           the key file: four keys under a passphrase
DIR/agent.json     whose agent it is, which log it follows, where
DIR/policy         the witness policy by which it judges quorums
DIR/memory.db      what it remembers
DIR/registration   the file for the centre's security administrator
DIR/evidence/      checkpoints that contradict each other
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import KeyStore
from expertpool.custodian.client import checked_address
from expertpool.custodian.errors import (
    BadLogKey,
    BadName,
    BadOrganisation,
    ConfigDamaged,
    DirectoryTaken,
    NotSetUp,
)
from expertpool.custodian.memory import Memory
from expertpool.protocol import vrf
from expertpool.protocol.agents import Registration, make_registration
from ledger.durable import make_directory, only_writer, replace_file
from ledger.errors import Malformed
from ledger.note import COSIGNATURE_V1, ED25519, NoteSigner, VerifierKey, is_key_name, parse_verifier_key
from ledger.policy import Policy, parse_policy

VRF: Final = "vrf"
SHARE: Final = "share"
COSIGN: Final = "cosign"
TRANSPORT: Final = "transport"
SETTLING_S: Final = 7 * 24 * 3600
"""How long before a request a key must have been approved; a product default."""

_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")  # GB 32100
_SECRET: Final = 0o600


@dataclass(frozen=True, slots=True)
class Config:
    """Whose agent it is and what it follows. ``log_key`` is a verifier key whose name is ``origin``."""

    name: str
    organisation: str
    origin: str
    log_key: str
    url: str
    settling_s: int = SETTLING_S

    @property
    def settling(self) -> timedelta:
        return timedelta(seconds=self.settling_s)

    def verifier(self) -> VerifierKey:
        """The log's key. Raises `BadLogKey`."""
        try:
            key = parse_verifier_key(self.log_key.strip())
        except Malformed:
            raise BadLogKey(self.origin) from None
        if key.name != self.origin or key.algorithm != ED25519:
            raise BadLogKey(self.origin)
        return key


@dataclass(frozen=True, slots=True)
class Directory:
    """The files of one agent."""

    path: Path

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    @property
    def registration(self) -> Path:
        return self.path / "registration"

    def config(self) -> Config:
        """Raises `NotSetUp`, `ConfigDamaged`."""
        file = self.path / "agent.json"
        if not file.is_file():
            raise NotSetUp(str(self.path))
        try:
            config = Config(**json.loads(file.read_bytes()))
            config.verifier()
            checked_address(config.url)
        except (OSError, ValueError, TypeError, AttributeError):
            raise ConfigDamaged(str(file)) from None
        return config

    def policy(self) -> Policy:
        """Raises `ledger.errors.Malformed`, OSError."""
        return parse_policy((self.path / "policy").read_bytes())

    def memory(self) -> Memory:
        """Raises `MemoryLost`."""
        return Memory(self.path / "memory.db")

    def keys(self, passphrase: bytes) -> FileKeyStore:
        """Raises what `FileKeyStore` raises."""
        return FileKeyStore(self.path / "keys", passphrase, vrf.prove)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory for this process alone. Raises Unreadable where another one has it."""
        with only_writer(self.path):
            yield


def set_up(path: Path, config: Config, policy: bytes, passphrase: bytes) -> Directory:
    """Make an agent's directory with fresh keys and the file to be registered.

    Raises `DirectoryTaken`, `BadName`, `BadOrganisation`, `BadLogKey`, `BadAddress`, Malformed for a policy that is
    none, and what making a key file raises. The configuration comes last: a directory without one is no agent yet.
    """
    if not is_key_name(config.name) or "://" in config.name or not config.name.isascii():
        raise BadName
    if not _CREDIT_CODE.fullmatch(config.organisation):
        raise BadOrganisation
    config.verifier()
    checked_address(config.url)
    parse_policy(policy)
    if path.exists() and any(path.iterdir()):
        raise DirectoryTaken(str(path))
    make_directory(path)
    path.chmod(0o700)
    directory = Directory(path)
    with FileKeyStore.initialise(path / "keys", passphrase, vrf.prove) as keys:
        keys.generate(VRF, "contribution", "ecvrf")
        keys.generate(SHARE, "share", "x25519")
        keys.generate(COSIGN, "cosignature", "ed25519")
        keys.generate(TRANSPORT, "transport", "ed25519")
        replace_file(directory.registration, registration_file(keys, config))
    replace_file(path / "policy", policy)
    Memory.create(path / "memory.db").close()
    replace_file(path / "agent.json", json.dumps(asdict(config), ensure_ascii=False, indent=1).encode(), _SECRET)
    return directory


def registration_of(keys: KeyStore, config: Config) -> Registration:
    """The agent's public keys."""
    return Registration(
        organisation=config.organisation,
        vrf=keys.public_key(VRF),
        share=keys.public_key(SHARE),
        transport=keys.public_key(TRANSPORT),
        cosign=cosigner(keys, config).key,
    )


def registration_file(keys: KeyStore, config: Config) -> bytes:
    """What the centre's security administrator registers."""
    return make_registration(
        registration_of(keys, config),
        cosign=lambda message: keys.sign_ed25519(COSIGN, message),
        transport=lambda message: keys.sign_ed25519(TRANSPORT, message),
        prove=lambda alpha: keys.prove_ecvrf(VRF, alpha),
    )


def cosigner(keys: KeyStore, config: Config) -> NoteSigner:
    """Who cosigns checkpoints."""
    key = VerifierKey(config.name, COSIGNATURE_V1, keys.public_key(COSIGN))
    return NoteSigner(key, lambda message: keys.sign_ed25519(COSIGN, message))
