"""A batch leaves as a file: sealed to the bank, or in the clear once names may be known; the same bytes each time."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text

from expertpool.core.keystore import SealBroken
from expertpool.draws.events import DrawAssigned
from expertpool.draws.models import Assignment, Draw
from expertpool.draws.parts import VAULT
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.payouts import errors
from expertpool.payouts.bank_sheet import as_csv, as_xlsx
from expertpool.payouts.exporting import File, Sheet, hand_out, packed, unpacked
from expertpool.payouts.instructions import instructions_of, open_batch
from expertpool.payouts.lifecycle import OrderKind, OrderState, PayoutState
from expertpool.payouts.models import PaymentOrder
from expertpool.payouts.provider import BatchForm, Payment
from expertpool.payouts.sealed import payees
from expertpool.protocol.envelope import open_with
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.sealing.recipients import BANK, approve_recipient, register_recipient
from tests.payouts.ready import AMOUNT, Ready, ready


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """The payer may know the names."""
    folder = tmp_path_factory.mktemp("named")
    with ready(f"sqlite:///{folder / 'test.db'}", folder) as world:
        world.confirm()
        open_names(world)
        yield world


def export(ready: Ready, batch: str, sheet: Sheet, role: Role = Role.FINANCE) -> File:
    ready.world.site.token(role)
    with ready.transactions.begin(ready.world.site.actors[role].id) as tx:
        return hand_out(tx, ready.world.parts(), batch, sheet)


def open_names(ready: Ready) -> None:
    """Have the rulebook open the names to the payer: seats are people."""
    with ready.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, ready.draw.id)
        for key, who in payees(tx.session, ready.world.parts().keys, {draw.id}).items():
            seat = Assignment(draw_id=draw.id, seat=key.seat, vacancy=0, expert_id=who.expert, at=tx.now)
            tx.session.add(seat)
        draw.move()
        tx.record(DrawAssigned(draw=draw.id, intent=0, members=[]))


def register_bank(ready: Ready) -> X25519PrivateKey:
    """A bank's key that has settled."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    world = ready.world.sealing
    key = world.as_(
        Role.SECURITY_ADMINISTRATOR,
        lambda tx: register_recipient(tx, centre_id=ready.draw.centre_id, audience=BANK, name="某银行", public=public),
    )
    world.as_(Role.SUPERVISOR, lambda tx: approve_recipient(tx, key.id))
    ready.world.clock.advance(timedelta(hours=ready.world.parts().settings.settling_hours))
    return private


def payments(ready: Ready, batch: str) -> list[Payment]:
    """What the vault has frozen."""
    with ready.world.session() as session:
        return [each.payment for each in instructions_of(session, ready.world.parts().keys, batch)]


def opened(ready: Ready, batch: str) -> list[dict[str, object]]:
    return [each for each in ready.world.bodies("payout.batch-opened") if each["batch"] == batch]


def test_before_names_open_only_the_bank_reads_the_file(confirmed: Ready) -> None:
    private = register_bank(confirmed)
    [order] = confirmed.confirm()
    batch = confirmed.batch(order)
    with pytest.raises(errors.NamesSealed):
        export(confirmed, batch, Sheet.XLSX)
    assert confirmed.states(order) == {PayoutState.BATCHED}, "what is refused does not leave"
    file = export(confirmed, batch, Sheet.SEALED)
    assert export(confirmed, batch, Sheet.SEALED) == file
    assert confirmed.states(order) == {PayoutState.RELEASED}
    said = json.loads(file.content)
    found = open_batch(
        lambda sealed, info: open_with(private, sealed, info), said["batch"], bytes.fromhex(said["sealed"])
    )
    assert found == payments(confirmed, batch)
    assert {each.account for each in found} == {confirmed.account_of(each) for each in confirmed.payouts(order)}
    assert sum(each.amount for each in found) == 5 * AMOUNT
    for each in found:
        assert each.name.encode() not in file.content
        assert each.account.encode() not in file.content


def test_what_is_sealed_is_bound_to_its_batch_and_has_one_size(confirmed: Ready) -> None:
    private = register_bank(confirmed)
    files = [
        json.loads(export(confirmed, confirmed.batch(order), Sheet.SEALED).content) for order in confirmed.confirm(2)
    ]
    assert len({len(each["sealed"]) for each in files}) == 1
    one, other = files
    with pytest.raises((EnvelopeBroken, SealBroken)):
        open_batch(partial(open_with, private), one["batch"], bytes.fromhex(other["sealed"]))


