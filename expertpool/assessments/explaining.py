"""Requests for an explanation (请予说明): the supervisor asks about a figure, whoever had the seat answers, once each.

No points follow from it, asked or answered. The vault alone knows that it is the expert who answers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.assessments import case_errors as errors
from expertpool.assessments.alerting import Figure
from expertpool.assessments.events import ExplanationAsked, ExplanationGiven
from expertpool.assessments.models import Explanation, Subject
from expertpool.core.keyrings import SESSIONS_KEY
from expertpool.core.transaction import Transaction
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import target_of_project
from expertpool.sessions.models import Key
from expertpool.sessions.notes import NoteKeys

MOST: Final = 1_000
"""Characters of an answer."""
_SIZE: Final = 4 * MOST


def ask(tx: Transaction, figure: Figure | None, *, question: str) -> Explanation:
    """Ask whoever had the seat about a figure, once. Raises `NotPermitted`, `NoSuchFigure`, `AskedAlready`."""
    sitting = None if figure is None else tx.session.get(EvaluationSession, figure.session_id)
    require(tx, "alert.ask", Target() if sitting is None else target_of_project(tx.session, sitting.project))
    subject = None if figure is None else _subject(tx.session, figure.session_id, figure.key)
    if figure is None or subject is None:
        raise errors.NoSuchFigure
    name = named(figure)
    if tx.session.scalar(select(Explanation.id).where(Explanation.name == name)) is not None:
        raise errors.AskedAlready
    plain = {**figure._asdict(), "key": list(figure.key)}
    explanation = Explanation(
        centre_id=subject.centre_id,
        session_id=figure.session_id,
        subject=subject.number,
        name=name,
        figure=json.dumps(plain, ensure_ascii=False),
        question=question,
        asked=tx.now,
        asked_by=tx.actor,
    )
    tx.session.add(explanation)
    tx.session.flush()
    tx.record(
        ExplanationAsked(
            session=explanation.session_id,
            centre=explanation.centre_id,
            explanation=explanation.id,
            subject=explanation.subject,
            figure=plain,
            question=question,
        )
    )
    return explanation


def answer(tx: Transaction, keys: NoteKeys, place: tuple[str, int], explanation_id: str, *, text: str) -> Explanation:
    """Keep the answer of whoever had the seat. Raises `NoSuchExplanation`, `ExplainedAlready`."""
    found = tx.session.get(Explanation, explanation_id, with_for_update=True)
    if found is None or (found.session_id, found.subject) != place:
        raise errors.NoSuchExplanation
    if found.answered is not None:
        raise errors.ExplainedAlready
    found.answer = keys.seal(SESSIONS_KEY, text[:MOST].encode().ljust(_SIZE), _bound(found.id))
    found.answered = tx.now
    tx.record(
        ExplanationGiven(session=found.session_id, centre=found.centre_id, explanation=found.id, answer=text[:MOST])
    )
    return found


def asked_of(session: Session, session_id: str, subject: int) -> Sequence[Explanation]:
    """What was asked of whoever had a seat."""
    found = select(Explanation).where(Explanation.session_id == session_id, Explanation.subject == subject)
    return session.scalars(found.order_by(Explanation.asked, Explanation.id)).all()


def asked_about(session: Session, figures: Iterable[Figure]) -> Mapping[str, Explanation]:
    """What was asked, by the name of the figure."""
    rows = session.scalars(select(Explanation).where(Explanation.name.in_([named(each) for each in figures])))
    return {each.name: each for each in rows}


def text_of(keys: NoteKeys, explanation: Explanation) -> str | None:
    """The answer; None before there is one. Raises `SealBroken` for one that was altered or moved."""
    if explanation.answer is None:
        return None
    return keys.open(SESSIONS_KEY, explanation.answer, _bound(explanation.id)).decode().rstrip()


def named(figure: Figure) -> str:
    """A figure in short: the digest of its name."""
    return hashlib.sha256(figure.name.encode()).hexdigest()


def _subject(session: Session, session_id: str, key: Key) -> Subject | None:
    of_it = (Subject.draw_id == key.draw, Subject.seat == key.seat, Subject.vacancy == key.vacancy)
    return session.scalar(select(Subject).where(Subject.session_id == session_id, *of_it))


def _bound(explanation_id: str) -> bytes:
    return f"{Explanation.__tablename__}.answer:{explanation_id}".encode()
