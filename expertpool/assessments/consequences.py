"""What follows from results and decisions by rule, in the vault: notices, proposed cases, what the pool has of them.

Nothing is decided here. What is revealed, and whose seats become known, comes as a job; what the pool is to have is
looked for, because it waits for names to open.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from expertpool.assessments import serving
from expertpool.assessments.case_lifecycle import CaseState, Ground, Measure
from expertpool.assessments.cases import ground_taken, named, put_down
from expertpool.assessments.events import CaseDecided, ConsequenceApplied, ResultsNoticed
from expertpool.assessments.models import RESULT, Amendment, Assessment, Case, Mark, Notice, Result, Subject
from expertpool.assessments.rules import AssessmentRules
from expertpool.core.database import READ_ONLY
from expertpool.core.faults import crash_point
from expertpool.core.jobs import Handler, Job
from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import assigned
from expertpool.draws.models import Assignment, SeatSuspension
from expertpool.draws.parts import VAULT, Parts
from expertpool.experts import consequences as pool
from expertpool.experts.lifecycle import ON_ROSTER, Origin
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from ledger.entry import parse_entry
from policies import conduct_year
from policies.assessment_facts import Review
from policies.conduct_items import ITEMS, SubjectKind
from policies.facts import Suspension, day_of

PAUSE: Final = timedelta(seconds=1)
GROUNDS: Final = {conduct_year.Why.AT_ONCE: Ground.AT_ONCE, conduct_year.Why.YEAR: Ground.YEAR}
BY_RULE: Final = "规则提出"

_OF_SEAT: Final = and_(
    Assignment.draw_id == SeatSuspension.draw_id,
    Assignment.seat == SeatSuspension.seat,
    Assignment.vacancy == SeatSuspension.vacancy,
)
_HERE: Final = and_(
    Expert.id == Assignment.expert_id, Expert.origin == Origin.OWN, Expert.status.in_(sorted(ON_ROSTER))
)
_SUSPENSIONS: Final = select(SeatSuspension.case_id).join(Assignment, _OF_SEAT).join(Expert, _HERE)
_TO_APPLY: Final = _SUSPENSIONS.where(SeatSuspension.applied.is_(None)).order_by(SeatSuspension.case_id)
_ENDED: Final = (CaseState.RETURNED, CaseState.REVOKED)
_TO_END: Final = (
    _SUSPENSIONS.join(Case, Case.id == SeatSuspension.case_id)
    .where(SeatSuspension.applied.is_not(None))
    .where(or_(Case.state.in_(_ENDED), SeatSuspension.until < bindparam("today")))
    .order_by(SeatSuspension.case_id)
)


class Consequences:
    """Has the pool follow what was decided, and makes assessments final. Looked for at most once a second."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None
        self._day: date | None = None

    def step(self) -> bool:
        """Do what waits; returns whether there was anything."""
        now = self._parts.transactions.clock.now()
        if self._next is not None and now < self._next:
            return False
        self._next = now + PAUSE
        with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
            to_apply, to_end = session.scalars(_TO_APPLY).all(), session.scalars(_TO_END, {"today": day_of(now)}).all()
            to_finish = [] if self._day == day_of(now) else serving.to_finish(session, day_of(now))
        protector = Protector(self._parts.service_keys)
        for case_id in to_apply:
            with self._parts.transactions.begin(VAULT) as tx:
                apply(tx, protector, case_id)
        for case_id in to_end:
            with self._parts.transactions.begin(VAULT) as tx:
                end(tx, protector, case_id)
        for session_id in to_finish:
            with self._parts.transactions.begin(VAULT) as tx:
                serving.finish(tx, session_id)
        self._day = day_of(now)
        return bool(to_apply or to_end or to_finish)


def on_revealed() -> Handler:
    """What is done when the results of a session are revealed."""

    def handle(tx: Transaction, job: Job) -> None:
        follow(tx, job.args["session"])

    return handle


def on_assigned() -> Handler:
    """What is done when the seats of a draw are people: what their years lead to is proposed."""

    def handle(tx: Transaction, job: Job) -> None:
        propose_years(tx, assigned(tx.session, job.args["draw"]).values())

    return handle


