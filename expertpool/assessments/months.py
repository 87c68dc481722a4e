"""What the month's notice says, counted: everything that was revealed in a month at some centres."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from expertpool.assessments import summary
from expertpool.assessments.models import Assessment, Sheet, Subject
from expertpool.assessments.notice import Conduct, Notice, Standing, Turnout
from expertpool.assessments.summary import Span
from expertpool.draws.rules import rulebook
from expertpool.projects.terms import Words
from policies.conduct import EVIDENCE
from policies.conduct_items import ITEMS, Party
from policies.facts import day_of
from policies.names import VALUES

NATIONAL: Final = "national"


def notice_of(session: Session, centres: Iterable[str], year: int, month: int) -> Notice:
    """The notice of a month."""
    span = Span.of_month(year, month)
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
        consequences=[],
        appeals=0,
        granted=0,
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
