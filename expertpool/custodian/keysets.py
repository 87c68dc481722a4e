"""The sets of four keys of one agent: that of ``init`` and, while it changes its keys, its successor.

All lie in the one key file. A set goes on answering for what names it until the log shows it as retired, so draws that
were sealed to the former keys are opened with them; what is new is for the successor alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import KeyStore, SealBroken
from expertpool.custodian.directory import (
    KEYS,
    SHARE,
    TRANSPORT,
    VRF,
    Config,
    Directory,
    cosigner,
    generate,
    key_name,
    registration_file,
    registration_of,
)
from expertpool.custodian.me import find_me
from expertpool.custodian.memory import Memory
from expertpool.custodian.troubles import NothingToRotate, RotationUnfinished
from expertpool.protocol.agents import Registration
from expertpool.protocol.errors import EnvelopeBroken
from ledger.durable import replace_file
from ledger.note import NoteSigner

STATES: Final = ("unregistered", "registered", "approved", "retired")


@dataclass(frozen=True, slots=True)
class KeySet:
    """Four keys that were registered together; ``number`` counts from 1."""

    number: int
    public: Registration
    signer: NoteSigner
    keys: KeyStore

    def prove(self, alpha: bytes) -> bytes:
        """The ECVRF proof over alpha."""
        return self.keys.prove_ecvrf(key_name(VRF, self.number), alpha)

    def sign(self, message: bytes) -> bytes:
        """Sign with the transport key."""
        return self.keys.sign_ed25519(key_name(TRANSPORT, self.number), message)

    def open(self, ciphertext: bytes, info: bytes) -> bytes:
        """Open what was sealed to the share key. Raises `EnvelopeBroken`."""
        try:
            return self.keys.open_hpke(key_name(SHARE, self.number), ciphertext, info)
        except SealBroken:
            raise EnvelopeBroken from None

    def state(self, memory: Memory) -> str:
        """One of `STATES`, as the log shows it."""
        registered = [kept.entry.body for kept in memory.entries("holder.registered")]
        found = next((body for body in registered if body.get("vrf") == self.public.vrf.hex()), None)
        if found is None:
            return "unregistered"
        if memory.entries("holder.retired", str(found.get("holder"))):
            return "retired"
        return "approved" if memory.entries("holder.approved", str(found.get("holder"))) else "registered"


def key_sets(keys: KeyStore, config: Config) -> tuple[KeySet, ...]:
    """The sets that are whole, the newest last. Raises `KeyMissing` where not even the first one is."""
    found = [_set(keys, config, 1)]
    while all(key_name(key, len(found) + 1) in keys.names() for key in KEYS):
        found.append(_set(keys, config, len(found) + 1))
    return tuple(found)


def rotate(directory: Directory, keys: FileKeyStore, memory: Memory) -> Path:
    """Make the successors of the keys in force, and the file with which they are registered; gives its place.

    Called again before they are registered, it finishes what was begun and writes the file again. Raises
    `NothingToRotate`, `RotationUnfinished`, and what the key file raises.
    """
    config = directory.config()
    sets = key_sets(keys, config)
    newest = sets[-1]
    if newest.number > 1 and newest.state(memory) == "unregistered":
        return _write_registration(directory, keys, config, newest.number)
    if newest.state(memory) != "approved":
        raise NothingToRotate
    for former in sets[:-1]:
        me = find_me(memory, former.public)
        if me is not None:
            raise RotationUnfinished(me.id)
    generate(keys, newest.number + 1)
    return _write_registration(directory, keys, config, newest.number + 1)


def _set(keys: KeyStore, config: Config, number: int) -> KeySet:
    return KeySet(number, registration_of(keys, config, number), cosigner(keys, config, number), keys)


def _write_registration(directory: Directory, keys: KeyStore, config: Config, number: int) -> Path:
    file = directory.path / f"registration-{number}"
    replace_file(file, registration_file(keys, config, number))
    return file
