"""What the vault's modules of invitations work with, handed to them by the process that composes it."""

from dataclasses import dataclass
from typing import Protocol

from expertpool.core.clock import Clock
from expertpool.core.invitation_settings import InvitationSettings
from expertpool.draws.parts import Parts
from expertpool.invitations.gateway import Channel, Gateway
from expertpool.invitations.seated import Seated


class OrderedGateways(Protocol):
    """The gateways of an installation."""

    def of(self, channel: Channel) -> tuple[Gateway, ...]:
        """Those that send on a channel, in the order of use."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The vault that calls. ``page`` is where experts answer codes in a browser, as they reach it; ``seated`` its
    memory of who sits where, one for each process.
    """

    parts: Parts
    gateways: OrderedGateways
    settings: InvitationSettings
    page: str
    seated: Seated

    @classmethod
    def open(cls, parts: Parts, gateways: OrderedGateways, settings: InvitationSettings, base_url: str) -> "Desk":
        """A desk that remembers nothing yet."""
        return cls(parts, gateways, settings, f"{base_url}/i", Seated(parts.keys))

    @property
    def clock(self) -> Clock:
        """The vault's clock."""
        return self.parts.transactions.clock
