"""Contributions: the centre's first, then those from outside, each bound in the ledger before the others are known.

docs/spec/draw.md, section 5. The vault asks by task, checks each proof, and calls in an alternate where a contributor
does not answer in time. Everything is decided from rows and entries, so a crash anywhere changes nothing.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.faults import crash_point
from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.draws.events import DrawAborted, DrawContributed, DrawSteppedIn
from expertpool.draws.keeping import open_padded, seal_padded, secrets_of
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Contribution, Draw, DrawTask, SealedRecord, StepIn
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import (
    Intended,
    acts_of,
    contributions_of,
    intended,
    request_of,
    step_ins_of,
    tasks_of,
)
from expertpool.protocol.commitments import contribution_digest
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.envelope import About, seal_to_holders
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import Contributor, Intent
from expertpool.protocol.vrf import PROOF_SIZE, verify
from expertpool.sealing.mailbox import opened_answer, post_task
from expertpool.sealing.models import KeyHolder
from ledger.entry import format_time

TAKE: Final = "draws.take-contribution"
ESCROW: Final = "escrow"


def is_waiting(session: Session, parts: Parts, draw: Draw) -> bool:
    """Whether a draw with an intent waits for us: to ask somebody, to call in an alternate, or to give it up."""
    fixed, now = intended(session, draw.id), parts.transactions.clock.now()
    if draw.state is not DrawState.INTENT or fixed is None or is_complete(session, draw.id, fixed.intent):
        return False
    return now >= fixed.intent.deadline or bool(_to_attend(session, parts, fixed, now))


def advance(parts: Parts, draw_id: str) -> bool:
    """Do the next thing that a draw with an intent waits for; returns whether there was one."""
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        fixed = intended(tx.session, draw_id)
        if draw.state is not DrawState.INTENT or fixed is None or is_complete(tx.session, draw_id, fixed.intent):
            return False
        if tx.now >= fixed.intent.deadline:
            _abort(tx, draw, fixed)
            return True
        done = [
            _ask(tx, parts, draw, fixed, each) if task is None else _step_in(tx, draw, fixed, each)
            for each, task in _to_attend(tx.session, parts, fixed, tx.now)
        ]
        return any(done)


def _to_attend(
    session: Session, parts: Parts, fixed: Intended, now: datetime
) -> list[tuple[Contributor, DrawTask | None]]:
    """Whom to ask, and (with their task) who refused or did not answer in time and is to be replaced."""
    draw_id, centre = fixed.intent.draw, fixed.intent.contributors[0]
    asked, given = tasks_of(session, draw_id), contributions_of(session, draw_id)
    if centre.organisation not in asked:
        return [(centre, None)]
    if centre.organisation not in given:
        return []
    waited = now - timedelta(seconds=fixed.intent.step_seconds)
    found = []
    for each in called_in(session, draw_id, fixed.intent):
        task = asked.get(each.organisation)
        late = task is None or task.posted < waited or task.refused is not None
        if late and each.organisation not in given:
            found.append((each, task))
    return found if found and is_cosigned(parts, last_contribution(session, draw_id)) else []


def called_in(session: Session, draw_id: str, intent: Intent) -> list[Contributor]:
    """The outside contributors that are expected now: whoever was replaced is not among them."""
    stepped = step_ins_of(session, draw_id)
    replaced = {each.replaced_id for each in stepped.values()}
    now = [*intent.contributors[1:], *(each for each in intent.alternates if each.organisation in stepped)]
    return [each for each in now if each.organisation not in replaced]


def counting(session: Session, draw_id: str, intent: Intent) -> list[Contributor]:
    """Those whose contributions count, in the order of the seed (docs/spec/draw.md, section 6)."""
    return [intent.contributors[0], *called_in(session, draw_id, intent)]


def is_complete(session: Session, draw_id: str, intent: Intent) -> bool:
    """Whether every contribution that the seed needs is in the ledger."""
    given = contributions_of(session, draw_id)
    if len(given) < intent.required:
        return False
    return all(each.organisation in given for each in counting(session, draw_id, intent))


def last_contribution(session: Session, draw_id: str) -> int:
    """The index of the last contribution in the ledger."""
    return max(entry.index for entry in acts_of(session, draw_id, DrawContributed.kind))


def is_cosigned(parts: Parts, index: int) -> bool:
    """Whether a quorum cosigned a checkpoint that covers an entry."""
    return parts.policy is not None and checkpoints.witnessed(parts.engine, parts.policy) > index


def proofs_of(session: Session, parts: Parts, draw_id: str, intent: Intent) -> dict[str, bytes]:
    """The contributions themselves, by organisation, in the order of the seed."""
    given = contributions_of(session, draw_id)
    return {
        each.organisation: bytes.fromhex(
            open_padded(parts.keys, given[each.organisation].sealed, _context(draw_id, each.organisation))
        )
        for each in counting(session, draw_id, intent)
    }


def taker(parts: Parts) -> Callable[[Transaction, Job], None]:
    """The handler of an agent's answer to a task of ours."""

    def take(tx: Transaction, job: Job) -> None:
        draw = tx.session.get_one(Draw, job.args["draw"], with_for_update=True)
        fixed, asked = intended(tx.session, draw.id), tasks_of(tx.session, draw.id)
        task = next((each for each in asked.values() if each.task_id == job.args["task"]), None)
        if fixed is None or task is None or draw.state is not DrawState.INTENT or tx.now >= fixed.intent.deadline:
            return
        expected = {each.organisation: each for each in counting(tx.session, draw.id, fixed.intent)}
        contributor = expected.get(task.holder_id)
        if contributor is None or task.holder_id in contributions_of(tx.session, draw.id):
            return
        proof = _proof(tx.session, parts, task, contributor, fixed.alpha)
        if proof is None:
            task.refused = task.refused or "invalid"
        else:
            crash_point("draw.contribution-verified")
            _record(tx, parts, draw, fixed, contributor=contributor, proof=proof)

    return take


