"""Main site and sub-sites: one day, and each site's clerk enters what is that site's."""

import pytest

from expertpool.identity import service as identity
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Actor, CentreKind
from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role
from expertpool.projects.models import SessionSite
from expertpool.sessions import acts, errors, papers, service
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.queries import visible_sitting
from tests.sessions.days import DOCUMENT, FIRST, FOURTH, Day
from tests.sessions.room import SEATS


@pytest.fixture
def clerk(day: Day) -> Actor:
    """The clerk of the session's sub-site, which is a branch below the centre."""
    named = {"name_zh": "株洲副场", "name_en": "Zhuzhou", "kind": CentreKind.COUNTY_BRANCH}
    centre = day.world.site.centre.id
    branch = day.as_(
        Role.SYSTEM_ADMINISTRATOR,
        lambda tx: identity.open_centre(tx, code="zhuzhou", parent_id=centre, **named),  # type: ignore[arg-type]
    )
    with day.world.session() as session, session.begin():
        session.get_one(SessionSite, (day.session_id, 1)).site_id = branch.id
    return day.as_(
        Role.SECURITY_ADMINISTRATOR,
        lambda tx: identity.register_actor(tx, code="clerk-2", role=Role.CENTRE_STAFF, centre_id=branch.id),
    )


def test_a_sub_sites_clerk_speaks_for_that_site_only(day: Day, clerk: Actor) -> None:
    day.begin()
    with day.transactions.begin(clerk.id) as tx:
        service.lose_line(tx, day.session_id, site=1, reason="光缆")
    assert day.standing.lines_down == {1}
    for verb in (
        lambda tx: service.lose_line(tx, day.session_id, site=0),
        lambda tx: service.take_break(tx, day.session_id),
        lambda tx: service.stay_overnight(tx, day.session_id),
        lambda tx: service.ask(tx, day.keys, day.session_id, text="请说明"),
        lambda tx: papers.enter_paper(tx, day.session_id, lines=(), document=DOCUMENT, reason="x"),
    ):
        with pytest.raises(NotPermitted), day.transactions.begin(clerk.id) as tx:
            verb(tx)
    with pytest.raises(NotPermitted), day.transactions.begin(clerk.id) as tx:
        service.restore_line(tx, day.session_id, site=2)  # there is none
    day.as_(Role.CENTRE_STAFF, lambda tx: service.restore_line(tx, day.session_id, site=1))  # the main site's may too
    assert day.standing.lines_down == frozenset()
    with pytest.raises(errors.SiteUnknown):
        day.as_(Role.CENTRE_STAFF, lambda tx: service.lose_line(tx, day.session_id, site=2))


def test_a_sub_sites_clerk_sees_the_day_and_another_branch_does_not(day: Day, clerk: Actor) -> None:
    with day.world.session() as session:
        assert visible_sitting(session, clerk.as_caller(), day.session_id).id == day.session_id
        with pytest.raises(errors.NoSuchDay):
            visible_sitting(session, Caller("act_x", Role.CENTRE_STAFF, "ctr_x"), day.session_id)
        with pytest.raises(errors.NoSuchDay):
            visible_sitting(session, clerk.as_caller(), "ses_x")


def test_a_line_is_lost_once_and_the_report_waits_for_it(day: Day) -> None:
    day.begin().wait(hours=2)
    lose = lambda tx: service.lose_line(tx, day.session_id, site=1)  # noqa: E731
    restore = lambda tx: service.restore_line(tx, day.session_id, site=1)  # noqa: E731
    with pytest.raises(errors.LineIsUp):
        day.as_(Role.CENTRE_STAFF, restore)
    day.as_(Role.CENTRE_STAFF, lose)
    with pytest.raises(errors.LineIsDown):
        day.as_(Role.CENTRE_STAFF, lose)
    day.state_report()
    day.sign()
    assert day.state() is DayState.REVIEWING
    day.as_(Role.CENTRE_STAFF, restore)
    assert day.state() is DayState.REPORT_SIGNED


def test_places_are_drawn_site_by_site(day: Day) -> None:
    for seat in SEATS[:2]:
        day.come(seat, site=0)
    for seat in SEATS[2:]:
        day.come(seat, site=1)
    assert len({(each.site, each.place) for each in day.members}) == len(SEATS)
    assert {each.key.seat: each.site for each in day.members} == dict(zip(SEATS, (0, 0, 1, 1), strict=True))
    day.member(acts.read_discipline, FOURTH)
    assert {each.seat: each.site for each in day.steps if each.seat} | {FIRST: 0} == dict(
        zip(SEATS, (0, 0, 1, 1), strict=True)
    )
