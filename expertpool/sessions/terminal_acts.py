"""What a member does at the room's terminal, under the short code: what is open to whom, and the doing of it.

The table says when an act is offered; whether it is possible is asked again when it is done (`sessions.acts`).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from expertpool.core.errors import NotFound
from expertpool.core.transaction import Transaction
from expertpool.sessions import acts
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, Member
from expertpool.sessions.notes import NoteKeys, sealed
from expertpool.sessions.standing import Standing


class Act(StrEnum):
    """An act at the terminal, by the name that its form sends. To step aside is the vault's (`session.recuse`)."""

    READ = "read"
    DECLARE = "declare"
    CHAIR = "chair"
    BREAK = "break"
    MEAL = "meal"
    GO_ON = "go-on"
    ASK = "ask"
    TIME = "time"
    DISSENT = "dissent"
    REDO = "redo"
    SIGN = "sign"
    RECUSE = "recuse"


class NoSuchAct(NotFound):
    code = "sessions.no-such-act"
    zh = "终端上没有这个办理事项，请返回后重新选择。"
    en = "There is no such act at the terminal. Go back and choose again."


def offered(state: DayState, now: Standing, who: Key) -> tuple[Act, ...]:
    """What a member may do now, what comes next first; nothing for somebody who is not there."""
    sitter = now.sitters.get(who)
    if sitter is None or sitter.left is not None or state not in (DayState.ASSEMBLING, *_AT_WORK):
        return ()
    if sitter.read is None:
        return (Act.READ,)
    if sitter.declared is None:
        return (Act.DECLARE, Act.RECUSE)
    found = [act for act, open_ in _OFFERED.items() if open_(state, now, who)]
    return tuple(found)


def do(tx: Transaction, keys: NoteKeys, member: Member, act: str, given: Mapping[str, str]) -> None:
    """Do it for a member who is present. Raises `NoSuchAct`, and as `sessions.acts`.

    ``given`` has ``seat`` for a vote and ``text`` for what is written.
    """
    doing = _DOING.get(act)
    if doing is None:
        raise NoSuchAct
    doing(tx, keys, member.session_id, member.key, given)


_AT_WORK: Final = (DayState.REVIEWING, DayState.BREAK)

_Open = Callable[[DayState, Standing, Key], bool]
_Doing = Callable[[Transaction, NoteKeys, str, Key, Mapping[str, str]], object]


def _unfinished(state: DayState, now: Standing, who: Key) -> bool:
    return state is DayState.REVIEWING and not now.sitters[who].finished


_OFFERED: Final[Mapping[Act, _Open]] = {
    Act.CHAIR: lambda _state, now, _who: now.chair is None,
    Act.GO_ON: lambda state, now, who: state is DayState.BREAK and now.chair == who,
    Act.REDO: lambda state, now, who: _unfinished(state, now, who) and now.sitters[who] in now.owing,
    Act.SIGN: lambda state, now, who: _unfinished(state, now, who) and not now.owing,
    Act.BREAK: lambda state, now, who: state is DayState.REVIEWING and now.chair == who,
    Act.MEAL: lambda state, now, who: state is DayState.REVIEWING and now.chair == who,
    Act.ASK: _unfinished,
    Act.TIME: lambda state, now, who: _unfinished(state, now, who) and not now.sitters[who].asks_time,
    Act.DISSENT: _unfinished,
    Act.RECUSE: lambda state, now, who: state in _AT_WORK and not now.sitters[who].finished,
}
"""When each act is offered to whoever has declared, in the order in which a page shows them."""

_DOING: Final[Mapping[str, _Doing]] = {
    Act.READ: lambda tx, _keys, session, who, _given: acts.read_discipline(tx, session, who),
    Act.DECLARE: lambda tx, _keys, session, who, _given: acts.declare(tx, session, who),
    Act.CHAIR: lambda tx, _keys, session, who, given: acts.vote_chair(tx, session, who, given.get("seat", "")),
    Act.BREAK: lambda tx, _keys, session, who, _given: acts.take_break(tx, session, who),
    Act.MEAL: lambda tx, _keys, session, who, _given: acts.take_break(tx, session, who, meal=True),
    Act.GO_ON: lambda tx, _keys, session, who, _given: acts.end_break(tx, session, who),
    Act.ASK: lambda tx, keys, session, who, given: acts.ask_bidder(
        tx, session, who, note=sealed(keys, session, given["text"])
    ),
    Act.TIME: lambda tx, _keys, session, who, _given: acts.vote_time(tx, session, who),
    Act.DISSENT: lambda tx, keys, session, who, given: acts.dissent(
        tx, session, who, note=sealed(keys, session, given["text"])
    ),
    Act.REDO: lambda tx, _keys, session, who, _given: acts.redo(tx, session, who),
    Act.SIGN: lambda tx, _keys, session, who, _given: acts.sign_report(tx, session, who),
}