def follow(tx: Transaction, session_id: str) -> None:
    """Make the notices of revealed results, once, and propose what one project leads to; what a year does, if known."""
    assessment = tx.session.get_one(Assessment, session_id, with_for_update=True)
    if tx.session.scalar(
        select(Notice.subject).where(Notice.session_id == session_id, Notice.about == RESULT).limit(1)
    ):
        return
    rules, today = AssessmentRules.kept(assessment.form), day_of(tx.now)
    for subject in _seats(tx.session, session_id):
        tx.session.add(Notice(session_id=session_id, subject=subject.number, about=RESULT, made=today))
        _propose_lead(tx, subject)
        _propose_due(tx, rules, {named(subject): subject}, [_review(tx.session, subject)], (Ground.AT_ONCE,))
    tx.session.flush()
    crash_point("assessment.followed")
    tx.record(ResultsNoticed(session=session_id, centre=assessment.centre_id))
    draws = sorted({each.draw_id for each in _seats(tx.session, session_id) if each.draw_id is not None})
    experts = {
        expert
        for draw in draws
        for at, expert in assigned(tx.session, draw).items()
        if (draw, *at) in {each.key for each in _seats(tx.session, session_id)}
    }
    propose_years(tx, experts)


def propose_years(tx: Transaction, experts: Iterable[str]) -> None:
    """Propose what the assessments of these experts lead to over a year, and over the last years."""
    for expert in sorted(set(experts)):
        subjects = _known_of(tx.session, expert)
        by_regime: dict[str, list[Subject]] = {}
        for each in subjects:
            by_regime.setdefault(_rules(tx.session, each).regime, []).append(each)
        for of_one in by_regime.values():
            _propose_year(tx, of_one)


def apply(tx: Transaction, protector: Protector, case_id: str) -> None:
    """Have the pool keep what was decided of a seat, with the decision's entry as its ground."""
    bound = tx.session.get(SeatSuspension, case_id, with_for_update=True)
    if bound is None or bound.applied is not None:
        return
    case, expert = tx.session.get_one(Case, case_id), _expert(tx.session, bound)
    entry = decision_entry(tx.session, case_id)
    ground = f"考评案件 {case_id}，账本第 {entry} 条"
    if case.measure is Measure.REMOVAL:
        done = pool.remove(tx, protector, expert, ground=ground)
    else:
        done = pool.suspend(tx, protector, expert, Suspension(bound.start, bound.until), ground=ground)
    if done:
        bound.applied = tx.now
        tx.session.flush()
        crash_point("assessment.applied")
        tx.record(ConsequenceApplied(centre=case.centre_id, case=case_id, decision=entry))


def end(tx: Transaction, protector: Protector, case_id: str) -> None:
    """Have the pool end a suspension that was over by itself, whose return was granted, or that was revoked."""
    bound = tx.session.get(SeatSuspension, case_id, with_for_update=True)
    if bound is None or bound.applied is None:
        return
    case, expert = tx.session.get_one(Case, case_id), _expert(tx.session, bound)
    entry = decision_entry(tx.session, case_id)
    ground = f"考评案件 {case_id}（账本第 {entry} 条）恢复"
    if case.state in _ENDED:
        done = pool.end(tx, protector, expert, Suspension(bound.start, bound.until), ground=ground)
    else:
        done = pool.lapse(tx, protector, expert, ground=ground)
    if done:
        tx.session.delete(bound)
        tx.record(ConsequenceApplied(centre=case.centre_id, case=case_id, decision=entry))


def decision_entry(session: Session, case_id: str) -> int:
    """The entry by which a case was decided. Raises LookupError where there is none, which is our mistake."""
    entries = (
        select(LedgerEntry.data)
        .join(LedgerImage, LedgerImage.entry == LedgerEntry.index)
        .where(LedgerImage.row_table == Case.__tablename__, LedgerImage.row_key == case_id)
    )
    for data in session.scalars(entries):
        entry = parse_entry(data)
        if entry.kind == CaseDecided.kind:
            return entry.index
    raise LookupError(f"{case_id} has no decision")


def counted(session: Session, session_id: str, subject: int) -> Result | Amendment:
    """The result of a subject as it counts now: amended after an appeal that was upheld, else the first one."""
    key = (session_id, subject)
    return session.get(Amendment, key) or session.get_one(Result, key)


def _propose_lead(tx: Transaction, subject: Subject) -> None:
    """A deduction for disclosure, a bribe or collusion takes no points: it is a lead, for the supervisor too."""
    of_it = (Mark.session_id == subject.session_id, Mark.subject == subject.number)
    items = set(tx.session.scalars(select(Mark.item).where(*of_it)))
    leads = sorted(item for item in items if item in ITEMS and ITEMS[item].removal)
    if leads and not ground_taken(tx, subject.session_id, subject.number, Ground.LEAD):
        put_down(
            tx,
            subject,
            Ground.LEAD,
            measure=Measure.REMOVAL,
            months=None,
            reason=f"{BY_RULE}：{'、'.join(leads)}",
            rests_on=[named(subject)],
        )


