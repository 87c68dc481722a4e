"""The batch as ISO 20022 pain.001.001.09 (CustomerCreditTransferInitiation), for banks that take it from their clients.

Version 09, of the 2019 release, is what banks ask for since the cross-border networks moved to it. It is a pure
function of its arguments. In China a bank is named by its CNAPS number (支付系统行号, 12 digits) under the clearing
system's code CNAPS; what the payees' banks are is not known here, and the payer's bank finds it by the account.

Public: `as_pain001`, `Debtor`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from expertpool.payouts.bank_sheet import check_batch
from expertpool.payouts.provider import Payment
from policies.money import Money

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays: the unit's name, its account, and its bank's CNAPS number of 12 digits."""

    name: str
    account: str = field(repr=False)
    bank: str


def as_pain001(payments: Sequence[Payment], debtor: Debtor, *, message: str, made: datetime, on: date) -> bytes:
    """The batch as one message with one payment information block; every transfer has its payment's id end to end.

    ``message`` names the file to the bank, at most 35 characters; ``made`` is when the batch was fixed, ``on`` the day
    on which it is to be paid. Raises what `check_batch` does.
    """
    check_batch(payments)
    total = Money(sum(each.amount for each in payments)).plain
    root = Element("Document", xmlns=NAMESPACE)
    initiation = _put(root, "CstmrCdtTrfInitn")
    head = _put(initiation, "GrpHdr")
    _put(head, "MsgId", message)
    _put(head, "CreDtTm", made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _put(head, "NbOfTxs", str(len(payments)))
    _put(head, "CtrlSum", total)
    _put(_put(head, "InitgPty"), "Nm", debtor.name)
    block = _put(initiation, "PmtInf")
    _put(block, "PmtInfId", message)
    _put(block, "PmtMtd", "TRF")
    _put(block, "NbOfTxs", str(len(payments)))
    _put(block, "CtrlSum", total)
    _put(_put(block, "ReqdExctnDt"), "Dt", on.isoformat())
    _put(_put(block, "Dbtr"), "Nm", debtor.name)
    _account(block, "DbtrAcct", debtor.account)
    member = _put(_put(_put(block, "DbtrAgt"), "FinInstnId"), "ClrSysMmbId")
    _put(_put(member, "ClrSysId"), "Cd", "CNAPS")
    _put(member, "MmbId", debtor.bank)
    for payment in payments:
        _transfer(block, payment)
    indent(root, " ")
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _transfer(block: Element, payment: Payment) -> None:
    transfer = _put(block, "CdtTrfTxInf")
    ids = _put(transfer, "PmtId")
    _put(ids, "InstrId", payment.id)
    _put(ids, "EndToEndId", payment.id)
    _put(_put(transfer, "Amt"), "InstdAmt", Money(payment.amount).plain).set("Ccy", "CNY")
    _put(_put(transfer, "Cdtr"), "Nm", payment.name)
    _account(transfer, "CdtrAcct", payment.account)
    _put(_put(transfer, "RmtInf"), "Ustrd", payment.remark)


def _account(parent: Element, name: str, number: str) -> None:
    account = _put(parent, name)
    _put(_put(_put(account, "Id"), "Othr"), "Id", number)
    _put(account, "Ccy", "CNY")


def _put(parent: Element, name: str, text: str | None = None) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child
