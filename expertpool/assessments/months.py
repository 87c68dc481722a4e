"""What the month's notice says, counted: everything that was revealed in a month at some centres."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from expertpool.assessments import summary
from expertpool.assessments.case_lifecycle import MEASURE_WORDS, AppealState, Measure
from expertpool.assessments.models import Appeal, Assessment, Case, Sheet, Subject
from expertpool.assessments.notice import Conduct, Consequence, Notice, Standing, Turnout
from expertpool.assessments.summary import ASSIGNED, Span
from expertpool.draws.models import Assignment
from expertpool.draws.rules import rulebook
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector, mask_name
from expertpool.experts.queries import identity_of
from expertpool.projects.terms import Words
from policies.conduct import EVIDENCE
from policies.conduct_items import ITEMS, Party
from policies.facts import day_of
from policies.names import VALUES

NATIONAL: Final = "national"


def notice_of(session: Session, protector: Protector, centres: Iterable[str], year: int, month: int) -> Notice:
    """The notice of a month."""
    span, centres = Span.of_month(year, month), list(centres)
    appeals = _appeals(session, centres, span)
    wanted = summary.revealed_in(centres, span)
    found = summary.months_in(session, wanted)
    seats, flawed = sum(each.seats for each in found), sum(each.flawed for each in found)
    agencies = summary.agencies_in(session, wanted)
    names = agency_names(session, [each.who for each in agencies])
    words = item_words(span.start)
    return Notice(
        month=f"{year}-{month:02}",
        projects=sum(each.projects for each in found),
        seats=seats,
        clean=seats - flawed,
        mean=found[0].mean if found else None,
        conduct=[Conduct(words(each.item), each.times, each.points) for each in summary.items_in(session, wanted)],
        turnout=_turnout(session, wanted),
        agencies=[Standing(names[each.who], each.projects, each.mean) for each in agencies],
        consequences=_consequences(session, protector, centres, span),
        appeals=sum(appeals.values()),
        granted=appeals.get(AppealState.UPHELD, 0),
    )


def agency_names(session: Session, units: Iterable[str]) -> dict[str, str]:
    """Agencies by credit code, as an assessment named them last."""
    found = select(Subject.unit, func.max(Subject.label)).where(Subject.unit.in_(list(units))).group_by(Subject.unit)
    return {unit: label for unit, label in session.execute(found) if unit and label}


def item_words(at: datetime) -> Callable[[str], Words]:
    """What items are called in the national rulebook of a day."""
    book = rulebook(NATIONAL, day_of(at))

    def words(item: str) -> Words:
        return Words(*book.parameter(EVIDENCE, item).text) if item in ITEMS else Words(item, item)

    return words


def _turnout(session: Session, wanted: ColumnElement[bool]) -> list[Turnout]:
    owed = session.scalar(select(func.count()).select_from(Assessment).where(wanted)) or 0
    counted = (
        select(Sheet.party, func.count(Sheet.session_id.distinct()))
        .join(Assessment, Assessment.session_id == Sheet.session_id)
        .where(wanted)
        .group_by(Sheet.party)
    )
    given = {party: count for party, count in session.execute(counted)}  # noqa: C416 -- of a Row
    return [Turnout(Words(*VALUES[party]), given.get(party, 0), owed) for party in Party]


def _consequences(session: Session, protector: Protector, centres: Sequence[str], span: Span) -> list[Consequence]:
    """What was decided in a month about experts whose names the rulebook has opened."""
    found = (
        select(Case, Expert)
        .join(Subject, and_(Subject.session_id == Case.session_id, Subject.number == Case.subject))
        .join(Assignment, ASSIGNED)
        .join(Expert, Expert.id == Assignment.expert_id)
        .where(Case.centre_id.in_(centres), Case.decided >= span.start, Case.decided < span.until)
        .where(Case.measure != Measure.NONE)
        .order_by(Case.decided, Case.id)
    )
    return [_consequence(session, protector, case, expert) for case, expert in session.execute(found)]


def _consequence(session: Session, protector: Protector, case: Case, expert: Expert) -> Consequence:
    identity = identity_of(session, protector, expert)
    until = "" if case.until is None else case.until.isoformat()
    measure = MEASURE_WORDS[case.measure or Measure.NONE]
    return Consequence(identity.code or "", mask_name(identity.name), measure, case.decision or "", until)


def _appeals(session: Session, centres: Sequence[str], span: Span) -> dict[AppealState, int]:
    """The appeals that were filed in a month, by how they stand."""
    first, last = day_of(span.start), day_of(span.until)
    counted = (
        select(Appeal.state, func.count())
        .where(Appeal.centre_id.in_(centres), Appeal.filed >= first, Appeal.filed < last)
        .group_by(Appeal.state)
    )
    return {state: count for state, count in session.execute(counted)}  # noqa: C416 -- of a Row
