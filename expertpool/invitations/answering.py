"""Calls and answers: an invitation opens only with its own code, and only the vault can match one.

A first form: the message is handed to one gateway. Channels, evidence of delivery, leave and absence are those of the
invitations.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.drawing import CALL
from expertpool.draws.errors import VaultKeyMissing
from expertpool.draws.events import DrawCalling
from expertpool.draws.keeping import Occupant, occupants
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.parts import Parts
from expertpool.draws.queries import fixed_intent, request_of, seats_of
from expertpool.draws.seating import accept, lose
from expertpool.protocol.envelope import seal_to
from expertpool.sealing.queries import vault_key
from policies.facts import CHINA

ANSWERED: Final = "invitations.answered"
INFO: Final = b"expertpool/answer/v1\n"
ANSWER_BYTES: Final = 256

OPEN: Final = (DrawState.FILLING, DrawState.EXHAUSTED)
"""In these a draw takes answers: past the cap, too, a seat may be accepted or lost."""


class Word(StrEnum):
    """What an expert answers."""

    ACCEPT = "accept"
    DECLINE = "decline"


def hand_in(tx: Transaction, *, code: str, word: Word) -> None:
    """Pass an answer on to the vault, sealed at one size: nobody else learns which invitation it is, or if any.

    Raises `VaultKeyMissing`.
    """
    public = vault_key(tx.session)
    if public is None:
        raise VaultKeyMissing
    plain = json.dumps({"code": code[:64], "word": word.value}).encode().ljust(ANSWER_BYTES)
    tx.enqueue(ANSWERED, {"sealed": b64encode(seal_to(public, INFO, plain)).decode()})


def answerer(parts: Parts) -> Callable[[Transaction, Job], None]:
    """The handler of an answer: whoever has no open invitation with this code changes nothing."""

    def answer(tx: Transaction, job: Job) -> None:
        opened = parts.keys.open_hpke(VAULT_BOX, b64decode(job.args["sealed"]), INFO)
        given = json.loads(opened)
        for draw in tx.session.scalars(select(Draw).where(Draw.state.in_(OPEN)).order_by(Draw.id)):
            everyone = occupants(tx.session, parts.keys, draw.id)
            for seat in seats_of(tx.session, draw.id):
                occupant = everyone[seat.code, seat.vacancy]
                if hmac.compare_digest(occupant.answer_code.encode(), str(given["code"]).upper().encode()):
                    if _still_open(tx, draw, seat):
                        _settle(tx, parts, seat, occupant, draw=draw, word=Word(given["word"]))
                    return

    return answer


def caller(parts: Parts) -> Callable[[Transaction, Job], None]:
    """The handler that calls whoever sits on a seat: when, where and the code, no project and no bidders."""

    def call(tx: Transaction, job: Job) -> None:
        draw = tx.session.get_one(Draw, job.args["draw"], with_for_update=True)
        occupant = occupants(tx.session, parts.keys, draw.id)[job.args["seat"], job.args["vacancy"]]
        parts.tell(job.id, occupant.phone, _message(draw, occupant))
        crash_point("draw.told")
        if draw.state is DrawState.DRAWN:
            draw.move(DrawVerb.CALL)
            tx.record(DrawCalling(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index))

    return call


def _still_open(tx: Transaction, draw: Draw, seat: Seat) -> bool:
    """Lock the draw, and look again: another vault may have taken an answer or filled the seat anew."""
    at = seat.vacancy
    tx.session.refresh(draw, with_for_update=True)
    tx.session.refresh(seat)
    return draw.state in OPEN and seat.vacancy == at and seat.state in (SeatState.CALLED, SeatState.ACCEPTED)


def _settle(tx: Transaction, parts: Parts, seat: Seat, occupant: Occupant, *, draw: Draw, word: Word) -> None:
    if word is Word.ACCEPT:
        accept(tx, draw, seat)
    else:
        answer = {"salt": occupant.answer_salt, "code": occupant.answer_code}
        lose(tx, parts, draw, seat, {"cause": "declined", "answer": answer})


def _message(draw: Draw, occupant: Occupant) -> str:
    request = request_of(draw)
    when = request.starts.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    return (
        f"【专家抽取】请于 {when} 到 {request.sites[0].place} 参加评审，预计 {request.expected_minutes} 分钟。"
        f"应答码 {occupant.answer_code}：可答复接受或不能参加。请勿告诉任何人。"
    )


HANDLED: Final = {CALL: caller, ANSWERED: answerer}
"""The jobs of the vault that belong to calls, by kind: each takes the parts."""
