"""Whether there are enough experts, as far as an applicant may know: 充足, 偏少 or 不足 for each line, and no figure.

Asked before applying. It counts with the rules that the draw will use, but knows nothing of who sits elsewhere (that
would tell who is drawn there), and nobody can ask often enough to feel out the pool.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from expertpool.core.settings import DrawSettings
from expertpool.core.transaction import Transaction
from expertpool.draws import applying, candidates, rules
from expertpool.draws.applying import Application
from expertpool.draws.errors import TooManyQuestions
from expertpool.draws.models import Question
from expertpool.experts.eligibility_queries import Abundance, abundance
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import target_of_project
from expertpool.protocol.request import DrawRequest
from policies.facts import day_of

HOUR: Final = timedelta(hours=1)
AMPLE: Final = 20
"""Counting a line stops at so many for each seat: more is enough by any rulebook."""


def note_question(tx: Transaction, settings: DrawSettings, session_id: str) -> None:
    """Note that the actor asks about a session. Raises `NotPermitted`, `TooManyQuestions`."""
    sitting = tx.session.get(EvaluationSession, session_id)
    project = None if sitting is None else tx.session.get(Project, sitting.project_id)
    require(tx, "draw.ask", Target() if project is None else target_of_project(tx.session, project))
    if project is None:
        raise NotPermitted("draw.ask")
    since = tx.now - HOUR
    tx.session.execute(delete(Question).where(Question.actor_id == tx.actor, Question.asked <= since))
    asked = select(func.count(), func.min(Question.asked)).where(Question.actor_id == tx.actor)
    number, oldest = tx.session.execute(asked).one()
    if number >= settings.questions_per_hour:
        raise TooManyQuestions(int((oldest + HOUR - tx.now).total_seconds() // 60) + 1)
    tx.session.add(Question(actor_id=tx.actor, asked=tx.now))


def answer(
    session: Session, settings: DrawSettings, session_id: str, *, given: Application, now: datetime
) -> list[Abundance]:
    """How the pool stands to each line of an application. Raises as `applying.to_request`."""
    sitting = session.get_one(EvaluationSession, session_id)
    request = applying.to_request(session, settings, "", sitting, given)
    book = rules.rulebook(request.rulebook, day_of(now))
    pool = Pool(sitting.centre_id, Origin(settings.origin))
    found = [0] * len(request.lines)
    for rung in rules.rungs(book, request.regime):
        found = _count(session, pool, request.decided(now, rung))
        if sum(found) >= rules.enough(book, request.regime, sum(request.seats)):
            break
    return [
        abundance(book, request.regime, line.seats, eligible)
        for line, eligible in zip(request.lines, found, strict=True)
    ]


def _count(session: Session, pool: Pool, request: DrawRequest) -> list[int]:
    """The eligible of each line, counted no further than every line has plenty."""
    book = rules.rulebook(request.rulebook, day_of(request.decided_at or request.draw_at))
    decides = candidates.decider(book, replace(request, recused_persons=0))
    found, ample = [0] * len(request.lines), [AMPLE * line.seats for line in request.lines]
    for match in candidates.found(session, pool, book, request):
        for line in decides.decide(match.facts).lines:
            found[line] += 1
        if all(map(int.__ge__, found, ample)):
            break
    return found
