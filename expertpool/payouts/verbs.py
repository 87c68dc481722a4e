"""What the web process may ask the vault of an expert's own payouts; docs/spec/vault-line.md.

``proof`` is an invitation's answer code, or the token of an expert's sign-in: the vault finds whose it is itself.
"""

from typing import Final

from expertpool.core.vault_line import Verb
from expertpool.identity.errors import NotPermitted
from expertpool.invitations.desk_errors import CodeRefused, SignedOut, TooManyAttempts
from expertpool.invitations.verbs import ID, SOURCE, TOKEN, WORD
from expertpool.payouts.errors import (
    BankKeyMissing,
    BatchEmptied,
    BatchWithProvider,
    ElsewhereInvalid,
    NamesSealed,
    NoSuchBatch,
    NoSuchPayout,
    WrongStep,
)
from expertpool.payouts.file_errors import DebtorMissing

REASON: Final = 500
MONEY: Final = range(10_000_000_00 + 1)

REFUSED: Final = (CodeRefused, SignedOut, TooManyAttempts)

LOOK: Final = Verb(
    "payout.look",
    "shows whoever proves who they are what they are due: by an answer code of that seat, by a sign-in of all seats",
    {"proof": TOKEN, "source": SOURCE},
    REFUSED,
)
AGREE: Final = Verb(
    "payout.agree",
    "takes that an expert agrees to a payout, with what the same payer paid them elsewhere in the month (分)",
    {"proof": TOKEN, "payout": ID, "elsewhere": MONEY, "withheld": MONEY, "source": SOURCE},
    (*REFUSED, NoSuchPayout, WrongStep, ElsewhereInvalid),
)
OBJECT: Final = Verb(
    "payout.object",
    "takes that an expert objects to a payout, and why",
    {"proof": TOKEN, "payout": ID, "reason": REASON, "source": SOURCE},
    (*REFUSED, NoSuchPayout, WrongStep),
)

EXPORT: Final = Verb(
    "payout.export",
    "hands out a batch of payments as a file: sealed to the bank, or in the clear once names may be known",
    {"actor": ID, "batch": ID, "sheet": WORD},
    (NotPermitted, NoSuchBatch, BatchWithProvider, BatchEmptied, NamesSealed, BankKeyMissing, DebtorMissing),
)

VERBS: Final = (LOOK, AGREE, OBJECT, EXPORT)
"""All of them."""
