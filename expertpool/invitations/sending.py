"""Sending what is queued: leased in one transaction, sent with none open, recorded in another.

A message goes out at least once, always under its row's id, by which a gateway knows that it had it before. One
gateway after the other is tried, never two at a time: the row that has a ``due`` has the turn. Once a gateway took a
call no other is asked for it.
"""

import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

import structlog
from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.faults import crash_point
from expertpool.core.ids import new_id
from expertpool.core.keystore import SealBroken
from expertpool.draws.following import called_for
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.invitations.gateway import Gateway, GatewayFailed, GatewayRefused, Message
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.models import Invitation, OutgoingMessage
from expertpool.invitations.parts import Desk
from expertpool.invitations.stored import (
    Errand,
    Kept,
    Purpose,
    errands_of,
    keep_errand,
    open_errand,
    open_invited,
    put,
)

FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(seconds=30)
OPEN: Final = (DrawState.DRAWN, DrawState.FILLING, DrawState.EXHAUSTED)
SITS: Final = (DrawState.FILLING, DrawState.FILLED, DrawState.EXHAUSTED, DrawState.RECONVENED)
WHILE_IT_SITS: Final = frozenset({Purpose.INVITATION, Purpose.CONFIRMATION, Purpose.NOT_NEEDED})
WHENEVER: Final = frozenset({Purpose.GLASS_BROKEN, Purpose.PAYMENT_FAILED})
"""What concerns people whenever it was: that names were opened in an emergency, that a fee could not be paid."""
LONGEST_SITTING: Final = timedelta(days=7)
"""After so long a message of a session is of no use to anybody any more, whatever held it up."""

