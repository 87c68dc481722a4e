"""What the vault keeps of payouts under its own key: whom a seat's money goes to, and what the month makes of the tax.

Each kind has one size and is bound to its place, so that neither its length nor another place for it tells anything.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import SMALL, VaultKeys, open_padded, seal_padded
from expertpool.payouts.models import Payee, Payout
from expertpool.sessions.models import Key

_FIGURES: Final = 4096


@dataclass(frozen=True, slots=True)
class Payed:
    """Whom a seat's money goes to; ``code`` is the answer code, empty where the vault has it no more."""

    expert: str
    code: str = ""

    def __repr__(self) -> str:
        return "Payed(...)"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the same payer paid the same person in the month outside this system, as they state it. In 分."""

    gross: int = 0
    withheld: int = 0
    stated: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a payout follows from the person. ``gross`` and ``tax`` in 分, None until it is taxed.

    ``opened`` are the disclosures that open what the ledger's entries commit to, for the expert.
    """

    elsewhere: Elsewhere = Elsewhere()
    gross: int | None = None
    tax: int | None = None
    opened: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Figures(...)"


def keep_payee(tx: Transaction, keys: VaultKeys, key: Key, who: Payed) -> None:
    """Keep whom a seat's money goes to."""
    sealed = seal_padded(keys, asdict(who), _payee(key), SMALL)
    tx.session.add(Payee(draw_id=key.draw, seat=key.seat, vacancy=key.vacancy, sealed=sealed))


def payees(session: Session, keys: VaultKeys, draws: Collection[str]) -> dict[Key, Payed]:
    """Whom the money of these draws' seats goes to. Raises `SealBroken`."""
    found = {}
    for row in session.scalars(select(Payee).where(Payee.draw_id.in_(sorted(draws)))):
        key = Key(row.draw_id, row.seat, row.vacancy)
        found[key] = Payed(**open_padded(keys, row.sealed, _payee(key)))
    return found


def seal_figures(keys: VaultKeys, payout_id: str, figures: Figures) -> bytes:
    """What a payout keeps, sealed."""
    return seal_padded(keys, asdict(figures), _figures(payout_id), _FIGURES)


def figures_of(keys: VaultKeys, payout: Payout) -> Figures:
    """What a payout keeps. Raises `SealBroken`."""
    kept = open_padded(keys, payout.sealed, _figures(payout.id))
    return Figures(Elsewhere(**kept["elsewhere"]), kept["gross"], kept["tax"], tuple(kept["opened"]))


def _payee(key: Key) -> str:
    return f"{Payee.__tablename__}:{key.draw}/{key.seat}/{key.vacancy}"


def _figures(payout_id: str) -> str:
    return f"{Payout.__tablename__}:{payout_id}"
