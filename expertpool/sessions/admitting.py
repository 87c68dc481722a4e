"""What the vault's yes at a sign-in desk comes with: a place in the room, and a short code for the room's terminal.

The code follows from the vault's own key, so that who asks again, or after a crash, gets the same slip. A dump holds
but a digest of it under the service's key.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from expertpool.core.keyrings import VAULT_KEY
from expertpool.core.transaction import Transaction
from expertpool.draws.keeping import VaultKeys
from expertpool.draws.parts import Parts
from expertpool.draws.queries import request_of, seats_of
from expertpool.invitations.arriving import Welcome
from expertpool.invitations.seated import At
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.membership import CODE_DIGITS, code_digest, sign_in
from expertpool.sessions.models import Key
from expertpool.sessions.queries import day_of, draws_seating, member, members_of

ENTERED: Final = (DayState.ASSEMBLING, DayState.REVIEWING, DayState.BREAK, DayState.OVERNIGHT)
"""In these somebody may come in; before the first one there is no day."""


def welcomer(tx: Transaction, parts: Parts, session_id: str) -> Callable[[At, int], Welcome | None]:
    """Lets somebody whom the vault has matched in; None while nobody is let in."""

    def welcome(at: At, site: int) -> Welcome | None:
        who = Key(*at)
        day, known = day_of(tx.session, session_id), member(tx.session, session_id, who)
        if known is None and day is not None and day.state not in ENTERED:
            return None
        others = {each.code for each in members_of(tx.session, session_id) if each.key != who}
        digests = ((code, code_digest(parts.service_keys, session_id, code)) for code in _codes(parts.keys, at))
        if known is None:
            code = next(code for code, digest in digests if digest not in others)
            places = _places(tx, session_id, site)
            known = sign_in(tx, parts.service_keys, session_id, who, site=site, places=places, short_code=code)
        else:
            code = next(code for code, digest in digests if digest == known.code)
        return Welcome(known.place, code)

    return welcome


def _codes(keys: VaultKeys, at: At) -> Iterator[str]:
    """The codes that somebody might get, in their order: the first that nobody else of the session has."""
    for number in count():
        made = keys.hmac_sha256(VAULT_KEY, f"short-code\0{at.draw}\0{at.seat}\0{at.vacancy}\0{number}".encode())
        yield f"{int.from_bytes(made[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def _places(tx: Transaction, session_id: str, site: int) -> int:
    """How many members sit at a site."""
    return sum(
        request_of(draw).lines[seat.line].site == site
        for draw in draws_seating(tx.session, session_id)
        for seat in seats_of(tx.session, draw.id)
    )
