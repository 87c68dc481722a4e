"""The supplementary draw (补抽意向): what a first draw left empty is drawn by an intent of its own.

It names the first intent, the members who sit keep their seats, and nobody who sat in the first is drawn again. Like
every later draw of a lot it is referred, and goes on when the supervisor has approved it under signature: the agents of
the key holders contribute a second time for nothing less.
"""

from collections import Counter
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.errors import NothingToSupplement
from expertpool.draws.events import DrawRequested
from expertpool.draws.lifecycle import LIVE, DrawState, DrawVerb
from expertpool.draws.models import TAKEN, Draw, SeatState
from expertpool.draws.queries import intended, request_of, seats_of, sitting_of
from expertpool.protocol.request import Site
from ledger.canonical import canonical

STANDING = TAKEN | {SeatState.CALLED}


def standing(session: Session, draw_id: str) -> int:
    """How many members of a draw keep their seats."""
    return sum(seat.state in STANDING for seat in seats_of(session, draw_id))


def supplement(tx: Transaction, first: Draw, *, reason: str) -> Draw:
    """Ask for what an exhausted draw left empty, for its session as it stands now.

    Raises `NothingToSupplement`, `WrongState`.
    """
    fixed, seats = intended(tx.session, first.id), seats_of(tx.session, first.id)
    empty = Counter(seat.line for seat in seats if seat.state not in STANDING)
    under_way = select(Draw.id).where(Draw.first_id == first.id, Draw.supplementary, Draw.state.in_(LIVE))
    if fixed is None or not empty or first.first_id is not None or tx.session.scalar(under_way):
        raise NothingToSupplement
    first.move(DrawVerb.SUPPLEMENT)
    asked, sitting = request_of(first), sitting_of(tx.session, first)
    draw = Draw(
        centre_id=first.centre_id,
        project_id=first.project_id,
        session_id=first.session_id,
        asked_by=tx.actor,
        state=DrawState.DRAFT,
        request="",
        due=tx.now,
        submitted=tx.now,
        first_id=first.id,
        supplementary=True,
        reason=reason,
    )
    tx.session.add(draw)
    tx.session.flush()
    request = replace(
        asked,
        draw=draw.id,
        draw_at=tx.now,
        opens_at=sitting.opens_at,
        starts=sitting.starts,
        sites=tuple(Site(site.area, site.place) for site in sitting.sites),
        lines=tuple(replace(line, seats=empty[number]) for number, line in enumerate(asked.lines)),
        retained=standing(tx.session, first.id),
        decided_at=None,
        rung=None,
        bidders=None,
    )
    draw.request = canonical(request.plain()).decode()
    draw.move(DrawVerb.SUBMIT)
    tx.record(
        DrawRequested(draw=draw.id, centre=draw.centre_id, request=request.plain(), rules=fixed.intent.rulebook.hex())
    )
    return draw
