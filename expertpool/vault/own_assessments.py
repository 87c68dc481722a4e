"""An expert's own assessments: results, their service, appeals. The vault alone knows which seats were theirs.

Whatever is read to find them is the same whoever asks. Who took the seats of a closed draw never changes, so it is
remembered for draws whose names are not open yet, in memory only.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from expertpool.assessments import appeals, explaining, serving, verbs
from expertpool.assessments.case_errors import NoSuchResult, NotReceived
from expertpool.assessments.case_lifecycle import AppealState, CaseState
from expertpool.assessments.disclosing import disclosures
from expertpool.assessments.models import RESULT, Amendment, Assessment, Case, Mark, Notice, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.database import READ_ONLY
from expertpool.core.vault_line import Verb
from expertpool.draws.assigning import Seated, seated_experts
from expertpool.draws.models import Assignment
from expertpool.draws.parts import VAULT
from expertpool.invitations.parts import Desk
from expertpool.projects.models import EvaluationSession
from expertpool.vault import sign_ins
from expertpool.vault.listener import Handler
from ledger.entry import format_time
from policies.conduct_items import SubjectKind

MOST: Final = 24
"""The newest: what fits into one answer."""
LONGEST: Final = 200
"""Characters of a text."""

Given = Mapping[str, Any]
Place = tuple[str, int]
"""A result: session and subject."""

_SEATS: Final = (
    select(Subject.session_id, Subject.number, Subject.draw_id, Subject.seat, Subject.vacancy, Assignment.expert_id)
    .join(Result, and_(Result.session_id == Subject.session_id, Result.subject == Subject.number))
    .join(Assessment, Assessment.session_id == Subject.session_id)
    .outerjoin(
        Assignment,
        and_(
            Assignment.draw_id == Subject.draw_id,
            Assignment.seat == Subject.seat,
            Assignment.vacancy == Subject.vacancy,
        ),
    )
    .where(Subject.kind == SubjectKind.SEAT)
    .order_by(Assessment.revealed.desc(), Subject.session_id, Subject.number)
)


class OwnAssessments:
    """The handlers of the verbs about one's own assessments."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parts = desk.parts
        self._seated: dict[str, Seated] = {}

    def by_verb(self) -> dict[Verb, Handler]:
        """The list."""
        return {
            verbs.OWN: self.own,
            verbs.RECEIVE: self.receive,
            verbs.APPEAL: self.appeal,
            verbs.DISCLOSE: self.disclose,
            verbs.EXPLAIN: self.explain,
        }

    def own(self, given: Given) -> dict[str, Any]:
        """The newest results of whoever signed in. What was not signed for has no content yet."""
        with self._reading() as session:
            return {"results": [self._result(session, place) for place in self._own(session, given)[:MOST]]}

    def receive(self, given: Given) -> dict[str, Any]:
        """The result as it is shown from now on."""
        place = self._checked(given)
        with self._parts.transactions.begin(VAULT) as tx:
            serving.receive(tx, *place, about=given["about"])
        with self._reading() as session:
            return {"results": [self._result(session, place)]}

    def appeal(self, given: Given) -> dict[str, Any]:
        """The result with its appeal."""
        place, files = self._checked(given), [each for each in given["files"].split(",") if each]
        with self._parts.transactions.begin(VAULT) as tx:
            appeals.file(tx, self._parts.service_keys, *place, text=given["text"], files=files)
        with self._reading() as session:
            return {"results": [self._result(session, place)]}

    def disclose(self, given: Given) -> dict[str, Any]:
        """What opens the ledger's commitments to a result."""
        place = self._checked(given)
        with self._reading() as session:
            notice = session.get(Notice, (*place, RESULT))
            if notice is None or notice.served is None:
                raise NotReceived
            return {"disclosures": disclosures(session, *place)}

    def explain(self, given: Given) -> dict[str, Any]:
        """The result with the explanation."""
        place = self._checked(given)
        with self._parts.transactions.begin(VAULT) as tx:
            explaining.answer(tx, self._parts.service_keys, place, given["explanation"], text=given["text"])
        with self._reading() as session:
            return {"results": [self._result(session, place)]}

    def _checked(self, given: Given) -> Place:
        """A result that is one's own. Raises `SignedOut`, `NoSuchResult`."""
        place = given["session"], given["subject"]
        with self._reading() as session:
            if place not in self._own(session, given):
                raise NoSuchResult
        return place

    def _own(self, session: Session, given: Given) -> list[Place]:
        """The results of whoever signed in, the newest first."""
        experts = sign_ins.holder(session, self._parts.keys, given["token"], self._desk.clock.now()).experts
        found = []
        for session_id, number, draw, seat, vacancy, known in session.execute(_SEATS):
            at = seat or "", vacancy or 0
            if (known or self._of_draw(session, draw or "").get(at, "")) in experts:
                found.append((session_id, number))
        return found

    def _reading(self) -> Session:
        return Session(self._parts.engine.execution_options(**READ_ONLY))

    def _of_draw(self, session: Session, draw: str) -> Seated:
        if draw not in self._seated:
            self._seated[draw] = seated_experts(session, self._parts, draw)
        return self._seated[draw]

    def _result(self, session: Session, place: Place) -> dict[str, Any]:
        session_id, subject = place
        assessment = session.get_one(Assessment, session_id)
        sitting = session.get_one(EvaluationSession, session_id)
        notice = session.get(Notice, (*place, RESULT))
        plain: dict[str, Any] = {
            "session": session_id,
            "subject": subject,
            "project": sitting.project.code,
            "title": sitting.project.title[:100],
            "revealed": "" if assessment.revealed is None else format_time(assessment.revealed),
            "served": None if notice is None or notice.served is None else notice.served.isoformat(),
            "questions": list(_questions(session, place)),
        }
        if plain["served"] is None:
            return plain
        until = serving.appeal_until(AssessmentRules.kept(assessment.form), notice)
        return plain | {
            **_scores(session, place),
            "marks": list(_marks(session, place)),
            "appeal_until": None if until is None else until.isoformat(),
            "appeal": self._appeal(session, place),
            "cases": list(_cases(session, place)),
        }

    def _appeal(self, session: Session, place: Place) -> dict[str, Any] | None:
        appeal = appeals.of_result(session, *place)
        if appeal is None:
            return None
        return {
            "id": appeal.id,
            "state": appeal.state.value,
            "filed": appeal.filed.isoformat(),
            "due": None if appeal.due is None else appeal.due.isoformat(),
            "text": appeals.text_of(self._parts.service_keys, appeal)[:LONGEST],
            "decision": None if appeal.state is AppealState.FILED else (appeal.decision or "")[:LONGEST],
        }


