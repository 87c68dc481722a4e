"""Where the centre itself disburses, its bank may get the batch as an ISO 20022 message."""

from collections.abc import Iterator

import pytest

from expertpool.core.payment_settings import PaymentSettings
from expertpool.identity.roles import Role
from expertpool.payouts.exporting import Sheet, debtor_of, hand_out
from expertpool.payouts.file_errors import DebtorMissing
from expertpool.payouts.instructions import instructions_of
from expertpool.payouts.models import PaymentBatch, PaymentOrder
from expertpool.payouts.pain001 import Debtor, as_pain001
from policies.facts import day_of
from tests.payouts.ready import Ready, ready
from tests.payouts.test_exporting import open_names

SETTINGS = PaymentSettings(
    debtor_name="长沙公共资源交易中心", debtor_account="4300012345678901", debtor_bank="313551088886"
)
CENTRE = Debtor("长沙公共资源交易中心", "4300012345678901", "313551088886")


@pytest.fixture
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ready, str, str]]:
    """A batch of a committee whose names may be known, with its order."""
    folder = tmp_path_factory.mktemp("disbursing")
    with ready(f"sqlite:///{folder / 'test.db'}", folder) as world:
        [order] = world.confirm()
        open_names(world)
        yield world, order, world.batch(order)


def export(world: Ready, batch: str, debtor: Debtor | None) -> bytes:
    world.world.site.token(Role.FINANCE)
    with world.transactions.begin(world.world.site.actors[Role.FINANCE].id) as tx:
        return hand_out(tx, world.world.parts(), batch, Sheet.PAIN001, debtor).content


def test_the_centres_account_is_whole_or_none() -> None:
    assert debtor_of(SETTINGS) == CENTRE
    for missing in ("debtor_name", "debtor_account", "debtor_bank"):
        fields = {name: getattr(SETTINGS, name) for name in ("debtor_name", "debtor_account", "debtor_bank")}
        assert debtor_of(PaymentSettings(**{**fields, missing: ""})) is None


def test_a_message_is_for_what_the_centre_pays_from_its_own_account(batch: tuple[Ready, str, str]) -> None:
    world, order, made = batch
    for debtor in (CENTRE, None):  # the payer pays: its account is not known here
        with pytest.raises(DebtorMissing):
            export(world, made, debtor)
    with world.world.session() as session, session.begin():
        session.get_one(PaymentOrder, order).by_centre = True
    with pytest.raises(DebtorMissing):
        export(world, made, None)
    first, second = (export(world, made, CENTRE) for _ in range(2))
    with world.world.session() as session:
        row = session.get_one(PaymentBatch, made)
        payments = [each.payment for each in instructions_of(session, world.world.parts().keys, made)]
        assert first == second == as_pain001(payments, CENTRE, message=made, made=row.made, on=day_of(row.made))
