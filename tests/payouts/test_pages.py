"""The pages of fees: the payer's, by the code on the sheet or from the desk, and the expert's, by answer code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.vault_line import Verb
from expertpool.identity.roles import Role
from expertpool.payouts import own_pages
from expertpool.payouts.lifecycle import OrderState, PayoutState
from expertpool.vault.attempts import Attempts
from expertpool.vault.own_payouts import OwnPayouts
from tests.browser import Browser, entered
from tests.payouts.payday import Payday, opened_payday
from tests.sessions.room import SEATS

FIRST, SECOND, THIRD, FOURTH = SEATS


@pytest.fixture
def day(sqlite_url: str, tmp_path: Path) -> Iterator[Payday]:
    """A day that is closed, and its fees computed; nobody has agreed."""
    with opened_payday(sqlite_url, tmp_path, served=True) as day:
        day.closed(hours=1).compute()
        yield day


@pytest.fixture
def expert(day: Payday, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Somebody on the phone, while the vault answers."""
    desk = day.world.desk()
    handlers = OwnPayouts(desk, Attempts(desk.parts, 100)).by_verb()

    class Line:
        def ask(self, verb: Verb, **given: Any) -> dict[str, Any]:
            return handlers[verb](verb.check(given))

    monkeypatch.setattr(own_pages, "line", Line)
    return Browser(day.world.site)


def say(day: Payday, expert: Browser, seat: str, word: str, **more: str) -> Any:
    """Send a word about the fee of a seat, by its answer code."""
    fields = {"code": day.code(seat), "word": word, "payout": day.payout(seat).id, **more}
    return expert.send("/i/payouts", fields, page="/i/payouts")


def look(day: Payday, expert: Browser, seat: str) -> str:
    return str(expert.send("/i/payouts", {"code": day.code(seat)}, page="/i/payouts").text)


def silence(day: Payday) -> None:
    """A day passes in which nobody says anything."""
    day.wait(hours=24)
    day.work()


def test_whoever_scans_signs_in_and_comes_back(day: Payday) -> None:
    scanned = f"/pay/{day.order.token}"
    answer = Browser(day.world.site).get(scanned)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next={scanned}"


def test_the_payer_sees_sums_and_seats_and_confirms_once(day: Payday) -> None:
    silence(day)
    order, payer = day.order, entered(day.world.site, Role.INITIATOR)
    scanned = f"/pay/{order.token}"
    shown = payer.get(scanned).text
    assert f"{order.amount // 100:,}.00" in shown
    assert all(seat in shown for seat in SEATS)
    for text in ("请核对并付款", "前付款", order.article):
        assert text in shown
    assert payer.send(scanned, {"revision": str(order.revision)}).status_code == 303
    assert day.stands() is OrderState.CONFIRMED
    again = payer.get(scanned).text
    assert "正在发放" in again
    assert "确认付款" not in again
    assert payer.send(scanned, {"revision": str(order.revision)}, page="/payouts").status_code == 409


def test_the_payer_may_confirm_before_the_experts_have_agreed(day: Payday) -> None:
    payer, scanned = entered(day.world.site, Role.INITIATOR), f"/pay/{day.order.token}"
    assert payer.send(scanned, {"revision": "1"}).status_code == 303
    assert "等专家同意" in payer.get(scanned).text
    assert "确认付款" not in payer.get(scanned).text
    silence(day)
    assert day.stands() is OrderState.CONFIRMED


def test_what_was_not_seen_is_not_confirmed(day: Payday) -> None:
    payer, scanned = entered(day.world.site, Role.FINANCE), f"/pay/{day.order.token}"
    for revision in ("0", "2", "", "x", "9" * 20):
        answer = payer.send(scanned, {"revision": revision})
        assert answer.status_code >= 400, revision
        assert 'role="alert"' in answer.text
    assert day.stands() is OrderState.COMPUTED
    silence(day)
    assert day.stands() is OrderState.AGREED, "nobody has confirmed"


def test_the_desk_tells_what_waits_and_what_is_late(day: Payday) -> None:
    silence(day)
    finance = entered(day.world.site, Role.FINANCE)
    shown = finance.get("/payouts").text
    assert "请核对并付款" in shown
    assert f"/pay/{day.order.token}" in shown
    assert "已逾期" not in re.sub("<dt>.*?</dt>", "", shown)
    due = day.order.due
    assert due is not None
    day.wait(seconds=(due - day.now).total_seconds() + 1)
    late = entered(day.world.site, Role.FINANCE)
    assert "已逾期未付款" in late.get("/payouts").text
    staff = entered(day.world.site, Role.CENTRE_STAFF)
    assert "确认付款" not in staff.get(f"/pay/{day.order.token}").text
    card = f"/payouts/sessions/{day.session_id}"
    assert card in staff.get(f"/sessions/{day.session_id}").text
    assert staff.get(card).headers["Location"] == f"/payouts/{day.order.id}"
    staff.headers["HX-Request"] = "true"
    for path in (f"/payouts/{day.order.id}", f"/payouts/{day.order.id}/code", card):
        assert "<svg" in staff.get(path).text


