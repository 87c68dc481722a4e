"""The draw itself: from the contributions to the seats, whose members only the vault knows.

Everything but the answer codes and the records' keys follows from the ledger, so a crash before the commit changes
nothing: the same draw comes out again.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws import candidates
from expertpool.draws.candidates import Made
from expertpool.draws.contacts import Contact, contacts
from expertpool.draws.contributing import is_complete, is_cosigned, last_contribution
from expertpool.draws.events import DrawCompleted, DrawExhausted
from expertpool.draws.keeping import Occupant, keep_occupant
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import BeaconRound, Draw, SealedRecord, Seat, SeatState
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import Intended, acts_of, fixed_intent, intended
from expertpool.draws.searching import searches
from expertpool.draws.seeding import beacon_round, seeds_of
from expertpool.experts.protection import Protector
from expertpool.protocol.commitments import SALT_BYTES, answer_digest, member_digest, seed_digest
from expertpool.protocol.envelope import About, Envelope, seal_to_holders
from expertpool.protocol.seed import CROCKFORD
from ledger.canonical import canonical
from ledger.entry import format_time

ANSWER_SYMBOLS: Final = 8
ARRIVAL_DIGITS: Final = 6
CALL: Final = "draws.call"


class Taken(NamedTuple):
    """A seat that somebody took: what the ledger shows of it, and what the vault keeps."""

    code: str
    line: int
    member: str
    envelope: Envelope
    occupant: Occupant

    def shown(self) -> dict[str, Any]:
        """The seat in `draw.completed`."""
        return {
            "seat": self.code,
            "line": self.line,
            "member": self.member,
            "record": self.envelope.digest.hex(),
            "answer": answer_digest(bytes.fromhex(self.occupant.answer_salt), self.occupant.answer_code).hex(),
        }


def is_ready(session: Session, parts: Parts, draw: Draw) -> bool:
    """Whether everything is contributed and cosigned."""
    fixed = intended(session, draw.id)
    if draw.state is not DrawState.INTENT or fixed is None or not is_complete(session, draw.id, fixed.intent):
        return False
    if has_result(session, draw.id):  # whatever the row says: one intent, one result
        return False
    return is_cosigned(parts, last_contribution(session, draw.id))


def draw(parts: Parts, draw_id: str) -> bool:
    """Draw, once everything is ready; returns whether it did."""
    with candidates.snapshot(parts.engine) as session:
        if not is_ready(session, parts, session.get_one(Draw, draw_id)):
            return False
        fixed = fixed_intent(session, draw_id)
        mixed_in = beacon_round(session, parts, fixed)
        if mixed_in is None and fixed.intent.beacon is not None:
            return False
        seeds = seeds_of(session, parts, fixed, mixed_in)
        opened = searches(session, parts, fixed, seeds)
        found, made = opened.panel(), opened.made
        rows = [] if found.panel is None else [(line, row) for line, rows in enumerate(found.panel) for row in rows]
        reached = reach(session, parts, draw_id, made, [row for _, row in rows])
        codes = seeds.seat_codes(len(rows))
        taken = [
            take(fixed, made, reached[row], at=(code, line, row), salt=seeds.member_salt(0, place))
            for place, (code, (line, row)) in enumerate(zip(codes, rows, strict=True))
        ]
    crash_point("draw.computed")
    with parts.transactions.begin(VAULT) as tx:
        current = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if current.state is not DrawState.INTENT:
            return False
        where = {
            "draw": draw_id,
            "intent": fixed.entry.index,
            "attempts": len(found.attempts),
            "seed": seed_digest(seeds.panel).hex(),
        }
        if mixed_in is not None:
            tx.session.add(BeaconRound(draw_id=draw_id, signature=mixed_in.signature, previous=mixed_in.previous))
        _finish(tx, parts, current, where, taken)
    return True


def has_result(session: Session, draw_id: str) -> bool:
    """Whether the ledger has a result of this draw."""
    return bool(acts_of(session, draw_id, DrawCompleted.kind, DrawExhausted.kind))


def reach(session: Session, parts: Parts, draw_id: str, made: Made, rows: Sequence[int]) -> dict[int, Contact]:
    """How those on some rows of the table are reached, as it was known when the draw was submitted.

    What is read is the same whichever rows these are.
    """
    wanted, draw = {made.experts[row]: row for row in rows}, session.get_one(Draw, draw_id)
    asked = draw.submitted or draw.due
    found = contacts(session, Protector(parts.service_keys), made.experts, wanted, asked)
    return {wanted[expert]: contact for expert, contact in found.items()}


def take(fixed: Intended, made: Made, contact: Contact, *, at: tuple[str, int, int], salt: bytes) -> Taken:
    """Seat a row of the table: ``at`` is seat code, line and row; ``salt`` that of the commitment to the member."""
    code, line, row = at
    expert, leaf, roster_leaf = made.experts[row], made.table.leaf(row), made.roster_leaves[row]
    content = {
        "expert": expert,
        "leaf": leaf.hex(),
        "line": line,
        "name": contact.name,
        "phone": contact.phone,
        "roster_leaf": roster_leaf.hex(),
        "seat": code,
    }
    about = About(
        draw=fixed.intent.draw,
        intent=fixed.alpha,
        purpose="record",
        subject=code,
        rulebook=fixed.intent.rulebook,
        not_before=format_time(fixed.intent.not_before),
    )
    occupant = Occupant(
        row=row,
        expert=expert,
        phone=contact.phone,
        leaf=leaf.hex(),
        roster_leaf=roster_leaf.hex(),
        answer_salt=secrets.token_hex(SALT_BYTES),
        answer_code="".join(secrets.choice(CROCKFORD) for _ in range(ANSWER_SYMBOLS)),
        arrival_code=f"{secrets.randbelow(10**ARRIVAL_DIGITS):0{ARRIVAL_DIGITS}}",
        id_number=contact.id_number,
    )
    envelope = seal_to_holders(canonical(content), about, fixed.intent.holders)
    return Taken(code, line, member_digest(salt, leaf).hex(), envelope, occupant)


def keep_taken(tx: Transaction, parts: Parts, draw_id: str, vacancy: int, taken: Taken) -> None:
    """Keep the record for the key holders and the vault's own copy."""
    tx.session.add(SealedRecord(draw_id=draw_id, seat=taken.code, vacancy=vacancy, envelope=taken.envelope.to_bytes()))
    keep_occupant(tx, parts.keys, (draw_id, taken.code, vacancy), taken.occupant)


