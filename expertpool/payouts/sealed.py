"""What the vault keeps of payouts under its own key: whom a seat's money goes to, and what the month makes of the tax.

Each kind has one size and is bound to its place, so that neither its length nor another place for it tells anything.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.keyrings import SESSIONS_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import SMALL, VaultKeys, open_padded, seal_padded
from expertpool.payouts.models import Payee, Payout
from expertpool.sessions.models import Key

_FIGURES: Final = 2048
_REASON: Final = 2000
"""Bytes of an objection before sealing: 500 characters of any script."""


class ReasonKeys(Protocol):
    """The part of the service's key store that seals and opens what somebody put on record in words."""

    def seal(self, name: str, plaintext: bytes, associated: bytes) -> bytes: ...

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes: ...


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


NOWHERE: Final = Elsewhere()


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a payout follows from the person. ``gross`` and ``tax`` in 分, None until it is taxed.

    ``paid_before`` and ``withheld_before`` are what its tax was computed after, elsewhere included. ``opened`` are the
    disclosures that open what the ledger's entries commit to, for the expert.
    """

    elsewhere: Elsewhere = NOWHERE
    gross: int | None = None
    tax: int | None = None
    paid_before: int = 0
    withheld_before: int = 0
    opened: tuple[str, ...] = ()

    def stating(self, elsewhere: Elsewhere) -> "Figures":
        """With another statement of what was paid elsewhere."""
        return replace(self, elsewhere=elsewhere)

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
        found[key] = _opened(keys, key, row.sealed)
    return found


def seal_figures(keys: VaultKeys, payout_id: str, figures: Figures) -> bytes:
    """What a payout keeps, sealed."""
    return seal_padded(keys, asdict(figures), _figures(payout_id), _FIGURES)


def figures_of(keys: VaultKeys, payout: Payout) -> Figures:
    """What a payout keeps. Raises `SealBroken`."""
    kept = open_padded(keys, payout.sealed, _figures(payout.id))
    return Figures(**kept | {"elsewhere": Elsewhere(**kept["elsewhere"]), "opened": tuple(kept["opened"])})


def seal_reason(keys: ReasonKeys, payout_id: str, text: str) -> bytes:
    """Why somebody objects, as the payout keeps it: at one size, for those who may answer it."""
    return keys.seal(SESSIONS_KEY, text.encode().ljust(_REASON), _reason(payout_id))


def reason_of(keys: ReasonKeys, payout: Payout) -> str:
    """Why somebody objected; empty where nobody did. Raises `SealBroken`."""
    if payout.objection is None:
        return ""
    return keys.open(SESSIONS_KEY, payout.objection, _reason(payout.id)).decode().rstrip()


@lru_cache(maxsize=32768)
def _opened(keys: VaultKeys, key: Key, sealed: bytes) -> Payed:
    """Whom a seat's money goes to; it never changes, and whoever asks, all of them are read."""
    return Payed(**open_padded(keys, sealed, _payee(key)))


def _reason(payout_id: str) -> bytes:
    return f"payouts.objection:{payout_id}".encode()


def _payee(key: Key) -> str:
    return f"{Payee.__tablename__}:{key.draw}/{key.seat}/{key.vacancy}"


def _figures(payout_id: str) -> str:
    return f"{Payout.__tablename__}:{payout_id}"
