"""What every payment provider is: it takes a payment once under its id, and later reports what came of it.

A provider knows names and accounts, as a bank must. The vault alone speaks to it, and it never learns the project.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from expertpool.core.errors import Unavailable


class BatchForm(StrEnum):
    """How a batch of payments leaves."""

    FILE = "file"
    """In a file, by the hands of a person."""
    PROVIDER = "provider"
    """Handed to the provider by the vault, one payment after the other."""


class Outcome(StrEnum):
    """What became of a payment, as a provider reports it or a bank's statement shows."""

    PAID = "paid"
    """The money is on the payee's account."""
    FAILED = "failed"
    """It was not paid, and never will be under this id."""
    RETURNED = "returned"
    """It had been paid, and came back."""


class Reason(StrEnum):
    """Why a payment failed or came back."""

    ACCOUNT = "account"
    """No such account, closed, or not of that name: the expert has to state another one."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money for one person. ``id`` never changes when it is handed over again, and a provider pays it once.

    ``amount`` in 分; ``remark`` is what the payee's statement shows, and carries the id.
    """

    id: str
    name: str = field(repr=False)
    account: str = field(repr=False)
    amount: int = field(repr=False)
    remark: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a payment. ``event`` is the reporter's own id of the report: one event counts once.

    ``reference`` is the bank's own number of the transfer: another one for the same payment is another transfer.
    """

    event: str
    payment: str
    outcome: Outcome
    amount: int = field(repr=False)
    at: datetime
    reference: str
    reason: Reason | None = None


class ProviderFailed(Unavailable):
    """It was not reached, or its answer says nothing. Whether it pays is unknown, and a person has to find out."""

    code = "payouts.provider-failed"
    zh = "支付机构未作出有效应答，该笔款项是否支付尚不清楚，系统不会自动重发；请等待回报或导入银行流水核对。"
    en = (
        "The payment provider gave no answer that says something. Whether it pays is unknown, and nothing is sent "
        "again by itself: wait for its report, or import the bank's statement."
    )


class ProviderRefused(Unavailable):
    """It will not pay this, now or later under this id: the account is malformed, closed, or not of that name."""

    code = "payouts.provider-refused"
    zh = "支付机构拒绝支付该笔款项。请核对收款账户和支付机构的账户。"
    en = "The payment provider refuses this payment. Check the payee's account, and our own with the provider."


class Provider(Protocol):
    """One provider."""

    def pay(self, payment: Payment) -> None:
        """Hand a payment over; returns when it is taken. Raises `ProviderFailed`, `ProviderRefused`."""