def _scores(session: Session, place: Place) -> dict[str, Any]:
    """The result, and beside it what it is after an appeal that was upheld."""
    result, amended = session.get_one(Result, place), session.get(Amendment, place)
    return {
        "deduction": result.deduction,
        "score": result.score,
        "missing": [each for each in result.missing.split(",") if each],
        "amended": None if amended is None else {"deduction": amended.deduction, "score": amended.score},
    }


def _marks(session: Session, place: Place) -> Iterator[dict[str, Any]]:
    of_it = (Mark.session_id == place[0], Mark.subject == place[1])
    for each in session.scalars(select(Mark).where(*of_it).order_by(Mark.party, Mark.item)):
        yield {
            "party": each.party.value,
            "item": each.item,
            "points": each.points,
            "evidence": each.evidence.value,
            "grounds": each.grounds[:LONGEST],
        }


def _questions(session: Session, place: Place) -> Iterator[dict[str, Any]]:
    """What the supervisor wants explained of one's scoring."""
    for each in explaining.asked_of(session, *place):
        yield {"id": each.id, "question": each.question[:LONGEST], "answered": each.answered is not None}


def _cases(session: Session, place: Place) -> Iterator[dict[str, Any]]:
    """What was decided; what is only proposed is the centre's and the department's business."""
    of_it = (Case.session_id == place[0], Case.subject == place[1], Case.decided.is_not(None))
    for each in session.scalars(select(Case).where(*of_it).order_by(Case.id)):
        notice = session.get(Notice, (*place, each.id))
        yield {
            "id": each.id,
            "state": each.state.value,
            "measure": "" if each.measure is None else each.measure.value,
            "months": each.months,
            "start": None if each.start is None else each.start.isoformat(),
            "until": None if each.until is None else each.until.isoformat(),
            "reason": (each.decision or "")[:LONGEST],
            "ended": each.state in (CaseState.RETURNED, CaseState.REVOKED),
            "served": None if notice is None or notice.served is None else notice.served.isoformat(),
        }
