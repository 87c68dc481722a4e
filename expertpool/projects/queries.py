"""Named reads of projects, sessions and the door. Nothing here opens what is sealed but `person_of`."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from expertpool.core.keyrings import PROJECTS_KEY
from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.rows import images_root, row_key
from expertpool.experts.protection import mask_id_number, mask_name
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor, Centre, Sender
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import centres_below, target_of
from expertpool.identity.roles import Role
from expertpool.projects.door_errors import ListAltered
from expertpool.projects.events import MilestoneReached
from expertpool.projects.models import (
    DoorMessage,
    EvaluationSession,
    Milestone,
    Party,
    Project,
    Recusal,
    SealedBlob,
    SealedDelivery,
)
from expertpool.projects.terms import MilestoneKind, SealedKind
from ledger.entry import parse_entry
from ledger.merkle import leaf_hash


class Opener(Protocol):
    """The part of a key store that opens."""

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        """Undo a seal; raises when it was altered or belongs elsewhere."""


class Person(NamedTuple):
    """Somebody named for recusal, in the clear: lives for the length of a call, is never logged."""

    name: str
    id_number: str | None

    def __repr__(self) -> str:
        return "Person(...)"


class MaskedPerson(NamedTuple):
    """Somebody named for recusal, as shown."""

    name: str
    number: str | None


def target_of_project(session: Session, project: Project) -> Target:
    """A project as the permission table sees it: with its centre's lineage, and the account that handles it."""
    return Target(target_of(session, session.get_one(Centre, project.centre_id)).lineage, project.initiator_id)


def visible_project(session: Session, caller: Caller, project_id: str, verb: str) -> Project:
    """A project that the caller may look at. Raises `NotPermitted`, also for one that there is not."""
    project = session.get(Project, project_id)
    if project is None or not may(caller, verb, target_of_project(session, project)):
        raise NotPermitted(verb)
    return project


def visible_session(session: Session, caller: Caller, session_id: str, verb: str) -> EvaluationSession:
    """A session of such a project. Raises `NotPermitted`."""
    found = session.get(EvaluationSession, session_id)
    visible_project(session, caller, found.project_id if found else "", verb)
    if found is None:
        raise NotPermitted(verb)
    return found


def project_by_code(session: Session, code: str, *, lock: bool = False) -> Project | None:
    """A project by its national code in normal form, perhaps locked for the rest of the transaction."""
    found = select(Project).where(Project.code == code)
    return session.scalar(found.with_for_update() if lock else found)


def projects_for(session: Session, caller: Caller, after: str | None, limit: int) -> Sequence[Project]:
    """Projects of one's own centre and of those below by code; an initiator's are those that they handle."""
    found = select(Project).where(Project.centre_id.in_(centres_below(session, caller.centre)))
    if caller.role is Role.INITIATOR:
        found = found.where(Project.initiator_id == caller.actor)
    if after is not None:
        found = found.where(Project.code > after)
    return session.scalars(found.order_by(Project.code).limit(limit)).all()


def session_by_code(session: Session, project_id: str, code: str) -> EvaluationSession | None:
    """A session of a project by its code."""
    return session.scalar(
        select(EvaluationSession).where(EvaluationSession.project_id == project_id, EvaluationSession.code == code)
    )


def sessions_for(
    session: Session, caller: Caller, start: datetime, until: datetime, limit: int, *, after: str | None = None
) -> Sequence[EvaluationSession]:
    """Sessions that begin in [start, until), of one's own centre and those below, by time; those beyond ``after``.

    Raises `NotPermitted` for an ``after`` that the caller may not look at.
    """
    found = select(EvaluationSession).where(
        EvaluationSession.centre_id.in_(centres_below(session, caller.centre)),
        EvaluationSession.starts >= start,
        EvaluationSession.starts < until,
    )
    if caller.role is Role.INITIATOR:
        found = found.join(Project).where(Project.initiator_id == caller.actor)
    if after is not None:
        last = visible_session(session, caller, after, "project.see")
        found = found.where(tuple_(EvaluationSession.starts, EvaluationSession.id) > (last.starts, last.id))
    return session.scalars(found.order_by(EvaluationSession.starts, EvaluationSession.id).limit(limit)).all()


def recusals_of(session: Session, project_id: str) -> Sequence[Recusal]:
    """Everyone named for recusal, the withdrawn too, in the order of naming."""
    found = select(Recusal).where(Recusal.project_id == project_id)
    return session.scalars(found.order_by(Recusal.named, Recusal.id)).all()


def known_unit(session: Session, caller: Caller, code: str) -> str | None:
    """A unit's name as it stands in the caller's own projects: named for recusal, or a party.

    Nothing else is looked through: the pool's own units would tell where its experts work.
    """
    own = Project.initiator_id == caller.actor
    recused = select(Recusal.unit_name).join(Project).where(own, Recusal.unit_code == code)
    party = select(Party.name).join(Project).where(own, Party.code == code)
    named = session.scalars(recused.order_by(Recusal.named.desc()).limit(1)).first()
    return named or session.scalars(party.limit(1)).first()


def person_of(keys: Opener, recusal: Recusal) -> Person | None:
    """Whom a recusal names; None for a unit. Raises `SealBroken` for what was altered or moved."""
    if recusal.person_sealed is None:
        return None
    name, id_number = json.loads(keys.open(PROJECTS_KEY, recusal.person_sealed, person_context(recusal.id)))
    return Person(name, id_number)


