"""What the ledger keeps of key holders. All in the clear: agents and auditors follow the keys in the log itself."""

import dataclasses

from expertpool.core.events import Event, clear


@dataclasses.dataclass(frozen=True, kw_only=True)
class _OfHolder:
    """A holder with its keys: ``cosign`` as a verifier key, the others in hex."""

    holder: str = clear()
    centre: str = clear()
    organisation: str = clear()
    outside: bool = clear()
    vrf: str = clear()
    share: str = clear()
    transport: str = clear()
    cosign: str = clear()


class HolderRegistered(_OfHolder, Event):
    """The security administrator registered a key holder, which proved that it holds three of its four keys.

    ``succeeds``: the set of keys that these come after, where the holder changes its keys and signed that.
    """

    kind = "holder.registered"
    name: str = clear()
    succeeds: str | None = clear()


class HolderShareProved(_OfHolder, Event):
    """A key holder's agent opened what was sealed to its share key: it holds the fourth key too."""

    kind = "holder.share-proved"


class HolderApproved(_OfHolder, Event):
    """The supervisor approved a key holder; this entry's index is what an intent names as `registered`."""

    kind = "holder.approved"


class HolderRetired(_OfHolder, Event):
    """A key holder's keys were ended, for good."""

    kind = "holder.retired"
    reason: str


class HolderOpenedOffline(Event):
    """A key holder told that it took part in opening names without the centre; its transport key signed the statement.

    ``at`` is by the holder's clock; ``names``: it was the one who read them.
    """

    kind = "holder.opened-offline"
    holder: str = clear()
    centre: str = clear()
    draw: str = clear()
    intent: int = clear()
    at: str = clear()
    names: bool = clear()
    seats: list[str] = clear()
    signature: str = clear()
    reason: str


class VaultRegistered(Event):
    """The key to which agents encrypt their answers, from now on."""

    kind = "vault.registered"
    public: str = clear()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _OfSupervisor:
    """A supervisor's key; ``supervisor`` is the account, ``public`` hex."""

    key: str = clear()
    supervisor: str = clear()
    centre: str = clear()
    public: str = clear()


class SupervisorKeyRegistered(_OfSupervisor, Event):
    """A supervisor registered the key with which to sign why a lot is drawn for again."""

    kind = "supervisor-key.registered"


class SupervisorKeyApproved(_OfSupervisor, Event):
    """The security administrator approved a supervisor's key; agents believe it once it has settled."""

    kind = "supervisor-key.approved"


class SupervisorKeyRevoked(_OfSupervisor, Event):
    """A supervisor's key was ended, for good."""

    kind = "supervisor-key.revoked"
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class _OfRecipient:
    """A key to which names may be released, for one audience; ``public`` hex."""

    recipient: str = clear()
    centre: str = clear()
    audience: str = clear()
    public: str = clear()


class RecipientRegistered(_OfRecipient, Event):
    """The security administrator registered a key to which names may be released."""

    kind = "recipient.registered"
    name: str


class RecipientApproved(_OfRecipient, Event):
    """The supervisor approved a recipient's key; agents seal to it once it has settled."""

    kind = "recipient.approved"


class RecipientRetired(_OfRecipient, Event):
    """A recipient's key was ended, for good."""

    kind = "recipient.retired"
    reason: str
