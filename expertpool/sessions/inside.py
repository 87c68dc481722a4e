"""What the vault does for the room: shows the bidders, takes a declared recusal, has a member replaced (条例 48).

A seat that is lost here is drawn anew as any vacancy; the day notes it first, so that the draw's entry ends the act.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.bidders import opened_lots
from expertpool.draws.events import DrawVacated, SeatLost
from expertpool.draws.models import TAKEN, Draw, Seat, SeatState
from expertpool.draws.parts import Parts
from expertpool.draws.queries import entries_of, target_of_draw
from expertpool.draws.seating import lose
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.invitations.holding import Held, locked
from expertpool.invitations.lifecycle import InvitationVerb
from expertpool.invitations.parts import Desk
from expertpool.invitations.seated import At
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, membership
from expertpool.sessions.errors import BiddersSealed, NotPresent, ShortCodeRefused
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import Key, Member
from expertpool.sessions.steps import Cause
from ledger.entry import format_time

PAGE_BYTES: Final = 40_000
"""So many bytes of bidders at most go into one answer, but always one bidder."""
MOST_PRINCIPALS: Final = 20
DRAWS_CAUSE: Final = {Cause.DESERTION: "desertion", Cause.HEALTH: "health", Cause.ABSENT: "desertion"}
"""Who checked in and never came is absent to the day; to the draw they deserted, since no rule finds them absent."""


def show_bidders(tx: Transaction, parts: Parts, *, session: str, site: int, code: str, after: int) -> dict[str, Any]:
    """The bidders from a place in the list on, and where to go on; ``known`` is false where no list was delivered.

    Raises `ShortCodeRefused`, `BiddersSealed`, `ListAltered`, `ListMalformed`, and as `acts.show_bidders`.
    """
    member = _member(tx.session, parts, session, site, code)
    sitting = tx.session.get_one(EvaluationSession, session)
    if tx.now < sitting.opens_at:
        raise BiddersSealed
    opened = opened_lots(tx.session, parts, sitting)
    acts.show_bidders(tx, session, member.key)
    if opened is None:
        return {"known": False, "lots": [], "next": None}
    titles = {each.lot.code: each.lot.title for each in sitting.session_lots}
    every = [
        (lot, {"name": bid.name, "code": bid.unit and bid.unit.code, "principals": [*bid.principals[:MOST_PRINCIPALS]]})
        for lot, bids in sorted(opened[1].items())
        for bid in bids
    ]
    shown = list(_page(every[after:]))
    lots = [
        {"lot": lot, "title": titles[lot], "bidders": [bidder for of, bidder in shown if of == lot]}
        for lot in dict.fromkeys(lot for lot, _ in shown)
    ]
    until = after + len(shown)
    return {"known": True, "lots": lots, "next": until if until < len(every) else None}


def recuse(tx: Transaction, desk: Desk, *, session: str, site: int, code: str, grounds: str) -> None:
    """Take the recusal that a member declares. Raises `ShortCodeRefused`, and as `membership.lose`, `seating.lose`."""
    member = _member(tx.session, desk.parts, session, site, code)
    found = locked(tx, desk, At(*member.key))
    if found is None or not found.stands:
        raise ShortCodeRefused
    membership.lose(tx, session, member.key, cause=Cause.RECUSAL)
    finding = {"declared": format_time(tx.now), "grounds": grounds, "kind": "declared"}
    _lose(tx, desk, found, InvitationVerb.RECUSE, {"cause": "recused", "finding": finding})


def replace(
    tx: Transaction, desk: Desk, *, session: str, draw: str, seat: str, vacancy: int, cause: Cause, reason: str
) -> None:
    """Have whoever took a seat in a vacancy (0: at first) replaced, as the supervisor orders: never who came instead.

    Raises `NotPermitted`, `NotPresent` for a seat that nobody of this kind has, and as `recuse`.
    """
    row = tx.session.get(Draw, draw, with_for_update=True)
    require(tx, DayVerb.REPLACE.permission, Target() if row is None else target_of_draw(tx.session, row))
    taken = tx.session.get(Seat, (draw, seat))
    if row is None or row.session_id != session or taken is None or taken.state not in TAKEN:
        raise NotPresent
    found = locked(tx, desk, At(draw, seat, vacancy))
    if found is None or not found.stands:
        raise NotPresent
    came = found.seat.state is SeatState.SIGNED_IN
    if came is (cause is Cause.ABSENT):
        raise NotPresent
    membership.lose(tx, session, Key(*found.at), cause=cause, reason=reason, by=tx.actor)
    finding = {"at": format_time(tx.now), "kind": cause.value, "reason": reason}
    _lose(tx, desk, found, InvitationVerb.LOSE, {"cause": DRAWS_CAUSE[cause], "finding": finding})


def _member(session: Session, parts: Parts, session_id: str, site: int, code: str) -> Member:
    """Whoever is present at this site and has this code. Raises `ShortCodeRefused`, whatever the reason."""
    found = membership.member_by_code(session, parts.service_keys, session_id, code)
    if found is None or found.site != site:
        raise ShortCodeRefused
    return found


def _lose(tx: Transaction, desk: Desk, found: Held, verb: InvitationVerb, evidence: Mapping[str, Any]) -> None:
    found.keep(tx.session, desk, found.known.after(verb))
    lose(tx, desk.parts, found.draw, found.seat, evidence)
    tx.session.flush()
    crash_point("session.member-lost")


def _page(every: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """As many as fit into an answer."""
    size = 0
    for number, each in enumerate(every):
        size += len(json.dumps(each, ensure_ascii=False).encode())
        if number and size > PAGE_BYTES:
            return
        yield each


def entry_of_loss(session: Session, draw: str, seat: str) -> int:
    """The entry by which a seat last fell vacant."""
    lost = (each for each in entries_of(session, draw) if each.kind in (DrawVacated.kind, SeatLost.kind))
    return max(each.index for each in lost if each.body["seat"] == seat)
