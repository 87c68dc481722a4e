"""Experts, clerks and sources that ask a vault, and what it answers them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import Verb
from expertpool.draws.keeping import Occupant
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.invitations import verbs
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from tests.draws.world import STARTS, DrawWorld

SOURCE = "203.0.113.7"


class VaultWorld:
    """A vault with one draw whose members were called."""

    def __init__(self, draws: DrawWorld) -> None:
        self.draws = draws
        self.clock = draws.clock
        self.vault = draws.vault()
        self.draw: Draw = draws.applied()
        draws.go_on(self.vault)
        self.site = draws.site
        self.site.token(Role.CENTRE_STAFF)
        self.clerk = self.site.actors[Role.CENTRE_STAFF].id
        self.restart()

    def restart(self) -> None:
        """As a new process of the vault: nothing in memory."""
        self.handlers = Handlers(self.draws.parts(), self.site.service.settings.vault)

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
