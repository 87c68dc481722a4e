"""Having a release opened: one set of key holders after another, until every seat's key is sealed to the recipient.

Shares pass through here sealed to the next holder, the last one sealed to the recipient: the vault opens nothing.
Everything is decided from rows, so a crash anywhere changes nothing.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.breaking import BROKEN, gather, is_consented_to
from expertpool.draws.contributing import is_cosigned
from expertpool.draws.events import DrawRefilled, NamesReleased, ReleaseUnanswered
from expertpool.draws.models import Draw, Release, ReleasedKey, ReleaseState, ReleaseTask, SealedRecord, Seat, Way
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import Intended, entries_of, intended
from expertpool.draws.releasing import Handed, handed
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import Envelope, parse_envelope
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.release import SEALED_KEY_BYTES
from expertpool.sealing.mailbox import opened_answer, post_task, vault_opener, withdraw
from expertpool.sealing.models import KeyHolder
from ledger.entry import Entry

TAKE: Final = "draws.take-share"
REFILLED: Final = DrawRefilled.kind


@dataclass(frozen=True, slots=True)
class Opening:
    """A release that is being opened."""

    tx: Transaction
    parts: Parts
    release: Release
    entry: Entry
    fixed: Intended


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a look at a seat: its sealed key once it is there, whether somebody was asked, or no set is left."""

    sealed: bytes | None = None
    asked: bool = False
    failed: bool = False


_PENDING: Final = (
    select(Release.draw_id, Release.number).where(Release.state == ReleaseState.REQUESTED).order_by(Release.requested)
)


def pending(session: Session) -> list[tuple[str, int]]:
    """The releases that wait for key holders."""
    return [(draw, number) for draw, number in session.execute(_PENDING)]


def advance(parts: Parts, draw_id: str, number: int) -> bool:
    """Ask whoever is to be asked next; returns whether anything was done."""
    with parts.transactions.begin(VAULT) as tx:
        return _go_on(tx, parts, draw_id, number)


def taker(parts: Parts) -> Callable[[Transaction, Job], None]:
    """The handler of an agent's answer to a task of ours."""

    def take(tx: Transaction, job: Job) -> None:
        _go_on(tx, parts, job.args["draw"], job.args["release"])

    return take


def _go_on(tx: Transaction, parts: Parts, draw_id: str, number: int) -> bool:
    draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
    fixed, found = intended(tx.session, draw_id), handed(tx.session, draw_id, number)
    if fixed is None or found is None or not _is_due(parts, found):
        return False
    opening = Opening(tx, parts, found.release, found.entry, fixed)
    if _was_refilled(opening):
        _give_up(opening, draw)
        return True
    if found.release.way is Way.BREAK_GLASS and not is_consented_to(tx.session, parts, found, fixed):
        return gather(tx, found, fixed)
    seats: list[str] = found.entry.body["seats"]
    steps = {seat: _attend(opening, seat) for seat in seats}
    if any(step.failed for step in steps.values()):
        _give_up(opening, draw)
        return True
    keys = {seat: step.sealed for seat, step in steps.items() if step.sealed is not None}
    if len(keys) == len(seats):
        _finish(opening, draw, keys)
        return True
    return any(step.asked for step in steps.values())


def _is_due(parts: Parts, found: Handed) -> bool:
    """It still waits, and a quorum cosigned the request: before that no agent answers."""
    return found.release.state is ReleaseState.REQUESTED and is_cosigned(parts, found.entry.index)


def _was_refilled(opening: Opening) -> bool:
    """Somebody else sits on one of the seats by now: whoever asked did not ask for them."""
    refilled = [entry for entry in entries_of(opening.tx.session, opening.release.draw_id) if entry.kind == REFILLED]
    seats = opening.entry.body["seats"]
    return any(entry.index > opening.entry.index and entry.body["seat"] in seats for entry in refilled)


def _attend(opening: Opening, code: str) -> Step:
    """Look at what the holder asked last for a seat has answered, and ask the next one, or another set."""
    tasks = _tasks(opening, code)
    envelope = _envelope(opening, code)
    if not tasks:
        return _ask_set(opening, code, envelope, tasks)
    last = tasks[-1]
    answer = _answer(opening, last)
    if answer is None:
        late = last.posted + timedelta(seconds=opening.fixed.intent.step_seconds) < opening.tx.now
        return _ask_set(opening, code, envelope, tasks) if late else Step()
    is_last = last.position + 1 == len(envelope.sets[last.set_number])
    given = _share(answer, is_last=is_last)
    if given is None:
        return _ask_set(opening, code, envelope, tasks)
    if is_last:
        return Step(sealed=given)
    _ask(opening, code, envelope, step=last.step + 1, at=(last.set_number, last.position + 1), passed=given)
    return Step(asked=True)


