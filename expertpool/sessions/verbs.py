"""What the web process may ask the vault of a session's day, beside `invitations.verbs`; docs/spec/vault-line.md.

``code`` is a member's short code: the vault matches it itself, so no process that serves people acts for a member.
"""

from typing import Final

from expertpool.core.vault_line import Verb
from expertpool.draws.errors import WrongState
from expertpool.identity.errors import NotPermitted
from expertpool.invitations.desk_errors import TooManyAttempts
from expertpool.invitations.verbs import ID, SEAT, SITES, WORD
from expertpool.projects.door_errors import ListMalformed
from expertpool.sessions.errors import (
    BiddersSealed,
    NotPresent,
    NotYet,
    PlanChanged,
    ShortCodeRefused,
    WrongStep,
)

SHORT_CODE: Final = 8
BIDDERS_AFTER: Final = range(100_001)
REASON: Final = 500
VACANCIES: Final = range(1_001)

BIDDERS: Final = Verb(
    "session.bidders",
    "shows the bidders to a member who is present, and puts that on record",
    {"session": ID, "site": SITES, "code": SHORT_CODE, "after": BIDDERS_AFTER},
    (ShortCodeRefused, TooManyAttempts, BiddersSealed, ListMalformed, NotYet, PlanChanged, WrongStep),
)
RECUSE: Final = Verb(
    "session.recuse",
    "takes a recusal that a member declares at the room's terminal: the seat falls vacant",
    {"session": ID, "site": SITES, "code": SHORT_CODE, "grounds": REASON},
    (ShortCodeRefused, TooManyAttempts, PlanChanged, WrongStep, WrongState),
)
REPLACE: Final = Verb(
    "session.replace",
    "has whoever sits on a seat replaced, for desertion or health, or because they checked in and never came",
    {"actor": ID, "session": ID, "draw": ID, "seat": SEAT, "vacancy": VACANCIES, "cause": WORD, "reason": REASON},
    (NotPermitted, NotPresent, PlanChanged, WrongStep, WrongState),
)

VERBS: Final = (BIDDERS, RECUSE, REPLACE)
"""All of them."""
