"""Late entries: what was kept on paper counts when two accounts of two roles have signed, at its own time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.sessions import errors, papers, service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import EntryState, PaperSheet
from expertpool.sessions.papers import Line
from expertpool.sessions.steps import StepKind
from policies.fee_clock import Stop
from tests.sessions.days import DOCUMENT, FIRST, FOURTH, SECOND, THIRD, Day
from tests.sessions.room import SEATS

OTHER = "cd" * 32


def enter(day: Day, *lines: Line, document: str = DOCUMENT) -> PaperSheet:
    """A clerk enters a sheet."""
    return day.as_(
        Role.CENTRE_STAFF,
        lambda tx: papers.enter_paper(tx, day.session_id, lines=lines, document=document, reason="停电"),
    )


def sign(day: Day, sheet: PaperSheet, role: Role = Role.SUPERVISOR, document: str = DOCUMENT) -> PaperSheet:
    return day.as_(role, lambda tx: papers.sign_paper(tx, day.session_id, sheet.id, document=document))


def of(day: Day, sheet: PaperSheet) -> PaperSheet:
    with day.world.session() as session:
        return session.get_one(PaperSheet, sheet.id)


def test_a_morning_on_paper_becomes_the_day(day: Day) -> None:
    """Members signed in, then the system was down: declarations, votes and a break are on paper."""
    for seat in SEATS:
        day.come(seat)
    start = day.now
    minute = timedelta(minutes=1)
    lines = [
        *(Line(start + 5 * minute, StepKind.DISCIPLINE_READ, seat=seat) for seat in SEATS),
        *(Line(start + 6 * minute, StepKind.BIDDERS_SHOWN, seat=seat) for seat in SEATS),
        *(Line(start + 10 * minute, StepKind.DECLARED, seat=seat) for seat in SEATS),
        *(Line(start + 12 * minute, StepKind.CHAIR_VOTED, seat=seat, votes_for=SECOND) for seat in SEATS[1:]),
        Line(start + 60 * minute, StepKind.BREAK_BEGUN, meal=True),
        Line(start + 120 * minute, StepKind.BREAK_ENDED),
        Line(start + 130 * minute, StepKind.QUESTION_SENT),
        Line(start + 140 * minute, StepKind.QUESTION_ANSWERED),
        Line(start + 150 * minute, StepKind.LINE_LOST, site=1),
        Line(start + 155 * minute, StepKind.LINE_RESTORED, site=1),
        Line(start + 160 * minute, StepKind.DISSENT, seat=FOURTH),
    ]
    day.wait(hours=3)
    sheet = enter(day, *reversed(lines))
    assert day.state() is DayState.ASSEMBLING  # nothing of it counts yet
    signed = sign(day, sheet)
    assert (signed.state, signed.second) == (EntryState.SIGNED, day.world.site.actors[Role.SUPERVISOR].id)
    now = day.standing
    assert (day.state(), now.chair, now.begun) == (DayState.REVIEWING, day.key(SECOND), start + 12 * minute)
    assert [(each.why, each.begun) for each in now.pauses] == [(Stop.MEAL, start + 60 * minute)]
    assert now.sitters[day.key(FOURTH)].dissented == start + 160 * minute
    late = [each for each in day.steps if each.late]
    assert len(late) == len(lines)
    assert {(each.by, each.second) for each in late} == {(sheet.entered_by, signed.second)}


def test_what_was_forgotten_is_entered_at_its_own_time(day: Day) -> None:
    day.begin().report()
    lunch = day.now - timedelta(hours=2)
    sheet = enter(
        day, Line(lunch, StepKind.BREAK_BEGUN, meal=True), Line(lunch + timedelta(minutes=50), StepKind.BREAK_ENDED)
    )
    sign(day, sheet, Role.INITIATOR)
    assert day.state() is DayState.REPORT_SIGNED
    assert [(each.why, each.begun) for each in day.standing.pauses] == [(Stop.MEAL, lunch)]


def test_the_report_may_be_signed_on_paper(day: Day) -> None:
    day.begin().wait(hours=2)
    day.state_report()
    signed = [Line(day.now, StepKind.REPORT_SIGNED_BY, seat=seat) for seat in SEATS[:3]]
    sheet = enter(day, *signed, Line(day.now, StepKind.SIGN_REFUSED, seat=FOURTH))
    day.wait(hours=1)
    sign(day, sheet)
    assert day.state() is DayState.REPORT_SIGNED


def test_it_takes_two_roles_and_the_same_paper(day: Day) -> None:
    day.begin()
    sheet = enter(day, Line(day.now, StepKind.TIME_VOTE, seat=THIRD))
    with pytest.raises(NotPermitted):
        sign(day, sheet, Role.CENTRE_STAFF)
    with pytest.raises(errors.DocumentDiffers):
        sign(day, sheet, document=OTHER)
    assert of(day, sheet).state is EntryState.ENTERED
    sign(day, sheet)
    for again in (Role.SUPERVISOR, Role.INITIATOR):
        with pytest.raises(errors.EntryDecided):
            sign(day, sheet, again)
    with pytest.raises(errors.NoSuchEntry):
        sign(day, PaperSheet(id="sht_none"))


def test_nobody_signs_what_somebody_of_the_same_role_entered(day: Day) -> None:
    """The permission table keeps the roles apart; if it ever did not, this still would."""
    day.come(FIRST)
    sheet = enter(day, Line(day.now, StepKind.DISCIPLINE_READ, seat=FIRST))
    with day.world.session() as session, session.begin():
        supervisor = session.get_one(Actor, day.world.site.actors[Role.SUPERVISOR].id)
        session.get_one(PaperSheet, sheet.id).entered_by = supervisor.id
    with pytest.raises(errors.SameHand):
        sign(day, sheet)


def test_what_is_refused_counts_for_nothing(day: Day) -> None:
    day.begin()
    sheet = enter(day, Line(day.now, StepKind.BREAK_BEGUN))
    refuse = lambda tx: papers.refuse_paper(tx, day.session_id, sheet.id, reason="日期不符")  # noqa: E731
    day.as_(Role.INITIATOR, refuse)
    assert (day.state(), of(day, sheet).state) == (DayState.REVIEWING, EntryState.REFUSED)
    with pytest.raises(errors.EntryDecided):
        sign(day, sheet)


LINE = Line(timedelta.max)  # type: ignore[arg-type]  # its time is put in
INCOMPLETE = {
    "nothing": LINE,
    "no seat": replace(LINE, kind=StepKind.DECLARED),
    "a seat too much": replace(LINE, kind=StepKind.BREAK_BEGUN, seat=FIRST),
    "no site": replace(LINE, kind=StepKind.LINE_LOST),
    "no candidate": replace(LINE, kind=StepKind.CHAIR_VOTED, seat=FIRST),
    "a meal of questions": replace(LINE, kind=StepKind.QUESTION_SENT, meal=True),
    "a sign-in": replace(LINE, kind=StepKind.SIGNED_IN, seat=FIRST),
    "the review": replace(LINE, kind=StepKind.REVIEW_BEGUN),
    "a correction of its own": replace(LINE, kind=StepKind.DECLARED, seat=FIRST, corrects=1),
}


def test_a_line_says_what_it_needs_and_no_more(day: Day) -> None:
    day.come(FIRST)
    for line in INCOMPLETE.values():
        with pytest.raises(errors.LineIncomplete):
            enter(day, replace(line, at=day.now))
    with pytest.raises(errors.TimeOutside):
        enter(day, Line(day.now + timedelta(seconds=1), StepKind.DISCIPLINE_READ, seat=FIRST))


def test_what_could_not_have_been_leaves_nothing(day: Day) -> None:
    day.begin().wait(hours=1)
    before = [each.number for each in day.steps]
    ended = enter(day, Line(day.now - timedelta(minutes=5), StepKind.BREAK_ENDED))
    with pytest.raises(errors.TimeOutside):
        sign(day, ended)
    early = enter(day, Line(day.now - timedelta(days=2), StepKind.TIME_VOTE, seat=FIRST))
    with pytest.raises(errors.TimeOutside):
        sign(day, early)
    stranger = enter(day, Line(day.now, StepKind.TIME_VOTE, seat="ZZZZ"))
    with pytest.raises(errors.NotPresent):
        sign(day, stranger)
    assert [each.number for each in day.steps] == before
    assert of(day, ended).state is EntryState.ENTERED


def test_after_the_close_only_times_are_corrected(day: Day) -> None:
    day.begin().report()
    day.as_(Role.CENTRE_STAFF, lambda tx: service.close(tx, day.session_id))
    with pytest.raises(errors.OnlyCorrections):
        enter(day, Line(day.now, StepKind.TIME_VOTE, seat=FIRST))
    last = max(each.number for each in day.steps if each.kind is StepKind.REPORT_SIGNED_BY)
    at = day.now - timedelta(hours=1)
    wrong = enter(day, Line(at, corrects=999))
    with pytest.raises(errors.StepUnknown):
        sign(day, wrong)
    sheet = enter(day, Line(at, corrects=last))
    confirmed = day.row.confirmed
    sign(day, sheet)
    assert at in {each.signed for each in day.standing.present}
    assert (day.state(), day.row.confirmed) == (DayState.CLOSED, confirmed)  # what was confirmed stays to be seen
    step = day.steps[-1]
    assert (step.corrects, step.at, step.second) == (last, at, day.world.site.actors[Role.SUPERVISOR].id)
