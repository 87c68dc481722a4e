"""What every handler may ask for, made once per process by ``create_app`` and kept with the application."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from flask import current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.core.clock import Clock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import Language
from expertpool.core.settings import Settings
from expertpool.core.transaction import Sealer, Transactions

EXTENSION: Final = "expertpool"
LANGUAGE_COOKIE: Final = "expertpool-language"


class Keys(Sealer, Protocol):
    """The part of a key store that the web process needs."""

    def open(self, name: str, sealed: bytes, associated: bytes) -> bytes:
        """Undo ``seal``; raises when it was altered or belongs elsewhere."""

    def hmac_sha256(self, name: str, message: bytes) -> bytes:
        """Authenticate with the named key: equal messages meet, and without the key nobody can try."""


class Caller(Protocol):
    """Whoever sent the request. ``actor`` is what transactions and ledger entries name.

    ``token`` is the identifier of a token that is limited to scopes, None for any other way to come in.
    """

    @property
    def actor(self) -> str: ...

    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that is signed in: who, in which session, and when the second factor was last given (aware UTC).

    ``account`` is the code that colleagues know, ``role`` its role's name in Chinese and English.
    """

    caller: Caller
    session: str
    confirmed: datetime
    account: str
    role: tuple[str, str]


class Gate(Protocol):
    """Who somebody is and whether the permission table has a verb for them. Identity provides it."""

    def identify(self, token: str) -> Caller | None:
        """Whose valid token this is."""

    def recall(self, secret: str, *, in_use: bool) -> Visit | None:
        """Whose live session a cookie's secret belongs to; ``in_use``: somebody is at it, so it is not idle."""

    def admits(self, caller: Caller, verb: str) -> bool:
        """Whether the caller's role has this verb at all; where it holds is asked by the service."""

    def covers(self, caller: Caller, verb: str) -> bool:
        """Whether the token that the caller shows may be used for this verb."""

    def knows(self, verb: str) -> bool:
        """Whether the permission table has this verb."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A page that somebody comes for: its address and name, and the verb without which it is not shown.

    One that ``begins`` stands first, and whoever has it begins there.
    """

    path: str
    zh: str
    en: str
    icon: str
    verb: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts of a web process."""

    settings: Settings
    engine: Engine
    clock: Clock
    keys: Keys
    transactions: Transactions
    gate: Gate
    desks: tuple[Desk, ...] = ()


def edge() -> Edge:
    """The parts of the process that answers the present request."""
    found: Edge = current_app.extensions[EXTENSION]
    return found


@contextmanager
def reading() -> Iterator[Session]:
    """A session that sees one state of the database and cannot write."""
    with Session(edge().engine.execution_options(**READ_ONLY)) as session:
        yield session


def language() -> Language:
    """The reader's language, for human text only: ``?lang=``, what was chosen before, Accept-Language, Chinese."""
    if "language" not in g:  # a page asks for every text
        g.language = _wished_language()
    found: Language = g.language
    return found


def _wished_language() -> Language:
    chosen = [request.args.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")]
    wished = [*chosen, *(tag for tag, quality in request.accept_languages if quality > 0)]
    spoken = [tag.partition("-")[0].lower() for tag in wished]
    return "en" if next((tag for tag in spoken if tag in ("zh", "en")), "zh") == "en" else "zh"
