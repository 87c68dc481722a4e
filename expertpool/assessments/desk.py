"""An assessment as its one page shows it: what it waits for, whom it is of, what the system knows, and the results.

Reads only. Before the reveal nothing of any sheet is here, one's own included: what was given stays sealed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from expertpool.assessments import queries
from expertpool.assessments.lifecycle import STATE_WORDS, AssessmentState, AssessmentVerb
from expertpool.assessments.models import Amendment, Assessment, Mark, Notice, Result, Subject
from expertpool.assessments.parties import PARTY_OF
from expertpool.assessments.rules import AssessmentRules
from expertpool.assessments.summary import ASSIGNED
from expertpool.draws.models import Assignment
from expertpool.identity.permissions import Caller, may
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import target_of_project
from expertpool.projects.terms import Words
from expertpool.sessions.queries import steps_of
from expertpool.sessions.steps import STEPS_WORDS
from policies import conduct_year
from policies.conduct import Offer
from policies.conduct_items import ASSESSORS, Party, SubjectKind
from policies.names import VALUES

TONES: Final = {
    AssessmentState.OPEN: "amber",
    AssessmentState.REVEALED: "green",
    AssessmentState.APPEALED: "amber",
    AssessmentState.DECIDED: "green",
    AssessmentState.FINAL: "green",
}
GIVE_NOW: Final = Words("请考评：没有扣分，一次点按即可", "Assess: one tap if nobody lost points")
GIVE_MORE: Final = Words(
    "每人满分 100，只填写有扣分的事项；提交一次，提交后密封，不能更改。",
    "Everybody has 100 points and only exceptions are entered; given once, sealed, not changed.",
)
GIVEN: Final = Words("贵方已提交，等其他方", "Your party’s sheets are in; others are awaited")
OPEN_TO_OTHERS: Final = Words("考评进行中", "Parties are assessing")
SEALED: Final = Words(
    "各方到齐或期满后由系统同时揭示，在此之前任何人看不到。",
    "All sheets are opened together when they are in or the time is up; nobody sees any before.",
)
SHOWN: Final = {
    AssessmentState.REVEALED: (
        Words("已揭示", "The sheets are open"),
        Words("专家可在规定期限内申诉。", "Experts may appeal within the time that the rules give."),
    ),
    AssessmentState.APPEALED: (
        Words("有申诉在处理", "There is an appeal"),
        Words("由主管部门在规定期限内决定；原结果保留。", "The competent department decides; the first result stays."),
    ),
    AssessmentState.DECIDED: (
        Words("申诉已决定", "Appeals are decided"),
        Words("更正为新的记录，原结果仍可见。", "What was amended is a record of its own; the first result stays."),
    ),
    AssessmentState.FINAL: (
        Words("考评已生效", "The assessment is final"),
        Words("不再更改。", "Nothing changes any more."),
    ),
}


class PartyShown(NamedTuple):
    """A party: whether and when it gave its sheets. ``closed``: it cannot any more. ``weight`` is that for a seat."""

    party: Party
    words: Words
    given: datetime | None
    closed: bool
    weight: float


class MarkShown(NamedTuple):
    """A deduction after the reveal; ``step`` or ``document`` is what it refers to."""

    party: Words
    words: Words
    points: int
    kind: Words
    grounds: str
    step: int | None
    document: str | None


class SubjectShown(NamedTuple):
    """Somebody who is assessed; scores are in hundredths of a point, None before the reveal."""

    number: int
    kind: SubjectKind
    seat: str | None
    vacancy: int
    label: str | None
    marks: Sequence[MarkShown]
    score: int | None
    amended: int | None
    missing: Sequence[Words]

    @property
    def name(self) -> str:
        """The seat code, or the label of who has none."""
        return self.seat or self.label or ""


class FactShown(NamedTuple):
    """What the day's record says that an item might be about."""

    subject: SubjectShown
    item: Offer
    step: int
    words: Words
    at: datetime


@dataclass(frozen=True, slots=True)
class AssessmentShown:
    """The assessment of a session. ``party`` is the reader's; None for whoever speaks for none.

    ``servable`` are notices that the reader may note as received on paper, each by whom and what it is about.
    """

    sitting: EvaluationSession
    assessment: Assessment
    items: Sequence[Offer]
    party: Party | None
    parties: Sequence[PartyShown]
    subjects: Sequence[SubjectShown]
    facts: Sequence[FactShown]
    may_give: bool
    may_name: bool
    may_propose: bool
    terms: Sequence[int]
    servable: Sequence[tuple[SubjectShown, str]]

    @property
    def is_open(self) -> bool:
        return self.assessment.state is AssessmentState.OPEN

    @property
    def due(self) -> datetime | None:
        return self.assessment.due

    @property
    def rulebook(self) -> str:
        return self.assessment.rulebook

    @property
    def words(self) -> Words:
        return STATE_WORDS[self.assessment.state]

    @property
    def tone(self) -> str:
        return TONES[self.assessment.state]

    @property
    def given(self) -> bool:
        """Whether the reader's party has given its sheets."""
        return any(each.party is self.party and each.given for each in self.parties)

    @property
    def waits(self) -> Words:
        if not self.is_open:
            return SHOWN[self.assessment.state][0]
        return GIVE_NOW if self.may_give else GIVEN if self.given else OPEN_TO_OTHERS

    @property
    def more(self) -> Words:
        if not self.is_open:
            return SHOWN[self.assessment.state][1]
        return GIVE_MORE if self.may_give else SEALED

    @property
    def mine(self) -> Sequence[SubjectShown]:
        """Whom the reader's party assesses."""
        return [each for each in self.subjects if self.party in ASSESSORS[each.kind]]


