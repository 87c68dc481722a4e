"""Passwords: what is refused as one, and their Argon2id hashes (RFC 9106), which leave this module sealed only.

Length and guessability decide, as NIST SP 800-63B advises; nobody is told to put in a capital and a digit, or to change
a password for its age. Whatever is asked of an account that has none takes as long as of one that has.
"""

import threading
import unicodedata
from collections.abc import Sequence
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.identity.errors import PasswordGuessable, PasswordTooLong, PasswordTooShort
from expertpool.identity.sealing import Keys

SHORTEST: Final = 12
LONGEST: Final = 128  # characters; what is hashed is bounded
LEAST_GUESSES_LOG10: Final = 10.0  # what zxcvbn calls its best class: hard to guess even offline
_JUDGED: Final = 72  # characters that are looked at: the cost of judging grows with their square

_HASHER: Final = PasswordHasher()  # RFC 9106, second recommended parameters: 64 MiB, 3 passes, 4 lanes
_NOBODYS: Final = _HASHER.hash("the password of no account")
_JUDGE: Final = threading.Lock()  # the library keeps the words of one judgement in a table of its own


def check(password: str, about: Sequence[str]) -> None:
    """Refuse what others could guess; ``about`` are words that they would try first, such as the account's code.

    Raises `PasswordTooShort`, `PasswordTooLong`, `PasswordGuessable`.
    """
    text = _normal(password)
    if len(text) < SHORTEST:
        raise PasswordTooShort(SHORTEST, field="password")
    if len(text) > LONGEST:
        raise PasswordTooLong(LONGEST, field="password")
    with _JUDGE:
        judged = zxcvbn(text[:_JUDGED], user_inputs=[*about, "expertpool", "ggzy"])
    if float(judged["guesses_log10"]) < LEAST_GUESSES_LOG10:
        raise PasswordGuessable(field="password")


def sealed_hash(keys: Keys, actor: str, password: str) -> bytes:
    """The hash to be kept of an account's password."""
    return keys.seal(ACCOUNTS_KEY, _HASHER.hash(_normal(password)).encode(), _context(actor))


def matches(keys: Keys, actor: str, kept: bytes | None, password: str) -> bool:
    """Whether this is the password whose sealed hash is kept; takes as long when none is."""
    expected = _NOBODYS if kept is None else keys.open(ACCOUNTS_KEY, kept, _context(actor)).decode()
    try:
        _HASHER.verify(expected, _normal(password[: 2 * LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def _normal(password: str) -> str:
    """The same text however a keyboard composes it (SP 800-63B, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _context(actor: str) -> bytes:
    return f"credentials.password:{actor}".encode()
