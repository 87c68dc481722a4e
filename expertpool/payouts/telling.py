"""What an expert is told when a fee could not be paid: a text message, by the vault, which names no amount."""

from expertpool.core.transaction import Transaction
from expertpool.invitations.gateway import Channel
from expertpool.invitations.parts import Desk
from expertpool.invitations.stored import Errand, Purpose, put
from expertpool.invitations.texts import TEMPLATES
from expertpool.payouts.models import Payout


def tell_failed(tx: Transaction, desk: Desk, payout: Payout, phone: str) -> None:
    """Ask an expert to state another account."""
    if not desk.gateways.of(Channel.SMS):
        return
    text = TEMPLATES[Purpose.PAYMENT_FAILED]
    errand = Errand(
        seat=payout.seat,
        vacancy=payout.vacancy,
        purpose=Purpose.PAYMENT_FAILED,
        channel=Channel.SMS,
        gateway=0,
        to=phone,
        text=text.zh if desk.settings.language == "zh" else text.en,
    )
    put(tx.session, desk.parts.keys, payout.draw_id, errand, tx.now)