def named(value: str) -> Words:
    """What a value of the rules is called: a party, a kind of subject or of evidence."""
    return Words(*VALUES[value])


def shown(session: Session, caller: Caller, session_id: str, now: datetime) -> AssessmentShown:
    """The assessment of a session that the caller may look at. Raises `NoSuchAssessment`."""
    assessment = queries.visible_assessment(session, caller, session_id)
    sitting = session.get_one(EvaluationSession, session_id)
    target = target_of_project(session, sitting.project)
    rules = AssessmentRules.kept(assessment.form)
    offers = {each.code: each for kind in SubjectKind for each in rules.offers(kind)}
    weights = rules.weights(SubjectKind.SEAT)
    given = queries.given_of(session, session_id)
    party = PARTY_OF.get(caller.role)
    is_open = assessment.state is AssessmentState.OPEN and (assessment.due is None or now < assessment.due)
    subjects = _subjects(session, session_id, offers)
    return AssessmentShown(
        sitting=sitting,
        assessment=assessment,
        items=tuple(offers.values()),
        party=party,
        parties=[
            PartyShown(each, named(each), given.get(each), not is_open, float(weights[each] * 100)) for each in Party
        ],
        subjects=subjects,
        facts=_facts(session, session_id, offers, [each for each in subjects if party in ASSESSORS[each.kind]]),
        may_give=is_open and party not in given and may(caller, AssessmentVerb.GIVE.permission, target),
        may_name=is_open and not given and may(caller, AssessmentVerb.NAME_PERSON.permission, target),
        may_propose=assessment.state is not AssessmentState.OPEN and may(caller, "case.propose", target),
        terms=conduct_year.terms(rules.book, rules.regime),
        servable=_servable(session, subjects, session_id) if may(caller, "notice.serve", target) else (),
    )


def _subjects(session: Session, session_id: str, offers: Mapping[str, Offer]) -> list[SubjectShown]:
    results = {each.subject: each for each in queries.results_of(session, session_id)}
    changed = session.scalars(select(Amendment).where(Amendment.session_id == session_id))
    amended = {each.subject: each.score for each in changed}
    marks: dict[int, list[MarkShown]] = defaultdict(list)
    for each in queries.marks_of(session, session_id):
        marks[each.subject].append(_mark(each, offers[each.item]))
    return [
        _subject(each, marks[each.number], results.get(each.number), amended.get(each.number))
        for each in queries.subjects_of(session, session_id)
    ]


def _mark(row: Mark, item: Offer) -> MarkShown:
    return MarkShown(
        named(row.party), Words(*item.text), row.points, named(row.evidence), row.grounds, row.step, row.document
    )


def _subject(row: Subject, marks: Sequence[MarkShown], result: Result | None, amended: int | None) -> SubjectShown:
    return SubjectShown(
        number=row.number,
        kind=row.kind,
        seat=row.seat,
        vacancy=row.vacancy or 0,
        label=row.label,
        marks=marks,
        score=None if result is None else result.score,
        amended=amended,
        missing=[named(each) for each in result.missing.split(",") if each] if result else (),
    )


def _servable(session: Session, subjects: Sequence[SubjectShown], session_id: str) -> list[tuple[SubjectShown, str]]:
    """Notices that nobody has received, of seats that are somebody's."""
    by_number = {each.number: each for each in subjects}
    found = (
        select(Notice.subject, Notice.about)
        .join(Subject, and_(Subject.session_id == Notice.session_id, Subject.number == Notice.subject))
        .join(Assignment, ASSIGNED)
        .where(Notice.session_id == session_id, Notice.served.is_(None))
        .order_by(Notice.subject, Notice.about)
    )
    return [(by_number[subject], about) for subject, about in session.execute(found)]


def _facts(
    session: Session, session_id: str, offers: Mapping[str, Offer], subjects: Sequence[SubjectShown]
) -> list[FactShown]:
    """What is proposed of these subjects."""
    by_number = {each.number: each for each in subjects}
    steps = {each.number: each for each in steps_of(session, session_id)}
    return [
        FactShown(
            subject=by_number[each.subject],
            item=offers[each.item],
            step=each.step,
            words=STEPS_WORDS[steps[each.step].kind],
            at=steps[each.step].at,
        )
        for each in queries.proposals_of(session, session_id)
        if each.subject in by_number
    ]
