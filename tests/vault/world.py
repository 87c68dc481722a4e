"""Experts, clerks and sources that ask a vault, and what it answers them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import Verb
from expertpool.draws.keeping import Occupant
from expertpool.draws.models import Draw
from expertpool.experts.models import Expert, PersonKey
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from expertpool.invitations import verbs
from expertpool.invitations.gateway import Channel, GatewayFailed, Health, Message
from expertpool.invitations.gateways import Gateways
from expertpool.vault.courier import Courier
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from tests.draws.world import STARTS, DrawWorld

SOURCE = "203.0.113.7"
CODE = re.compile(r"\b[0-9]{6}\b")


@dataclass
class Phones:
    """A gateway that hands over at once: what each number was sent."""

    sent: dict[str, list[str]]
    name: str = "first"
    channels: frozenset[Channel] = frozenset(Channel)
    fails: bool = False

    def send(self, message: Message) -> None:
        if self.fails:
            raise GatewayFailed(self.name)
        self.sent.setdefault(message.to, []).append(message.text)

    def health(self) -> Health:
        return Health(usable=not self.fails)


class VaultWorld:
    """A vault with one draw whose members were called."""

    def __init__(self, draws: DrawWorld) -> None:
        self.draws = draws
        self.clock = draws.clock
        self.vault = draws.vault()
        self.draw: Draw = draws.applied()
        while not draws.told:
            draws.go_on(self.vault, rounds=1)
        self.site = draws.site
        self.site.token(Role.CENTRE_STAFF)
        self.clerk = self.site.actors[Role.CENTRE_STAFF].id
        self.sent: dict[str, list[str]] = {}
        self.restart()

    def restart(self) -> None:
        """As a new process of the vault: nothing in memory."""
        desk, settings = self.draws.desk(), self.site.service.settings.vault
        self.handlers = Handlers(desk, settings, Courier(desk.parts, Gateways([Phones(self.sent)])).deliver)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Answer the web process."""
        with Listener(self.site.service.settings.vault.socket, self.handlers.by_verb()):
            yield

    def ask(self, verb: Verb, **given: Any) -> dict[str, Any]:
        """What the vault answers to what is on the list."""
        return self.handlers.by_verb()[verb](verb.check(given))

    def refused(self, verb: Verb, **given: Any) -> ExpertpoolError:
        """The refusal that it answers."""
        try:
            done = self.ask(verb, **given)
        except verb.refuses as refusal:
            return refusal
        raise AssertionError(f"answered {done}")

    def ask_code(self, phone: str, source: str = SOURCE) -> str | None:
        """Ask for a one-time code; returns it as it came to the phone, if it did."""
        before = len(self.sent.get(phone, []))
        assert self.ask(verbs.ASK_CODE, phone=phone, source=source) == {"minutes": 5}
        came = self.sent.get(phone, [])[before:]
        return CODE.findall(came[0])[0] if came else None

    def sign_in(self, phone: str) -> str:
        """A token of the expert with this number."""
        code = self.ask_code(phone)
        assert code is not None
        token: str = self.ask(verbs.SIGN_IN, phone=phone, code=code, source=SOURCE)["token"]
        return token

    def strangers_phone(self) -> str:
        """The number of somebody of the pool who was never drawn."""
        drawn = {occupant.expert for occupant in self.draws.seated(self.draw).values()}
        protector = Protector(self.site.service.keys)
        with self.draws.session() as session:
            for expert, keys in session.execute(select(Expert, PersonKey).join(PersonKey)):
                phone = protector.open_person(expert.id, keys.wrapped()).open("phone", expert.phone_sealed)
                if expert.id not in drawn and phone is not None:
                    return phone
        raise AssertionError("everybody was drawn")

    def accept(self) -> dict[str, Occupant]:
        """Have everybody accept; returns who sits where."""
        self.draws.filled(self.vault, self.draw)
        return self.draws.seated(self.draw)

    def until_assembly(self, minutes: int) -> None:
        """Let time pass until so many minutes before the assembly."""
        self.clock.advance(STARTS - timedelta(minutes=minutes) - self.clock.now())

    def arrive(self, occupant: Occupant, **changed: Any) -> dict[str, Any]:
        return self.ask(verbs.MATCH, **{**self.shown(occupant), **changed})

    def turned_away(self, occupant: Occupant, **changed: Any) -> ExpertpoolError:
        return self.refused(verbs.MATCH, **{**self.shown(occupant), **changed})

    def shown(self, occupant: Occupant) -> dict[str, Any]:
        """What an expert shows at the main site."""
        return {
            "actor": self.clerk,
            "session": self.draw.session_id,
            "site": 0,
            "id_number": occupant.id_number,
            "code": occupant.arrival_code,
        }
