"""Who sits where, entry by entry: a seat falls vacant under somebody, and is given up only where nobody can be drawn.

Docs/spec/draw.md, section 7, "Causes of a vacancy": a seat that is lost instead of being drawn anew would let a centre
shrink a committee as it likes.
"""

from expertpool.protocol.replay.case import Case
from expertpool.protocol.replay.steps import Differs, shown
from expertpool.protocol.replay.story import LOST, REFILLED, VACANCY_EXHAUSTED, VACATED


def check_sitting(case: Case) -> None:
    """Somebody sat on each seat that fell vacant; those that are lost are so past the cap, or after a search failed."""
    sits, used_up, lost = set(case.drawn.seats), case.intent.vacancies == 0, False
    vacated = 0
    for entry in case.of_intent(VACATED, REFILLED, VACANCY_EXHAUSTED, LOST):
        seat = shown(entry, "seat", str)
        if entry.kind in (VACATED, LOST) and (seat not in sits or entry.index < case.story.result.index):
            raise Differs(
                f"席位 {seat} 空出时（第 {entry.index} 条）其上并没有人。",
                f"Nobody sat on seat {seat} when it fell vacant (entry {entry.index}).",
                entry=entry.index,
                seat=seat,
            )
        if (entry.kind == LOST and not used_up) or (entry.kind == VACATED and lost):
            raise Differs(
                f"席位 {seat}（第 {entry.index} 条）：只有补抽次数用尽或有补抽不足时才可不再补抽，此后也不再补抽。",
                f"Seat {seat} (entry {entry.index}): one is given up only when vacancies are used up or a search "
                f"failed, and after that none is drawn anew.",
                entry=entry.index,
                seat=seat,
            )
        vacated += entry.kind == VACATED
        used_up = used_up or vacated >= case.intent.vacancies or entry.kind == VACANCY_EXHAUSTED
        lost = lost or entry.kind == LOST
        (sits.add if entry.kind == REFILLED else sits.discard)(seat)
