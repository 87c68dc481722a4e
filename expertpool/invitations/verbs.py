"""What the web process may ask the vault: the whole list. docs/spec/vault-line.md shows it as a table.

``source`` is the address of whoever sent the request, for limits; ``actor`` the account that acts, which the vault
looks up itself.
"""

from typing import Final

from expertpool.core.vault_line import Verb
from expertpool.experts.errors import DaysInvalid, MirroredElsewhere
from expertpool.identity.errors import NotPermitted
from expertpool.invitations.desk_errors import (
    ArrivalRefused,
    CodeRefused,
    NoReceipt,
    SignedOut,
    SignInRefused,
    TooManyAttempts,
    TooManyWishes,
)

CODE: Final = 32
SOURCE: Final = 64
ID: Final = 40
WORD: Final = 16
PHONE: Final = 32
SEAT: Final = 8
DAY: Final = 10
TEXT: Final = 1000
TOKEN: Final = 64
MINUTES: Final = range(601)
SITES: Final = range(100)

LOOK: Final = Verb(
    "invitation.look",
    "shows an invitation to whoever has its answer code: when, where, how long, how it stands, until when to answer",
    {"code": CODE, "source": SOURCE},
    (CodeRefused, TooManyAttempts),
)
ANSWER: Final = Verb(
    "invitation.answer",
    "takes an expert's answer",
    {"code": CODE, "word": WORD, "source": SOURCE},
    (CodeRefused, TooManyAttempts),
)
NOTE: Final = Verb(
    "invitation.note",
    "notes what an expert told the duty desk: coming late, or taking leave",
    {"actor": ID, "code": CODE, "word": WORD, "minutes": MINUTES},
    (CodeRefused, TooManyAttempts, NotPermitted),
)
MATCH: Final = Verb(
    "arrival.match",
    "matches an identity number and an arrival code with who is expected at a session's site",
    {"actor": ID, "session": ID, "site": SITES, "id_number": CODE, "code": CODE},
    (ArrivalRefused, NotPermitted),
)
ASK_CODE: Final = Verb(
    "expert.ask-code",
    "sends a one-time code to a telephone number, if the pool knows it; the answer does not tell",
    {"phone": PHONE, "source": SOURCE},
    (TooManyAttempts,),
)
SIGN_IN: Final = Verb(
    "expert.sign-in",
    "exchanges a telephone number and its one-time code for a token",
    {"phone": PHONE, "code": CODE, "source": SOURCE},
    (SignInRefused, TooManyAttempts),
)
OPEN: Final = Verb(
    "expert.open",
    "opens an invitation of one's own in this sign-in, by its answer code",
    {"token": TOKEN, "code": CODE, "source": SOURCE},
    (SignedOut, CodeRefused, TooManyAttempts),
)
MINE: Final = Verb(
    "expert.mine",
    "lists the invitations that were opened in this sign-in and, of closed draws, one's own assignments",
    {"token": TOKEN},
    (SignedOut,),
)
RECEIPT: Final = Verb(
    "expert.receipt",
    "hands out what opens the ledger's commitment to one's own seat in a closed draw",
    {"token": TOKEN, "draw": ID, "seat": SEAT},
    (SignedOut, NoReceipt),
)
RECORD: Final = Verb(
    "expert.record",
    "shows what the pool has of oneself, masked, and what one has asked for",
    {"token": TOKEN},
    (SignedOut,),
)
BE_AWAY: Final = Verb(
    "expert.be-away",
    "has days put down, or taken back, on which one cannot come; done when the day is over",
    {"token": TOKEN, "word": WORD, "start": DAY, "until": DAY},
    (SignedOut, DaysInvalid, MirroredElsewhere, TooManyWishes),
)
CORRECT: Final = Verb(
    "expert.correct",
    "asks the pool's managers to correct something; handed on when the day is over",
    {"token": TOKEN, "text": TEXT},
    (SignedOut, MirroredElsewhere, TooManyWishes),
)
SIGN_OUT: Final = Verb("expert.sign-out", "ends a sign-in", {"token": TOKEN}, (SignedOut,))

VERBS: Final = (LOOK, ANSWER, NOTE, MATCH, ASK_CODE, SIGN_IN, OPEN, MINE, RECEIPT, RECORD, BE_AWAY, CORRECT, SIGN_OUT)
"""All of them."""
