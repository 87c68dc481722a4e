"""Report, award, notice, entered by the agency, confirmed by the supervisor: as if they had come through the door."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.projects.door_errors import MilestoneThere, MilestoneTime, MilestoneTooSoon
from expertpool.projects.errors import LotUnknown, SessionUnknown
from expertpool.projects.models import Milestone, Project
from expertpool.projects.terms import MilestoneKind
from expertpool.sessions import errors, outcomes
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import OutcomeEntry
from tests.sessions.days import DOCUMENT, SECOND, Day

REPORT, AWARD, NOTICE = MilestoneKind.REPORT_SIGNED, MilestoneKind.AWARD_FIXED, MilestoneKind.NOTICE_PUBLISHED


def enter(day: Day, kind: MilestoneKind, *, subject: str = "", at: datetime | None = None) -> OutcomeEntry:
    """The agency enters a milestone, of the day's own session or lot."""
    about = subject or (day.session_id if kind is REPORT else lot(day))
    project, when = day.draw.project_id, at or day.now
    return day.as_(
        Role.INITIATOR,
        lambda tx: outcomes.enter_outcome(tx, project, kind=kind, subject=about, at=when, document=DOCUMENT),
    )


def confirm(day: Day, entry: OutcomeEntry, role: Role = Role.SUPERVISOR, document: str = DOCUMENT) -> OutcomeEntry:
    project = day.draw.project_id
    return day.as_(role, lambda tx: outcomes.confirm_outcome(tx, project, entry.id, document=document))


def refuse(day: Day, entry: OutcomeEntry, role: Role = Role.SUPERVISOR) -> OutcomeEntry:
    project = day.draw.project_id
    return day.as_(role, lambda tx: outcomes.refuse_outcome(tx, project, entry.id, reason="文件不全"))


def lot(day: Day) -> str:
    with day.world.session() as session:
        return session.get_one(Project, day.draw.project_id).lots[0].id


def reached(day: Day) -> list[tuple[MilestoneKind, str, str]]:
    with day.world.session() as session:
        found = session.scalars(select(Milestone).order_by(Milestone.at)).all()
        return [(each.kind, each.subject, each.document) for each in found]


def test_all_three_in_their_order(day: Day) -> None:
    day.begin().wait(hours=2)
    with pytest.raises(MilestoneTooSoon):
        enter(day, AWARD)
    entry = enter(day, REPORT)
    assert reached(day) == []
    confirm(day, entry)
    day.sign()
    assert day.state() is DayState.REPORT_SIGNED
    for kind in (AWARD, NOTICE):
        day.wait(days=1)
        if kind is AWARD:
            with pytest.raises(MilestoneTooSoon):
                enter(day, NOTICE)
        confirm(day, enter(day, kind))
    assert [kind for kind, *_ in reached(day)] == [REPORT, AWARD, NOTICE]
    assert {(subject, document) for _, subject, document in reached(day)[1:]} == {(lot(day), DOCUMENT)}
    with pytest.raises(MilestoneThere):
        enter(day, AWARD)


def test_the_event_is_that_of_the_door(day: Day) -> None:
    day.begin().wait(hours=2)
    confirm(day, enter(day, REPORT))
    (said,) = day.world.bodies("milestone.reached")
    assert {"milestone", "project", "subject", "centre", "at"} <= said.keys()
    assert (said["milestone"], said["subject"]) == ("report-signed", day.session_id)
    (entered,) = day.world.bodies("milestone.entered")
    assert "document" not in entered  # hidden, as through the door
    assert "document" not in said


def test_the_report_that_is_confirmed_last_ends_the_day(day: Day) -> None:
    day.begin().wait(hours=2)
    day.sign()
    entry = enter(day, REPORT)
    assert day.state() is DayState.REVIEWING
    confirm(day, entry)
    assert day.state() is DayState.REPORT_SIGNED


def test_it_takes_the_agency_and_the_supervisor(day: Day) -> None:
    day.begin().wait(hours=2)
    entry = enter(day, REPORT)
    for role in (Role.INITIATOR, Role.CENTRE_STAFF, Role.AUDITOR):
        with pytest.raises(NotPermitted):
            confirm(day, entry, role)
    with pytest.raises(errors.DocumentDiffers):
        confirm(day, entry, document="cd" * 32)
    with pytest.raises(errors.EntryWaits):
        enter(day, REPORT)
    assert reached(day) == []
    confirm(day, entry)
    for again in (confirm, refuse):
        with pytest.raises(errors.EntryDecided):
            again(day, entry)
    with pytest.raises(errors.NoSuchEntry):
        confirm(day, OutcomeEntry(id="out_none"))


@pytest.mark.parametrize("by", [Role.SUPERVISOR, Role.INITIATOR])
def test_what_is_refused_or_withdrawn_can_be_entered_anew(day: Day, by: Role) -> None:
    day.begin().wait(hours=2)
    refuse(day, enter(day, REPORT), by)
    assert reached(day) == []
    confirm(day, enter(day, REPORT))
    assert len(reached(day)) == 1


def test_a_time_that_cannot_be_is_refused(day: Day) -> None:
    day.begin().wait(hours=2)
    for at in (day.now + timedelta(seconds=1), day.now - timedelta(days=1)):
        with pytest.raises(MilestoneTime):
            enter(day, REPORT, at=at)
    with pytest.raises(SessionUnknown):
        enter(day, REPORT, subject=lot(day))
    with pytest.raises(LotUnknown):
        enter(day, AWARD, subject=day.session_id)


def test_no_report_while_a_seat_is_empty_or_a_replacement_owes_the_work(day: Day) -> None:
    """条例 第四十八条: also what was entered before the loss is not confirmed after it."""
    day.begin().wait(hours=2)
    entry = enter(day, REPORT)
    day.replace(SECOND)
    with pytest.raises(errors.CommitteeIncomplete):
        confirm(day, entry)
    day.come(SECOND, code="654321")
    with pytest.raises(errors.NotRedone):
        confirm(day, entry)
    refuse(day, entry)
    with pytest.raises(errors.NotRedone):
        enter(day, REPORT)


def test_a_session_without_a_day_has_its_report_too(day: Day) -> None:
    """Its draw may have been made elsewhere."""
    day.wait(hours=5)
    confirm(day, enter(day, REPORT))
    assert [kind for kind, *_ in reached(day)] == [REPORT]
