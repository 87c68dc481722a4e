"""What people do while a draw runs in a demonstration: experts answer, the supervisor decides, the review ends."""

import json
from datetime import timedelta
from typing import Final

from expertpool.cli.demo_setting import Setting
from expertpool.core.clock import FixedClock, SystemClock
from expertpool.core.errors import Unavailable
from expertpool.draws import service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.invitations import answering
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel
from expertpool.projects import handover
from expertpool.projects.models import EvaluationSession

DEAD_ENDS: Final = (DrawState.RETURNED, DrawState.EXHAUSTED, DrawState.ABORTED)
REVIEW: Final = timedelta(hours=4)
TRADING_SYSTEM: Final = "svc:demo-trading-system"
WEB: Final = "svc:web"


class NoCommittee(Unavailable):
    code = "demo.no-committee"
    zh = "这个专家库组不成委员会（{state}）：{reason}。请增加人数（--experts）或换一个种子。"
    en = "This pool seats no committee ({state}): {reason}. Take more people (--experts) or another seed."
    state: str
    reason: str


def state_of(setting: Setting, draw_id: str) -> DrawState:
    """How a draw stands."""
    with setting.reading() as session:
        return session.get_one(Draw, draw_id).state


def referred(setting: Setting, draw_id: str) -> str | None:
    """Why a draw waits for a person; None where it does not. Raises `NoCommittee` where it has ended without one."""
    with setting.reading() as session:
        row = session.get_one(Draw, draw_id)
    if row.state in DEAD_ENDS:
        raise NoCommittee(row.state.value, row.reason or "-")
    return (row.reason or "-") if row.state is DrawState.REFERRED else None


def approve(setting: Setting, draw_id: str) -> None:
    """The supervisor lets go on what was referred."""
    setting.act_as(Role.SUPERVISOR, SystemClock(), lambda tx: service.approve(tx, draw_id, reason="演示：同意"))


def codes_sent(setting: Setting, *said: str) -> list[str]:
    """The codes on the experts' phones, as the demonstration's gateway got them, in no order that means anything.

    ``said``: only of messages that say all of this.
    """
    folder = setting.settings.draws.messages
    messages = (json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json")))
    sms = [each for each in messages if each["channel"] == Channel.SMS and each["code"]]
    return [each["code"] for each in sms if all(text in each["text"] for text in said)]


def answer(setting: Setting, code: str, word: Word) -> None:
    """An expert answers by the code on the phone."""
    setting.act(WEB, SystemClock(), lambda tx: answering.hand_in(tx, code=code, word=word))


def sign_report(setting: Setting, session_id: str) -> None:
    """The trading system states that the report is signed: four hours after the review begins, by its own clock."""
    with setting.reading() as session:
        later = FixedClock(session.get_one(EvaluationSession, session_id).starts + REVIEW)
    setting.act(
        TRADING_SYSTEM,
        later,
        lambda tx: handover.note_report(
            tx, tx.session.get_one(EvaluationSession, session_id), at=tx.now, said=tx.now, document="0" * 64
        ),
    )
