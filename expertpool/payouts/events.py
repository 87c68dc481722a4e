"""What the ledger keeps of payouts.

Amounts and payees are salted digests. For each seat an entry has a digest of its own under ``digests``, by payment
identifier; whoever it belongs to gets what opens it (docs/spec/vault-line.md), and nobody else's.
"""

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


class OrderCorrected(Event):
    """The day's record was corrected after the payer had confirmed: the order stays, and a person sees to the rest."""

    kind = "payout.corrected"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    totals: dict[str, int]


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


class BatchMade(Event):
    """What is paid to whom was frozen: the payments of an order that leave together. ``digest`` is that of its rows."""

    kind = "payout.batched"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    batch: str = clear()
    payments: int = clear()
    digest: str
    unpayable: list[str]


class BatchOpened(Event):
    """A batch was handed out: in the clear to the payer, or sealed to the bank. ``digest`` is the file's SHA-256."""

    kind = "payout.batch-opened"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    batch: str = clear()
    audience: str = clear()
    digest: str


class PaymentsLeft(Event):
    """Payments are about to leave, or left with the file that this act hands over: nothing sends them again."""

    kind = "payout.released"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    batch: str = clear()
    payments: int = clear()


class PaymentsAnswered(Event):
    """What the provider said when payments were handed to it: taken, refused, or nothing, by payment."""

    kind = "payout.answered"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    batch: str = clear()
    answers: dict[str, str]


class PaymentsUnheard(Event):
    """The provider took payments and has not said for days what became of them: it is unknown."""

    kind = "payout.unheard"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    unheard: list[str]


class PaymentLearnt(Event):
    """A report or a statement said what became of a payment."""

    kind = "payout.learnt"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    payment: str
    outcome: str
    source: str


class DifferenceFound(Event):
    """A report or a statement said what does not fit; a person looks into it."""

    kind = "payout.difference-found"
    centre: str = clear()
    difference: str = clear()
    payment: str
    what: str


class DifferenceSettled(Event):
    """A person has dealt with a difference, and says how."""

    kind = "payout.difference-settled"
    centre: str = clear()
    difference: str = clear()
    note: str


class PaymentStated(Event):
    """A person stated what became of a payment of which it was unknown, with the bank's word for it."""

    kind = "payout.stated"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    payment: str
    outcome: str
    note: str


class PaymentSentAgain(Event):
    """A person has a payment sent again: under its id where it was unknown, as a new attempt where it had failed."""

    kind = "payout.sent-again"
    order: str = clear()
    session: str = clear()
    centre: str = clear()
    payment: str
    note: str


class StatementTaken(Event):
    """A bank's statement was imported. ``digest`` is its SHA-256."""

    kind = "payout.statement-taken"
    centre: str = clear()
    statement: str = clear()
    lines: int = clear()
    digest: str


class StatementCompared(Event):
    """An imported statement was compared with what is known of our payments."""

    kind = "payout.statement-compared"
    centre: str = clear()
    statement: str = clear()
    matched: int
    known: int
    differences: int


class DeclarationOpened(Event):
    """A month's declaration sheet was opened: so many people by name, so many payments still waiting for theirs."""

    kind = "payout.declared"
    centre: str = clear()
    month: str = clear()
    named: int
    waiting: int
    payer: str
    digest: str
