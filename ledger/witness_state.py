"""What a witness remembers, as files: its key, the logs that it knows, and the last checkpoint it cosigned of each.

    DIR/key             the witness's signer key (secret)
    DIR/logs            verifier keys of the logs, one a line; a key's name is the log's origin
    DIR/state/HASH      the last cosigned checkpoint of the log whose origin has that SHA-256 in hex
    DIR/evidence/HASH/  signed requests that contradict what was cosigned before
    DIR/.lock           locked by the one process that may change the others

A state file is the cosigned checkpoint itself, so it carries its own proof of being whole. A file that is missing,
cut off or altered stops the witness: starting again from nothing would let a log show it another past.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger import durable
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.cosignature import cosigned_at
from ledger.durable import flush_directory, only_writer, replace_file
from ledger.errors import LedgerError, Malformed, Refused, Unreadable
from ledger.note import (
    COSIGNATURE_V1,
    ED25519,
    NoteSigner,
    VerifierKey,
    generate_key,
    parse_signer_key,
    parse_verifier_key,
    verified_by,
)

_SECRET: Final = 0o600
MAX_EVIDENCE: Final = 100  # pieces kept of one log: the first ones, so that a flood cannot wash them away


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that this witness has cosigned, and when (POSIX seconds)."""

    signed: SignedCheckpoint
    time: int


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """The files of one witness. Reading needs no lock; whoever writes holds ``exclusive(path)``."""

    path: Path

    def signer(self) -> NoteSigner:
        """Return the witness's key; raises Refused where there is none, Malformed when it is not a cosigner's."""
        text = _read(self.path / "key", missing=Refused("witness.not-initialised", path=self.path))
        signer = parse_signer_key(text.decode("utf-8", "replace").strip())
        if signer.key.algorithm != COSIGNATURE_V1:
            raise Malformed("key.algorithm", alg=f"0x{signer.key.algorithm:02x}")
        return signer

    def logs(self) -> dict[str, tuple[VerifierKey, ...]]:
        """Return the trusted keys by origin; raises Unreadable when the list is missing or damaged."""
        path, logs = self.path / "logs", dict[str, tuple[VerifierKey, ...]]()
        text = _read(path, missing=Unreadable("store.missing", path=path)).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            try:
                key = parse_log_key(line)
            except Malformed:
                raise Unreadable("witness.damaged", path=path, why="list-line", line=number) from None
            logs[key.name] = (*logs.get(key.name, ()), key)
        return logs

    def load(self, origin: str, key: VerifierKey) -> Cosigned | None:
        """Return the last checkpoint of ``origin`` that ``key`` (the witness's own) cosigned; None: never any.

        Raises Unreadable when the file is missing or is not exactly that. What is returned is durable.
        """
        path = self._state(origin)
        data = _read(path, missing=Unreadable("witness.lost", origin=origin, path=path))
        with writing(path):
            flush_directory(path.parent)  # a crash may have come between a rename and its fsync
        if data == _never_cosigned(origin):
            return None
        try:
            signed = parse_signed_checkpoint(data)
            if signed.checkpoint.origin != origin:
                raise Refused("checkpoint.origin", found=signed.checkpoint.origin, expected=origin)
            [(_, cosignature)] = verified_by(signed.note, [key])
            return Cosigned(signed, cosigned_at(cosignature))
        except (LedgerError, ValueError):
            raise Unreadable("witness.damaged", path=path, why="not-cosigned") from None

    def store(self, signed: SignedCheckpoint) -> None:
        """Make ``signed`` the last cosigned checkpoint of its log; it is durable on return. Raises Unreadable."""
        path = self._state(signed.checkpoint.origin)
        with writing(path):
            replace_file(path, signed.to_bytes(), _SECRET)

    def keep_evidence(self, origin: str, request: bytes, known: Cosigned | None) -> str:
        """Keep a request that contradicts ``known``, and ``known``; return the file's name, or why there is none."""
        before = b"" if known is None else known.signed.to_bytes()
        folder = self.path / "evidence" / origin_hash(origin)
        file = folder / (hashlib.sha256(before + request).hexdigest()[:32] + ".request")
        try:
            if not file.exists():
                if len(list(folder.glob("*.request"))) >= MAX_EVIDENCE:
                    return "not kept: folder full"
                replace_file(file.with_suffix(".known"), before, _SECRET)
                replace_file(file, request, _SECRET)
        except OSError as error:
            return f"not kept: {error.strerror}"
        return str(file)

    def _state(self, origin: str) -> Path:
        return self.path / "state" / origin_hash(origin)


def init(path: Path, name: str) -> VerifierKey:
    """Make the directory of a new witness, with a fresh key; raises Refused unless it is empty."""
    secret, key = generate_key(name, COSIGNATURE_V1)
    with writing(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise Refused("witness.not-empty", path=path)
    with exclusive(path), writing(path):
        (path / "state").mkdir(mode=0o700)
        replace_file(path / "logs", b"", _SECRET)
        replace_file(path / "key", secret.encode() + b"\n", _SECRET)
    return key


def add_log(path: Path, text: str) -> VerifierKey:
    """Trust a log's verifier key from now on. A log that is new to this witness starts as never cosigned.

    A log that the witness does know keeps its state, and when that state is lost this raises Unreadable.
    """
    key, directory = parse_log_key(text), StateDirectory(path)
    signer = directory.signer()
    with exclusive(path), writing(path):
        logs, state = directory.logs(), path / "state" / origin_hash(key.name)
        if key.name not in logs and not state.exists():
            replace_file(state, _never_cosigned(key.name), _SECRET)
        directory.load(key.name, signer.key)
        if key not in logs.get(key.name, ()):
            replace_file(path / "logs", (path / "logs").read_bytes() + f"{key}\n".encode(), _SECRET)
    return key


def parse_log_key(text: str) -> VerifierKey:
    """Read a verifier key with which a log signs (plain Ed25519); raises Malformed, for a cosigner's key too."""
    key = parse_verifier_key(text.strip())
    if key.algorithm != ED25519:
        raise Malformed("witness.log-key")
    return key


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the directory for this process alone; raises Unreadable when another holds it.

    Raises Refused on a system whose locks and renames cannot carry what a witness promises (Windows).
    """
    if durable.fcntl is None:
        raise Refused("witness.platform")
    with ExitStack() as held:
        with writing(path):
            held.enter_context(only_writer(path))
        yield


def origin_hash(origin: str) -> str:
    """Return what stands for a log in file names and addresses: SHA-256 of its origin, in lower-case hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into the library's own; raises Unreadable."""
    try:
        yield
    except OSError as error:
        raise Unreadable("witness.write", path=path, why=error.strerror) from None


def _read(path: Path, missing: LedgerError) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise missing from None
    except OSError as error:
        raise Unreadable("source.unreadable", path=path, why=error.strerror) from None


def _never_cosigned(origin: str) -> bytes:
    """Return the state of a log before its first checkpoint; no empty file, which is what damage looks like."""
    return f"never cosigned: {origin}\n".encode()
