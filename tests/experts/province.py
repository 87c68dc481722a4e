"""A province that lets its pool be mirrored: the other side of the delta files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.reconcile import reconcile
from expertpool.experts import history, mirror, queries
from expertpool.experts.lifecycle import Origin, Pool, Status
from expertpool.experts.mirror_format import DeltaFile, Head, lines_commitment, read_file, write_file
from expertpool.experts.mirror_making import make_next
from expertpool.experts.mirror_queries import mirror_head
from expertpool.experts.models import Expert, MirrorHead
from expertpool.experts.protection import Identity
from expertpool.identity import senders
from expertpool.identity.models import SenderKind
from expertpool.identity.roles import Role
from expertpool.protocol import roster
from expertpool.protocol.facts import Record
from ledger import ed25519
from ledger.merkle import leaf_hash
from ledger.note import ED25519, NoteSigner, VerifierKey
from tests.experts.pool import TODAY, PoolOffice, known_facts, person

POOL = "hn-experts"


def signer(seed: int, name: str = POOL) -> NoteSigner:
    """A key of the province, the same for a seed."""
    secret = bytes([seed]) * 32
    key = VerifierKey(name, ED25519, ed25519.public_key(secret))
    return NoteSigner(key, lambda message: ed25519.sign(secret, message))


def member(serial: int, *, identity: dict[str, Any] | None = None, **facts: Any) -> tuple[Identity, Record]:
    """Somebody on the province's roster; equal serials are the same person."""
    who = person(serial, code=f"HN-{serial}")._replace(**(identity or {}))
    membership = {name: facts.pop(name) for name in ("renewed_until", "absences") if name in facts}
    return who, Record(known_facts(serial, **{"suspensions": (), **facts}), **membership)


@dataclass
class Province:
    """The sender: its roster, its key, and what it has sent."""

    signer: NoteSigner = field(default_factory=lambda: signer(1))
    day: date = TODAY
    roster: dict[str, tuple[Identity, Record]] = field(default_factory=dict)
    sent: list[DeltaFile] = field(default_factory=list)

    def put(self, *members: tuple[Identity, Record]) -> None:
        self.roster.update({who.code or "": (who, record) for who, record in members})

    def drop(self, *serials: int) -> None:
        for serial in serials:
            del self.roster[f"HN-{serial}"]

    def next(self, *, full: bool = False) -> DeltaFile:
        """Make the next file and count it as sent."""
        made = make_next(self.sent, self.roster.values(), signer=self.signer, day=self.day, full=full)
        self.sent.append(read_file(made.data))
        return self.sent[-1]

    def tomorrow(self) -> None:
        self.day += timedelta(days=1)


def signed(
    delta: DeltaFile, by: NoteSigner | None = None, *, lines: Iterable[bytes] | None = None, **head: Any
) -> DeltaFile:
    """The same file with some of its head changed, and signed for that; with other lines it commits to them."""
    by, kept = by or signer(1), tuple(delta.lines if lines is None else lines)
    stated = {name: getattr(delta.head, name) for name in Head.__slots__}
    if lines is not None:
        stated["lines"] = lines_commitment(map(leaf_hash, kept))
    return read_file(write_file(Head(**{**stated, **head}), kept, by))


def register(office: PoolOffice, by: NoteSigner | None = None, *, approve: bool = True, **validity: Any) -> str:
    """Register the province and its key at the centre; gives the key's identifier."""
    by = by or signer(1)
    with office.act(Role.SECURITY_ADMINISTRATOR) as tx:
        sender = senders.register_sender(
            tx, centre_id=office.centre, kind=SenderKind.PROVINCIAL_POOL, code=by.key.name, name="省评标专家库"
        )
    return register_key(office, sender.id, by, approve=approve, **validity)


def register_key(office: PoolOffice, sender: str, by: NoteSigner, *, approve: bool = True, **validity: Any) -> str:
    """Register a further key of a sender."""
    now = office.clock.now()
    times = {"not_before": now, "not_after": now + timedelta(days=365), **validity}
    public = by.key.public.hex()
    proof = by.sign_bytes(senders.registration(sender=sender, public=public, **times)).hex()
    with office.act(Role.SECURITY_ADMINISTRATOR) as tx:
        key = senders.register_key(tx, sender, public=public, proof=proof, **times)
    if approve:
        with office.act(Role.SUPERVISOR) as tx:
            senders.approve_key(tx, key.id)
    return key.id


def apply(office: PoolOffice, delta: DeltaFile) -> MirrorHead:
    return mirror.apply_file(office.transactions, office.protector, delta)


def mirrored(office: PoolOffice) -> Pool:
    return Pool(office.centre, Origin.MIRRORED)


def people(office: PoolOffice) -> dict[str, Expert]:
    """Everyone who has a record in the mirrored pool, by the province's number."""
    with Session(office.engine.execution_options(**READ_ONLY)) as session:  # beside another one that is open
        pool = mirrored(office)
        rows = session.scalars(select(Expert).where(Expert.centre_id == pool.centre_id, Expert.origin == pool.origin))
        return {queries.identity_of(session, office.protector, row).code or "": row for row in rows}


def standing(office: PoolOffice) -> dict[str, Status]:
    return {code: expert.status for code, expert in people(office).items()}


def sound(office: PoolOffice) -> None:
    """Everything that must hold of a pool at any time."""
    assert reconcile(office.engine) == []
    with office.reading() as session:
        opened = history.opened_lines(session, mirrored(office), office.size)
        rebuilt = roster.rebuild(opened.said, opened.lines, opened.erased)
        live = queries.live_roster(session, mirrored(office))
        assert {expert: line.leaf for expert, line in rebuilt.lines.items()} == live
        assert rebuilt.root() == history.roster_at(session, mirrored(office), office.size).root()
        assert history.index_differences(session) == set()


def refused(office: PoolOffice, delta: DeltaFile, refusal: type[ExpertpoolError]) -> ExpertpoolError:
    """Apply a file that is refused, and see that nothing came of it; gives the error."""
    size = office.size
    with office.reading() as session:
        head, live = mirror_head(session, office.centre), queries.live_roster(session, mirrored(office))
    with pytest.raises(refusal) as caught:
        apply(office, delta)
    assert office.size == size
    assert reconcile(office.engine) == []
    with office.reading() as session:
        after = mirror_head(session, office.centre)
        assert (after and after.position) == (head and head.position)
        assert queries.live_roster(session, mirrored(office)) == live
    return caught.value
