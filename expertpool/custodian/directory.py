"""An agent's own directory: its keys, its configuration, its memory, and the evidence that it keeps.

DIR/keys           the key file: four keys under a passphrase
DIR/agent.json     whose agent it is, which log it follows, where
DIR/policy         the witness policy by which it judges quorums
DIR/memory.db      what it remembers; memory.mark beside it tells an older copy
DIR/registration   the file for the centre's security administrator; registration-2 and so on after a change of keys
DIR/evidence/      checkpoints that contradict each other
DIR/committees/    committee files: sealed records of draws that are under way
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from expertpool.core.faults import crash_point
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import Algorithm, KeyStore
from expertpool.custodian.client import checked_address
from expertpool.custodian.committees import Committees
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
KEYS: Final[dict[str, tuple[str, Algorithm]]] = {
    VRF: ("contribution", "ecvrf"),
    SHARE: ("share", "x25519"),
    COSIGN: ("cosignature", "ed25519"),
    TRANSPORT: ("transport", "ed25519"),
}
"""The four keys, each with its purpose and algorithm."""
SETTLING_S: Final = 7 * 24 * 3600
"""How long before a request a key must have been approved; a product default."""
KEEP_COMMITTEES_S: Final = 30 * 24 * 3600
"""For how long after the end of a draw its committee file is kept; a product default."""

_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")  # GB 32100
_SECRET: Final = 0o600


@dataclass(frozen=True, slots=True)
class Config:
    """Whose agent it is and what it follows. ``log_key`` is a verifier key whose name is ``origin``.

    ``ask``: it contributes and gives shares only after its owner has approved, each time.
    """

    name: str
    organisation: str
    origin: str
    log_key: str
    url: str
    ask: bool = False
    settling_s: int = SETTLING_S
    keep_committees_s: int = KEEP_COMMITTEES_S

    @property
    def settling(self) -> timedelta:
        return timedelta(seconds=self.settling_s)

    @property
    def keep_committees(self) -> timedelta:
        return timedelta(seconds=self.keep_committees_s)

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
    def committees(self) -> Committees:
        return Committees(self.path / "committees")

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

    def set_asking(self, ask: bool) -> None:  # noqa: FBT001 -- a setter
        """Change whether the owner wants to be asked; an agent that runs learns it when it is started again."""
        self.write_config(replace(self.config(), ask=ask))

    def write_config(self, config: Config) -> None:
        """Write ``agent.json``."""
        replace_file(
            self.path / "agent.json", json.dumps(asdict(config), ensure_ascii=False, indent=1).encode(), _SECRET
        )

    def policy(self) -> Policy:
        """Raises `ledger.errors.Malformed`, OSError."""
        return parse_policy((self.path / "policy").read_bytes())

    def memory(self) -> Memory:
        """Raises `MemoryLost`, `MemoryRestored`."""
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
        generate(keys, 1)
        replace_file(directory.registration, registration_file(keys, config))
    replace_file(path / "policy", policy)
    Memory.create(path / "memory.db").close()
    directory.write_config(config)
    return directory


def generate(keys: FileKeyStore, number: int) -> None:
    """Make the four keys of this number, as far as they are missing."""
    for key, (purpose, algorithm) in KEYS.items():
        if key_name(key, number) not in keys.names():
            keys.generate(key_name(key, number), purpose, algorithm)
            crash_point("custodian.key-made")


def key_name(key: str, number: int) -> str:
    """The name in the key file of a key of the set of this number: those of ``init`` are 1 and bear none."""
    return key if number == 1 else f"{key}-{number}"


def registration_of(keys: KeyStore, config: Config, number: int = 1) -> Registration:
    """The agent's public keys. Raises `KeyMissing`."""
    return Registration(
        organisation=config.organisation,
        vrf=keys.public_key(key_name(VRF, number)),
        share=keys.public_key(key_name(SHARE, number)),
        transport=keys.public_key(key_name(TRANSPORT, number)),
        cosign=cosigner(keys, config, number).key,
    )


def registration_file(keys: KeyStore, config: Config, number: int = 1) -> bytes:
    """What the centre's security administrator registers; a successor's is signed by the keys before it as well."""
    former = key_name(TRANSPORT, number - 1)
    return make_registration(
        registration_of(keys, config, number),
        cosign=lambda message: keys.sign_ed25519(key_name(COSIGN, number), message),
        transport=lambda message: keys.sign_ed25519(key_name(TRANSPORT, number), message),
        prove=lambda alpha: keys.prove_ecvrf(key_name(VRF, number), alpha),
        former=None if number == 1 else lambda message: keys.sign_ed25519(former, message),
    )


def cosigner(keys: KeyStore, config: Config, number: int = 1) -> NoteSigner:
    """Who cosigns checkpoints."""
    name = key_name(COSIGN, number)
    key = VerifierKey(config.name, COSIGNATURE_V1, keys.public_key(name))
    return NoteSigner(key, lambda message: keys.sign_ed25519(name, message))
