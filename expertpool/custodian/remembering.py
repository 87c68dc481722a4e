"""Whether the agent remembers what it did, and what it need not remember any longer.

A memory that was restored together with its mark looks whole. But the centre shows what the agent told it: a
contribution in the log, a cosignature of a checkpoint. What it shows and the agent does not know was forgotten.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from expertpool.custodian.errors import Alarm
from expertpool.custodian.keysets import KeySet
from expertpool.custodian.me import find_me
from expertpool.custodian.memory import Memory
from expertpool.custodian.troubles import (
    FINAL,
    AlarmFinal,
    AnswerForgotten,
    CosignatureForgotten,
    NoSuchAlarm,
    ReasonMissing,
)
from ledger.checkpoint import SignedCheckpoint
from ledger.errors import Refused
from ledger.note import verified_by

KEEP_ANSWERS: Final = timedelta(days=90)
FORGET_EVERY: Final = timedelta(hours=24)


def refuse_what_is_unknown(
    memory: Memory, sets: Sequence[KeySet], shown: Iterable[SignedCheckpoint | None] = ()
) -> None:
    """Stop for good where log or checkpoints show an act of ours that is not remembered.

    Raises `AnswerForgotten`, `CosignatureForgotten`.
    """
    mine = {me.id for keys in sets if (me := find_me(memory, keys.public)) is not None}
    for kept in memory.entries_since("draw.contributed", memory.looked_at()):
        body = kept.entry.body
        if body.get("organisation") in mine and not memory.has_contributed(int(body["intent"])):
            raise _stop(memory, AnswerForgotten(evidence="", entry=kept.entry.index))
    memory.look_at(memory.frontier().size)
    for signed in shown:
        if signed is not None and signed.size > memory.cosigning() and _cosigned(signed, sets):
            raise _stop(memory, CosignatureForgotten(evidence="", size=signed.size))


def forget(memory: Memory, now: datetime) -> None:
    """Once a day, delete the answers that nobody asks for any more."""
    last = memory.shown("forgot")
    if last is None or now.timestamp() - float(last) >= FORGET_EVERY.total_seconds():
        memory.forget_answers(now, KEEP_ANSWERS)
        memory.note_fact("forgot", repr(now.timestamp()))


def lift(memory: Memory, alarm: str, reason: str, now: datetime) -> None:
    """Note the owner's decision to go on after an alarm; the evidence stays.

    It changes nothing of what the agent remembers: where the log still contradicts that, the next round stops again.
    Raises `NoSuchAlarm`, `AlarmFinal`, `ReasonMissing`.
    """
    found = memory.alarm()
    if found is None or found["id"] != alarm:
        raise NoSuchAlarm(alarm)
    if found["code"] in FINAL:
        raise AlarmFinal(alarm)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    memory.lift_alarm(alarm, reason.strip(), now)


def _cosigned(signed: SignedCheckpoint, sets: Sequence[KeySet]) -> bool:
    try:
        return bool(verified_by(signed.note, [keys.signer.key for keys in sets]))
    except Refused:  # a signature that fails is nobody's
        return False


def _stop(memory: Memory, alarm: Alarm) -> Alarm:
    memory.raise_alarm(alarm.as_dict())
    return alarm
