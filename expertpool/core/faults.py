"""Named places where a test may kill the process.

Promise 5 (nothing is lost or done twice) is shown by dying at each of these places and starting again. A
point does nothing unless a test harness armed it in its own process; no setting and no environment variable can.
"""

from collections.abc import Callable

CRASH_POINTS: dict[str, str] = {
    "tx.before-entry": "business rows are written in the open transaction; the ledger entry is not",
    "tx.after-entry": "rows, entry, nodes and head are written in the open transaction; nothing is committed",
    "tx.before-commit": "the transaction is complete; COMMIT has not been sent",
    "tx.after-commit": "rows and entry are durable; nobody has been told, the signer has not been woken",
    "signer.read": "the signer has read the new head; it has signed and kept nothing",
    "signer.before-mark": "the new checkpoint is computed; the high-water mark is still the old one",
    "signer.after-mark": "the high-water mark is durable; the checkpoint is not yet published",
    "signer.before-publish": "the checkpoint is signed; no reader can see it",
    "signer.after-publish": "the checkpoint is published; no caller has been acknowledged",
    "ack.before-wait": "the entry is committed; the caller has not begun to wait for a checkpoint",
    "ack.after-wait": "a checkpoint covers the entry; the receipt is not yet made",
    "ack.before-reply": "the receipt is made; the caller has not received it",
    "outbox.leased": "the job's lease is committed; its work has not begun",
    "outbox.before-done": "the job's work is written in the open transaction; its done-mark is not",
    "outbox.after-done": "the done-mark is written in the same transaction; nothing is committed",
    "draw.evaluated": "a request is evaluated; what came of it is not written",
    "draw.table-made": "the candidate table is made and sealed; nothing of the intent is written",
    "draw.part-written": "a part of the table is written in the open transaction; the intent is not",
    "draw.asked": "a contributor's task is posted in the open transaction; nothing is committed",
    "draw.contribution-verified": "a contribution is opened and verified; nothing of it is written",
    "draw.contribution-written": "a contribution is written in the open transaction; its entry is not",
    "draw.stepped-in": "an alternate is noted in the open transaction; nothing is committed",
    "draw.computed": "the committee is computed; nothing of it is written",
    "draw.seats-written": "the seats are written in the open transaction; their calls and the result are not",
    "draw.result-written": "the result is written in the open transaction; nothing is committed",
    "invitation.queued": "a draw's calls are written in the open transaction; nothing is committed, nothing was sent",
    "invitation.leased": "messages are leased; none of them was sent",
    "invitation.sent": "a gateway has a message; that is not recorded",
    "invitation.recorded": "that messages were sent is written in the open transaction; nothing is committed",
    "invitation.reported": "a gateway's report is written in the open transaction; nothing is committed",
    "invitation.answered": "an answer is written in the open transaction; nothing is committed",
    "invitation.expired": "that nobody answered is written in the open transaction; nothing is committed",
    "draw.vacated": "a vacancy is written in the open transaction; nothing is committed",
    "draw.bidders-decided": "the bidder list is opened and the table decided again; nothing of it is written",
    "draw.bidders-written": "the struck rows are written in the open transaction; seats and entries are not",
    "draw.followed": "a committee has followed its session in the open transaction; nothing is committed",
    "draw.refill-computed": "who takes a vacant seat is computed; nothing of it is written",
    "draw.refill-written": "the seat's new member is written in the open transaction; nothing is committed",
    "release.seats-assigned": "whose seats they were is written in the open transaction; nothing is committed",
    "session.member-lost": "a member's loss and the vacancy are written in the open transaction; nothing is committed",
    "assessment.opened": "an assessment, its subjects and proposals are written in the open transaction, uncommitted",
    "assessment.given": "a party's sealed sheets are written in the open transaction; nothing is committed",
    "assessment.revealed": "marks and results are written in the open transaction; nothing is committed",
    "payout.computed": "an order and its payouts are written in the open transaction; nothing is committed",
    "payout.agreed": "an expert's agreement is written in the open transaction; nothing is committed",
    "payout.taxed": "an order's taxes are sealed in the open transaction; nothing is committed",
    "payout.batched": "whom an order's payments go to is written in the open transaction; nothing is committed",
    "payout.marked": "payments are marked as unknown in the open transaction; nothing is committed, nothing has left",
    "payout.leaving": "payments are durably marked as unknown; none of them has left",
    "payout.sent": "the provider has a payment; that is not recorded",
    "payout.answered": "what the provider said is written in the open transaction; nothing is committed",
    "payout.learnt": "what became of a payment is written in the open transaction; nothing is committed",
    "payout.handed-over": "that a file leaves is written in the open transaction; nothing is committed, nobody has it",
    "assessment.followed": "notices and proposed cases are written in the open transaction; nothing is committed",
    "assessment.decided": "a case's decision binds in the open transaction; nothing is committed",
    "assessment.applied": "the pool has what a case decided in the open transaction; nothing is committed",
    "assessment.appealed": "an appeal and its files are written in the open transaction; nothing is committed",
    "assessment.appeal-decided": "an appeal's decision is written in the open transaction; nothing is committed",
    "release.committee-posted": "the tasks to keep a committee are posted in the open transaction, uncommitted",
    "release.copies-destroyed": "a closed draw's copies are deleted in the open transaction; nothing is committed",
    "custodian.followed": "an agent has read and checked new entries; it remembers none of them",
    "custodian.remembered": "the agent's new frontier is durable; it has cosigned nothing of it",
    "custodian.counted": "what the agent cosigns or answers is durable; the mark beside its memory is not",
    "custodian.cosigned": "the agent has made its cosignature; the centre does not have it",
    "custodian.cosignature-sent": "the centre has the cosignature; the agent has not noted that",
    "custodian.decided": "the agent has decided on a task; nothing of that is durable",
    "custodian.record-kept": "an agent has a record of a committee in its folder; it has not noted its answer",
    "custodian.opening-kept": "an owner's opening without the centre is durable; nothing of it was handed on",
    "custodian.opening-told": "the centre has recorded an opening without it; the agent has not noted that",
    "custodian.key-made": "one key of a set is in the key file; others of the set and their registration are not",
    "custodian.answer-kept": "the agent's answer is durable; it has not been sent",
    "custodian.answer-sent": "the centre has the answer; the agent has not asked again",
}
"""Every crash point: what has happened when it is reached, and what has not."""

_hooks: list[Callable[[str], None]] = []


def crash_point(name: str) -> None:
    """Mark a place listed in `CRASH_POINTS`. Costs next to nothing when nothing is armed."""
    for hook in _hooks:
        if name not in CRASH_POINTS:
            raise LookupError(f"undeclared crash point {name!r}")
        hook(name)


def arm(hook: Callable[[str], None]) -> None:
    """For test harnesses only: call `hook` with the name of every point reached from now on."""
    _hooks[:] = [hook]


def disarm() -> None:
    """Undo `arm`."""
    _hooks.clear()
