"""A day's way as data: from which state, by which verb, to which, who may, and whose act it is.

The plan (scheduled, postponed, cancelled) is `projects.lifecycle`; a day begins with the first sign-in.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from expertpool.projects.terms import Words
from expertpool.sessions.errors import WrongStep


class DayState(StrEnum):
    """Where a day stands."""

    ASSEMBLING = "assembling"
    REVIEWING = "reviewing"
    BREAK = "break"
    OVERNIGHT = "overnight"
    SUSPENDED = "suspended"
    REPORT_SIGNED = "report-signed"
    CLOSED = "closed"
    VOID = "void"


STATE_WORDS: Final[dict[DayState, Words]] = {
    DayState.ASSEMBLING: Words("集合中", "assembling"),
    DayState.REVIEWING: Words("评审中", "reviewing"),
    DayState.BREAK: Words("休息中", "in a break"),
    DayState.OVERNIGHT: Words("隔夜休会", "adjourned overnight"),
    DayState.SUSPENDED: Words("已中止", "suspended"),
    DayState.REPORT_SIGNED: Words("报告已签署", "report signed"),
    DayState.CLOSED: Words("已办结", "closed"),
    DayState.VOID: Words("无效", "void"),
}
"""What each state is called."""


class DayVerb(StrEnum):
    """What is done in a day. Those without a permission no account can ask for."""

    OPEN = "open"
    SIGN_IN = "sign-in"
    READ = "read"
    SHOW_BIDDERS = "show-bidders"
    DECLARE = "declare"
    VOTE_CHAIR = "vote-chair"
    ELECT = "elect"
    BEGIN_REVIEW = "begin-review"
    TAKE_BREAK = "take-break"
    END_BREAK = "end-break"
    STAY_OVERNIGHT = "stay-overnight"
    END_OVERNIGHT = "end-overnight"
    ASK = "ask"
    ANSWER = "answer"
    REPLACE = "replace"
    REDO = "redo"
    DISSENT = "dissent"
    VOTE_TIME = "vote-time"
    EXTEND = "extend"
    LOSE_LINE = "lose-line"
    RESTORE_LINE = "restore-line"
    SUSPEND = "suspend"
    RESUME = "resume"
    REASSEMBLE = "reassemble"
    SIGN = "sign"
    REFUSE_SIGNATURE = "refuse-signature"
    REPORT = "report"
    CLOSE = "close"
    CORRECT = "correct"
    VOID = "void"
    ENTER_PAPER = "enter-paper"
    SIGN_PAPER = "sign-paper"
    REFUSE_PAPER = "refuse-paper"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"day.{self.value}"


class By(StrEnum):
    """Whose act it is: of an account, of a member at the room's terminal, or of the vault and by rule."""

    ACCOUNT = "account"
    MEMBER = "member"
    RULE = "rule"


class Step(NamedTuple):
    """One allowed step. ``start`` is None before there is a day."""

    start: DayState | None
    verb: DayVerb
    end: DayState
    by: frozenset[By]

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it; none: no account."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


_S, _V = DayState, DayVerb
_ACCOUNT, _MEMBER, _RULE = frozenset({By.ACCOUNT}), frozenset({By.MEMBER}), frozenset({By.RULE})
_INSIDE: Final = (_S.ASSEMBLING, _S.REVIEWING, _S.BREAK)
_RUNNING: Final = (*_INSIDE, _S.OVERNIGHT)
_UNFINISHED: Final = (*_RUNNING, _S.SUSPENDED)


def _within(states: tuple[DayState, ...], verb: DayVerb, by: frozenset[By]) -> tuple[Step, ...]:
    """Steps that leave the state as it is."""
    return tuple(Step(state, verb, state, by) for state in states)


STEPS: Final = (
    Step(None, _V.OPEN, _S.ASSEMBLING, _RULE),
    *_within(_RUNNING, _V.SIGN_IN, _RULE),
    *_within(_INSIDE, _V.READ, _MEMBER),
    *_within(_INSIDE, _V.SHOW_BIDDERS, _RULE),
    *_within(_INSIDE, _V.DECLARE, _MEMBER),
    *_within(_INSIDE, _V.VOTE_CHAIR, _MEMBER),
    *_within(_INSIDE, _V.ELECT, _RULE),
    Step(_S.ASSEMBLING, _V.BEGIN_REVIEW, _S.REVIEWING, _RULE),
    Step(_S.REVIEWING, _V.TAKE_BREAK, _S.BREAK, _ACCOUNT | _MEMBER),
    Step(_S.BREAK, _V.END_BREAK, _S.REVIEWING, _ACCOUNT | _MEMBER),
    Step(_S.REVIEWING, _V.STAY_OVERNIGHT, _S.OVERNIGHT, _ACCOUNT),
    Step(_S.OVERNIGHT, _V.END_OVERNIGHT, _S.REVIEWING, _ACCOUNT),
    *_within((_S.REVIEWING,), _V.ASK, _ACCOUNT | _MEMBER),
    *_within((_S.REVIEWING, _S.BREAK, _S.OVERNIGHT), _V.ANSWER, _ACCOUNT),
    *_within(_UNFINISHED, _V.REPLACE, _ACCOUNT | _RULE),
    *_within((_S.REVIEWING,), _V.REDO, _MEMBER),
    *_within((_S.REVIEWING,), _V.DISSENT, _MEMBER),
    *_within((_S.REVIEWING,), _V.VOTE_TIME, _MEMBER),
    *_within((_S.REVIEWING,), _V.EXTEND, _RULE),
    *_within(_UNFINISHED, _V.LOSE_LINE, _ACCOUNT),
    *_within(_UNFINISHED, _V.RESTORE_LINE, _ACCOUNT),
    *(Step(running, _V.SUSPEND, _S.SUSPENDED, _ACCOUNT) for running in _RUNNING),
    Step(_S.SUSPENDED, _V.RESUME, _S.REVIEWING, _ACCOUNT),
    Step(_S.SUSPENDED, _V.REASSEMBLE, _S.ASSEMBLING, _ACCOUNT),
    *_within((_S.REVIEWING,), _V.SIGN, _MEMBER),
    *_within((_S.REVIEWING,), _V.REFUSE_SIGNATURE, _ACCOUNT),
    Step(_S.REVIEWING, _V.REPORT, _S.REPORT_SIGNED, _RULE),
    Step(_S.REPORT_SIGNED, _V.CLOSE, _S.CLOSED, _ACCOUNT),
    *(Step(open_, _V.VOID, _S.VOID, _ACCOUNT | _RULE) for open_ in (*_UNFINISHED, _S.REPORT_SIGNED)),
    *(
        step
        for verb in (_V.CORRECT, _V.ENTER_PAPER, _V.SIGN_PAPER, _V.REFUSE_PAPER)
        for step in _within((*_UNFINISHED, _S.REPORT_SIGNED, _S.CLOSED), verb, _ACCOUNT)
    ),
)
"""Every step there is; what is not listed is refused. A suspended day resumes where it was: to the review, or to the
assembly when that had not begun (`REASSEMBLE`)."""


def step(state: DayState | None, verb: DayVerb) -> DayState:
    """Where the verb leads from this state. Raises `WrongStep`."""
    for each in STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongStep("none" if state is None else state.value, verb.value)