def have_called(tx: Transaction, draw_id: str, seats: Iterable[tuple[str, int]], again: int = 0) -> None:
    """Have whoever took these seats called, by code and vacancy; ``again`` counts callings for another time."""
    tx.enqueue(CALL, {"draw": draw_id, "seats": list(seats), "again": again})


def _finish(tx: Transaction, parts: Parts, row: Draw, where: dict[str, Any], taken: Sequence[Taken]) -> None:
    if not taken:
        row.move(DrawVerb.EXHAUST)
        tx.record(DrawExhausted(**where))
        return
    row.move(DrawVerb.DRAW)
    in_order = sorted(taken, key=lambda each: each.code)
    seats = [each.shown() for each in in_order]
    for each, shown in zip(in_order, seats, strict=True):
        tx.session.add(
            Seat(
                draw_id=row.id,
                code=each.code,
                line=each.line,
                state=SeatState.CALLED,
                vacancy=0,
                member=each.member,
                record=shown["record"],
                answer=shown["answer"],
            )
        )
        keep_taken(tx, parts, row.id, 0, each)
    tx.session.flush()  # rows in the order of their random codes
    crash_point("draw.seats-written")
    have_called(tx, row.id, [(each.code, 0) for each in in_order])
    tx.record(DrawCompleted(**where, seats=seats))
    tx.session.flush()
    crash_point("draw.result-written")
