"""Which process opens which key file, and the keys in it.

``keystore.directory/service`` belongs to web and workers, ``ledger.signer_keys`` to the signer alone: two files, two
passphrases where the operator wants that, so that no process that serves people can sign a checkpoint. The vault has a
third, ``keystore.vault_keys``, so that none can open who was drawn.
"""

from collections.abc import Mapping
from os import environ as process_environment
from pathlib import Path
from types import MappingProxyType
from typing import Final

from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import KeyStore
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import read_passphrase, read_signer_passphrase, read_vault_passphrase
from expertpool.core.transaction import DISCLOSURE_KEY
from ledger.note import ED25519, NoteSigner, VerifierKey

LOG_KEY: Final = "checkpoint"
EXPERTS_KEY: Final = "experts"  # wraps every expert's own keys
EXPERTS_INDEX_KEY: Final = "experts-index"  # finds identity numbers, phones and accounts without showing them
ACCOUNTS_KEY: Final = "accounts"  # seals passwords' hashes and second factors; makes forms' tokens and names of sources
PROJECTS_KEY: Final = "projects"  # seals the people who are named for recusal
SESSIONS_KEY: Final = "sessions"  # digests of members' short codes; seals what they put on record in words
WEBHOOKS_KEY: Final = "webhooks"  # seals the secrets that sign webhooks
VAULT_KEY: Final = "vault"  # seals what the vault alone keeps of a draw
VAULT_BOX: Final = "vault-box"  # opens what agents and desks send to the vault
ANSWER_KEY: Final = "answers"  # seals the answers that are kept for repeated requests: one may show a token

SERVICE_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        DISCLOSURE_KEY: "ledger",
        ANSWER_KEY: "web",
        ACCOUNTS_KEY: "identity",
        PROJECTS_KEY: "projects",
        SESSIONS_KEY: "sessions",
        WEBHOOKS_KEY: "webhooks",
        EXPERTS_KEY: "experts",
        EXPERTS_INDEX_KEY: "experts",
    }
)
"""Every key in the key file of web and workers, with its purpose."""


def service_keys_path(settings: Settings) -> Path:
    """Where the key file of web and workers lies."""
    return settings.keystore.directory / "service"


def open_service_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> FileKeyStore:
    """The keys of web and workers. Raises `PassphraseMissing` and what `FileKeyStore` raises."""
    return FileKeyStore(service_keys_path(settings), read_passphrase(settings, environ))


def open_signer_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> FileKeyStore:
    """The signer's keys. Raises as `open_service_keys`."""
    return FileKeyStore(settings.ledger.signer_keys, read_signer_passphrase(settings, environ))


def open_vault_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> FileKeyStore:
    """The vault's keys. Raises as `open_service_keys`."""
    return FileKeyStore(settings.keystore.vault_keys, read_vault_passphrase(settings, environ))


def create_vault_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> bytes:
    """Make the vault's key file; returns the public key to which agents and desks seal. Raises as the others."""
    passphrase = read_vault_passphrase(settings, environ)
    with FileKeyStore.initialise(settings.keystore.vault_keys, passphrase) as keys:
        keys.generate(VAULT_KEY, "vault", "secret-32")
        keys.generate(DISCLOSURE_KEY, "ledger", "secret-32")
        keys.generate(VAULT_BOX, "vault", "x25519")
        return keys.public_key(VAULT_BOX)


def create_service_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> None:
    """Make the key file of web and workers. Raises `KeyFileExists`, `KeyFileUnusable`, `PassphraseMissing`."""
    passphrase = read_passphrase(settings, environ)
    with FileKeyStore.initialise(service_keys_path(settings), passphrase) as keys:
        _generate_missing(keys)


def complete_service_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> tuple[str, ...]:
    """Add the keys that an older version did not make yet, and say which. Raises as `open_service_keys`."""
    with open_service_keys(settings, environ) as keys:
        return _generate_missing(keys)


def _generate_missing(keys: FileKeyStore) -> tuple[str, ...]:
    missing = tuple(name for name in SERVICE_KEYS if name not in keys.names())
    for name in missing:
        keys.generate(name, SERVICE_KEYS[name], "secret-32")
    return missing


def create_signer_keys(settings: Settings, environ: Mapping[str, str] = process_environment) -> VerifierKey:
    """Make the signer's key file with a fresh log key; returns the log's verifier key. Raises as the other."""
    passphrase = read_signer_passphrase(settings, environ)
    with FileKeyStore.initialise(settings.ledger.signer_keys, passphrase) as keys:
        keys.generate(LOG_KEY, "ledger", "ed25519")
        return log_signer(keys, settings.service.origin).key


def log_signer(keys: KeyStore, origin: str) -> NoteSigner:
    """Who signs this log's checkpoints. Raises `KeyMissing`."""
    key = VerifierKey(origin, ED25519, keys.public_key(LOG_KEY))
    return NoteSigner(key, lambda message: keys.sign_ed25519(LOG_KEY, message))
