"""Absence: whoever accepted and neither came nor checked in is missed by rule, and the seat is drawn anew.

Nobody is asked. The finding can be decided again from the ledger: by then the seat had no entry of a sign-in or of a
check-in. A vault that was away when the moment came cannot know who stood at the door: everybody has the time again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.draws.queries import sitting_of
from expertpool.draws.seating import lose
from expertpool.invitations.holding import Held, asked, locked
from expertpool.invitations.lifecycle import InvitationState, InvitationVerb
from expertpool.invitations.messages import tell
from expertpool.invitations.parts import Desk
from expertpool.invitations.rules import Absence, absence, arrives_by, is_absent
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Purpose
from expertpool.projects.lifecycle import SessionState
from expertpool.protocol.request import DrawRequest
from ledger.entry import format_time
from policies.session_facts import Expected

MISS: Final = "invitations.miss"
ON_TIME: Final = timedelta(minutes=5)
"""How long after its moment a vault that is there may come to it; later than that it was away."""
GIVEN_UP: Final = timedelta(days=2)
"""After so long nobody is looked for any more."""
_JUST_AFTER: Final = timedelta(seconds=1)


def watch_for(tx: Transaction, found: Held, request: DrawRequest) -> None:
    """Have whoever just accepted looked for when they should have come."""
    rule = absence(request)
    if rule is not None:
        _look_at(tx, found, due_at(found, request) + rule.absent)


def due_at(found: Held, request: DrawRequest) -> datetime:
    """When somebody is to be there."""
    called = found.known.called
    return request.starts if called is None else arrives_by(request, datetime.fromisoformat(called))


def misser(desk: Desk, note: Callable[[Transaction, At], bool]) -> Callable[[Transaction, Job], None]:
    """The handler that finds somebody absent.

    ``note`` has the session's day note it, or says that nobody can be absent now: then it is looked again.
    """

    def miss(tx: Transaction, job: Job) -> None:
        found = locked(tx, desk, At(job.args["draw"], job.args["seat"], job.args["vacancy"]))
        if found is None or found.known.again != job.args["again"] or not _takes_place(tx, found):
            return
        request = asked(tx.session, found.draw)
        rule = absence(request)
        if rule is None or not is_absent(request, _expected(found, request, tx.now)):
            return
        away = tx.now > datetime.fromisoformat(job.args["due"]) + ON_TIME
        if away or not note(tx, found.at):
            if tx.now < due_at(found, request) + GIVEN_UP:
                _look_at(tx, found, tx.now + rule.absent)
            return
        found.keep(tx.session, desk, found.known.after(InvitationVerb.MISS))
        evidence = {"cause": "absent", "finding": _finding(found, request, rule)}
        lose(tx, desk.parts, found.draw, found.seat, evidence)
        tell(tx.session, desk, found.at, Purpose.NOT_NEEDED, tx.now)

    return miss


def _takes_place(tx: Transaction, found: Held) -> bool:
    """Whether the session is to take place now, and the seat is this member's, who accepted or has come."""
    sitting = sitting_of(tx.session, found.draw)
    planned = sitting.state is SessionState.SCHEDULED and sitting.starts == asked(tx.session, found.draw).starts
    return planned and found.stands and found.known.state is not InvitationState.CALLED


def _expected(found: Held, request: DrawRequest, now: datetime) -> Expected:
    """Who took leave does not hold the seat any more."""
    return Expected(
        due_at=due_at(found, request),
        now=now,
        signed_in=found.known.state is InvitationState.SIGNED_IN,
        checked_in=found.known.here is not None,
        on_leave=False,
    )


def _finding(found: Held, request: DrawRequest, rule: Absence) -> dict[str, Any]:
    """What an auditor decides again: docs/spec/draw.md, "Causes of a vacancy"."""
    return {
        "assembly": format_time(request.starts),
        "due": format_time(due_at(found, request)),
        "kind": "absent",
        "minutes": int(rule.absent.total_seconds()) // 60,
    }


def _look_at(tx: Transaction, found: Held, latest: datetime) -> None:
    due = latest + _JUST_AFTER
    args = {**found.at._asdict(), "again": found.known.again, "due": due.isoformat()}
    tx.enqueue(MISS, args, not_before=due)
