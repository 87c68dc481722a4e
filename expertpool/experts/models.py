"""The tables of the pool.

``Expert`` says who somebody is (sealed) and where they stand, ``RosterLine`` what the rules may know of them, as the
ledger commits to it. Both may be staged in bulk. ``RosterClaim`` and ``PersonKey`` are no facts of their own: the one
is an index over the lines, the other must be erasable without a trace.

Public: `Expert`, `PersonKey`, `FormerContact`, `RosterLine`, `RosterClaim`, `ErasedLine`, `Training`, `Organisation`,
`OrganisationAlias`, `MirrorHead`, `MirroredLine`, `SheetImport`.
"""

from datetime import date, datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.core.staging import StagedRow
from expertpool.experts.lifecycle import Origin, Status
from expertpool.experts.mirror_format import HeadKind
from expertpool.experts.protection import PersonKeys
from expertpool.protocol.roster import Line

ID_LENGTH = 40


class Expert(StagedRow):
    """A person of one pool: a pool is a centre and an origin. Values ``*_sealed`` and ``*_index``: see ``protection``.

    An index is bound to its pool, and unique where nobody stands in a pool twice. Pages are read in the order of
    ``id``, which ends the table's own indexes: no page sorts a whole pool.

    ``ground_sealed`` is the ground of the present status, ``since`` the moment from which it holds. ``revision`` counts
    the changes that were recorded of the expert, so that each of them leaves an image of this row.
    """

    __tablename__ = "experts"
    __table_args__ = (
        Index("ix_experts_pool", "centre_id", "origin", "id"),
        Index("ix_experts_pool_status", "centre_id", "origin", "status", "id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "exp"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    origin: Mapped[Origin] = mapped_column(choice(Origin))
    status: Mapped[Status] = mapped_column(choice(Status))
    since: Mapped[datetime]
    revision: Mapped[int]
    ground_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    code_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    account_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)


class PersonKey(OperationalRow):
    """A person's wrapped keys. No image is ever made of them: erasing one here erases it."""

    __tablename__ = "expert_keys"
    __table_args__ = ({"sqlite_with_rowid": False},)

    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), primary_key=True)
    identity: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)

    def wrapped(self) -> PersonKeys:
        return PersonKeys(self.identity, self.contact)


class FormerContact(OperationalRow):
    """How an expert was reached ``until`` it was amended, as it was sealed: for draws that were asked for before.

    No image is made of it: erasing a person's contact erases it, too.
    """

    __tablename__ = "expert_former_contacts"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "fct"))
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime] = mapped_column(index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class RosterLine(StagedRow):
    """An expert's facts (``facts.write``) in their present version, and what the ledger commits to (``roster.Line``).

    ``version`` counts the lines that were committed, 0 before the first; while ``on_roster`` is false the committed
    line is empty. ``area`` repeats the area of the facts for queries.
    """

    __tablename__ = "roster_lines"
    __table_args__ = (Index("ix_roster_lines_pool", "centre_id", "origin", "on_roster"),)

    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), primary_key=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    origin: Mapped[Origin] = mapped_column(choice(Origin))
    on_roster: Mapped[bool]
    version: Mapped[int]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    person: Mapped[bytes | None] = mapped_column(LargeBinary)
    facts: Mapped[str] = mapped_column(Text)
    leaf: Mapped[bytes | None] = mapped_column(LargeBinary)
    area: Mapped[str | None] = mapped_column(String(6))

    def line(self) -> Line:
        """The line that the ledger commits to."""
        return Line(self.salt, self.expert_id, self.version, self.person, self.facts if self.on_roster else None)


class ErasedLine(OperationalRow):
    """The leaf of a line whose facts were erased, so that the roots which commit to it can still be computed."""

    __tablename__ = "erased_lines"

    leaf: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    entry: Mapped[int] = mapped_column(index=True)


class RosterClaim(OperationalRow):
    """Finds the lines that hold a claim (``claim_key``): an index, rebuilt from the lines and checked against them.

    Holds claims of lines on the roster only; a batch's claims are there before the batch is published, so a reader
    joins the lines.
    """

    __tablename__ = "roster_claims"
    __table_args__ = ({"sqlite_with_rowid": False},)

    claim: Mapped[str] = mapped_column(String(64), primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), primary_key=True, index=True)


class Training(LedgeredRow):
    """A training that an expert took part in."""

    __tablename__ = "expert_trainings"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "trn"))
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    held_on: Mapped[date]
    topic: Mapped[str] = mapped_column(String(200))
    hours: Mapped[int]
    passed: Mapped[bool]


class Correction(OperationalRow):
    """What an expert asked the pool to correct, and the answer: letters, sealed under the expert's key."""

    __tablename__ = "expert_corrections"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    made: Mapped[date]
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Organisation(LedgeredRow):
    """An employer, by its unified social credit code."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("centre_id", "code"),
        Index("ix_organisations_name_key", "centre_id", "name_key"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "org"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    code: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))


class OrganisationAlias(LedgeredRow):
    """Another spelling of an organisation's name. Joins only when somebody else than the proposer has approved it."""

    __tablename__ = "organisation_aliases"
    __table_args__ = (UniqueConstraint("centre_id", "name_key"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "als"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    alias: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    approved_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class MirrorHead(LedgeredRow):
    """A province's head that was accepted for a centre's mirrored pool, and whether its file is applied to the end.

    ``position`` counts what was accepted here, ``sequence`` is the province's own number. ``hash`` is by what the next
    head names this one, ``note`` the head as it was signed. ``ended`` is the reason for which the chain ends here.
    """

    __tablename__ = "mirror_heads"

    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sender_id: Mapped[str] = mapped_column(ForeignKey("door_senders.id"))
    key_id: Mapped[str] = mapped_column(ForeignKey("sender_keys.id"))
    sequence: Mapped[int]
    day: Mapped[date]
    kind: Mapped[HeadKind] = mapped_column(choice(HeadKind))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    received: Mapped[datetime]
    completed: Mapped[datetime | None]
    ended: Mapped[str | None] = mapped_column(String(500))


class MirroredLine(OperationalRow):
    """From which of the province's lines an expert on a mirrored roster was taken: the line's salted leaf.

    No fact of its own: all leaves of a pool must have the root that the province's last head names.
    """

    __tablename__ = "mirrored_lines"
    __table_args__ = ({"sqlite_with_rowid": False},)

    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), primary_key=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


class ImportState(StrEnum):
    """How far a sheet has come: it is checked, somebody looks at what it would change, and then it is enrolled."""

    SENT = "sent"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    DONE = "done"
    FAILED = "failed"


class SheetImport(OperationalRow):
    """A sheet that somebody sent through a page. No fact of the pool: what it brings in has its own entry.

    ``sheet``, ``report``, ``errors`` and ``wishes`` are sealed, since they name people; they go when it is done or
    given up (``uploads``). ``actor`` sent it, or then confirmed it. ``done`` of ``total`` rows are through the present
    stage. ``lease`` names the worker's run that holds it until ``leased_until``; ``batch`` is where that run stages
    its rows, and then the act's own.
    """

    __tablename__ = "sheet_imports"
    __table_args__ = (Index("ix_sheet_imports_pool", "centre_id", "created"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "imp"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    actor: Mapped[str] = mapped_column(String(ID_LENGTH))
    created: Mapped[datetime]
    form: Mapped[str] = mapped_column(String(8))
    state: Mapped[ImportState] = mapped_column(choice(ImportState))
    total: Mapped[int]
    done: Mapped[int]
    sheet: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    report: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    errors: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    wishes: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    batch: Mapped[int | None]
    lease: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int]
