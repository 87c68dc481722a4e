"""The supplementary draw (补抽意向): what a first draw left empty is drawn by an intent of its own.

It names the first intent, the members who sit keep their seats, and nobody who sat in the first is drawn again. Like
every later draw of a lot it is referred, and goes on when the supervisor has approved it under signature: the agents of
the key holders contribute a second time for nothing less.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.errors import NothingToSupplement
from expertpool.draws.events import DrawRequested
from expertpool.draws.keeping import Occupant, VaultKeys, occupants
from expertpool.draws.lifecycle import LIVE, DrawState, DrawVerb
from expertpool.draws.models import TAKEN, Draw, Seat, SeatState
from expertpool.draws.parts import Parts
from expertpool.draws.queries import intended, request_of, seats_of
from expertpool.draws.stored_table import stored_table
from expertpool.protocol.commitments import retained_digest
from expertpool.protocol.openings import RetainedOpened
from expertpool.protocol.table import RowMaker
from ledger.canonical import canonical

STANDING = TAKEN | {SeatState.CALLED}


class Sitting(NamedTuple):
    """Someone whom the first draw seated: the seat, who took it, and the groups by name."""

    seat: Seat
    occupant: Occupant
    groups: tuple[tuple[int, str], ...]


def supplement(tx: Transaction, first: Draw, *, reason: str) -> Draw:
    """Ask for what an exhausted draw left empty. Raises `NothingToSupplement`, `WrongState`."""
    fixed, seats = intended(tx.session, first.id), seats_of(tx.session, first.id)
    empty = Counter(seat.line for seat in seats if seat.state not in STANDING)
    under_way = select(Draw.id).where(Draw.first_id == first.id, Draw.supplementary, Draw.state.in_(LIVE))
    if fixed is None or not empty or first.first_id is not None or tx.session.scalar(under_way):
        raise NothingToSupplement
    first.move(DrawVerb.SUPPLEMENT)
    asked = request_of(first)
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
        lines=tuple(replace(line, seats=empty[number]) for number, line in enumerate(asked.lines)),
        retained=sum(seat.state in STANDING for seat in seats),
        decided_at=None,
        rung=None,
    )
    draw.request = canonical(request.plain()).decode()
    draw.move(DrawVerb.SUBMIT)
    tx.record(
        DrawRequested(draw=draw.id, centre=draw.centre_id, request=request.plain(), rules=fixed.intent.rulebook.hex())
    )
    return draw


def sitting(session: Session, parts: Parts, draw: Draw) -> list[Sitting]:
    """Whom a supplementary draw retains; nobody for any other."""
    if not draw.supplementary or draw.first_id is None:
        return []
    taken = occupants(session, parts.keys, draw.first_id)
    made = stored_table(session, parts.keys, draw.first_id)
    standing = [seat for seat in seats_of(session, draw.first_id) if seat.state in STANDING]
    return [
        Sitting(seat, taken[seat.code, seat.vacancy], made.groups[taken[seat.code, seat.vacancy].row])
        for seat in standing
    ]


def former(session: Session, keys: VaultKeys, draw: Draw) -> set[str]:
    """Everyone who ever took a seat of the first draw, by expert: none of them is drawn again."""
    if not draw.supplementary or draw.first_id is None:
        return set()
    return {occupant.expert for occupant in occupants(session, keys, draw.first_id).values()}


def opened(people: Sequence[Sitting], table_key: bytes) -> tuple[RetainedOpened, ...]:
    """What opens the intent's commitments to retained members, in its order."""
    maker = RowMaker(table_key)
    made = [
        RetainedOpened(
            bytes.fromhex(each.seat.member), maker.open_groups(bytes.fromhex(each.occupant.roster_leaf), each.groups)
        )
        for each in people
    ]
    return tuple(sorted(made, key=committed))


def committed(member: RetainedOpened) -> bytes:
    """What the intent says of a retained member (docs/spec/draw.md, section 4)."""
    return retained_digest(member.member, member.groups.commitment())
