"""What is sealed of an invitation and of a message to somebody: one size for each kind, bound to its row.

A message's row is opened by whoever sends it or takes what a gateway reports; all others of its draw are opened with
it, so that no statement tells which one was looked for.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from expertpool.core.ids import new_id
from expertpool.draws.keeping import EVIDENCE, SMALL, VaultKeys, open_padded, seal_padded
from expertpool.invitations.gateway import Channel
from expertpool.invitations.lifecycle import InvitationState, InvitationVerb, step
from expertpool.invitations.models import Invitation, OutgoingMessage
from expertpool.invitations.seated import At

MESSAGE: Final = EVIDENCE
_INVITATIONS: Final = select(Invitation).where(Invitation.draw_id == bindparam("draw"))
_MESSAGES: Final = (
    select(OutgoingMessage).where(OutgoingMessage.draw_id == bindparam("draw")).order_by(OutgoingMessage.id)
)


class Purpose(StrEnum):
    """What a message is for."""

    INVITATION = "invitation"
    NOT_AGAIN = "not-again"
    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    POSTPONEMENT = "postponement"
    CANCELLATION = "cancellation"
    NOT_NEEDED = "not-needed"
    GLASS_BROKEN = "glass-broken"
    PAYMENT_FAILED = "payment-failed"


@dataclass(frozen=True, slots=True)
class Invited:
    """How an invitation stands. Times are ISO 8601, UTC.

    ``ends`` is the moment at which the vault strikes somebody who sits elsewhere on the day, for ``finding``, as if
    they had declined with their ``code``.
    ``unreached`` says that the duty desk was told; ``late`` by how many minutes the expert said to be late; ``here``
    when they checked in. ``again`` counts how often the committee was called again, for another time.
    """

    state: InvitationState
    again: int = 0
    called: str | None = None
    ends: str | None = None
    finding: dict[str, Any] | None = None
    code: str | None = None
    unreached: bool = False
    late: int | None = None
    here: str | None = None

    def after(self, verb: InvitationVerb, **changed: Any) -> "Invited":
        """After a step. Raises `WrongStep`."""
        return replace(self, state=step(self.state, verb), **changed)


@dataclass(frozen=True, slots=True)
class Errand:
    """One message for one gateway (its place in the order of use), and what came of it; ``again`` as in `Invited`.

    ``sends`` counts failures in a row, ``refused`` says that this gateway never sends it, ``taken`` when it took it.
    ``silent``: nothing is sent, and the row lives as if it were. ``reports`` are what the gateway reported, each with
    the salt of its digest.
    """

    seat: str
    vacancy: int
    purpose: Purpose
    channel: Channel
    gateway: int
    to: str
    text: str
    code: str | None = None
    again: int = 0
    silent: bool = False
    sends: int = 0
    refused: bool = False
    taken: str | None = None
    reports: tuple[Mapping[str, str], ...] = ()

    def __repr__(self) -> str:
        return "Errand(...)"

    def by(self, gateway: int) -> "Errand":
        """The same message for another gateway, which has not tried it."""
        return replace(self, gateway=gateway, sends=0, refused=False, taken=None, reports=())

    def invites(self, again: int) -> bool:
        """Whether it invites, in this round of calls."""
        return self.purpose is Purpose.INVITATION and self.again == again

    def about(self, at: At) -> bool:
        """Whether it is for whoever took this seat."""
        return (self.seat, self.vacancy) == (at.seat, at.vacancy)


class Kept(NamedTuple):
    """A message's row with what is sealed in it."""

    row: OutgoingMessage
    errand: Errand

    def like(self, other: Errand) -> bool:
        """Whether it is the same message by another gateway: to the same person, for the same purpose and channel."""
        return _what(self.errand) == _what(other)


def invited(session: Session, keys: VaultKeys, at: At) -> Invited | None:
    """How an invitation stands; None before the first call for this seat and vacancy."""
    row = session.get(Invitation, tuple(at))
    return None if row is None else open_invited(keys, row)


def open_invited(keys: VaultKeys, row: Invitation) -> Invited:
    """How an invitation stands. Raises `SealBroken`."""
    value = open_padded(keys, row.sealed, _invitation(At(row.draw_id, row.seat, row.vacancy)))
    return Invited(**{**value, "state": InvitationState(value["state"])})


def invitations_of(session: Session, keys: VaultKeys, draw: str) -> dict[At, Invited]:
    """Every invitation of a draw."""
    rows = session.scalars(_INVITATIONS, {"draw": draw})
    return {At(row.draw_id, row.seat, row.vacancy): open_invited(keys, row) for row in rows}


def keep_invited(session: Session, keys: VaultKeys, at: At, value: Invited) -> None:
    """Write how an invitation stands that was written before."""
    session.get_one(Invitation, tuple(at)).sealed = _sealed(keys, at, value)


def first_invited(session: Session, keys: VaultKeys, at: At, value: Invited) -> None:
    """Write how an invitation stands, for the first time."""
    session.add(Invitation(draw_id=at.draw, seat=at.seat, vacancy=at.vacancy, sealed=_sealed(keys, at, value)))


def _sealed(keys: VaultKeys, at: At, value: Invited) -> bytes:
    return seal_padded(keys, asdict(value), _invitation(at), SMALL)


def put(session: Session, keys: VaultKeys, draw: str, errand: Errand, due: datetime) -> None:
    """Write a message that is to be sent."""
    row = OutgoingMessage(id=new_id("msg"), draw_id=draw, due=due)
    keep_errand(keys, row, errand)
    session.add(row)


def keep_errand(keys: VaultKeys, row: OutgoingMessage, errand: Errand) -> None:
    """Write what came of a message."""
    row.sealed = seal_padded(keys, asdict(errand), _message(row), MESSAGE)


def open_errand(keys: VaultKeys, row: OutgoingMessage) -> Errand:
    """What a message is. Raises `SealBroken`."""
    value = open_padded(keys, row.sealed, _message(row))
    return Errand(
        **{
            **value,
            "purpose": Purpose(value["purpose"]),
            "channel": Channel(value["channel"]),
            "reports": tuple(value["reports"]),
        }
    )


def errands_of(session: Session, keys: VaultKeys, draw: str) -> list[Kept]:
    """Every message of a draw."""
    return [Kept(row, open_errand(keys, row)) for row in session.scalars(_MESSAGES, {"draw": draw})]


def _what(errand: Errand) -> tuple[object, ...]:
    return (errand.seat, errand.vacancy, errand.purpose, errand.again, errand.channel)


def _invitation(at: At) -> str:
    return f"invitations:{at.draw}/{at.seat}/{at.vacancy}"


def _message(row: OutgoingMessage) -> str:
    return f"invitation_messages:{row.draw_id}/{row.id}"
