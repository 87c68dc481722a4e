"""What the ledger keeps of payouts.

Amounts and payees are salted digests. For each seat an entry has a digest of its own under ``digests``, by payment
identifier; whoever it belongs to gets what opens it (docs/spec/vault-line.md), and nobody else's.
"""

from typing import Any

from expertpool.core.events import Event, clear


class OrderComputed(Event):
    """What a session's members are due was computed by rule; ``digests`` commit to each seat's amount and lines."""

    kind = "payout.computed"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    revision: int = clear()
    seats: int = clear()
    due: str | None = clear()
    digests: dict[str, str] = clear()
    rulebook: str
    payer: str
    totals: dict[str, int]
    payouts: list[dict[str, Any]]


class PayoutAgreed(Event):
    """A member agreed to the amount, or had 24 hours to object and did not (``silent``)."""

    kind = "payout.agreed"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    seats: list[str] = clear()
    silent: bool = clear()


class PayoutObjected(Event):
    """A member objected to the amount; the reason is sealed."""

    kind = "payout.objected"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    seat: str = clear()
    reason: str


class ObjectionAnswered(Event):
    """The centre answered an objection: the amount stays. (One that is right is met by correcting the day's times.)"""

    kind = "payout.objection-answered"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    seat: str = clear()
    answer: str


class OrderApproved(Event):
    """An account confirmed an order for its payer, at a revision of its amounts."""

    kind = "payout.approved"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    revision: int = clear()
    totals: dict[str, int]


class OrderConfirmed(Event):
    """Everybody has agreed and the payer has confirmed: the order is to be paid."""

    kind = "payout.confirmed"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    revision: int = clear()
    totals: dict[str, int]


class TaxWithheld(Event):
    """The tax on an order's payouts was computed, each with what its payee got in the month (by ``digests``)."""

    kind = "payout.withheld"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    month: str = clear()
    digests: dict[str, str] = clear()


class TaxOpened(Event):
    """The names may be known, so the exact gross and tax of an order's payouts stand in its rows."""

    kind = "payout.tax-opened"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    totals: dict[str, int]


class PaymentDue(Event):
    """The last day for paying an order comes near (``overdue`` false), or has passed."""

    kind = "payout.due"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    due: str = clear()
    overdue: bool = clear()
