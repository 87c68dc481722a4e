"""How often anybody may try to sign in, kept in the database so that no second web host starts afresh.

Each account and each source has an allowance that refills with time (a leaky bucket, here as the generic cell rate
algorithm of ITU-T I.371: one moment a row says it all). An attempt is paid for before the password is looked at, so
that many at once buy no more; success gives the account its allowance back. An account that does not exist is treated
alike.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.core.transaction import Transaction
from expertpool.identity.models import SignInLimit
from expertpool.identity.sealing import Keys


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many attempts at once, and then one every so often. Product defaults: no national text sets a figure."""

    burst: int
    refill: timedelta

    def wait(self, due: datetime | None, now: datetime) -> timedelta:
        """How long until the next attempt; zero when there is one left."""
        ahead = max(timedelta(0), (due or now) - now)
        return max(timedelta(0), ahead - (self.burst - 1) * self.refill)


OF_ACCOUNT: Final = Allowance(5, timedelta(minutes=15))  # 96 a day: SP 800-63B allows 100 in a row
OF_SOURCE: Final = Allowance(60, timedelta(minutes=1))  # a centre's people may share one address
_NETWORK_OF_ONE: Final = 64  # bits of an IPv6 address that one subscriber holds


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at the door: the keyed names of the account that they say they are and of where they come from."""

    account: bytes
    source: bytes

    @property
    def limits(self) -> tuple[tuple[bytes, Allowance], ...]:
        return (self.account, OF_ACCOUNT), (self.source, OF_SOURCE)


def attempt_of(keys: Keys, account: str, address: str | None) -> Attempt:
    """The attempt to be this account (its code as typed) from this network address."""
    return Attempt(_name(keys, "account", account), source_of(keys, address))


def source_of(keys: Keys, address: str | None) -> bytes:
    """The keyed name of a network address, that of the whole /64 for IPv6; of a Unix socket there is one."""
    return _name(keys, "source", _network(address or ""))


def waiting(session: Session, attempt: Attempt, now: datetime) -> timedelta:
    """How long this attempt has to wait; zero if it may be made."""
    found = ((session.get(SignInLimit, key), allowance) for key, allowance in attempt.limits)
    return max(allowance.wait(row.due if row else None, now) for row, allowance in found)


def pay(tx: Transaction, attempt: Attempt) -> timedelta:
    """Take one from both allowances; or, if one of them has nothing left, from neither, and say how long to wait."""
    rows = [(_locked(tx, key), allowance) for key, allowance in attempt.limits]
    wait = max(allowance.wait(row.due, tx.now) for row, allowance in rows)
    if not wait:
        for row, allowance in rows:
            row.due = max(row.due, tx.now) + allowance.refill
    return wait


def give_back(tx: Transaction, attempt: Attempt) -> None:
    """After success: all to the account, and to the source what this attempt took, so that it hides no failure."""
    _locked(tx, attempt.account).due = tx.now
    _locked(tx, attempt.source).due -= OF_SOURCE.refill


def sweep(engine: Engine, now: datetime) -> None:
    """Forget allowances that are full again."""
    with Session(engine) as session, session.begin():
        session.execute(delete(SignInLimit).where(SignInLimit.due < now))


def _locked(tx: Transaction, key: bytes) -> SignInLimit:
    """The row of this key, made when it is missing; of two who make it at once, the database lets one."""
    session = tx.session
    found = session.get(SignInLimit, key, with_for_update=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            session.add(made := SignInLimit(key=key, due=tx.now))
    except IntegrityError:
        return session.get_one(SignInLimit, key, with_for_update=True)
    return made


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, _NETWORK_OF_ONE), strict=False))
    return str(found)


def _name(keys: Keys, kind: str, text: str) -> bytes:
    return keys.hmac_sha256(ACCOUNTS_KEY, f"sign-in {kind}\0{text}".encode())
