"""Centres, accounts, and the outside systems whose signature counts here."""

from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from expertpool.core.database import choice
from expertpool.core.ids import new_id
from expertpool.core.rows import LedgeredRow, OperationalRow
from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role


class CentreKind(StrEnum):
    """Where a centre stands."""

    PREFECTURE = "prefecture"
    COUNTY_BRANCH = "county-branch"
    SUB_SITE = "sub-site"


ABOVE: Final[dict[CentreKind, frozenset[CentreKind]]] = {
    CentreKind.PREFECTURE: frozenset(),
    CentreKind.COUNTY_BRANCH: frozenset({CentreKind.PREFECTURE}),
    CentreKind.SUB_SITE: frozenset({CentreKind.PREFECTURE, CentreKind.COUNTY_BRANCH}),
}
"""What may stand directly above a centre of each kind; nothing above a prefecture's."""


class SenderKind(StrEnum):
    """What sends to us under a signature of its own."""

    TRADING_SYSTEM = "trading-system"
    PROVINCIAL_POOL = "provincial-pool"


class TrailKind(StrEnum):
    """What happened at a sign-in page or to a browser's session."""

    SIGNED_IN = "signed-in"
    REFUSED = "refused"
    LOCKED = "locked"
    CONFIRMED = "confirmed"
    CONFIRMATION_REFUSED = "confirmation-refused"
    SIGNED_OUT = "signed-out"
    SESSION_ENDED = "session-ended"
    CREDENTIALS_SET = "credentials-set"
    ENTERED_DEMO = "entered-demo"
    WAY_ADDED = "way-added"
    WAY_REMOVED = "way-removed"


class Way(StrEnum):
    """How somebody signs in. ``password`` is account, password and one-time code together."""

    PASSWORD = "password"  # noqa: S105 -- the name of a way
    PASSKEY = "passkey"
    CERTIFICATE = "certificate"
    OIDC = "oidc"


class Centre(LedgeredRow):
    """A trading centre (公共资源交易中心), its county branch or a sub-site of either."""

    __tablename__ = "centres"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "ctr"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    kind: Mapped[CentreKind] = mapped_column(choice(CentreKind))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("centres.id"), index=True)


class Actor(LedgeredRow):
    """An account of a person or a service. ``id`` is what ledger entries show; ``code`` is what colleagues know.

    ``token_hash`` is the SHA-256 of a 256-bit random secret, or None while nobody can sign in with it.
    """

    __tablename__ = "actors"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "act"))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]

    def as_caller(self) -> Caller:
        return Caller(self.id, self.role, self.centre_id)


class Sender(LedgeredRow):
    """A system outside that may send to us, for its centre and those below: messages through the door, rosters."""

    __tablename__ = "door_senders"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "snd"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"), index=True)
    kind: Mapped[SenderKind] = mapped_column(choice(SenderKind))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))

    keys: Mapped[list["SenderKey"]] = relationship(
        lazy="selectin", order_by="[SenderKey.not_before, SenderKey.id]", viewonly=True
    )


class SenderKey(LedgeredRow):
    """A sender's Ed25519 key: of use from its approval, inside its validity, until it is revoked."""

    __tablename__ = "sender_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "sky"))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    sender_id: Mapped[str] = mapped_column(ForeignKey("door_senders.id"), index=True)
    public: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    approved: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(500))

    def in_force(self, now: datetime) -> bool:
        """Whether what comes in now may be signed with this key; ``not_after`` is the first moment after."""
        return self.approved is not None and self.revoked is None and self.not_before <= now < self.not_after


class Credential(OperationalRow):
    """How an account's holder signs in: an Argon2id hash and a TOTP secret, sealed under a key outside the database.

    ``totp_step`` is the latest time step whose code was taken; none up to it is taken again.
    """

    __tablename__ = "credentials"

    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), primary_key=True)
    password: Mapped[bytes] = mapped_column(LargeBinary)
    totp: Mapped[bytes] = mapped_column(LargeBinary)
    totp_step: Mapped[int]
    set_at: Mapped[datetime]


