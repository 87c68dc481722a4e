"""One-time codes by text message. Who has one, and whether the pool knows the number, shows in no row and no answer.

Codes are few and live for minutes, so all of them are read and matched in memory; numbers are matched with those of
the whole pool. No statement has a number, or what follows from one.
"""

import hmac
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transaction
from expertpool.core.vault_settings import VaultSettings
from expertpool.draws.keeping import VaultKeys, open_padded, seal_padded
from expertpool.draws.parts import Parts
from expertpool.experts.lifecycle import Pool
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.vault.models import OneTimeCode

SIZE: Final = 512
HOUR: Final = timedelta(hours=1)
AT_ONCE: Final = 1_000
DIGITS: Final = 6
TRIES: Final = 5
"""After so many wrong ones a code is dead."""


def ask(tx: Transaction, parts: Parts, settings: VaultSettings, phone: str) -> str | None:
    """Make a code for a number: the same row whoever asks. None when the number has had enough of them."""
    tx.session.execute(delete(OneTimeCode).where(OneTimeCode.asked <= tx.now - HOUR))
    asked = sum(kept["phone"] == phone for _, kept in _all(tx.session, parts.keys))
    may = asked < settings.one_time_codes_per_hour
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    made = {"phone": phone, "code": code, "tries": 0 if may else TRIES}
    number = new_id("otc")
    tx.session.add(OneTimeCode(id=number, sealed=_seal(parts.keys, number, made), asked=tx.now))
    return code if may else None


def spend(tx: Transaction, parts: Parts, settings: VaultSettings, phone: str, code: str) -> bool:
    """Whether this is a live code of the number; it is dead afterwards. A wrong one counts against all of them."""
    own, right = [], False
    fresh_from = tx.now - timedelta(minutes=settings.one_time_code_minutes)
    for row, kept in _all(tx.session, parts.keys):
        same = hmac.compare_digest(kept["phone"].encode(), phone.encode())
        fits = hmac.compare_digest(kept["code"].encode(), code.encode())
        right |= same and fits and kept["tries"] < TRIES and row.asked > fresh_from
        if same:
            own.append((row, kept))
    for row, kept in own:
        tries = TRIES if right else min(kept["tries"] + 1, TRIES)
        row.sealed = _seal(parts.keys, row.id, {**kept, "tries": tries})
    return right


def known(session: Session, parts: Parts, phone: str) -> list[str]:
    """The experts with this number, whatever their status, found by reading everybody's."""
    protector, found = Protector(parts.service_keys), []
    wanted: dict[Pool, bytes] = {}
    everybody = select(Expert.id, Expert.centre_id, Expert.origin, Expert.phone_index)
    for expert, centre, origin, index in session.execute(everybody.execution_options(yield_per=AT_ONCE)):
        pool = Pool(centre, origin)
        if pool not in wanted:
            wanted[pool] = protector.blind_index(pool, "phone", phone)
        if index is not None and hmac.compare_digest(index, wanted[pool]):
            found.append(expert)
    return sorted(found)


def _all(session: Session, keys: VaultKeys) -> Iterator[tuple[OneTimeCode, dict[str, Any]]]:
    for row in session.scalars(select(OneTimeCode).order_by(OneTimeCode.id).with_for_update()):
        yield row, open_padded(keys, row.sealed, _place(row.id))


def _seal(keys: VaultKeys, number: str, made: dict[str, Any]) -> bytes:
    return seal_padded(keys, made, _place(number), SIZE)


def _place(number: str) -> str:
    return f"{OneTimeCode.__tablename__}:{number}"
