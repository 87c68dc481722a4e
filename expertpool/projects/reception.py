"""Takes messages in through the door: who signed, in what order, when; then what the message does.

The order of the checks is that of docs/spec/trading-door.md. Whatever is refused leaves nothing behind and does not use
up its sequence number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.models import Centre, Sender, SenderKey, SenderKind
from expertpool.identity.queries import target_of
from expertpool.projects import acts, door_errors, errors
from expertpool.projects.door_schemas import (
    AwardBody,
    BidderListBody,
    ReportBody,
    ResultBody,
    ScheduleBody,
    UpsertBody,
)
from expertpool.projects.envelope import Envelope, Message, load, read_message
from expertpool.projects.events import MessageReceived
from expertpool.projects.facts import normal_code
from expertpool.projects.handover import (
    NOT_OPENED,
    note_no_opening,
    note_outcome,
    note_report,
    take_bidder_list,
    take_draw_result,
    take_scores,
)
from expertpool.projects.models import DoorMessage, EvaluationSession, Project
from expertpool.projects.queries import (
    initiator_by_code,
    last_sequence,
    project_by_code,
    session_by_code,
)
from expertpool.projects.terms import MilestoneKind

AHEAD: Final = timedelta(minutes=10)
OLDEST_ONLINE: Final = timedelta(minutes=10)
OLDEST_IN_FILE: Final = timedelta(days=7)


class Said(NamedTuple):
    """A message that may be acted upon: its centre, its body as its schema made it, when it was written."""

    centre: Centre
    body: dict[str, Any]
    time: datetime
    sealed: bytes | None


class About(NamedTuple):
    """What a message was about."""

    project: Project
    session: EvaluationSession | None = None


class Kind(NamedTuple):
    """A kind of message: its body, who may send it, what it does, and whether it comes with a ciphertext."""

    body: type[Schema]
    sender: SenderKind
    act: Callable[[Transaction, Said], About]
    sealed: bool = False


def authenticate(session: Session, envelope: Envelope) -> SenderKey:
    """The key that signed an envelope, in force or not. Raises `NotSigned`, and says no more than that."""
    key = session.get(SenderKey, envelope.key)
    if key is None or not envelope.signed_by(key.public):
        raise door_errors.NotSigned
    return key


def receive(tx: Transaction, envelope: Envelope, *, oldest: timedelta) -> DoorMessage:
    """Act on a message of the sender who is the transaction's actor; the same message again changes nothing.

    ``oldest`` is how old it may be: `OLDEST_ONLINE` or `OLDEST_IN_FILE`. Raises what `docs/spec/trading-door.md` lists.
    """
    sender = tx.session.get(Sender, tx.actor, with_for_update=True)  # one message of a sender at a time
    key = authenticate(tx.session, envelope)
    if sender is None or key.sender_id != sender.id:
        raise door_errors.NotSigned
    message = read_message(envelope.text)
    expected = last_sequence(tx.session, sender.id) + 1
    if message.sequence < expected:
        first = tx.session.get_one(DoorMessage, (sender.id, message.sequence))
        if first.text == envelope.text:
            return first
        raise door_errors.SequenceUsed(message.sequence, expected, field="sequence")
    if not key.in_force(tx.now):
        raise door_errors.KeyNotInForce(field="key")
    if not tx.now - oldest <= message.time <= tx.now + AHEAD:
        raise door_errors.TimeOutside(field="time")
    if message.sequence != expected:
        raise door_errors.SequenceGap(expected, field="sequence")
    kind = _kind_for(sender, message, envelope)
    centre = _centre_for(tx, sender, message)
    about = kind.act(tx, Said(centre, load(kind.body(), message.body), message.time, envelope.sealed))
    return _record(tx, sender, envelope, message, about)


def _kind_for(sender: Sender, message: Message, envelope: Envelope) -> Kind:
    kind = KINDS.get(message.kind)
    if kind is None or kind.sender is not sender.kind:
        raise door_errors.KindNotAllowed(field="kind")
    if envelope.sealed is not None and not kind.sealed:
        raise door_errors.SealedUnexpected(field="sealed")
    return kind


def _centre_for(tx: Transaction, sender: Sender, message: Message) -> Centre:
    centre = tx.session.scalar(select(Centre).where(Centre.code == message.centre))
    if centre is None or sender.centre_id not in target_of(tx.session, centre).lineage:
        raise door_errors.CentreNotCovered(field="centre")
    return centre


def _record(tx: Transaction, sender: Sender, envelope: Envelope, message: Message, about: About) -> DoorMessage:
    accepted = DoorMessage(
        sender_id=sender.id,
        sequence=message.sequence,
        centre_id=about.project.centre_id,
        key_id=envelope.key,
        kind=message.kind,
        text=envelope.text,
        signature=envelope.signature,
        received=tx.now,
        project_id=about.project.id,
        session_id=None if about.session is None else about.session.id,
    )
    tx.session.add(accepted)
    tx.record(
        MessageReceived(
            sender=sender.id,
            sequence=message.sequence,
            key=envelope.key,
            message=message.kind,
            centre=accepted.centre_id,
            text=envelope.text,
            signature=envelope.signature.hex(),
        )
    )
    return accepted


def _upsert(tx: Transaction, said: Said) -> About:
    facts, code = said.body["facts"], said.body["initiator"]
    initiator = None if code is None else initiator_by_code(tx.session, code, said.centre.id)
    if code is not None and initiator is None:
        raise errors.InitiatorUnknown(field="initiator")
    project = project_by_code(tx.session, normal_code(facts.code), lock=True)
    if project is None:
        return About(acts.register(tx, said.centre, facts, None if initiator is None else initiator.id))
    if project.centre_id != said.centre.id:
        raise errors.ProjectTaken(field="code")
    if initiator is not None:
        project.initiator_id = initiator.id
    return About(acts.amend(tx, project, facts))


def _schedule(tx: Transaction, said: Said) -> About:
    project = _project(tx, said)
    session = session_by_code(tx.session, project.id, said.body["facts"].code)
    if session is None:
        return About(project, acts.schedule(tx, project, said.body["facts"]))
    if said.body["reason"] is None:
        raise errors.ReasonMissing(field="reason")
    return About(project, acts.reschedule(tx, project, session, said.body["facts"], said.body["reason"]))


def _bidder_list(tx: Transaction, said: Said) -> About:
    project, session = _session(tx, said)
    take_bidder_list(
        tx,
        session,
        sealed=said.sealed,
        vault_key=said.body["vault_key"],
        sha256=said.body["sha256"],
        reason=said.body["reason"],
    )
    return About(project, session)


def _draw_result(tx: Transaction, said: Said) -> About:
    project, session = _session(tx, said)
    take_draw_result(
        tx,
        session,
        sealed=said.sealed,
        vault_key=said.body["vault_key"],
        sha256=said.body["sha256"],
    )
    return About(project, session)


def _scores(tx: Transaction, said: Said) -> About:
    project, session = _session(tx, said)
    take_scores(tx, session, sealed=said.sealed, vault_key=said.body["vault_key"], sha256=said.body["sha256"])
    return About(project, session)


def _no_opening(tx: Transaction, said: Said) -> About:
    project, session = _session(tx, said)
    note_no_opening(tx, session, at=said.body["at"], said=said.time)
    return About(project, session)


def _report(tx: Transaction, said: Said) -> About:
    project, session = _session(tx, said)
    note_report(tx, session, at=said.body["at"], said=said.time, document=said.body["document"])
    return About(project, session)


def _award(tx: Transaction, said: Said) -> About:
    return _outcome(tx, said, MilestoneKind.AWARD_FIXED)


def _notice(tx: Transaction, said: Said) -> About:
    return _outcome(tx, said, MilestoneKind.NOTICE_PUBLISHED)


def _outcome(tx: Transaction, said: Said, kind: MilestoneKind) -> About:
    project = _project(tx, said)
    code = normal_code(said.body["lot"])
    lot = next((lot for lot in project.lots if lot.code == code), None)
    if lot is None:
        raise errors.LotUnknown(field="lot")
    note_outcome(tx, project, lot, kind, at=said.body["at"], said=said.time, document=said.body["document"])
    return About(project)


def _project(tx: Transaction, said: Said) -> Project:
    """The project that a body names, locked, at the message's centre. Raises `ProjectUnknown`."""
    project = project_by_code(tx.session, normal_code(said.body["project"]), lock=True)
    if project is None or project.centre_id != said.centre.id:
        raise errors.ProjectUnknown(field="project")
    return project