def _proof(session: Session, parts: Parts, task: DrawTask, contributor: Contributor, alpha: bytes) -> bytes | None:
    """The verified proof in an answer; None for a refusal, whose code is kept, and for what does not verify."""

    def opener(ciphertext: bytes, info: bytes) -> bytes:
        return parts.keys.open_hpke(VAULT_BOX, ciphertext, info)

    try:
        answer = opened_answer(session, task.task_id, opener) or {}
        if "refused" in answer:
            task.refused = str(answer["refused"])[:64]
            return None
        proof = from_hex(answer.get("pi"), PROOF_SIZE, "pi")
        verify(contributor.vrf, alpha, proof)
    except (ProtocolError, SealBroken):
        return None
    return proof


def _record(
    tx: Transaction, parts: Parts, draw: Draw, fixed: Intended, *, contributor: Contributor, proof: bytes
) -> None:
    organisation = contributor.organisation
    escrow = None
    if organisation == fixed.intent.contributors[0].organisation:
        about = About(
            draw=draw.id,
            intent=fixed.alpha,
            purpose=ESCROW,
            subject=organisation,
            rulebook=fixed.intent.rulebook,
            not_before=format_time(fixed.intent.not_before),
        )
        envelope = seal_to_holders(proof, about, fixed.intent.holders)
        tx.session.add(SealedRecord(draw_id=draw.id, seat=ESCROW, vacancy=0, envelope=envelope.to_bytes()))
        escrow = envelope.digest.hex()
    digest = contribution_digest(fixed.alpha, organisation, proof).hex()
    sealed = seal_padded(parts.keys, proof.hex(), _context(draw.id, organisation))
    tx.session.add(Contribution(draw_id=draw.id, holder_id=organisation, digest=digest, sealed=sealed))
    tx.session.flush()
    crash_point("draw.contribution-written")
    draw.move()
    tx.record(
        DrawContributed(draw=draw.id, intent=fixed.entry.index, organisation=organisation, digest=digest, escrow=escrow)
    )


def _ask(tx: Transaction, parts: Parts, draw: Draw, fixed: Intended, contributor: Contributor) -> bool:
    """Leave the task in the contributor's mailbox; it tells the national codes, which the intent does not."""
    request, kept = request_of(draw), secrets_of(tx.session, parts.keys, draw.id)
    plain = {
        "kind": "contribute",
        "draw": draw.id,
        "intent": fixed.entry.index,
        "lot_key": kept.lot_key.hex(),
        "lots": list(request.lots),
        "project": request.project,
        "approval": None if draw.approval is None else json.loads(draw.approval),
    }
    holder = tx.session.get_one(KeyHolder, contributor.organisation)
    task = post_task(tx, holder, plain, then=TAKE, args={"draw": draw.id}, expires=fixed.intent.deadline)
    tx.session.add(DrawTask(draw_id=draw.id, holder_id=holder.id, task_id=task, posted=tx.now))
    tx.session.flush()
    crash_point("draw.asked")
    return True


def _step_in(tx: Transaction, draw: Draw, fixed: Intended, replaced: Contributor) -> bool:
    """Call in the next alternate; without one left the draw waits for its deadline."""
    used = step_ins_of(tx.session, draw.id)
    alternate = next((each for each in fixed.intent.alternates if each.organisation not in used), None)
    if alternate is None:
        return False
    tx.session.add(StepIn(draw_id=draw.id, alternate_id=alternate.organisation, replaced_id=replaced.organisation))
    tx.session.flush()
    crash_point("draw.stepped-in")
    draw.move()
    tx.record(
        DrawSteppedIn(
            draw=draw.id,
            intent=fixed.entry.index,
            alternate=alternate.organisation,
            replaced=replaced.organisation,
        )
    )
    return True


def _abort(tx: Transaction, draw: Draw, fixed: Intended) -> None:
    """Give the draw up, naming who did not contribute."""
    given = contributions_of(tx.session, draw.id)
    expected = counting(tx.session, draw.id, fixed.intent)
    defaulted = [each.organisation for each in expected if each.organisation not in given]
    draw.move(DrawVerb.ABORT)
    tx.record(DrawAborted(draw=draw.id, intent=fixed.entry.index, defaulted=defaulted))


def _context(draw_id: str, organisation: str) -> str:
    return f"draw_contributions:{draw_id}/{organisation}"