class ScopedToken(LedgeredRow):
    """A token of an account that does less than the account may: see `identity.scopes`.

    ``digest`` is the SHA-256 of a 256-bit random secret. It works before ``expires`` and until it was ``ended``.
    """

    __tablename__ = "scoped_tokens"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "stk"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    scopes: Mapped[str] = mapped_column(String(1000))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created: Mapped[datetime]
    expires: Mapped[datetime]
    ended: Mapped[datetime | None]

    def works(self, now: datetime) -> bool:
        """Whether it can be used now; ``expires`` is the first moment at which it cannot."""
        return self.ended is None and now < self.expires


class ScopedTokenUse(OperationalRow):
    """The day (Beijing time) on which a scoped token was last used: no write for every request, and no trail."""

    __tablename__ = "scoped_token_uses"

    token_id: Mapped[str] = mapped_column(ForeignKey("scoped_tokens.id"), primary_key=True)
    day: Mapped[date | None]


class RecoveryCode(OperationalRow):
    """The SHA-256 of a code of 80 random bits that replaces the authenticator once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    used: Mapped[datetime | None]


class Invitation(OperationalRow):
    """Leave to set an account's credentials, once: SHA-256 of 256 random bits, and the sealed TOTP secret to be."""

    __tablename__ = "account_invitations"

    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    totp: Mapped[bytes] = mapped_column(LargeBinary)
    expires: Mapped[datetime]


class Passkey(LedgeredRow):
    """A passkey that an account's holder registered: its id and public key (COSE) as the authenticator made them."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "psk"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    credential: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(String(60))
    added: Mapped[datetime]


class PasskeyUse(OperationalRow):
    """How often a passkey's authenticator says that it signed, and when it last did so here."""

    __tablename__ = "passkey_uses"

    passkey_id: Mapped[str] = mapped_column(ForeignKey("passkeys.id"), primary_key=True)
    count: Mapped[int]
    used: Mapped[datetime | None]


class LinkedCertificate(LedgeredRow):
    """A certificate whose holder may sign in to an account: issuer (RFC 4514) and serial number (hex) name it."""

    __tablename__ = "linked_certificates"
    __table_args__ = (UniqueConstraint("issuer", "serial"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "lct"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    serial: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(500))
    not_after: Mapped[datetime]
    added: Mapped[datetime]


class LinkedSubject(LedgeredRow):
    """Somebody whom an OpenID provider knows by this subject, and who may sign in to an account on its word."""

    __tablename__ = "linked_subjects"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "lsb"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    added: Mapped[datetime]


class SpentChallenge(OperationalRow):
    """The SHA-256 of a challenge that was answered; nothing answers it a second time. See `identity.challenges`."""

    __tablename__ = "spent_challenges"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires: Mapped[datetime] = mapped_column(index=True)


class BrowserSession(OperationalRow):
    """A browser that is signed in: the SHA-256 of its cookie's 256 random bits.

    ``ends`` is the last moment whatever happens; ``confirmed`` when the second factor was last given.
    """

    __tablename__ = "browser_sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "bss"))
    actor_id: Mapped[str] = mapped_column(ForeignKey("actors.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser: Mapped[str] = mapped_column(String(80))
    opened: Mapped[datetime]
    seen: Mapped[datetime]
    ends: Mapped[datetime]
    confirmed: Mapped[datetime]


class SignInLimit(OperationalRow):
    """How far ahead of its allowance an account or a source is; ``key`` is a keyed hash. See `identity.lockout`."""

    __tablename__ = "sign_in_limits"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    due: Mapped[datetime] = mapped_column(index=True)


class TrailRow(OperationalRow):
    """One line of the trail of sign-ins. ``source`` is a keyed hash: equal networks meet, and nobody reads one.

    ``cause`` says to the audit administrator, and nobody else, why somebody was refused. A day's rows are committed to
    by its `TrailDay`; ``salt`` keeps their hashes from being guessed.
    """

    __tablename__ = "account_trail"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=partial(new_id, "trl"))
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[TrailKind] = mapped_column(choice(TrailKind))
    centre_id: Mapped[str] = mapped_column(ForeignKey("centres.id"))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("actors.id"), index=True)
    source: Mapped[str] = mapped_column(String(32))
    cause: Mapped[str | None] = mapped_column(String(32))
    way: Mapped[Way | None] = mapped_column(choice(Way))
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class TrailDay(LedgeredRow):
    """A day (Beijing time) whose trail is closed: how many rows, and their Merkle root in hex."""

    __tablename__ = "trail_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