def _session(tx: Transaction, said: Said) -> tuple[Project, EvaluationSession]:
    project = _project(tx, said)
    session = session_by_code(tx.session, project.id, said.body["session"])
    if session is None:
        raise errors.SessionUnknown(field="session")
    return project, session


KINDS: Final = {
    "project.upsert": Kind(UpsertBody, SenderKind.TRADING_SYSTEM, _upsert),
    "session.schedule": Kind(ScheduleBody, SenderKind.TRADING_SYSTEM, _schedule),
    "bidder-list.sealed": Kind(BidderListBody, SenderKind.TRADING_SYSTEM, _bidder_list, sealed=True),
    NOT_OPENED: Kind(ReportBody, SenderKind.TRADING_SYSTEM, _no_opening),
    "scores.sealed": Kind(ResultBody, SenderKind.TRADING_SYSTEM, _scores, sealed=True),
    "report.signed": Kind(ReportBody, SenderKind.TRADING_SYSTEM, _report),
    "award.fixed": Kind(AwardBody, SenderKind.TRADING_SYSTEM, _award),
    "notice.published": Kind(AwardBody, SenderKind.TRADING_SYSTEM, _notice),
    "draw-result.sealed": Kind(ResultBody, SenderKind.PROVINCIAL_POOL, _draw_result, sealed=True),
}
"""Every kind of message there is."""
