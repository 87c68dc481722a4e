"""The desks of the security and the audit administrator."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from expertpool.cli.worker_command import collect_handlers
from expertpool.core.clock import FixedClock
from expertpool.core.jobs import Outbox
from expertpool.identity import service as identity
from expertpool.identity.models import CentreKind, TrailRow
from expertpool.identity.roles import Role
from expertpool.web.access import CONFIRMED_FOR
from tests.browser import Browser, entered, settle
from tests.website import Website, opened


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, 1, 0, tzinfo=UTC))


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(sqlite_url, tmp_path, clock=clock) as website, website.service.signing():
        yield website


def test_an_invitation_is_shown_once_and_works(site: Website) -> None:
    site.token(Role.FINANCE)
    actor = site.actors[Role.FINANCE]
    security = entered(site, Role.SECURITY_ADMINISTRATOR)
    listed = security.get("/accounts").text
    assert all(each.code in listed for each in site.actors.values())
    way = f"/accounts/{actor.id}/invitation"
    assert way in listed
    shown = security.send(way, {})
    found = re.search(r'id="invitation">(epi_\w{26}_[\w-]{43})<', shown.text)
    assert found is not None
    assert found[1] not in security.get(way).text
    assert Browser(site).send("/invitation", {"invitation": found[1]}).status_code == 200


def test_to_invite_takes_the_second_factor(site: Website, clock: FixedClock) -> None:
    person = settle(site, Role.SECURITY_ADMINISTRATOR)
    clock.advance(timedelta(minutes=2))
    security = Browser(site)
    security.sign_in(person)
    way = f"/accounts/{person.actor}/invitation"
    token = re.search(r'name="form_token" value="(\w+)"', security.get(way).text)
    assert token is not None
    clock.advance(CONFIRMED_FOR + timedelta(seconds=1))
    assert security.get(way).headers["Location"].startswith("/confirm?next=/accounts/act_")
    late = security.post(way, {"form_token": token[1]})
    assert late.headers["Location"].startswith("/confirm")


def test_accounts_above_are_not_listed_nor_invited(site: Website) -> None:
    with site.service.transactions.begin(site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
        names = {"name_zh": "岳麓分中心", "name_en": "Yuelu branch"}
        branch = identity.open_centre(
            tx, code="yuelu", **names, kind=CentreKind.COUNTY_BRANCH, parent_id=site.centre.id
        )
    with site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        identity.register_actor(tx, code="a-branch", role=Role.SECURITY_ADMINISTRATOR, centre_id=branch.id)
    below = entered(site, Role.SECURITY_ADMINISTRATOR)  # the first by code
    listed = below.get("/accounts").text
    assert "a-branch" in listed
    assert "system-administrator" not in listed
    way = f"/accounts/{site.actors[Role.SYSTEM_ADMINISTRATOR].id}/invitation"
    assert below.get(way).status_code == 403
    assert below.send(way, {}, page="/account").status_code == 403


def test_the_trail_in_words(site: Website, clock: FixedClock) -> None:
    person = settle(site, Role.CENTRE_STAFF)
    Browser(site).sign_in(person, password="wrong")
    audit = entered(site, Role.AUDIT_ADMINISTRATOR)
    text = audit.get("/trail").text
    for said in ("登录被拒", "口令不对", person.account, "设定口令和验证器", "还没有封存的日子"):
        assert said in text
    assert "wrong password" in audit.get("/trail?lang=en").text
    assert "Nothing on this day" in audit.get("/trail?day=2026-01-01").text
    clock.advance(timedelta(days=1))
    outbox = Outbox(site.service.transactions, collect_handlers(), timedelta(minutes=1))
    while outbox.run_one():
        pass
    audit = entered(site, Role.AUDIT_ADMINISTRATOR)
    assert "与账本一致" in audit.get("/trail?lang=zh").text
    with site.service.engine.begin() as connection:
        connection.execute(update(TrailRow).values(cause=None))
    assert "与账本不符" in audit.get("/trail").text


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_today(site: Website, day: str) -> None:
    assert "2026-11-21" in entered(site, Role.AUDIT_ADMINISTRATOR).get(f"/trail?day={day}").text