def _ask_set(opening: Opening, code: str, envelope: Envelope, tasks: Sequence[ReleaseTask]) -> Step:
    """Begin with a set that was not tried: one without those who failed, where there is one."""
    for task in tasks[-1:]:
        withdraw(opening.tx, task.task_id)
    tried = {task.set_number for task in tasks}
    failed = {max(group, key=lambda task: task.step).holder_id for group in _by_set(tasks)}
    left = [number for number in range(len(envelope.sets)) if number not in tried]
    if not left:
        return Step(failed=True)
    chosen = min(left, key=lambda number: (len(failed.intersection(envelope.sets[number])), number))
    _ask(opening, code, envelope, step=len(tasks), at=(chosen, 0), passed=None)
    return Step(asked=True)


def _ask(
    opening: Opening, code: str, envelope: Envelope, *, step: int, at: tuple[int, int], passed: bytes | None
) -> None:
    number, position = at
    holder = opening.tx.session.get_one(KeyHolder, envelope.sets[number][position])
    release = opening.release
    plain = {
        "kind": "open",
        "draw": release.draw_id,
        "envelope": b64encode(envelope.to_bytes()).decode(),
        "order": None if release.signed is None else json.loads(release.signed),
        "passed": None if passed is None else b64encode(passed).decode(),
        "position": position,
        "release": opening.entry.index,
        "set": number,
    }
    task = post_task(
        opening.tx, holder, plain, then=TAKE, args={"draw": release.draw_id, "release": release.number, "seat": code}
    )
    opening.tx.session.add(
        ReleaseTask(
            draw_id=release.draw_id,
            number=release.number,
            seat=code,
            step=step,
            set_number=number,
            position=position,
            holder_id=holder.id,
            task_id=task,
            posted=opening.tx.now,
        )
    )


def _share(answer: Mapping[str, Any], *, is_last: bool) -> bytes | None:
    """What an agent answered in its place; None for a refusal, and for what the place does not call for."""
    try:
        given = from_base64(answer.get("sealed" if is_last else "share"), "share")
    except ProtocolError:
        return None
    return None if is_last and len(given) != SEALED_KEY_BYTES else given


def _answer(opening: Opening, task: ReleaseTask) -> dict[str, Any] | None:
    """What the agent answered, None while it has not; what cannot be opened is no answer, like a refusal."""

    try:
        return opened_answer(opening.tx.session, task.task_id, vault_opener(opening.parts.keys, VAULT_BOX))
    except ProtocolError:
        return {}


def _tasks(opening: Opening, code: str) -> list[ReleaseTask]:
    """Who was asked about a seat, in the order of asking."""
    release = opening.release
    of_seat = (
        ReleaseTask.draw_id == release.draw_id,
        ReleaseTask.number == release.number,
        ReleaseTask.seat == code,
    )
    return list(opening.tx.session.scalars(select(ReleaseTask).where(*of_seat).order_by(ReleaseTask.step)))


def _by_set(tasks: Sequence[ReleaseTask]) -> list[list[ReleaseTask]]:
    return [[task for task in tasks if task.set_number == number] for number in {task.set_number for task in tasks}]


def _envelope(opening: Opening, code: str) -> Envelope:
    """The record of whoever sits there."""
    seat = opening.tx.session.get_one(Seat, (opening.release.draw_id, code))
    return parse_envelope(opening.tx.session.get_one(SealedRecord, (seat.draw_id, code, seat.vacancy)).envelope)


def _finish(opening: Opening, draw: Draw, keys: Mapping[str, bytes]) -> None:
    release = opening.release
    for code, sealed in sorted(keys.items()):
        vacancy = opening.tx.session.get_one(Seat, (draw.id, code)).vacancy
        opening.tx.session.add(
            ReleasedKey(draw_id=draw.id, number=release.number, seat=code, vacancy=vacancy, sealed=sealed)
        )
    release.state = ReleaseState.RELEASED
    draw.move()
    if release.way is Way.BREAK_GLASS:
        opening.tx.enqueue(BROKEN, {"draw": draw.id})
    opening.tx.record(NamesReleased(**_where(opening)))


def _give_up(opening: Opening, draw: Draw) -> None:
    """No set is left for some seat: names stay sealed, and it can be asked for again."""
    for code in opening.entry.body["seats"]:
        for task in _tasks(opening, code)[-1:]:
            withdraw(opening.tx, task.task_id)
    opening.release.state = ReleaseState.UNANSWERED
    draw.move()
    opening.tx.record(ReleaseUnanswered(**_where(opening)))


def _where(opening: Opening) -> dict[str, Any]:
    return {
        "draw": opening.release.draw_id,
        "intent": opening.fixed.entry.index,
        "audience": opening.release.audience,
        "release": opening.entry.index,
    }
