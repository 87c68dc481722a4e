"""What an expert does about the own fee: agree, with what the payer paid elsewhere in the month, or object.

To agree always carries that statement, of nothing as a rule, so that no entry tells who was paid elsewhere.
"""

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import VaultKeys
from expertpool.payouts.advancing import advance
from expertpool.payouts.errors import ElsewhereInvalid, NoSuchPayout
from expertpool.payouts.events import PayoutAgreed, PayoutObjected
from expertpool.payouts.lifecycle import PayoutVerb
from expertpool.payouts.models import PaymentOrder, Payout
from expertpool.payouts.sealed import Elsewhere, ReasonKeys, figures_of, seal_figures, seal_reason
from expertpool.payouts.service import locked
from ledger.entry import format_time


def agree(tx: Transaction, keys: VaultKeys, payout_id: str, *, gross: int, withheld: int) -> None:
    """Agree to a payout; ``gross`` and ``withheld`` are what the payer paid elsewhere in the month, in 分.

    Whoever has agreed may state that anew until the payout is batched. Raises `WrongStep`, `ElsewhereInvalid`.
    """
    order, payout = _locked(tx, payout_id)
    if withheld > gross:
        raise ElsewhereInvalid
    payout.move(PayoutVerb.AGREE, tx.now)
    payout.agreed, payout.objection, payout.answer = tx.now, None, None
    kept, stated = figures_of(keys, payout), Elsewhere(gross, withheld, format_time(tx.now))
    payout.sealed = seal_figures(keys, payout.id, kept.stating(stated))
    tx.record(
        PayoutAgreed(
            order=order.id, session=order.session_id, centre=order.centre_id, seats=[payout.seat], silent=False
        )
    )
    tx.session.flush()
    crash_point("payout.agreed")
    advance(tx, order)


def object_to(tx: Transaction, keys: ReasonKeys, payout_id: str, *, reason: str) -> None:
    """Object to a payout: nothing of its order is paid until that is answered. Raises `WrongStep`."""
    order, payout = _locked(tx, payout_id)
    payout.move(PayoutVerb.OBJECT, tx.now)
    payout.objection, payout.answer = seal_reason(keys, payout.id, reason), None
    tx.record(
        PayoutObjected(
            order=order.id, session=order.session_id, centre=order.centre_id, seat=payout.seat, reason=reason
        )
    )


def _locked(tx: Transaction, payout_id: str) -> tuple[PaymentOrder, Payout]:
    found = tx.session.get(Payout, payout_id)
    order = None if found is None else locked(tx, found.order_id)
    if order is None:
        raise NoSuchPayout
    return order, tx.session.get_one(Payout, payout_id, populate_existing=True)
