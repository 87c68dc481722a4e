"""What a report or a line of a statement means for a payment of which something may be known already.

Pure: what is known and what is said in, one verdict out. Whatever order honest reports come in, and however often, the
same is known in the end; what contradicts changes nothing and is for a person (ADR 34).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from expertpool.payouts.provider import Outcome


class DifferenceKind(StrEnum):
    """What does not fit, for a person to look into."""

    AMOUNT = "amount"
    """Another amount than was to be paid."""
    TWICE = "twice"
    """A second transfer for the same payment."""
    CONTRADICTED = "contradicted"
    """Paid, of what had failed; or failed, of what was paid."""
    STRANGER = "stranger"
    """A payment that is none of ours, though it has the form of one."""
    SUPERSEDED = "superseded"
    """Something of an attempt after which another one was made."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a payment: the amount that is to be paid (分), its outcome, the transfer that paid it.

    ``superseded``: another attempt was made after this one.
    """

    amount: int = field(repr=False)
    outcome: Outcome | None = None
    transfer: str | None = None
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a payment. ``transfer`` is the bank's own number."""

    outcome: Outcome
    amount: int = field(repr=False)
    transfer: str


def learn(known: Known, said: Said) -> Known | DifferenceKind:
    """What is known afterwards, which may be what was; or what does not fit."""
    if said.amount != known.amount:
        return DifferenceKind.AMOUNT
    if said.outcome is Outcome.PAID and known.transfer not in (None, said.transfer):
        return DifferenceKind.TWICE
    after = _AFTER.get((known.outcome, said.outcome))
    if after is None:
        return DifferenceKind.CONTRADICTED
    changed = replace(known, outcome=after, transfer=said.transfer if said.outcome is Outcome.PAID else known.transfer)
    if known.superseded and changed.outcome is not known.outcome:
        return DifferenceKind.SUPERSEDED
    return changed


_AFTER: Final[dict[tuple[Outcome | None, Outcome], Outcome]] = {
    (None, Outcome.PAID): Outcome.PAID,
    (None, Outcome.FAILED): Outcome.FAILED,
    (None, Outcome.RETURNED): Outcome.RETURNED,
    (Outcome.PAID, Outcome.PAID): Outcome.PAID,
    (Outcome.PAID, Outcome.RETURNED): Outcome.RETURNED,
    (Outcome.RETURNED, Outcome.PAID): Outcome.RETURNED,
    (Outcome.RETURNED, Outcome.RETURNED): Outcome.RETURNED,
    (Outcome.FAILED, Outcome.FAILED): Outcome.FAILED,
}
"""By what is known and what is said: what is known afterwards. What is not here contradicts."""
