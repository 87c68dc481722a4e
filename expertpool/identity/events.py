"""What the ledger keeps of centres, accounts and senders: identifiers in the clear, names and codes of people never."""

from expertpool.core.events import Event, clear


class CentreOpened(Event):
    """A centre, branch or sub-site was opened."""

    kind = "centre.opened"
    centre: str = clear()
    level: str = clear()
    parent: str | None = clear()
    code: str
    name_zh: str
    name_en: str


class ActorRegistered(Event):
    """An account was registered with its one role."""

    kind = "actor.registered"
    account: str = clear()
    role: str = clear()
    centre: str = clear()
    code: str


class ActorRetired(Event):
    """An account was closed for good."""

    kind = "actor.retired"
    account: str = clear()
    reason: str


class TokenIssued(Event):
    """An account got a new access token; the one before stopped working."""

    kind = "token.issued"
    account: str = clear()


class TokenLimited(Event):
    """An account got a token that is limited to scopes."""

    kind = "token.limited"
    account: str = clear()
    token: str
    name: str
    scopes: str
    expires: str


class TokenEnded(Event):
    """A token that is limited to scopes was ended before it expired."""

    kind = "token.ended"
    account: str = clear()
    token: str


class ActorInvited(Event):
    """The security administrator issued an invitation to set an account's credentials; one before it does not work."""

    kind = "actor.invited"
    account: str = clear()


class CredentialsSet(Event):
    """An invitation was used: the account has a new password and second factor, no passkey, and no session."""

    kind = "actor.credentials-set"
    account: str = clear()


class WayAdded(Event):
    """An account got another way to sign in, such as a passkey."""

    kind = "actor.way-added"
    account: str = clear()
    way: str = clear()
    identifier: str


class WayRemoved(Event):
    """A way to sign in was taken from an account."""

    kind = "actor.way-removed"
    account: str = clear()
    way: str = clear()
    identifier: str


class TrailClosed(Event):
    """A day's lines of the trail of sign-ins were closed: their number and Merkle root."""

    kind = "trail.closed"
    day: str = clear()
    count: int = clear()
    root: str = clear()


class SenderRegistered(Event):
    """A system was registered that may send messages through the door once a key of its is approved."""

    kind = "door.sender-registered"
    sender: str = clear()
    sender_kind: str = clear()
    centre: str = clear()
    code: str
    name: str


class SenderKeyRegistered(Event):
    """The security administrator registered a sender's key, whose possession was proved."""

    kind = "door.key-registered"
    sender: str = clear()
    key: str = clear()
    centre: str = clear()
    public: str = clear()
    not_before: str = clear()
    not_after: str = clear()


class SenderKeyApproved(Event):
    """The supervisor approved a sender's key; from now on it may sign messages."""

    kind = "door.key-approved"
    sender: str = clear()
    key: str = clear()
    centre: str = clear()


class SenderKeyRevoked(Event):
    """A sender's key was revoked."""

    kind = "door.key-revoked"
    sender: str = clear()
    key: str = clear()
    centre: str = clear()
    reason: str
