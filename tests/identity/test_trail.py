"""The trail of sign-ins: who reads it, that its days are closed, and that nobody alters it afterwards."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.cli.worker_command import collect_handlers, collect_upkeep
from expertpool.core.clock import FixedClock
from expertpool.core.jobs import Outbox
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_store import SqlLog
from expertpool.core.upkeep import Upkeep
from expertpool.identity import trail
from expertpool.identity.models import BrowserSession, SignInLimit, TrailDay, TrailKind, TrailRow, Way
from expertpool.identity.roles import Role
from ledger.entry import parse_entry
from tests.browser import Browser, entered, settle
from tests.website import Website, opened

EVENING = datetime(2026, 11, 21, 15, 50, tzinfo=UTC)  # ten to midnight in Beijing
TODAY = date(2026, 11, 21)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(EVENING)


@pytest.fixture
def site(database_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    with opened(database_url, tmp_path, clock=clock) as website, website.service.signing():
        yield website


def read(site: Website, role: Role = Role.AUDIT_ADMINISTRATOR, **query: str) -> dict[str, Any]:
    answer = site.call("GET", "/api/v1/trail", role=role, query_string={"day": TODAY.isoformat(), **query})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def work(site: Website) -> None:
    outbox = Outbox(site.service.transactions, collect_handlers(), timedelta(minutes=1))
    while outbox.run_one():
        pass


def days(site: Website) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.call("GET", "/api/v1/trail-days", role=Role.AUDIT_ADMINISTRATOR).get_json()[
        "items"
    ]
    return found


def test_the_audit_administrator_reads_it_page_by_page(site: Website, clock: FixedClock) -> None:
    person = settle(site, Role.CENTRE_STAFF)
    for password in ("wrong", person.password):
        clock.advance(timedelta(seconds=60))
        Browser(site).sign_in(person, password=password)
    clock.advance(timedelta(seconds=1))
    Browser(site).sign_in(person, account="nobody")
    lines = read(site)["items"]
    assert [(line["kind"], line["account"], line["cause"], line["way"]) for line in lines] == [
        ("credentials-set", person.account, None, None),
        ("refused", person.account, "password", "password"),
        ("signed-in", person.account, None, "password"),
        ("refused", None, "unknown", "password"),
    ]
    assert len({line["source"] for line in lines}) == 1
    assert "127.0.0.1" not in str(lines)
    first = read(site, limit="3")
    assert [line["id"] for line in first["items"]] == [line["id"] for line in lines[:3]]
    rest = read(site, limit="3", after=first["next"])
    assert ([line["id"] for line in rest["items"]], rest["next"]) == ([lines[3]["id"]], None)


def test_a_line_without_a_way_hashes_as_before_there_were_ways() -> None:
    """Days that were closed before are still what the ledger has."""
    line = {
        "id": "trl_x",
        "at": EVENING,
        "kind": TrailKind.SIGNED_OUT,
        "centre_id": "ctr_x",
        "source": "x",
        "salt": b"",
    }
    keys = {"actor", "at", "cause", "centre", "id", "kind", "salt", "source"}
    assert trail._values(TrailRow(**line)).keys() == keys
    assert trail._values(TrailRow(**line, way=Way.PASSKEY)).keys() == {*keys, "way"}


def test_others_do_not_read_it(site: Website) -> None:
    for role in Role:
        if role not in (Role.AUDIT_ADMINISTRATOR, Role.EXPERT):
            answer = site.call("GET", f"/api/v1/trail?day={TODAY}", role=role)
            assert answer.status_code == 403


def test_a_day_is_closed_once_and_committed_to(site: Website, clock: FixedClock) -> None:
    entered(site, Role.CENTRE_STAFF)
    entered(site, Role.SUPERVISOR)
    clock.advance(timedelta(minutes=15))  # into the next day
    entered(site, Role.FINANCE)
    work(site)
    assert days(site) == []  # whoever began before midnight may still be at it
    clock.advance(timedelta(minutes=5))
    work(site)
    (closed,) = days(site)
    assert (closed["day"], closed["count"], closed["whole"]) == (TODAY.isoformat(), 2, True)
    entries = [parse_entry(data) for data in SqlLog(site.service.engine).entries(0, 1000)]
    (stated,) = [entry for entry in entries if entry.kind == "trail.closed"]
    assert {name: stated.body[name] for name in ("day", "count", "root")} == {
        name: closed[name] for name in ("day", "count", "root")
    }
    with site.service.transactions.begin("svc:test") as tx:
        trail.close(tx, TODAY)
    with Session(site.service.engine) as session:
        assert len(session.scalars(select(TrailDay)).all()) == 1


def test_a_day_with_many_lines_is_closed_by_one_job(site: Website) -> None:
    for _ in range(3):
        entered(site, Role.CENTRE_STAFF)
    with Session(site.service.engine) as session:
        assert len(session.scalars(select(OutboxJob).where(OutboxJob.kind == trail.CLOSE)).all()) == 1


@pytest.mark.parametrize("attack", ["alter", "remove", "add"])
def test_what_was_closed_cannot_be_altered_unseen(site: Website, clock: FixedClock, attack: str) -> None:
    entered(site, Role.CENTRE_STAFF)
    entered(site, Role.SUPERVISOR)
    clock.advance(timedelta(hours=1))
    work(site)
    assert [day["whole"] for day in days(site)] == [True]
    with Session(site.service.engine) as session, session.begin():
        row = session.scalars(select(TrailRow)).first()
        assert row is not None
        if attack == "alter":
            row.actor_id = site.actors[Role.AUDIT_ADMINISTRATOR].id
        elif attack == "remove":
            session.delete(row)
        else:
            session.add(
                TrailRow(
                    at=row.at, kind=row.kind, centre_id=row.centre_id, actor_id=None, source="0", cause=None, salt=b"0"
                )
            )
    assert [day["whole"] for day in days(site)] == [False]


def test_what_is_over_is_swept_up(site: Website, clock: FixedClock) -> None:
    entered(site, Role.CENTRE_STAFF)
    person = settle(site, Role.CENTRE_STAFF)
    Browser(site).sign_in(person, password="wrong")
    entered(site, Role.SUPERVISOR)

    def left() -> tuple[int, int]:
        with Session(site.service.engine) as session:
            return len(session.scalars(select(BrowserSession)).all()), len(session.scalars(select(SignInLimit)).all())

    upkeep = Upkeep(site.service.engine, clock, collect_upkeep())
    upkeep.run_due()
    assert left() == (2, 2)
    clock.advance(timedelta(days=1))
    upkeep.run_due()
    assert left() == (0, 0)
