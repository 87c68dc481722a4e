"""A centre whose insider may do anything to the database, an auditor with a policy, and perhaps an outside witness.

The insider has the database and, where the attack says so, the log's signing key and the signer's mark. What they can
never reach is the witness's directory and what the auditor kept.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete, insert, update

from expertpool.core.checkpoints import latest
from expertpool.core.clock import FixedClock
from expertpool.core.ledger_tables import LedgerCheckpoint, LedgerEntry, LedgerHead, LedgerTile
from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.entry import Draft, make_entry, parse_entry
from ledger.memory import Tree
from ledger.merkle import consistency_proof
from ledger.note import Signature
from ledger.policy import Policy, parse_policy
from ledger.store import nodes_of
from ledger.tiles import HEIGHT, WIDTH, bundles_of, tiles_of
from ledger.verify import Known, Report, verify
from ledger.witness import Request, Witness, open_witness
from ledger.witness_state import add_log, init
from tests.core.ledgered import START, Office, make_office, reopen_office

DAY = 7  # entries written each day


class World:
    """The centre, its auditor, and its witness if there is one."""

    def __init__(self, directory: Path, *, witnessed: bool) -> None:
        self.directory = directory
        self.host = directory / "host"
        self.host.mkdir()
        self.office = make_office(self._url, self.host)
        self.seconds = 1_795_000_000
        self.kept: list[SignedCheckpoint] = []  # what the auditor took home
        lines = [f"log {self.office.vkey}"]
        self._open: Witness | None = None
        self._stack = None
        if witnessed:
            key = init(directory / "witness", "inspection.example/w")
            add_log(directory / "witness", str(self.office.vkey))
            self._stack = open_witness(directory / "witness", lambda: self.seconds)
            self._open = self._stack.__enter__()
            lines += [f"witness inspection {key}", "quorum inspection"]
        else:
            lines += ["quorum none"]
        self.policy: Policy = parse_policy("".join(line + "\n" for line in lines).encode())

    @property
    def _url(self) -> str:
        return f"sqlite:///{self.host / 'expertpool.db'}"

    # what honest people do

    def live_a_day(self) -> None:
        """Seven acts, signed, cosigned, and looked at by the auditor, who keeps the checkpoint."""
        for number in range(DAY):
            self.office.open_room(f"评标室 {number}")
        self.office.signer().step()
        signed = latest(self.office.engine)
        assert signed is not None
        self.kept.append(self.have_cosigned(signed))

    def have_cosigned(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        """Ask the witness, if there is one, as the feed does; raises its refusal."""
        if self._open is None:
            return signed
        self.seconds += 1
        old = min(self.witnessed_size(), signed.size)
        proof = consistency_proof(old, signed.size, nodes_of(self.office.log, signed.size))
        made = self._open.add_checkpoint(Request(old, tuple(proof), signed).to_bytes())
        return with_signatures(signed, [made])

    def witnessed_size(self) -> int:
        """What the witness last cosigned."""
        assert self._open is not None
        known = self._open._latest[self.office.vkey.name]
        return known.signed.size if known else 0

    def audit(self, signed: SignedCheckpoint, known: Sequence[SignedCheckpoint] = ()) -> Report:
        """Verify what the centre serves today under ``signed``; ``known`` is what this auditor kept."""
        copy = self.directory / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        for tile in (*tiles_of(signed.size), *bundles_of(signed.size)):
            self._serve(copy / tile.path, self.office.log.tile(tile))
        self._serve(copy / "checkpoint", signed.to_bytes())
        return verify(str(copy), policy=self.policy, known=[Known(f"kept {one.size}", one) for one in known])

    # what the insider does

    def entries(self) -> list[bytes]:
        return self.office.log.entries(0, 10_000)

    def write(self, entries: Sequence[bytes]) -> None:
        """Replace the ledger's tables so that everything stored agrees with these entries."""
        tree = Tree()
        for data in entries:
            tree.append(data)
        rows = [{"idx": i, "data": data, "hash": tree.node(0, i)} for i, data in enumerate(entries)]
        last = tree.node(0, tree.size - 1)
        head = {"size": tree.size, "frontier": b"".join(tree.frontier().nodes), "last_hash": last}
        with self.office.engine.begin() as connection:
            connection.execute(delete(LedgerEntry))
            connection.execute(delete(LedgerTile))
            connection.execute(insert(LedgerEntry.__table__), rows)  # type: ignore[arg-type]  # a Table
            connection.execute(update(LedgerHead).values(**head))
            for tile in tiles_of(tree.size):
                if tile.level:
                    at = tile.index * WIDTH
                    nodes = (tree.node(tile.level * HEIGHT, at + offset) for offset in range(tile.width))
                    row = {"level": tile.level, "idx": tile.index, "hashes": b"".join(nodes)}
                    connection.execute(insert(LedgerTile.__table__), row)  # type: ignore[arg-type]  # a Table

    def sign_with_the_stolen_key(self) -> SignedCheckpoint:
        """A checkpoint of what the tables hold now, by the log's own key."""
        head = self.office.log.head()
        signed = sign_checkpoint(Checkpoint(self.office.vkey.name, head.size, head.root()), self.office.signer_key)
        with self.office.engine.begin() as connection:
            connection.execute(delete(LedgerCheckpoint))
        return signed

    def snapshot(self, name: str) -> None:
        """Copy the whole host (database, signer's key and mark) away."""
        self.office.engine.dispose()
        shutil.copytree(self.host, self.directory / name)

    def restore(self, name: str, *, database_only: bool) -> None:
        """Put an old copy back: the database as from a backup, or the whole host."""
        self.office.engine.dispose()
        for path in (self.directory / name).rglob("*"):
            if path.is_file() and (not database_only or path.name.startswith("expertpool.db")):
                shutil.copy(path, self.host / path.relative_to(self.directory / name))
        for path in self.host.glob("expertpool.db-*"):
            if not (self.directory / name / path.name).exists():
                path.unlink()
        self.office = reopen_office(self._url, self.host, FixedClock(START))

    def close(self) -> None:
        self.office.engine.dispose()
        if self._stack is not None:
            self._stack.__exit__(None, None, None)

    @staticmethod
    def _serve(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def with_signatures(signed: SignedCheckpoint, made: list[Signature]) -> SignedCheckpoint:
    return SignedCheckpoint(signed.checkpoint, signed.note.adding(made))


def rechained(entries: Sequence[bytes]) -> list[bytes]:
    """The entries with index and prev made right again: what a careful forger writes."""
    made: list[bytes] = []
    previous: bytes | None = None
    for index, data in enumerate(entries):
        old = parse_entry(data)
        entry = make_entry(Draft(old.kind, old.actor, START, old.body), index, previous)
        made.append(entry.data)
        previous = entry.hash
    return made


def another_history(office: Office, size: int) -> list[bytes]:
    """A well-formed ledger of that size in which other things happened."""
    drafts = [Draft("test.room-opened", "svc:test", START, {"room": f"forged {n}"}) for n in range(size)]
    made: list[bytes] = []
    previous: bytes | None = None
    for index, draft in enumerate(drafts):
        entry = make_entry(draft, index, previous)
        made.append(entry.data)
        previous = entry.hash
    return made
