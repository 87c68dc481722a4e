"""Finance's buttons: a statement imported, what does not fit, what failed or is unknown: each said and on record."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

import pytest

from expertpool.draws.parts import VAULT
from expertpool.identity.roles import Role
from expertpool.payouts.lifecycle import PayoutState
from expertpool.payouts.outcomes import DifferenceKind, Said
from expertpool.payouts.provider import BatchForm, Outcome
from expertpool.payouts.settling import Source, Told, learn_of
from policies.facts import CHINA
from tests.browser import Browser, entered
from tests.payouts.ready import AMOUNT, Ready, ready

PATH = "/payouts/statements"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("bank")
    with ready(f"sqlite:///{folder / 'test.db'}", folder, served=True) as world:
        world.world.site.token(Role.FINANCE)
        yield world


@pytest.fixture
def finance(served: Ready) -> Browser:
    return entered(served.world.site, Role.FINANCE)


def left(served: Ready, seats: int = 1) -> tuple[str, str]:
    """An order whose payments have left with the provider, and the first one's id."""
    [order] = served.confirm(seats=seats)
    served.batch(order, BatchForm.PROVIDER)
    served.left(order)
    return order, served.instructions(order)[0].id


def send(finance: Browser, text: str, name: str = "liushui.csv") -> int:
    """Send a statement by the form."""
    fields = {"statement": (BytesIO(text.encode("gb18030")), name)}
    return finance.send(PATH, fields).status_code  # type: ignore[arg-type]  # a file


def row(payment: str, at: datetime, amount: int = AMOUNT, number: str = "T0001") -> str:
    day = at.astimezone(CHINA).strftime("%Y-%m-%d")
    return f"交易日期,流水号,借方金额,贷方金额,摘要\n{day},{number},{amount / 100:.2f},,评审劳务报酬 {payment}\n"


def test_a_statement_is_taken_once_and_what_is_no_statement_is_told(served: Ready, finance: Browser) -> None:
    _, payment = left(served)
    text = row(payment, served.world.clock.now())
    assert send(finance, text) == 303
    shown = finance.get(PATH).text
    assert "核对中" in shown
    assert payment not in shown
    assert send(finance, text) == 409
    for wrong, name in (("日期\n没有表头", "a.csv"), (text, "a.pdf"), (text.replace("2026", "很久"), "b.csv")):
        answer = send(finance, wrong, name)
        assert 400 <= answer < 500, name
    assert finance.post(PATH, {}).status_code >= 400


def test_what_does_not_fit_is_shown_until_somebody_has_dealt_with_it(served: Ready, finance: Browser) -> None:
    order, payment = left(served)
    told = Told(payment, Said(Outcome.PAID, AMOUNT + 1, "T77"), None, Source.REPORT)
    with served.transactions.begin(VAULT) as tx:
        learn_of(tx, served.desk, told)
    (found,) = served.differences(order)
    assert found.kind is DifferenceKind.AMOUNT
    assert "对不上" in finance.get("/payouts").text
    assert "金额不符" in finance.get(f"/payouts/{order}").text
    address = f"/payouts/differences/{found.id}"
    assert finance.send(address, {"note": ""}, page=PATH).status_code == 422
    assert finance.send(address, {"note": "银行更正，见函 12 号"}, page=PATH).status_code == 303
    assert "金额不符" not in finance.get(PATH).text
    assert finance.send(address, {"note": "再来"}, page=PATH).status_code == 404


def test_finance_states_what_the_bank_says_of_what_is_unknown(served: Ready, finance: Browser) -> None:
    order, _ = left(served, seats=2)
    first, second = served.payouts(order)
    address = f"/payouts/{order}"
    assert "银行确认已付" in finance.get(address).text
    assert finance.send(f"{address}/paid", {"payout": first.id, "note": ""}, page=address).status_code == 422
    assert finance.send(f"{address}/paid", {"payout": first.id, "note": "流水 T9"}, page=address).status_code == 303
    assert finance.send(f"{address}/unpaid", {"payout": second.id, "note": "函 3"}, page=address).status_code == 303
    assert served.states(order) == {PayoutState.PAID, PayoutState.FAILED}
    shown = finance.get(address).text
    assert "重新发放" in shown
    assert finance.send(f"{address}/again", {"payout": first.id, "note": "再付"}, page=address).status_code == 409
    assert finance.send(f"{address}/again", {"payout": second.id, "note": "再付"}, page=address).status_code == 303
    assert served.states(order) == {PayoutState.PAID, PayoutState.BATCHED}
    staff = entered(served.world.site, Role.CENTRE_STAFF)
    assert "银行确认已付" not in staff.get(address).text
