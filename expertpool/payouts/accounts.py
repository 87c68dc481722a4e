"""The accounts between which money moves, seen from the payer's books."""

from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """An account of the payer's books. Every posting debits one and credits another by the same amount."""

    FEES = "fees"
    """劳务费用: what the review costs."""
    PAYABLE = "payable"
    """应付劳务报酬: what experts are owed."""
    TAX = "tax"
    """应交个人所得税: what was withheld, and is owed to the tax office."""
    TRANSIT = "transit"
    """在途资金: what has left, of which nobody has said yet that it arrived."""
    BANK = "bank"
    """银行存款: credited when a payment arrived."""


class Movement(StrEnum):
    """Why money moves."""

    CONFIRMED = "confirmed"
    RELEASED = "released"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    WITHHELD = "withheld"


SIDES: Final = {
    Movement.CONFIRMED: (Account.FEES, Account.PAYABLE),
    Movement.RELEASED: (Account.PAYABLE, Account.TRANSIT),
    Movement.PAID: (Account.TRANSIT, Account.BANK),
    Movement.FAILED: (Account.TRANSIT, Account.PAYABLE),
    Movement.RETURNED: (Account.BANK, Account.PAYABLE),
}
"""For each movement the account that is debited and the one that is credited; of tax `posting.post_tax` knows."""
