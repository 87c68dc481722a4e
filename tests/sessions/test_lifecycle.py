"""Every state and verb of the day with its permission cell: written out a second time, by hand."""

from itertools import product
from typing import Final

import pytest

from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from expertpool.sessions.errors import WrongStep
from expertpool.sessions.lifecycle import STATE_WORDS, STEPS, By, DayState, DayVerb, step
from expertpool.sessions.steps import CAUSE_WORDS, STEPS_WORDS, Cause, StepKind

NONE: Final = "-"
INSIDE: Final = "assembling reviewing break"
RUNNING: Final = f"{INSIDE} overnight"
UNFINISHED: Final = f"{RUNNING} suspended"
PAPER: Final = f"{UNFINISHED} report-signed closed"
STAFF, SUPERVISOR = {Role.CENTRE_STAFF}, {Role.SUPERVISOR}
SIGNERS: Final = {Role.INITIATOR, Role.SUPERVISOR}
NOBODY: Final[set[Role]] = set()

TABLE: Final = (
    # verb, from, to (same: the state stays), whose act, which accounts
    (DayVerb.OPEN, NONE, "assembling", "rule", NOBODY),
    (DayVerb.SIGN_IN, RUNNING, "same", "rule", NOBODY),
    (DayVerb.READ, INSIDE, "same", "member", NOBODY),
    (DayVerb.SHOW_BIDDERS, INSIDE, "same", "rule", NOBODY),
    (DayVerb.DECLARE, INSIDE, "same", "member", NOBODY),
    (DayVerb.VOTE_CHAIR, INSIDE, "same", "member", NOBODY),
    (DayVerb.ELECT, INSIDE, "same", "rule", NOBODY),
    (DayVerb.BEGIN_REVIEW, "assembling", "reviewing", "rule", NOBODY),
    (DayVerb.TAKE_BREAK, "reviewing", "break", "account member", STAFF),
    (DayVerb.END_BREAK, "break", "reviewing", "account member", STAFF),
    (DayVerb.STAY_OVERNIGHT, "reviewing", "overnight", "account", STAFF),
    (DayVerb.END_OVERNIGHT, "overnight", "reviewing", "account", STAFF),
    (DayVerb.ASK, "reviewing", "same", "account member", STAFF),
    (DayVerb.ANSWER, "reviewing break overnight", "same", "account", STAFF),
    (DayVerb.REPLACE, UNFINISHED, "same", "account rule", SUPERVISOR),
    (DayVerb.REDO, "reviewing", "same", "member", NOBODY),
    (DayVerb.DISSENT, "reviewing", "same", "member", NOBODY),
    (DayVerb.VOTE_TIME, "reviewing", "same", "member", NOBODY),
    (DayVerb.EXTEND, "reviewing", "same", "rule", NOBODY),
    (DayVerb.LOSE_LINE, UNFINISHED, "same", "account", STAFF),
    (DayVerb.RESTORE_LINE, UNFINISHED, "same", "account", STAFF),
    (DayVerb.SUSPEND, RUNNING, "suspended", "account", SUPERVISOR),
    (DayVerb.RESUME, "suspended", "reviewing", "account", SUPERVISOR),
    (DayVerb.REASSEMBLE, "suspended", "assembling", "account", SUPERVISOR),
    (DayVerb.SIGN, "reviewing", "same", "member", NOBODY),
    (DayVerb.REFUSE_SIGNATURE, "reviewing", "same", "account", STAFF),
    (DayVerb.REPORT, "reviewing", "report-signed", "rule", NOBODY),
    (DayVerb.CLOSE, "report-signed", "closed", "account", STAFF),
    (DayVerb.CORRECT, PAPER, "same", "account", STAFF),
    (DayVerb.VOID, f"{UNFINISHED} report-signed", "void", "account rule", SUPERVISOR),
    (DayVerb.ENTER_PAPER, PAPER, "same", "account", STAFF),
    (DayVerb.SIGN_PAPER, PAPER, "same", "account", SIGNERS),
    (DayVerb.REFUSE_PAPER, PAPER, "same", "account", SIGNERS),
)
WRITTEN: Final = {
    (start, verb): (start if end == "same" else end, whose, who)
    for verb, starts, end, whose, who in TABLE
    for start in starts.split()
}


def test_the_steps_are_those_that_are_written_here() -> None:
    steps = {
        (each.start or NONE, each.verb): (str(each.end), " ".join(sorted(each.by)), set(each.who)) for each in STEPS
    }
    assert steps == WRITTEN
    assert len(STEPS) == len(steps)
    assert {verb for verb, *_ in TABLE} == set(DayVerb)


def test_what_is_not_written_is_refused() -> None:
    for state, verb in product((None, *DayState), DayVerb):
        if (state or NONE, verb) in WRITTEN:
            assert step(state, verb) == WRITTEN[state or NONE, verb][0]
        else:
            with pytest.raises(WrongStep):
                step(state, verb)


def test_only_what_an_account_does_has_a_permission() -> None:
    by_account = {each.verb for each in STEPS if By.ACCOUNT in each.by}
    granted = {verb for verb in PERMISSIONS if verb.startswith("day.")} - {"day.see"}
    assert {verb.permission for verb in by_account} == granted


def test_everything_has_its_words() -> None:
    assert (set(STATE_WORDS), set(STEPS_WORDS), set(CAUSE_WORDS)) == (set(DayState), set(StepKind), set(Cause))
