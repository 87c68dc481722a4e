"""Arrival: an identity number and an arrival code are matched together, at their site, with who is expected there.

RULES.md, "Who learns a name, when": the desk gets a yes with room and seat, or one and the same no; there is no list.
The index of a session is made from the vault's working copies in memory and gone with the answer, so no statement has
an identity or follows from one. Failures are counted by their entries, so nobody can forget any.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.errors import Invalid
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import Occupant, VaultKeys, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import TAKEN, Draw, Seat, SeatState
from expertpool.draws.queries import entries_of, fixed_intent, request_of, seats_of
from expertpool.experts.validation import check_id_number
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.invitations.events import ArrivalFailed, SeatSignedIn
from expertpool.invitations.rules import door
from expertpool.invitations.seated import At
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, SessionSite

SIGN_IN: Final = "session.sign-in"
SITTING: Final = (DrawState.FILLING, DrawState.FILLED, DrawState.EXHAUSTED, DrawState.RECONVENED)
"""A seat may be refilled, or stay empty, while the others arrive."""


class Expected(NamedTuple):
    """Somebody who is to come to a site."""

    draw: Draw
    seat: Seat
    occupant: Occupant

    def __repr__(self) -> str:
        return "Expected(...)"


class Welcome(NamedTuple):
    """What somebody who is let in gets: a place in the room, and the short code for what is done inside."""

    number: int
    short_code: str

    def __repr__(self) -> str:
        return "Welcome(...)"


class Admitted(NamedTuple):
    """The yes: which seat, where, and what the slip says."""

    draw: str
    seat: str
    place: str
    welcome: Welcome


def arrive(
    tx: Transaction,
    keys: VaultKeys,
    welcome: Callable[[At, int], Welcome | None],
    *,
    session: str,
    site: int,
    id_number: str,
    code: str,
) -> Admitted | None:
    """Sign in whoever this is, once; None is the no, whatever its reason, and is on record. Raises `NotPermitted`.

    What is asked is matched in any case, so that a no takes as long as a yes. ``welcome`` lets somebody in at a site,
    again as the first time, or nobody at present.
    """
    sitting = tx.session.get(EvaluationSession, session)
    place = _place(sitting, site)
    require(tx, SIGN_IN, _target(tx, sitting, place))
    draws = _draws(tx, session)
    found = _match(_expected(tx, keys, draws, site), _normal(id_number), code.strip().upper())
    if sitting is None or place is None or not draws:
        return None
    figures = door(request_of(draws[0]))
    seats = sum(len(seats_of(tx.session, draw.id)) for draw in draws)
    failures = sum(entry.kind == ArrivalFailed.kind for draw in draws for entry in entries_of(tx.session, draw.id))
    if failures >= figures.failures * seats:
        return None
    open_ = sitting.state is SessionState.SCHEDULED and tx.now >= sitting.starts - figures.opens
    given = welcome(At(found.draw.id, found.seat.code, found.seat.vacancy), site) if found and open_ else None
    if found is None or given is None:
        _fail(tx, draws[0], site)
        return None
    _sign_in(tx, found, site)
    return Admitted(found.draw.id, found.seat.code, place.place, given)


def signed_in_at(session: Session, admitted: Admitted) -> int:
    """The entry of a sign-in: the last one of the seat, which may have had somebody else before."""
    entries = (entry for entry in entries_of(session, admitted.draw) if entry.kind == SeatSignedIn.kind)
    return max(entry.index for entry in entries if entry.body["seat"] == admitted.seat)


def _place(sitting: EvaluationSession | None, site: int) -> SessionSite | None:
    return None if sitting is None else next((each for each in sitting.sites if each.position == site), None)


def _target(tx: Transaction, sitting: EvaluationSession | None, place: SessionSite | None) -> Target:
    """A site belongs to whom it is, else to the session's centre; what does not exist belongs to nobody."""
    if sitting is None:
        return Target()
    centre = sitting.centre_id if place is None or place.site_id is None else place.site_id
    return target_of(tx.session, tx.session.get_one(Centre, centre))


def _draws(tx: Transaction, session: str) -> Sequence[Draw]:
    """The draws that seat a session, locked: a supplementary one beside the one that it completes."""
    seating = select(Draw).where(Draw.session_id == session, Draw.state.in_(SITTING))
    return tx.session.scalars(seating.order_by(Draw.id).with_for_update()).all()


def _expected(tx: Transaction, keys: VaultKeys, draws: Sequence[Draw], site: int) -> Iterator[Expected]:
    for draw in draws:
        everyone = occupants(tx.session, keys, draw.id)
        lines = request_of(draw).lines
        for seat in seats_of(tx.session, draw.id):
            if seat.state in TAKEN and lines[seat.line].site == site:
                yield Expected(draw, seat, everyone[seat.code, seat.vacancy])


def _match(expected: Iterator[Expected], id_number: str, code: str) -> Expected | None:
    """Who has both; everyone is compared, whoever it is."""
    found, said = None, f"{id_number}\0{code}".encode()
    for each in expected:
        theirs = each.occupant
        same = hmac.compare_digest(f"{theirs.id_number}\0{theirs.arrival_code}".encode(), said)
        found = each if same and id_number and code else found  # an older copy has neither
    return found


def _normal(id_number: str) -> str:
    """An identity number as the pool has it; empty, which is nobody's, when it is none."""
    try:
        return check_id_number(id_number)
    except Invalid:
        return ""


def _sign_in(tx: Transaction, found: Expected, site: int) -> None:
    """Record it, unless it was."""
    if found.seat.state is SeatState.SIGNED_IN:
        return
    found.seat.state = SeatState.SIGNED_IN
    found.draw.move()
    intent = fixed_intent(tx.session, found.draw.id).entry.index
    tx.record(SeatSignedIn(draw=found.draw.id, intent=intent, seat=found.seat.code, site=site))


def _fail(tx: Transaction, draw: Draw, site: int) -> None:
    draw.move()
    tx.record(ArrivalFailed(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index, site=site))
