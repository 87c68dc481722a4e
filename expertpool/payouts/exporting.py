"""Handing a batch out as a file: sealed to the bank at any time, in the clear to finance once names may be known.

Here alone names and accounts leave the vault, and each time is an entry in the ledger. The first time is that at which
the payments leave (ADR 34); the file is the same however often it is asked for.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from expertpool.core.faults import crash_point
from expertpool.core.payment_settings import PaymentSettings
from expertpool.core.transaction import Transaction
from expertpool.draws.assigning import assigned
from expertpool.draws.parts import Parts
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.payouts.accounts import Account, Movement
from expertpool.payouts.bank_sheet import as_csv, as_xlsx
from expertpool.payouts.errors import BankKeyMissing, BatchEmptied, BatchWithProvider, NamesSealed, NoSuchBatch
from expertpool.payouts.events import BatchOpened, PaymentsLeft
from expertpool.payouts.file_errors import DebtorMissing
from expertpool.payouts.instructions import instructions_of, seal_batch
from expertpool.payouts.lifecycle import OrderKind, OrderState, OrderVerb, PayoutState, PayoutVerb
from expertpool.payouts.models import Instruction, PaymentBatch, PaymentOrder, Payout
from expertpool.payouts.pain001 import Debtor, as_pain001
from expertpool.payouts.posting import post, stands_on
from expertpool.payouts.provider import BatchForm, Payment
from expertpool.sealing.recipients import BANK, key_in_force
from ledger.canonical import canonical
from policies.facts import Audience, day_of

EXPORT: Final = "payout.export"


class Sheet(StrEnum):
    """The form of a file: a workbook, text, an ISO 20022 message, or sealed to the bank."""

    XLSX = "xlsx"
    CSV = "csv"
    PAIN001 = "pain001"
    SEALED = "sealed"


_MADE: Final[Mapping[Sheet, Callable[[list[Payment]], bytes]]] = {Sheet.XLSX: as_xlsx, Sheet.CSV: as_csv}
_ENDINGS: Final = {Sheet.SEALED: "json", Sheet.PAIN001: "xml"}


class File(NamedTuple):
    """A file as somebody is handed it."""

    name: str
    content: bytes


def hand_out(tx: Transaction, parts: Parts, batch_id: str, sheet: Sheet, debtor: Debtor | None = None) -> File:
    """A batch as a file, for the account that acts. The first time its payments are released by that.

    ``debtor`` is the centre's own account, where it has one for pain.001. Raises `NotPermitted`, `NoSuchBatch`,
    `BatchWithProvider`, `BatchEmptied`, `NamesSealed`, `BankKeyMissing`, `DebtorMissing`.
    """
    batch = tx.session.get(PaymentBatch, batch_id)
    centre = None if batch is None else tx.session.get_one(Centre, batch.centre_id)
    require(tx, EXPORT, Target() if centre is None else target_of(tx.session, centre))
    if batch is None:
        raise NoSuchBatch
    order = tx.session.get_one(PaymentOrder, batch.order_id, with_for_update=True, populate_existing=True)
    tx.session.refresh(batch)
    if batch.form is not BatchForm.FILE:
        raise BatchWithProvider
    if batch.payments == 0:
        raise BatchEmptied
    content = _content(tx, parts, batch, order, sheet, debtor=debtor if order.by_centre else None)
    if batch.released is None:
        _release(tx, batch, order)
    tx.record(
        BatchOpened(
            order=order.id,
            session=order.session_id,
            centre=order.centre_id,
            batch=batch.id,
            audience=BANK if sheet is Sheet.SEALED else Audience.PAYER.value,
            digest=sha256(content).hexdigest(),
        )
    )
    tx.session.flush()
    crash_point("payout.handed-over")
    return File(f"{batch.id}.{_ENDINGS.get(sheet, sheet.value)}", content)


def packed(file: File) -> dict[str, Any]:
    """A file as it goes over the vault's line."""
    return {"name": file.name, "content": b64encode(zlib.compress(file.content)).decode()}


def unpacked(answer: Mapping[str, Any]) -> File:
    """The file that the vault answered."""
    return File(answer["name"], zlib.decompress(b64decode(answer["content"])))


def may_be_clear(tx: Transaction, batch: PaymentBatch, order: PaymentOrder) -> bool:
    """Whether the payer may know whose seats a batch pays. Of a committee that never met nobody learns it."""
    draws = select(Payout.draw_id).join(Instruction, Instruction.payout_id == Payout.id)
    of_batch = set(tx.session.scalars(draws.where(Instruction.batch_id == batch.id)))
    return order.kind is OrderKind.SESSION and all(assigned(tx.session, draw) for draw in of_batch)


def debtor_of(settings: PaymentSettings) -> Debtor | None:
    """The centre's own account; None unless name, account and bank are set."""
    debtor = Debtor(settings.debtor_name, settings.debtor_account, settings.debtor_bank)
    return debtor if debtor.name and debtor.account and debtor.bank else None


def _content(
    tx: Transaction, parts: Parts, batch: PaymentBatch, order: PaymentOrder, sheet: Sheet, *, debtor: Debtor | None
) -> bytes:
    if sheet is Sheet.SEALED:
        return canonical({"batch": batch.id, "sealed": _envelope(tx, parts, batch).hex()})
    if not may_be_clear(tx, batch, order):
        raise NamesSealed
    payments = [each.payment for each in instructions_of(tx.session, parts.keys, batch.id)]
    if sheet is not Sheet.PAIN001:
        return _MADE[sheet](payments)
    if debtor is None:
        raise DebtorMissing
    return as_pain001(payments, debtor, message=batch.id, made=batch.made, on=day_of(batch.made))


def _envelope(tx: Transaction, parts: Parts, batch: PaymentBatch) -> bytes:
    """The batch for the bank, sealed once: to the key that is in force when it is asked for."""
    if batch.envelope is None:
        centre = target_of(tx.session, tx.session.get_one(Centre, batch.centre_id))
        settling = timedelta(hours=parts.settings.settling_hours)
        key = key_in_force(tx.session, BANK, centre.lineage, tx.now, settling)
        if key is None:
            raise BankKeyMissing
        frozen = instructions_of(tx.session, parts.keys, batch.id)
        batch.recipient_id, batch.envelope = key.id, seal_batch(key.public, batch.id, frozen)
    return batch.envelope


def _release(tx: Transaction, batch: PaymentBatch, order: PaymentOrder) -> None:
    """Note that the payments of a batch leave with this file."""
    of_batch = select(Payout).join(Instruction, Instruction.payout_id == Payout.id)
    left = 0
    for payout in tx.session.scalars(of_batch.where(Instruction.batch_id == batch.id).order_by(Payout.id)):
        if payout.state is PayoutState.BATCHED:
            payout.move(PayoutVerb.RELEASE, tx.now)
            if stands_on(tx.session, payout) is Account.PAYABLE:
                post(tx, payout, Movement.RELEASED)
            left += 1
    batch.released = tx.now
    if order.state is OrderState.BATCHED:
        order.move(OrderVerb.RELEASE)
    tx.record(
        PaymentsLeft(order=order.id, session=order.session_id, centre=order.centre_id, batch=batch.id, payments=left)
    )