def _propose_year(tx: Transaction, subjects: Sequence[Subject]) -> None:
    """What the assessments of one expert under one regime lead to; what a case of a year rests on is used up."""
    by_name = {named(each): each for each in subjects}
    used = _used(tx.session, by_name)
    rules = _rules(tx.session, subjects[-1])
    reviews = [_review(tx.session, each) for each in subjects]
    _propose_due(tx, rules, by_name, [each for each in reviews if each.id not in used], (Ground.YEAR,))
    last = max(reviews)
    for key in conduct_year.proposals(rules.book, rules.regime, day_of(tx.now), reviews):
        ground, measure = (Ground.SENIOR, Measure.SENIOR) if key == "senior" else (Ground.DISMISSAL, Measure.REMOVAL)
        if not _is_open(tx.session, by_name, ground):
            put_down(
                tx,
                by_name[last.id],
                ground,
                measure=measure,
                months=None,
                reason=BY_RULE,
                rests_on=sorted(by_name),
            )


def _propose_due(
    tx: Transaction,
    rules: AssessmentRules,
    subjects: dict[str, Subject],
    reviews: Sequence[Review],
    grounds: tuple[Ground, ...],
) -> None:
    for due in conduct_year.due(rules.book, rules.regime, reviews):
        ground, subject = GROUNDS[due.why], subjects[due.grounds[-1]]
        if ground in grounds and not ground_taken(tx, subject.session_id, subject.number, ground):
            put_down(
                tx,
                subject,
                ground,
                measure=Measure.SUSPENSION,
                months=due.months,
                reason=f"{BY_RULE}：{due.points / 100:g} 分",
                rests_on=list(due.grounds),
            )


def _used(session: Session, names: Iterable[str]) -> set[str]:
    """The results on which a case of a year rests that was not withdrawn."""
    wanted = set(names)
    rows = session.scalars(
        select(Case.rests_on).where(
            Case.ground == Ground.YEAR,
            Case.state != CaseState.WITHDRAWN,
            Case.session_id.in_({name.partition("/")[0] for name in wanted}),
        )
    )
    found = (set(json.loads(rests_on)) for rests_on in rows)
    return {name for rests_on in found if rests_on & wanted for name in rests_on}


def _is_open(session: Session, subjects: dict[str, Subject], ground: Ground) -> bool:
    """Whether there was such a case on any of these results: it is proposed once, not with each further project."""
    rows = session.execute(
        select(Case.session_id, Case.subject).where(
            Case.ground == ground, Case.session_id.in_({each.session_id for each in subjects.values()})
        )
    )
    return any(f"{session_id}/{subject}" in subjects for session_id, subject in rows)


def _seats(session: Session, session_id: str) -> Sequence[Subject]:
    found = select(Subject).where(Subject.session_id == session_id, Subject.kind == SubjectKind.SEAT)
    return session.scalars(found.order_by(Subject.number)).all()


def _known_of(session: Session, expert_id: str) -> Sequence[Subject]:
    """The seats with a result that an expert is known to have had, the oldest first."""
    own = and_(
        Assignment.draw_id == Subject.draw_id,
        Assignment.seat == Subject.seat,
        Assignment.vacancy == Subject.vacancy,
        Assignment.expert_id == expert_id,
    )
    of_it = and_(Result.session_id == Subject.session_id, Result.subject == Subject.number)
    found = select(Subject).join(Assignment, own).join(Result, of_it)
    found = found.join(Assessment, Assessment.session_id == Subject.session_id)
    return session.scalars(found.order_by(Assessment.opened, Subject.session_id, Subject.number)).all()


def _review(session: Session, subject: Subject) -> Review:
    """A result as the rules see it; the day is that on which the evaluation ended."""
    result = counted(session, subject.session_id, subject.number)
    opened = session.get_one(Assessment, subject.session_id).opened
    return Review(day_of(opened), result.deduction, result.score, named(subject))


def _rules(session: Session, subject: Subject) -> AssessmentRules:
    return AssessmentRules.kept(session.get_one(Assessment, subject.session_id).form)


def _expert(session: Session, bound: SeatSuspension) -> str:
    return session.get_one(Assignment, (bound.draw_id, bound.seat, bound.vacancy)).expert_id