def test_an_expert_sees_the_own_fee_only_and_agrees(day: Payday, expert: Browser) -> None:
    shown = look(day, expert, FIRST)
    assert shown.count("<article") == 1
    assert f"{day.payout(FIRST).amount // 100:,}.00" in shown
    for text in ("怎么算的", "评审费", day.order.article, "不答复，视为同意"):
        assert text in shown
    assert "已记录在案" in say(day, expert, FIRST, "agree").text
    assert day.payout(FIRST).state is PayoutState.AGREED
    assert day.payout(SECOND).state is PayoutState.COMPUTED


def test_the_slip_is_for_whoever_holds_the_seat(day: Payday, expert: Browser) -> None:
    fields = {"code": day.code(FIRST), "payout": day.payout(FIRST).id}
    printed = expert.send("/i/payouts/slip", fields, page="/i/payouts")
    assert (printed.mimetype, printed.data[:5]) == ("application/pdf", b"%PDF-")
    assert printed.headers["Cache-Control"] == "no-store"
    assert (
        expert.send("/i/payouts/slip", {**fields, "payout": day.payout(SECOND).id}, page="/i/payouts").status_code
        == 404
    )
    assert expert.send("/me/payouts/slip", fields, page="/me").headers["Location"] == "/me"


def test_what_was_paid_elsewhere_raises_the_tax_and_not_the_fee(day: Payday, expert: Browser) -> None:
    before = re.findall(r"¥</span>([\d,.]+)", look(day, expert, SECOND))
    answer = say(day, expert, SECOND, "agree", elsewhere="3,000", withheld="440")
    after = re.findall(r"¥</span>([\d,.]+)", answer.text)
    assert before[0] == after[0], "what one gets"
    assert before != after
    assert 'value="3000.00"' in answer.text


def test_a_wrong_amount_is_told_and_nothing_is_agreed(day: Payday, expert: Browser) -> None:
    for elsewhere, withheld in (("abc", ""), ("1.234", ""), ("-5", ""), ("100", "200"), ("9" * 13, "")):
        answer = say(day, expert, THIRD, "agree", elsewhere=elsewhere, withheld=withheld)
        assert answer.status_code == 422
        assert f'value="{elsewhere}"' in answer.text
    assert day.payout(THIRD).state is PayoutState.COMPUTED


def test_an_objection_goes_to_the_centre_and_its_answer_back(day: Payday, expert: Browser) -> None:
    assert say(day, expert, FOURTH, "object", reason="").status_code == 422
    assert "已记录在案" in say(day, expert, FOURTH, "object", reason="评审到 18 时").text
    finance = entered(day.world.site, Role.FINANCE)
    order = f"/payouts/{day.order.id}"
    assert "评审到 18 时" not in finance.get(order).text
    staff = entered(day.world.site, Role.CENTRE_STAFF)
    assert "有专家提出异议" in staff.get("/payouts").text
    assert "评审到 18 时" in staff.get(order).text
    fields = {"payout": day.payout(FOURTH).id, "answer": ""}
    assert staff.send(f"{order}/answer", fields, page=order).status_code == 422
    fields["answer"] = "报告签署时间为 15 时"
    assert staff.send(f"{order}/answer", fields, page=order).status_code == 303
    assert "报告签署时间为 15 时" in look(day, expert, FOURTH)
    assert day.payout(FOURTH).state is PayoutState.AGREED
    assert staff.send(f"{order}/answer", fields, page=order).status_code == 409


def test_who_proves_nothing_sees_nothing_and_says_nothing(day: Payday, expert: Browser) -> None:
    assert expert.send("/i/payouts", {"code": "ZZZZZZZZ"}).status_code >= 400
    fields = {"code": day.code(FIRST), "word": "agree", "payout": day.payout(SECOND).id}
    answer = expert.send("/i/payouts", fields)
    assert answer.status_code == 404
    assert day.payout(SECOND).state is PayoutState.COMPUTED
    assert expert.get("/me/payouts").headers["Location"] == "/me"
    fields = {"word": "agree", "payout": day.payout(FIRST).id}
    assert expert.send("/me/payouts", fields, page="/me").headers["Location"] == "/me"
    assert day.payout(FIRST).state is PayoutState.COMPUTED
