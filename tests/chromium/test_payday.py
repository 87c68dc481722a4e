"""Scan to paid, on a phone: an expert agrees, the payer scans and confirms once, the sandbox provider pays; of one
payment the account is refused, and finance has it sent again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from expertpool.core.jobs import Outbox
from expertpool.draws.candidates import Counted, Made
from expertpool.draws.parts import VAULT
from expertpool.draws.stored_table import keep_table, sealed_parts
from expertpool.experts.models import Expert, PersonKey
from expertpool.experts.protection import Protector
from expertpool.invitations.gateways import Gateways
from expertpool.payouts.http_provider import REPORTING
from expertpool.payouts.lifecycle import OrderState, PayoutState
from expertpool.payouts.paying import Paying
from expertpool.payouts.provider import BatchForm
from expertpool.payouts.sandbox_server import Reporter
from expertpool.protocol.table import Table
from expertpool.vault.courier import Courier
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from expertpool.vault.process import collect_handlers
from tests.chromium.live import DESKTOP, PHONE, Reader, serving
from tests.payouts import sandbox
from tests.payouts.payday import Payday, opened_payday
from tests.payouts.sandbox import REPORTS_SECRET, Sandbox
from tests.sessions.room import SEATS

CORRECTED = "6222021234567890128"
REFUSED = 4
"""The provider pays every payment but this one."""


@dataclass
class Stage:
    """A closed day whose fees are computed, served to browsers, with a provider that pays."""

    day: Payday
    provider: Sandbox
    base: str

    def go_on(self) -> None:
        """What waits is batched and paid, and the provider reports."""
        desk = self.day.world.desk()
        outbox = Outbox(
            desk.parts.transactions, collect_handlers(desk, BatchForm.PROVIDER), timedelta(minutes=1), VAULT
        )
        paying = Paying(desk, self.provider.provider())
        now = self.day.world.clock.now
        reporter = Reporter(self.provider.books, self.base, REPORTS_SECRET, lambda: now().timestamp())
        while any([outbox.run_one(), paying.step(), reporter.step()]):
            pass

    def correct_account(self) -> None:
        """The pool has another account of whoever the bank refused."""
        (failed,) = (each for each in self.day.payouts if each.state is PayoutState.FAILED)
        expert_id = self.day.people[SEATS.index(failed.seat)]
        with self.day.world.session() as session, session.begin():
            wrapped = session.get_one(PersonKey, expert_id).wrapped()
            cipher = Protector(self.day.world.site.service.keys).open_person(expert_id, wrapped)
            session.get_one(Expert, expert_id).account_sealed = cipher.seal("account", CORRECTED)


@contextmanager
def opened_stage(folder: Path) -> Iterator[Stage]:
    with opened_payday(f"sqlite:///{folder / 'expertpool.db'}", folder, served=True) as day:
        pool = Made(Table(b""), [*day.people], [], [], {}, len(day.people), Counted())  # whose accounts are paid into
        table = sealed_parts(day.parts.keys, day.draw.id, pool)
        day.as_vault(lambda tx: keep_table(tx, day.draw.id, table))
        day.closed(hours=1).compute()
        desk, settings = day.world.desk(), day.world.site.service.settings.vault
        handlers = Handlers(desk, settings, Courier(desk.parts, Gateways(day.world.phones)).deliver)
        with (
            sandbox.serving(folder, clock=day.world.clock, refuse_every=REFUSED) as provider,
            Listener(settings.socket, handlers.by_verb()),
            serving(day.world.site.app) as base,
        ):
            yield Stage(day, provider, base)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv(REPORTING, REPORTS_SECRET.decode())
    with opened_stage(tmp_path) as made:
        yield made


def look_well(reader: Reader) -> None:
    """The page fits the screen and axe-core finds nothing grave."""
    assert reader.grave_findings() == []
    assert not reader.wide()


def agree(stage: Stage, browser: Browser) -> None:
    """An expert opens the link of a text message and presses once; the others do as well."""
    expert = Reader(browser, stage.base, viewport=PHONE)
    expert.page.goto(f"/i/payouts#{stage.day.code(SEATS[0])}")
    expect(expert.page.get_by_text("怎么算的")).to_be_visible()
    look_well(expert)
    expert.page.get_by_role("button", name="同意", exact=True).click()
    expect(expert.page.get_by_role("status")).to_be_visible()
    assert stage.day.payout(SEATS[0]).state is PayoutState.AGREED
    expert.close()
    stage.day.agree(*SEATS[1:])


def scan(stage: Stage, browser: Browser) -> None:
    """The payer scans, signs in, is back, and confirms once."""
    payer = Reader(browser, stage.base, viewport=PHONE, scheme="dark")
    payer.page.goto(f"/pay/{stage.day.order.token}")
    payer.page.locator("button[name=role][value=initiator]").click()
    confirm = payer.page.get_by_role("button", name="确认付款")
    expect(confirm).to_be_visible()
    look_well(payer)
    for seat in SEATS:
        expect(payer.page.get_by_text(seat, exact=True)).to_be_visible()
    confirm.click()
    expect(payer.page.get_by_role("heading", name="已确认，正在发放")).to_be_visible()
    stage.go_on()
    payer.page.reload()
    expect(payer.page.get_by_role("heading", name="有款项支付失败")).to_be_visible()
    payer.close()


def send_again(stage: Stage, browser: Browser) -> None:
    """Finance finds what failed at the top of its desk, and has it sent again."""
    finance = Reader(browser, stage.base, viewport=DESKTOP)
    finance.enter("finance")
    finance.page.goto("/payouts")
    look_well(finance)
    finance.page.get_by_role("link", name="湘江大道改造工程", exact=True).click()
    stage.correct_account()
    finance.page.get_by_label("依据").fill("专家已更正账户")
    look_well(finance)
    finance.page.get_by_role("button", name="重新发放").click()
    expect(finance.page.get_by_role("status")).to_be_visible()
    stage.go_on()
    finance.page.reload()
    expect(finance.page.get_by_role("heading", name="已全部到账")).to_be_visible()
    finance.close()


@pytest.mark.timeout(300)
def test_scan_to_paid(browser: Browser, stage: Stage) -> None:
    agree(stage, browser)
    scan(stage, browser)
    assert {each.state for each in stage.day.payouts} == {PayoutState.PAID, PayoutState.FAILED}
    send_again(stage, browser)
    assert stage.day.stands() is OrderState.SETTLED
    paid = stage.provider.books.paid()
    assert sorted(paid.values()) == sorted(each.amount for each in stage.day.payouts), "each once, and nobody twice"
    expert = Reader(browser, stage.base, viewport=PHONE, lang="en")
    expert.page.goto(f"/i/payouts#{stage.day.code(SEATS[0])}")
    expect(expert.page.locator(".bill-stands")).to_contain_text("paid")
    look_well(expert)
    expert.close()
