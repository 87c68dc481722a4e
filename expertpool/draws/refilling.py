"""Vacancies: logged first, then drawn from the same table, with nobody online.

docs/spec/draw.md, section 7. Vacancy v is computed as the seats stood when it was logged, so nobody gains by waiting.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws import candidates
from expertpool.draws.drawing import have_called, keep_taken, reach, take
from expertpool.draws.errors import VacanciesUsedUp
from expertpool.draws.events import DrawRefilled, DrawVacated, VacancyExhausted
from expertpool.draws.keeping import EVIDENCE, seal_padded
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw, Seat, SeatState, Vacancy
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import fixed_intent, intended, seats_of, vacancies_of
from expertpool.draws.searching import searches
from expertpool.draws.seeding import beacon_round, seeds_of
from ledger.canonical import canonical

EMPTY: Final = "draws.seat-empty"


def vacate(tx: Transaction, parts: Parts, draw: Draw, seat: Seat, evidence: Mapping[str, Any]) -> Vacancy:
    """Log that a seat fell vacant, with its cause and evidence hidden. Raises `WrongState`, `VacanciesUsedUp`."""
    fixed = fixed_intent(tx.session, draw.id)
    number = len(vacancies_of(tx.session, draw.id)) + 1
    if number > fixed.intent.vacancies or draw.state is DrawState.EXHAUSTED:
        raise VacanciesUsedUp(fixed.intent.vacancies)
    draw.move(DrawVerb.VACATE)
    seat.state = SeatState.VACANT
    sealed = seal_padded(parts.keys, dict(evidence), f"draw_vacancies:{draw.id}/{number}", EVIDENCE)
    vacancy = Vacancy(draw_id=draw.id, number=number, seat=seat.code, refilled=False, evidence=sealed)
    tx.session.add(vacancy)
    tx.session.flush()
    crash_point("draw.vacated")
    tx.record(
        DrawVacated(draw=draw.id, intent=fixed.entry.index, vacancy=number, seat=seat.code, evidence=hidden(evidence))
    )
    return vacancy


def hidden(evidence: Mapping[str, Any]) -> str:
    """Evidence as an entry hides it: at one length, so that the sealed disclosure does not tell the cause."""
    return b64encode(canonical(dict(evidence)).ljust(EVIDENCE - 4)).decode()


def leave_empty(tx: Transaction, draw: Draw, seat: Seat) -> None:
    """Nobody more is drawn for a seat. Whoever had it last is looked after by a job, whatever the cause was."""
    draw.move(DrawVerb.EXHAUST)
    seat.state = SeatState.UNFILLABLE
    tx.enqueue(EMPTY, {"draw": draw.id, "seat": seat.code, "vacancy": seat.vacancy})


def is_open(session: Session, _parts: Parts, draw: Draw) -> bool:
    """Whether a vacancy is not refilled yet."""
    return any(not each.refilled for each in vacancies_of(session, draw.id))


def refill(parts: Parts, draw_id: str) -> bool:
    """Draw the seat of the oldest vacancy that is not refilled; returns whether there was one."""
    with candidates.snapshot(parts.engine) as session:
        pending = next((each for each in vacancies_of(session, draw_id) if not each.refilled), None)
        fixed = intended(session, draw_id)
        if pending is None or fixed is None:
            return False
        seeds = seeds_of(session, parts, fixed, beacon_round(session, parts, fixed))
        opened = searches(session, parts, fixed, seeds)
        found, made = opened.vacancy(pending), opened.made
        line = next(seat.line for seat in seats_of(session, draw_id) if seat.code == pending.seat)
        taken = None
        if found.panel is not None:
            row = found.panel[line][0]
            salt = seeds.member_salt(pending.number, 0)
            contact = reach(session, parts, draw_id, made, [row])[row]
            taken = take(fixed, made, contact, at=(pending.seat, line, row), salt=salt)
    crash_point("draw.refill-computed")
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        vacancy = tx.session.get_one(Vacancy, (draw_id, pending.number))
        seat = tx.session.get_one(Seat, (draw_id, pending.seat))
        if vacancy.refilled:
            return False
        vacancy.refilled = True
        where: dict[str, Any] = {
            "draw": draw_id,
            "intent": fixed.entry.index,
            "vacancy": vacancy.number,
            "seat": seat.code,
            "attempts": len(found.attempts),
        }
        if taken is None:
            leave_empty(tx, draw, seat)
            tx.record(VacancyExhausted(**where))
            return True
        draw.move(DrawVerb.REFILL)
        shown = taken.shown()
        seat.state, seat.vacancy, seat.member = SeatState.CALLED, vacancy.number, taken.member
        seat.record, seat.answer = shown["record"], shown["answer"]
        keep_taken(tx, parts, draw_id, vacancy.number, taken)
        have_called(tx, draw_id, [(seat.code, vacancy.number)])
        tx.session.flush()
        crash_point("draw.refill-written")
        tx.record(DrawRefilled(**where, member=seat.member, record=seat.record, answer=seat.answer))
    return True
