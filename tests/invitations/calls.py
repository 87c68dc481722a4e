"""A draw whose members are called, and gateways that fail, repeat themselves and report."""

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from expertpool.draws import service
from expertpool.draws.keeping import Occupant, occupants, open_padded
from expertpool.draws.models import Draw, Vacancy
from expertpool.draws.queries import request_of, seats_of
from expertpool.identity.roles import Role
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message, Outcome
from expertpool.invitations.gateway_reports import INFO, REPORTED, SEALED_BYTES
from expertpool.invitations.seated import At
from expertpool.invitations.stored import Errand, Invited, errands_of, invited
from expertpool.protocol.envelope import seal_to
from expertpool.protocol.request import DrawRequest
from expertpool.vault.process import Vault
from ledger.canonical import canonical
from tests.draws.world import DrawWorld

EXPERTS = 400
ANSWER_IN = timedelta(seconds=120)


@dataclass
class Provider:
    """A gateway that sends each message once, however often it is handed over; ``trouble`` says how the next end."""

    name: str = "first"
    channels: frozenset[Channel] = frozenset({Channel.VOICE, Channel.SMS})
    sent: dict[str, Message] = field(default_factory=dict)
    handed: Counter[str] = field(default_factory=Counter)
    trouble: str = ""

    def send(self, message: Message) -> None:
        self.handed[message.id] += 1
        if self.trouble == "refuses" or not message.to:
            raise GatewayRefused(self.name)
        if self.trouble != "down":
            self.sent.setdefault(message.id, message)
        if self.trouble in ("down", "answer-lost"):
            raise GatewayFailed(self.name)

    def health(self) -> Health:
        return Health(usable=True)

    def to(self, phone: str, channel: Channel | None = None) -> list[Message]:
        """What this number got."""
        return [each for each in self.sent.values() if each.to == phone and channel in (None, each.channel)]


@dataclass
class Called:
    """A draw whose seats were called, by one gateway or two."""

    world: DrawWorld
    first: Provider = field(default_factory=Provider)
    second: Provider = field(default_factory=lambda: Provider("second"))

    given: Draw | None = None

    def __post_init__(self) -> None:
        self.world.phones = [self.first, self.second]
        self.vault: Vault = self.world.vault()
        self.draw: Draw = self.given or self.world.applied()

    @classmethod
    def of(cls, called: "Called", draw: Draw) -> "Called":
        """Another draw of the same world."""
        return cls(called.world, called.first, called.second, draw)

    def drawn(self) -> "Called":
        """Until everybody is called."""
        self.world.go_on(self.vault, rounds=6)
        return self

    def go_on(self) -> None:
        """What there is to do at this moment."""
        while self.vault.step():
            pass

    def wait(self, time: timedelta) -> None:
        """Let time pass, and do what is due then."""
        self.world.clock.advance(time)
        self.go_on()

    def seat(self, place: int = 0) -> At:
        """Who sits there now, by the place of the seat's code."""
        occupied = sorted(self.world.seated(self.draw))
        with self.world.session() as session:
            seat = next(each for each in seats_of(session, self.draw.id) if each.code == occupied[place])
            return At(self.draw.id, seat.code, seat.vacancy)

    def occupant(self, at: At) -> Occupant:
        with self.world.session() as session:
            return occupants(session, self.world.parts().keys, at.draw)[at.seat, at.vacancy]

    def code(self, at: At) -> str:
        return self.occupant(at).answer_code

    def known(self, at: At) -> Invited:
        with self.world.session() as session:
            found = invited(session, self.world.parts().keys, at)
        assert found is not None
        return found

    def errands(self, at: At, channel: Channel | None = None) -> list[tuple[str, Errand]]:
        """The messages to whoever took a seat, with their ids."""
        with self.world.session() as session:
            kept = errands_of(session, self.world.parts().keys, at.draw)
            found = [(each.row.id, each.errand) for each in kept if each.errand.about(at)]
        return [each for each in found if channel in (None, each[1].channel)]

    def invitation(self, at: At, channel: Channel, gateway: int = 0) -> str:
        """The id of the message that invited somebody on a channel."""
        [found] = [
            number
            for number, errand in self.errands(at, channel)
            if errand.purpose == "invitation" and errand.gateway == gateway
        ]
        return found

    def report(self, message: str, outcome: Outcome, gateway: str = "first", **said: Any) -> None:
        """Have a gateway's report come in, and taken."""
        self.pass_report(message, outcome, gateway, **said)
        self.go_on()

    def pass_report(self, message: str, outcome: Outcome, gateway: str = "first", **said: Any) -> None:
        """Have the web process hand a report over."""
        plain = {
            "answer": None,
            "at": int(self.world.clock.now().timestamp()),
            "code": None,
            "event": f"event of {message} {outcome}",
            "gateway": gateway,
            "message": message,
            "outcome": outcome.value,
            **said,
        }
        public = self.world.sealing.vault.public_key().public_bytes_raw()
        sealed = seal_to(public, INFO, canonical(plain).ljust(SEALED_BYTES))
        with self.world.site.service.transactions.begin("svc:web") as tx:
            tx.enqueue(REPORTED, {"sealed": b64encode(sealed).decode()})

    def tried(self, at: At, *channels: Channel) -> None:
        """Have both channels report, or some, that nobody answered there."""
        for channel in channels or (Channel.VOICE, Channel.SMS):
            outcome = Outcome.UNANSWERED if channel is Channel.VOICE else Outcome.DELIVERED
            self.report(self.invitation(at, channel), outcome)

    def request(self) -> DrawRequest:
        with self.world.session() as session:
            return request_of(session.get_one(Draw, self.draw.id))

    def cancel(self) -> None:
        """Have whoever may cancel the draw."""
        self.world.sealing.as_(
            Role.SUPERVISOR, lambda tx: service.cancel(tx, self.draw.id, reason="the project was given up")
        )
        self.go_on()

    def evidence(self) -> list[dict[str, Any]]:
        """Of every vacancy, as it is sealed."""
        with self.world.session() as session:
            rows = session.scalars(select(Vacancy).where(Vacancy.draw_id == self.draw.id).order_by(Vacancy.number))
            return [
                open_padded(self.world.parts().keys, row.evidence, f"draw_vacancies:{row.draw_id}/{row.number}")
                for row in rows
            ]
