"""Who is in the room, by seat: signing in once the vault has said yes, being lost, the short code at the terminal."""

import hmac
import secrets
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.keyrings import SESSIONS_KEY
from expertpool.core.transaction import Transaction
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, errors, timeline
from expertpool.sessions.following import rules_of
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep, Key, Member, SessionDay
from expertpool.sessions.queries import members_of, standing_of, steps_of
from expertpool.sessions.recording import locked, take
from expertpool.sessions.steps import Cause, StepKind

CODE_DIGITS: Final = 6


class CodeKeys(Protocol):
    """The part of the service's key store that short codes need."""

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        """32 bytes that only a holder of the secret can compute."""


def sign_in(
    tx: Transaction, keys: CodeKeys, session_id: str, who: Key, *, site: int, places: int, short_code: str
) -> Member:
    """Let somebody in whom the vault has matched; the first one opens the day. Once: the same again changes nothing.

    ``places`` is how many places the site's room has for members; the place is drawn among the free ones.
    Raises `PlanChanged`, `WrongStep`.
    """
    day = tx.session.get(SessionDay, session_id, with_for_update=True)
    if day is None:
        day = _open(tx, session_id)
    known = tx.session.get(Member, (session_id, *who))
    if known is not None:
        return known
    locked(tx, session_id)
    there = [each.place for each in members_of(tx.session, session_id) if each.site == site and each.left is None]
    free = sorted(set(range(1, max(places, len(there) + 1) + 1)) - set(there))
    lost = _lost(tx.session, session_id, who)
    member = Member(
        session_id=session_id,
        draw_id=who.draw,
        seat=who.seat,
        vacancy=who.vacancy,
        centre_id=day.centre_id,
        site=site,
        place=secrets.choice(free),
        signed_in=tx.now,
        code=code_digest(keys, session_id, short_code),
    )
    tx.session.add(member)
    take(tx, day, DayVerb.SIGN_IN, StepKind.SIGNED_IN, who=who, site=site)
    if lost is not None:
        _replace(tx, day, who, site, lost)
    return member


def lose(
    tx: Transaction, session_id: str, who: Key, *, cause: Cause | None, reason: str | None = None, by: str | None = None
) -> None:
    """A member is lost, or whoever was to come; before anybody came there is no day to note it in.

    Without a ``cause`` for whoever the opened list of bidders strikes: the room sees that the seat is vacant, not why.

    Raises `PlanChanged`, `WrongStep`, and `NotPresent` for a desertion or illness of somebody who is not there.
    """
    if tx.session.get(SessionDay, session_id) is None:
        return
    day = locked(tx, session_id)
    member = tx.session.get(Member, (session_id, *who))
    present = member is not None and member.left is None
    if not present and cause in (Cause.DESERTION, Cause.HEALTH):
        raise errors.NotPresent
    if member is not None and present:
        member.left = tx.now
    acts.lose(tx, day, who, cause, reason=reason, by=by)


def member_by_code(session: Session, keys: CodeKeys, session_id: str, code: str) -> Member | None:
    """Whoever is present and has this short code. Everyone is compared."""
    digest, found = code_digest(keys, session_id, code), None
    for each in session.scalars(select(Member).where(Member.session_id == session_id, Member.left.is_(None))):
        found = each if hmac.compare_digest(each.code, digest) else found
    return found


def code_digest(keys: CodeKeys, session_id: str, code: str) -> str:
    """The digest of a short code, which only a holder of the service's key can compute: six digits are few."""
    return keys.hmac_sha256(SESSIONS_KEY, f"session_members.code:{session_id}:{code.strip()}".encode()).hex()


def _open(tx: Transaction, session_id: str) -> SessionDay:
    """Open the day, with the timeline as the rulebook plans it; from now on the plan is not put off any more."""
    sitting = tx.session.get_one(EvaluationSession, session_id, with_for_update=True)
    planned = timeline.plan(sitting, rules_of(tx.session, session_id))
    day = SessionDay(
        session_id=session_id,
        centre_id=sitting.centre_id,
        revision=0,
        opened=tx.now,
        planned=timeline.written(planned),
    )
    sitting.begun = tx.now
    tx.session.add(day)
    take(tx, day, DayVerb.OPEN, StepKind.ASSEMBLED)
    return day


def _lost(session: Session, session_id: str, who: Key) -> DayStep | None:
    """The step by which whoever had this seat last was lost; None when nobody was."""
    last = [each for each in steps_of(session, session_id) if (each.draw_id, each.seat) == (who.draw, who.seat)]
    return last[-1] if last and last[-1].kind is StepKind.MEMBER_LOST else None


def _replace(tx: Transaction, day: SessionDay, who: Key, site: int, lost: DayStep) -> None:
    """Put on record that this is somebody else, who does again what the other one concluded (条例 第四十八条)."""
    begun = standing_of(tx.session, day.session_id).begun
    owes = rules_of(tx.session, day.session_id).must_redo(
        lost.cause or Cause.RECUSAL, begun=begun is not None and begun <= lost.at
    )
    about = lost.number if owes else None
    take(tx, day, DayVerb.SIGN_IN, StepKind.MEMBER_REPLACED, who=who, site=site, cause=lost.cause, about=about)