_WAITS: Final = (
    OutgoingMessage.due <= bindparam("now"),
    or_(OutgoingMessage.leased_until.is_(None), OutgoingMessage.leased_until <= bindparam("now")),
)
_ANY_DUE: Final = select(OutgoingMessage.id).where(*_WAITS).limit(1)
_DUE: Final = (
    select(OutgoingMessage)
    .where(*_WAITS)
    .order_by(OutgoingMessage.due, OutgoingMessage.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)

_LOCKED: Final = (
    select(Draw.id).where(Draw.id.in_(bindparam("draws", expanding=True))).order_by(Draw.id).with_for_update()
)
_THESE: Final = select(OutgoingMessage).where(OutgoingMessage.id.in_(bindparam("ids", expanding=True)))

log = structlog.get_logger("invitations")


class Sent(Enum):
    """What a gateway said."""

    TAKEN = "taken"
    FAILED = "failed"
    REFUSED = "refused"


class Held(NamedTuple):
    """A leased message: its row's id and lease, what it is, and the gateway whose turn it is."""

    id: str
    lease: str
    draw: str
    errand: Errand
    gateway: Gateway | None


class Meeting(NamedTuple):
    """A draw, for when its committee is called now, and its invitations by seat and vacancy."""

    draw: Draw
    starts: datetime
    invitations: dict[tuple[str, int], Invitation]


class Sender:
    """Sends due messages, several side by side. Several senders may run."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._keys = desk.parts.keys
        self._pool = ThreadPoolExecutor(desk.settings.at_once, thread_name_prefix="sender")

    def step(self) -> bool:
        """Send what is due; returns whether there was anything."""
        held, dropped = self._lease()
        if held:
            crash_point("invitation.leased")
            self._record([(each, *sent) for each, sent in zip(held, self._pool.map(self._send, held), strict=True)])
        return bool(held) or dropped > 0

    def _lease(self) -> tuple[list[Held], int]:
        """Take what is due, for as long as the settings say; what nobody needs any more is dropped."""
        now, held, dropped = self._desk.clock.now(), list[Held](), 0
        asked = {"now": now, "most": self._desk.settings.at_once}
        with Session(self._desk.parts.engine.execution_options(**READ_ONLY)) as session:
            if session.scalar(_ANY_DUE, asked) is None:
                return held, dropped  # as a rule, and nobody's lock was taken
        with Session(self._desk.parts.engine) as session, session.begin():
            rows = session.scalars(_DUE, asked).all()
            meetings = _meetings(session, rows)
            for row in rows:
                errand = self._wanted(row, meetings[row.draw_id])
                if errand is None:
                    row.due, dropped = None, dropped + 1
                    continue
                row.lease = new_id("lse")
                row.leased_until = now + timedelta(seconds=self._desk.settings.lease_s)
                ordered = self._desk.gateways.of(errand.channel)
                gateway = ordered[errand.gateway] if errand.gateway < len(ordered) else None
                held.append(Held(row.id, row.lease, row.draw_id, errand, gateway))
        return held, dropped

    def _wanted(self, row: OutgoingMessage, meeting: Meeting) -> Errand | None:
        """What the row asks to send, if anybody needs it. One that was altered holds up no other."""
        try:
            errand = open_errand(self._keys, row)
            return errand if self._is_wanted(meeting, errand) else None
        except SealBroken:
            log.critical("invitations.altered", draw=row.draw_id)
            return None

    def _is_wanted(self, meeting: Meeting, errand: Errand) -> bool:
        """An invitation is sent while it waits for an answer, everything until the review begins.

        After that, while a committee sits, so is what those are told who come for somebody else, or need not come.
        """
        if errand.purpose in WHENEVER:
            return True
        now = self._desk.clock.now()
        sits = meeting.draw.state in SITS and now < meeting.starts + LONGEST_SITTING
        if meeting.starts <= now and not (sits and errand.purpose in WHILE_IT_SITS):
            return False
        if errand.purpose is not Purpose.INVITATION:
            return True
        row = meeting.invitations.get((errand.seat, errand.vacancy))
        known = None if row is None else open_invited(self._keys, row)
        waits = known is not None and known.state is InvitationState.CALLED and known.again == errand.again
        return waits and meeting.draw.state in OPEN

    def _send(self, held: Held) -> tuple[Sent, datetime]:
        """Hand one message over, and say when that was done."""
        return self._handed(held), self._desk.clock.now()

    def _handed(self, held: Held) -> Sent:
        """What a gateway says to a message. For a silent one it is asked how it is, which takes as long.

        No log says of which message a gateway failed, nor that it refused one: that would tell something of a number.
        """
        gateway, errand = held.gateway, held.errand
        if gateway is None:
            return Sent.REFUSED
        try:
            if errand.silent:
                gateway.health()
            else:
                gateway.send(Message(held.id, errand.channel, errand.to, errand.text, errand.code))
        except GatewayRefused:
            return Sent.REFUSED
        except Exception as error:  # noqa: BLE001 -- a gateway may raise anything; whether it sent is unknown
            reason = error.code if isinstance(error, GatewayFailed) else type(error).__name__
            log.warning("invitations.gateway-failed", gateway=gateway.name, reason=reason)
            return Sent.FAILED
        crash_point("invitation.sent")
        return Sent.TAKEN

    def _record(self, went: Sequence[tuple[Held, Sent, datetime]]) -> None:
        """Note what came of messages, but of one whose lease ran out, which another sender has, or which is settled."""
        draws = sorted({held.draw for held, _, _ in went})
        with Session(self._desk.parts.engine) as session, session.begin():
            session.execute(_LOCKED, {"draws": draws})  # before their messages, as everybody locks
            rows = {row.id: row for row in session.scalars(_THESE, {"ids": [held.id for held, _, _ in went]})}
            for held, sent, at in went:
                row = rows[held.id]
                if row.lease == held.lease:
                    row.lease = row.leased_until = None
                    if row.due is not None:
                        self._settle(session, row, sent, at)
            session.flush()
            crash_point("invitation.recorded")

    def _settle(self, session: Session, row: OutgoingMessage, sent: Sent, at: datetime) -> None:
        """What a gateway said of a message at a moment."""
        try:
            errand = open_errand(self._keys, row)
        except SealBroken:
            log.critical("invitations.altered", draw=row.draw_id)
            row.due = None
            return
        if sent is Sent.TAKEN:
            row.due = None
            keep_errand(self._keys, row, replace(errand, taken=at.isoformat(), sends=0))
        elif sent is Sent.FAILED and errand.sends + 1 < self._desk.settings.sends_each:
            row.due = at + pause(errand.sends)
            keep_errand(self._keys, row, replace(errand, sends=errand.sends + 1))
        else:
            errand = replace(errand, sends=0, refused=sent is Sent.REFUSED)
            keep_errand(self._keys, row, errand)
            pass_on(session, self._desk, Kept(row, errand), at)


def _meetings(session: Session, rows: Iterable[OutgoingMessage]) -> dict[str, Meeting]:
    """The draws of several messages, each read once with all its invitations."""
    ids = sorted({row.draw_id for row in rows})
    draws = session.scalars(select(Draw).where(Draw.id.in_(ids))) if ids else ()
    found = {draw.id: Meeting(draw, called_for(session, draw), {}) for draw in draws}
    for each in session.scalars(select(Invitation).where(Invitation.draw_id.in_(ids))) if ids else ():
        found[each.draw_id].invitations[each.seat, each.vacancy] = each
    return found


def pass_on(session: Session, desk: Desk, kept: Kept, now: datetime) -> None:
    """Give the turn to the next gateway that has not refused; once round, after a long pause. None left: nobody's."""
    row, errand = kept
    row.due = None
    count = len(desk.gateways.of(errand.channel))
    known = {
        each.errand.gateway: each for each in errands_of(session, desk.parts.keys, row.draw_id) if each.like(errand)
    }
    for place in range(errand.gateway + 1, errand.gateway + 1 + count):
        due = now if place < count else now + jittered(LONGEST_PAUSE)
        other = known.get(place % count)
        if other is None:
            put(session, desk.parts.keys, row.draw_id, errand.by(place % count), due)
        elif not other.errand.refused:
            other.row.due = due
        else:
            continue
        return


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time, and never just as long as others wait."""
    return jittered(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))


def jittered(time: timedelta) -> timedelta:
    """Between half a time and all of it."""
    return time / 2 + time / 2 * secrets.randbelow(1001) / 1000
