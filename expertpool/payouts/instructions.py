"""What the vault keeps of each payment that leaves: name, account and amount as they were when its batch was made.

Sealed at one size. A batch's file is a pure function of these, so it is the same whenever it is asked for.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.draws.keeping import SMALL, VaultKeys, open_padded, seal_padded
from expertpool.payouts.models import Instruction
from expertpool.payouts.outcomes import Known
from expertpool.payouts.provider import Payment
from expertpool.protocol.envelope import seal_to
from ledger.canonical import canonical

INFO: Final = b"expertpool/payment/batch/v1\n"
"""What a batch for the bank is bound to, before its id."""
LEAST_BYTES, BYTES_EACH = 256, 1024
REMARK: Final = "评审劳务报酬 {payment}"
"""What the payee's and the payer's statements show; a statement is matched by the id in it."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """Whom a payment goes to, how much (分), how the payee is reached, and which transfer of the bank paid it."""

    name: str
    account: str
    phone: str
    amount: int
    transfer: str | None = None

    def __repr__(self) -> str:
        return "Frozen(...)"


@dataclass(frozen=True, slots=True)
class Kept:
    """An instruction with what is sealed in it."""

    row: Instruction
    frozen: Frozen = field(repr=False)

    @property
    def payment(self) -> Payment:
        """As the bank gets it."""
        remark = REMARK.format(payment=self.row.id)
        return Payment(self.row.id, self.frozen.name, self.frozen.account, self.frozen.amount, remark)

    def known(self, *, superseded: bool) -> Known:
        """What is known of it."""
        return Known(self.frozen.amount, self.row.outcome, self.frozen.transfer, superseded=superseded)


def payment_id(payout: str, attempt: int) -> str:
    """The id under which the bank has an attempt (from 1) at a payout."""
    return payout if attempt == 1 else f"{payout}-{attempt}"


def seal_frozen(keys: VaultKeys, payment: str, frozen: Frozen) -> bytes:
    """What is kept of a payment, sealed."""
    return seal_padded(keys, asdict(frozen), _place(payment), SMALL)


def kept(keys: VaultKeys, row: Instruction) -> Kept:
    """An instruction opened. Raises `SealBroken`."""
    return Kept(row, Frozen(**open_padded(keys, row.sealed, _place(row.id))))


def instructions_of(session: Session, keys: VaultKeys, batch_id: str) -> list[Kept]:
    """The instructions of a batch, in the order of their ids, which tells nothing. Raises `SealBroken`."""
    rows = session.scalars(select(Instruction).where(Instruction.batch_id == batch_id).order_by(Instruction.id))
    return [kept(keys, row) for row in rows]


def rows_digest(batch: Sequence[Kept]) -> str:
    """SHA-256 of what is paid to whom by a batch, in hex."""
    rows: list[Any] = [[each.row.id, each.frozen.name, each.frozen.account, each.frozen.amount] for each in batch]
    return sha256(canonical(rows)).hexdigest()


def seal_batch(public: bytes, batch_id: str, batch: Sequence[Kept]) -> bytes:
    """A batch for whoever has the private half of the key, in the size of its number of payments."""
    rows = [
        {"account": pay.account, "amount": pay.amount, "id": pay.id, "name": pay.name, "remark": pay.remark}
        for pay in (each.payment for each in batch)
    ]
    plain = canonical({"batch": batch_id, "payments": rows}).ljust(LEAST_BYTES + BYTES_EACH * len(rows))
    return seal_to(public, INFO + batch_id.encode(), plain)


def open_batch(opener: Callable[[bytes, bytes], bytes], batch_id: str, envelope: bytes) -> list[Payment]:
    """The payments of a batch, as the bank reads them. Raises what ``opener`` raises."""
    rows = json.loads(opener(envelope, INFO + batch_id.encode()))["payments"]
    return [Payment(**row) for row in rows]


def _place(payment: str) -> str:
    return f"{Instruction.__tablename__}:{payment}"
