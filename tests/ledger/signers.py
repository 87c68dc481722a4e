"""Keys made from their names, so that every run and every file of tests has the same ones."""

import base64
import hashlib

from ledger import ed25519
from ledger.note import COSIGNATURE_V1, ED25519, NoteSigner, VerifierKey, parse_signer_key


def seed_of(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def signer_key(name: str, algorithm: int = ED25519) -> str:
    seed = seed_of(name)
    key = VerifierKey(name, algorithm, ed25519.public_key(seed))
    return f"PRIVATE+KEY+{name}+{key.key_id.hex()}+{base64.b64encode(bytes([algorithm]) + seed).decode()}"


def signer(name: str) -> NoteSigner:
    return parse_signer_key(signer_key(name))


def cosigner(name: str) -> NoteSigner:
    return parse_signer_key(signer_key(name, COSIGNATURE_V1))