@pytest.mark.parametrize(("sheet", "made"), [(Sheet.XLSX, as_xlsx), (Sheet.CSV, as_csv)], ids=["xlsx", "csv"])
def test_once_names_are_open_finance_gets_the_same_bytes_each_time(named: Ready, sheet: Sheet, made: object) -> None:
    [order] = named.confirm()
    batch = named.batch(order)
    first = export(named, batch, sheet)
    named.amend_account(named.payouts(order)[0], "6222021234567890128")
    second = export(named, batch, sheet)
    assert first == second
    assert first.content == made(payments(named, batch))  # type: ignore[operator]  # as_xlsx or as_csv
    assert unpacked(packed(first)) == first
    assert named.order(order).state is OrderState.RELEASED
    assert named.balances(order)["transit"] == -5 * AMOUNT
    assert [each["batch"] for each in named.world.bodies("payout.released")].count(batch) == 1
    assert [each["audience"] for each in opened(named, batch)] == ["payer", "payer"]


def test_each_opening_is_in_the_ledger_under_a_salted_digest(named: Ready) -> None:
    [order] = named.confirm()
    batch = named.batch(order)
    file = export(named, batch, Sheet.CSV)
    [entry] = opened(named, batch)
    assert entry["batch"] == batch
    assert sha256(file.content).hexdigest() not in json.dumps(named.world.sealing.entries(), default=str)


def test_a_file_is_for_finance_alone(named: Ready) -> None:
    [order] = named.confirm()
    batch = named.batch(order)
    for role in (Role.CENTRE_STAFF, Role.INITIATOR, Role.SUPERVISOR, Role.SYSTEM_ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            export(named, batch, Sheet.CSV, role)
    with pytest.raises(NotPermitted):
        export(named, "pmb_nothing", Sheet.CSV)
    assert named.states(order) == {PayoutState.BATCHED}


def test_what_the_provider_pays_is_never_a_file(named: Ready) -> None:
    [order] = named.confirm()
    batch = named.batch(order, BatchForm.PROVIDER)
    for sheet in Sheet:
        with pytest.raises(errors.BatchWithProvider):
            export(named, batch, sheet)


def test_without_a_banks_key_nothing_is_sealed(named: Ready) -> None:
    [order] = named.confirm()
    with pytest.raises(errors.BankKeyMissing):
        export(named, named.batch(order), Sheet.SEALED)
    assert named.states(order) == {PayoutState.BATCHED}


def test_of_a_committee_that_never_met_the_bank_alone_learns(confirmed: Ready) -> None:
    register_bank(confirmed)
    [order] = confirmed.confirm()
    with confirmed.world.session() as session, session.begin():
        session.get_one(PaymentOrder, order).kind = OrderKind.TURNED_AWAY
    batch = confirmed.batch(order)
    with pytest.raises(errors.NamesSealed):
        export(confirmed, batch, Sheet.XLSX)
    assert export(confirmed, batch, Sheet.SEALED)


def test_whose_account_fails_its_check_is_told_and_the_others_are_paid(named: Ready) -> None:
    [order] = named.confirm()
    wrong = named.payouts(order)[0]
    named.amend_account(wrong, "6222021234567890129")
    batch = named.batch(order)
    assert len(payments(named, batch)) == 4
    states = {each.id: each.state for each in named.payouts(order)}
    assert states.pop(wrong.id) is PayoutState.FAILED
    assert set(states.values()) == {PayoutState.BATCHED}
    assert named.order(order).state is OrderState.BATCHED


def test_no_name_and_no_account_stands_in_the_database_or_the_ledger(named: Ready) -> None:
    """The canary: whoever has the database, its images and the ledger, and not the vault's key, finds nobody."""
    register_bank(named)
    [order] = named.confirm()
    batch = named.batch(order)
    export(named, batch, Sheet.SEALED)
    export(named, batch, Sheet.XLSX)
    known = payments(named, batch)
    with named.world.site.service.engine.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        dump = "\n".join(str(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}")))
    assert batch in dump
    for each in known:
        for secret in (each.name, each.account):
            assert secret not in dump
            assert repr(secret.encode())[2:-1] not in dump
