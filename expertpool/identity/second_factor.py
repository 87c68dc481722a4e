"""The second factor: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost.

A code counts once: the time step of the last one taken is kept, and none up to it is taken again. One step of thirty
seconds to either side is allowed for clocks.
"""

import hashlib
import re
import secrets
from datetime import datetime
from hmac import compare_digest
from typing import Final

import pyotp

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.identity.sealing import Keys

STEP_S: Final = 30
SKEW: Final = 1  # steps to either side
RECOVERY_CODES: Final = 10
_NOBODYS: Final = pyotp.random_base32()
_RECOVERY: Final = re.compile(r"[A-Z2-7]{16}", re.ASCII)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def new_secret() -> str:
    """160 random bits in base 32, as authenticators take them."""
    return pyotp.random_base32()


def sealed(keys: Keys, actor: str, secret: str) -> bytes:
    """The secret as it is kept."""
    return keys.seal(ACCOUNTS_KEY, secret.encode(), _context(actor))


def opened(keys: Keys, actor: str, kept: bytes) -> str:
    """The secret itself: for the page that shows it once, and for checking a code."""
    return keys.open(ACCOUNTS_KEY, kept, _context(actor)).decode()


def address(secret: str, *, account: str, service: str) -> str:
    """What the QR code says to an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=service)


def step_of(keys: Keys, actor: str, kept: bytes | None, code: str, now: datetime) -> int | None:
    """The time step whose code this is; None if there is none near by. Takes as long when no secret is kept."""
    totp = pyotp.TOTP(_NOBODYS if kept is None else opened(keys, actor, kept))
    present, given, found = int(now.timestamp()) // STEP_S, _digits(code).encode(), None
    for step in range(present - SKEW, present + SKEW + 1):
        if compare_digest(totp.generate_otp(step).encode(), given):
            found = step
    return None if kept is None else found


def new_recovery_codes() -> tuple[str, ...]:
    """Codes of 80 random bits, shown this once."""
    made = ("".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in made)


def recovery_digest(code: str) -> bytes | None:
    """What is kept of a recovery code, however it is typed; None for what is none.

    A fast hash is right: nobody can guess 80 bits.
    """
    plain = _digits(code).upper()
    return hashlib.sha256(plain.encode()).digest() if _RECOVERY.fullmatch(plain) else None


def _digits(code: str) -> str:
    return re.sub(r"[\s-]", "", code[:64])


def _context(actor: str) -> bytes:
    return f"credentials.totp:{actor}".encode()