def masked(person: Person | None) -> MaskedPerson | None:
    """How somebody named for recusal is shown to those who may see that."""
    if person is None:
        return None
    return MaskedPerson(mask_name(person.name), person.id_number and mask_id_number(person.id_number))


def person_context(recusal_id: str) -> bytes:
    """What a sealed person is bound to."""
    return f"recusals.person:{recusal_id}".encode()


def milestone(session: Session, kind: MilestoneKind, subject: str) -> Milestone | None:
    """Whether, and when, a session or lot has reached a milestone."""
    return session.scalar(select(Milestone).where(Milestone.kind == kind, Milestone.subject == subject))


class Stated(NamedTuple):
    """A milestone that a session, or each of its lots, has reached: when the last one did, and the entries."""

    at: datetime
    entries: tuple[int, ...]


def milestones_of(session: Session, sitting: EvaluationSession) -> dict[MilestoneKind, Stated]:
    """The milestones that a session and all of its lots have reached; what one lot lacks is not reached."""
    found: dict[MilestoneKind, Stated] = {}
    for kind in MilestoneKind:
        subjects = {sitting.id} if kind is MilestoneKind.REPORT_SIGNED else sitting.lot_ids
        reached = [one for subject in sorted(subjects) if (one := milestone(session, kind, subject)) is not None]
        if reached and len(reached) == len(subjects):
            entries = sorted(_entry_of_milestone(session, one) for one in reached)
            found[kind] = Stated(max(one.at for one in reached), tuple(entries))
    return found


def _entry_of_milestone(session: Session, reached: Milestone) -> int:
    """The entry that states it: that of its image, or one just before it in the same act."""
    image = select(LedgerImage.entry).where(
        LedgerImage.row_table == Milestone.__tablename__, LedgerImage.row_key == row_key(reached)
    )
    index = session.scalars(image.order_by(LedgerImage.entry)).first()
    while index is not None and index >= 0:
        entry = parse_entry(session.scalars(select(LedgerEntry.data).where(LedgerEntry.index == index)).one())
        about = (entry.body.get("milestone"), entry.body.get("subject"))
        if entry.kind == MilestoneReached.kind and about == (reached.kind.value, reached.subject):
            return index
        index -= 1
    raise LookupError(f"the ledger has no entry of {reached.id}")


def latest_sealed(session: Session, session_id: str, kind: SealedKind) -> SealedDelivery | None:
    """The delivery in force of this kind for a session."""
    found = select(SealedDelivery).where(SealedDelivery.session_id == session_id, SealedDelivery.kind == kind)
    return session.scalar(found.order_by(SealedDelivery.number.desc()).limit(1))


def sealed_data(session: Session, delivery: SealedDelivery) -> bytes:
    """The ciphertext of a delivery, compared with what the ledger commits to. Raises `ListAltered`.

    Row and ciphertext could be altered together; the row's image, to which an entry commits, could not.
    """
    data = session.get_one(SealedBlob, delivery.id).data
    if hashlib.sha256(data).hexdigest() != _logged_digest(session, delivery):
        raise ListAltered
    return data


def _logged_digest(session: Session, delivery: SealedDelivery) -> str | None:
    """The digest in the image of a delivery; None unless the entry that took it in commits to this image."""
    row = (LedgerImage.row_table == SealedDelivery.__tablename__, LedgerImage.row_key == row_key(delivery))
    index = session.scalars(select(LedgerImage.entry).where(*row)).one()
    image = session.scalars(select(LedgerImage.data).where(*row)).one() or b""
    images = select(LedgerImage.leaf).where(LedgerImage.entry == index).order_by(LedgerImage.position)
    leaves = session.scalars(images).all()
    entry = parse_entry(session.scalars(select(LedgerEntry.data).where(LedgerEntry.index == index)).one())
    committed = leaf_hash(image) in leaves and images_root(leaves).hex() == entry.body["rows"]["root"]
    return str(json.loads(image)[3]["digest"]) if committed else None


def senders_below(session: Session, centre_id: str) -> Sequence[Sender]:
    """The senders of a centre and of those below it, by code; there are a few."""
    found = select(Sender).where(Sender.centre_id.in_(centres_below(session, centre_id)))
    return session.scalars(found.order_by(Sender.code)).all()


def last_sequence(session: Session, sender_id: str) -> int:
    """The number of the last message that was accepted from a sender; 0 before the first."""
    last = select(func.max(DoorMessage.sequence)).where(DoorMessage.sender_id == sender_id)
    return session.scalar(last) or 0


def entry_of(session: Session, message: DoorMessage) -> int:
    """The ledger entry of the act by which a message was accepted."""
    image = select(LedgerImage.entry).where(
        LedgerImage.row_table == DoorMessage.__tablename__, LedgerImage.row_key == row_key(message)
    )
    return session.scalars(image).one()


def initiator_by_code(session: Session, code: str, centre_id: str) -> Actor | None:
    """The active initiator's account with this code whose own centre is this one or above it."""
    actor = session.scalar(select(Actor).where(Actor.code == code, Actor.role == Role.INITIATOR, Actor.active))
    lineage = target_of(session, session.get_one(Centre, centre_id)).lineage
    return actor if actor and actor.centre_id in lineage else None
