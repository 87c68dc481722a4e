"""What members are told later: reminders, what becomes of the session, and that names were opened early."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.jobs import Job
from expertpool.core.keystore import SealBroken
from expertpool.core.transaction import Transaction
from expertpool.draws.breaking import BROKEN
from expertpool.draws.following import called_for
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat
from expertpool.draws.parts import VAULT
from expertpool.draws.supplementing import STANDING
from expertpool.invitations.altered import tell_altered
from expertpool.invitations.holding import asked, held
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.messages import tell
from expertpool.invitations.models import Invitation, NoticeGiven
from expertpool.invitations.parts import Desk
from expertpool.invitations.rules import waits_until
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Purpose, invitations_of
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession

REMIND: Final = "invitations.remind"

EXPECTED: Final = (InvitationState.CALLED, InvitationState.ACCEPTED, InvitationState.SIGNED_IN)


_TOLD: Final = exists().where(NoticeGiven.draw_id == Draw.id, NoticeGiven.notice == Purpose.CANCELLATION.value)
_UNTOLD: Final = (
    select(Draw, EvaluationSession)
    .join(EvaluationSession, EvaluationSession.id == Draw.session_id)
    .where(
        or_(
            Draw.state.in_((DrawState.CANCELLED, DrawState.POSTPONED)),
            EvaluationSession.state.in_((SessionState.CANCELLED, SessionState.POSTPONED)),
        ),
        exists().where(Invitation.draw_id == Draw.id),
        ~_TOLD,
    )
    .order_by(Draw.id)
)


def reminder(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that reminds whoever still sits there; in the quiet hours it waits for their end."""

    def remind(tx: Transaction, job: Job) -> None:
        at = At(job.args["draw"], job.args["seat"], job.args["vacancy"])
        found = held(tx.session, desk, at)
        if found is None or not found.stands or found.known.state is not InvitationState.ACCEPTED:
            return
        if found.known.again != job.args["again"]:
            return  # the time of which it was to remind is no longer that of the session
        until = waits_until(asked(tx.session, found.draw), tx.now)
        if until is None:
            tell(tx.session, desk, at, Purpose.REMINDER, tx.now)
        else:
            tx.enqueue(REMIND, job.args, not_before=until)

    return remind


def announcer(desk: Desk) -> Callable[[Transaction, Job], None]:
    """The handler that tells the members that their names were opened in an emergency, not in the quiet hours.

    Once the working copies are destroyed nobody here knows whom to tell.
    """

    def announce(tx: Transaction, job: Job) -> None:
        draw = tx.session.get_one(Draw, job.args["draw"], with_for_update=True)
        until = waits_until(asked(tx.session, draw), tx.now)
        if until is not None:
            tx.enqueue(BROKEN, job.args, not_before=until)
        elif occupants(tx.session, desk.parts.keys, draw.id):
            _tell_members(tx, desk, draw.id, Purpose.GLASS_BROKEN)

    return announce


class Notices:
    """Looks which draws or sessions were cancelled or postponed, and has everyone told who sat, once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def step(self) -> bool:
        """Queue what is to be told; returns whether there was anything."""
        with Session(self._desk.parts.engine.execution_options(**READ_ONLY)) as session:
            found = _untold(session)
        return sum(self._told(draw, notice) for draw, notice in found) > 0

    def _told(self, draw: str, notice: str) -> bool:
        """Tell the members of one draw; one whose rows were altered holds up no other."""
        try:
            with self._desk.parts.transactions.begin(VAULT) as tx:
                _tell_everyone(tx, self._desk, draw, notice)
        except SealBroken:
            tell_altered(draw)
            return False
        return True


def _untold(session: Session) -> list[tuple[str, str]]:
    """Draws with something to tell that was not told, and what it is."""
    notices = [(draw.id, _notice(session, draw, sitting)) for draw, sitting in session.execute(_UNTOLD)]
    return [each for each in notices if session.get(NoticeGiven, each) is None]


def _notice(session: Session, draw: Draw, sitting: EvaluationSession) -> str:
    """What is to be told; that another time is off is another notice."""
    if draw.state is DrawState.CANCELLED or sitting.state is SessionState.CANCELLED:
        return Purpose.CANCELLATION.value
    return f"{Purpose.POSTPONEMENT.value} {called_for(session, draw):%Y-%m-%dT%H:%MZ}"


def _tell_everyone(tx: Transaction, desk: Desk, draw_id: str, notice: str) -> None:
    draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
    if tx.session.get(NoticeGiven, (draw.id, notice)) is not None:
        return
    tx.session.add(NoticeGiven(draw_id=draw.id, notice=notice))
    _tell_members(tx, desk, draw.id, Purpose(notice.partition(" ")[0]))


def _tell_members(tx: Transaction, desk: Desk, draw: str, purpose: Purpose) -> None:
    """Queue a text to everyone who sits."""
    for at, known in sorted(invitations_of(tx.session, desk.parts.keys, draw).items()):
        seat = tx.session.get_one(Seat, (at.draw, at.seat))
        current = seat.vacancy == at.vacancy and seat.state in STANDING
        if current and known.state in EXPECTED:
            tell(tx.session, desk, at, purpose, tx.now, silent=known.finding is not None)
