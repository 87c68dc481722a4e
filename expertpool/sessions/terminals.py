"""The room's terminal: a browser at a site, opened by a clerk, for members who have no device and no account here.

It has a token of its own that is bound to session and site and gives no account's rights. What is done there is done
under a member's short code of six digits. A wrong code, a code of another site and that of somebody who has left get
one and the same refusal, which is counted and on record; a terminal that has had too many takes no more.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.sessions.errors import PlanChanged, SiteUnknown
from expertpool.sessions.events import CodeRefused, TerminalClosed, TerminalOpened
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.membership import CodeKeys, member_by_code
from expertpool.sessions.models import Member, Terminal
from expertpool.sessions.queries import day_of, target_of_site

OPEN: Final = "terminal.open"
FAILURES: Final = 10
"""How many wrong codes a terminal takes: five members' codes are guessed in so many tries once in 20,000 openings."""
OVER: Final = (DayState.CLOSED, DayState.VOID)


def open_terminal(tx: Transaction, session_id: str, site: int) -> tuple[Terminal, str]:
    """Make a terminal at a site, and the token that its browser keeps; here is only the token's digest.

    Raises `NotPermitted`, `SiteUnknown`, and `PlanChanged` for a session that does not take place.
    """
    sitting = tx.session.get(EvaluationSession, session_id)
    _require(tx, sitting, site)
    if sitting is None or site not in {each.position for each in sitting.sites}:
        raise SiteUnknown(field="site")
    if sitting.state is not SessionState.SCHEDULED:
        raise PlanChanged
    token = secrets.token_urlsafe(32)
    terminal = Terminal(
        session_id=session_id,
        centre_id=sitting.centre_id,
        site=site,
        token=_digest(token),
        opened=tx.now,
        opened_by=tx.actor,
        failures=0,
    )
    tx.session.add(terminal)
    tx.session.flush()
    tx.record(TerminalOpened(session=session_id, centre=sitting.centre_id, terminal=terminal.id, site=site))
    return terminal, token


def close_terminals(tx: Transaction, session_id: str, site: int) -> Sequence[Terminal]:
    """End every terminal of a site; those that were open. Raises `NotPermitted`."""
    _require(tx, tx.session.get(EvaluationSession, session_id), site)
    found = tx.session.scalars(_open_at(session_id, site).with_for_update()).all()
    for terminal in found:
        terminal.closed = tx.now
        tx.record(TerminalClosed(session=session_id, centre=terminal.centre_id, terminal=terminal.id, site=site))
    return found


def terminals_at(session: Session, session_id: str, site: int) -> Sequence[Terminal]:
    """The terminals of a site that are open, those that take no more codes too."""
    return session.scalars(_open_at(session_id, site)).all()


def terminal_of(session: Session, token: str) -> Terminal | None:
    """The terminal whose browser shows this token, while it is open and its day goes on."""
    found = session.scalars(select(Terminal).where(Terminal.token == _digest(token))).one_or_none()
    if found is None or found.closed is not None or found.failures >= FAILURES:
        return None
    sitting, day = session.get_one(EvaluationSession, found.session_id), day_of(session, found.session_id)
    over = sitting.state is not SessionState.SCHEDULED or (day is not None and day.state in OVER)
    return None if over else found


def member_at(session: Session, keys: CodeKeys, terminal: Terminal, code: str) -> Member | None:
    """Whoever is present at the terminal's site and has this code."""
    found = member_by_code(session, keys, terminal.session_id, code)
    return found if found is not None and found.site == terminal.site else None


def count_refusal(tx: Transaction, terminal_id: str) -> None:
    """Put a wrong code on record. What was typed is nowhere."""
    terminal = tx.session.get_one(Terminal, terminal_id, with_for_update=True)
    terminal.failures += 1
    where = {"session": terminal.session_id, "centre": terminal.centre_id, "terminal": terminal.id}
    tx.record(CodeRefused(**where, site=terminal.site))


def _require(tx: Transaction, sitting: EvaluationSession | None, site: int) -> None:
    target = None if sitting is None else target_of_site(tx.session, sitting, site)
    require(tx, OPEN, target or Target())


def _open_at(session_id: str, site: int) -> Select[Terminal]:
    wanted = select(Terminal).where(Terminal.session_id == session_id, Terminal.site == site)
    return wanted.where(Terminal.closed.is_(None)).order_by(Terminal.opened, Terminal.id)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
