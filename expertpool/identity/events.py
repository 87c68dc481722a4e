"""What the ledger keeps of centres and accounts: identifiers in the clear, names and codes of people never."""

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
