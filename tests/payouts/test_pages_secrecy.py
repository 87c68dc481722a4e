"""Whoever has no business with a name meets none: pages, files in preparation and logs have seat codes only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.queries import identity_of
from expertpool.identity.roles import Role
from expertpool.payouts.declaring import months
from expertpool.payouts.queries import visible_orders
from tests.browser import entered
from tests.payouts.payday import Payday, opened_payday
from tests.payouts.test_taxing import open_names
from tests.sessions.room import SEATS


@pytest.fixture
def paid(sqlite_url: str, tmp_path: Path) -> Iterator[Payday]:
    """A day whose fees everybody has agreed to, and which are confirmed and taxed."""
    with opened_payday(sqlite_url, tmp_path, served=True) as day:
        day.closed(hours=1).compute()
        day.agree(*SEATS)
        day.confirm()
        day.withhold()
        yield day


def secrets_of(day: Payday) -> list[str]:
    """What must be nowhere: whoever sits there by name, number, telephone, account and identifier."""
    protector = Protector(day.world.site.service.keys)
    with day.world.session() as session:
        people = [identity_of(session, protector, session.get_one(Expert, each)) for each in day.people]
    known = [value for who in people for value in (who.name, who.id_number, who.phone, who.account) if value]
    assert len(known) >= 3 * len(SEATS)
    return [*known, *day.people]


def test_pages_and_sheets_have_seat_codes_only(paid: Payday, capfd: pytest.CaptureFixture[str]) -> None:
    order, canaries = paid.order, secrets_of(paid)
    pages = (
        "/payouts",
        f"/payouts/{order.id}",
        f"/payouts/{order.id}/code",
        f"/payouts/sessions/{paid.session_id}",
        f"/pay/{order.token}",
        "/payouts/sums?by=project",
        "/payouts/sums.xlsx?by=payer",
    )
    for role in (Role.CENTRE_STAFF, Role.INITIATOR, Role.FINANCE):
        browser = entered(paid.world.site, role)
        browser.headers["HX-Request"] = "true"  # as the session's page asks for its card
        for page in pages:
            answer = browser.get(page)
            assert answer.status_code == 200, page
            for canary in canaries:
                assert canary.encode() not in answer.data, page
    said = "".join(capfd.readouterr())
    assert [each for each in canaries if each in said] == []
    finance = entered(paid.world.site, Role.FINANCE)
    shown = finance.get("/payouts/declaration").text
    assert f"待列名 {len(SEATS)} 笔" in shown
    assert [each for each in canaries if each in shown] == []


def test_the_declaration_names_people_when_the_names_are_open_and_says_so_in_the_ledger(paid: Payday) -> None:
    paid.world.site.token(Role.FINANCE)
    finance = entered(paid.world.site, Role.FINANCE)
    with paid.world.session() as session:
        (month,) = months(session, paid.world.site.actors[Role.FINANCE].as_caller())
    fields = {"payer": month.payer, "month": month.month}
    sealed = finance.send("/payouts/declaration", fields)
    names = [name.encode() for name in secrets_of(paid)]
    assert sealed.status_code == 200
    assert [each for each in names if each in sealed.data] == []
    open_names(paid)
    opened = finance.send("/payouts/declaration", fields)
    protector = Protector(paid.world.site.service.keys)
    with paid.world.session() as session:
        people = [identity_of(session, protector, session.get_one(Expert, each)) for each in paid.people]
    for who in people:
        assert who.name.encode() in opened.data
        assert (who.id_number or "").encode() in opened.data
        assert (who.account or "-").encode() not in opened.data
    said = paid.world.bodies("payout.declared")
    assert [each["month"] for each in said] == [month.month] * 2
    assert finance.send("/payouts/declaration", {**fields, "month": "2030-01"}).status_code == 404
    assert finance.send("/payouts/declaration", {**fields, "month": "2026-13"}).status_code == 422
    with paid.world.session() as session:
        clerk = paid.world.site.actors[Role.CENTRE_STAFF].as_caller()
        assert visible_orders(session, clerk)
        assert months(session, clerk) == []


def test_sums_add_up_what_was_confirmed(paid: Payday) -> None:
    finance = entered(paid.world.site, Role.FINANCE)
    for by in ("month", "project", "payer", "weather"):
        shown = finance.get(f"/payouts/sums?by={by}").text
        assert f"{paid.order.amount // 100:,}.00" in shown
        assert 'data-name="net"' in shown
    sheet = finance.get("/payouts/sums.xlsx?by=month")
    assert sheet.data[:2] == b"PK"
    assert sheet.headers["Content-Disposition"].endswith("fees-by-month.xlsx")
