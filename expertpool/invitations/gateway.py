"""What every gateway is: it takes a message once under its id, and later reports what came of it.

A gateway knows numbers and texts, so it learns who is called: docs/threat-model.md. It never learns the project.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from expertpool.core.errors import Unavailable


class Channel(StrEnum):
    """How somebody is reached."""

    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"


class Outcome(StrEnum):
    """What a gateway reports of a message. Each but ANSWERED is evidence that delivery was tried."""

    DELIVERED = "delivered"
    """The text arrived; the call was taken."""
    UNANSWERED = "unanswered"
    """It rang, and nobody took the call."""
    UNREACHABLE = "unreachable"
    """Switched off, out of range, no such number, refused by the network."""
    ANSWERED = "answered"
    """A key was pressed during the call, or the message was answered: see ``Report.answer``."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be sent. ``id`` never changes when it is sent again, and a gateway sends it once.

    ``code`` is the answer code where an answer is asked for: a voice gateway reads it out with the text, and hands it
    back with the key that was pressed (1 accept, 2 decline).
    """

    id: str
    channel: Channel
    to: str = field(repr=False)
    text: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway reports. ``event`` is its own id of the report: one event counts once.

    ``answer`` is "accept" or "decline", ``code`` the answer code that came back with it.
    """

    gateway: str
    event: str
    message: str
    outcome: Outcome
    at: datetime
    answer: str | None = None
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Health:
    """How a gateway is: whether it can be used now, and the money left in 分 where it tells."""

    usable: bool
    balance: int | None = None


class GatewayFailed(Unavailable):
    """It was not reached, or said that it cannot now. Whether it sent is unknown: the same id may be sent again."""

    code = "invitations.gateway-failed"
    zh = "通信网关“{gateway}”暂时不可用，系统会自动重试并改用备用网关。"
    en = "The gateway “{gateway}” cannot be used now; the service tries again and uses the second one."
    gateway: str


class GatewayRefused(Unavailable):
    """It will not send this message, now or later: the number is malformed, the account is closed."""

    code = "invitations.gateway-refused"
    zh = "通信网关“{gateway}”拒绝发送该条消息，将改用其他渠道。请检查网关账户。"
    en = "The gateway “{gateway}” refuses to send this message; another one is used. Look at the gateway's account."
    gateway: str


class Gateway(Protocol):
    """One provider. Thread-safe: messages go out side by side."""

    @property
    def name(self) -> str:
        """What reports and logs call it."""

    @property
    def channels(self) -> frozenset[Channel]:
        """What it can send."""

    def send(self, message: Message) -> None:
        """Hand a message over; returns when the gateway has taken it. Raises `GatewayFailed`, `GatewayRefused`."""

    def health(self) -> Health:
        """Ask how it is. Raises `GatewayFailed`."""
