"""A centre with a session, served to browsers: vault, agents, signer and witness move when a test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from expertpool.audit.indexing import follow
from expertpool.draws.exporting import export
from expertpool.draws.models import Draw
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.invitations.gateways import Gateways
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.bundle import write_bundle
from expertpool.vault.courier import Courier
from expertpool.vault.handlers import Handlers
from expertpool.vault.listener import Listener
from expertpool.vault.process import Vault
from tests.chromium.live import serving
from tests.draws.prepared import prepared
from tests.draws.world import DrawWorld

EXPERTS = 300


@dataclass(slots=True)
class Centre:
    """Whatever goes on without anybody at a screen."""

    world: DrawWorld
    vault: Vault
    sitting: EvaluationSession
    base: str

    def draw(self) -> Draw:
        """The draw that was applied for."""
        with self.world.session() as session:
            return session.query(Draw).one()

    def go_on(self) -> None:
        """Accept, draw, call: as far as it goes by itself."""
        self.world.go_on(self.vault)

    def answer_code(self) -> str:
        """That of somebody who was called."""
        return next(iter(self.world.seated(self.draw()).values())).answer_code

    def others_accept(self, but: str) -> None:
        for occupant in self.world.seated(self.draw()).values():
            if occupant.answer_code != but:
                self.world.answer(occupant.answer_code, Word.ACCEPT)
        self.go_on()

    def bundle(self) -> bytes:
        """Close the draw and have the public bundle made."""
        self.world.close(self.vault, self.draw())
        follow(self.world.site.service.engine, self.world.clock.now())  # as the worker does, for the search
        return self.closed_bundle()

    def closed_bundle(self) -> bytes:
        """The public bundle of a draw that is closed."""
        file = BytesIO()
        write_bundle(file, export(self.world.parts(), self.draw().id, audit=False))
        return file.getvalue()

    def policy(self) -> bytes:
        """Whom an outsider trusts."""
        return self.world.site.service.policy_text.encode()


def plain(world: DrawWorld) -> EvaluationSession:
    """A session of the day on which the world begins."""
    return world.sitting(world.project())


@contextmanager
def centre(folder: Path, schedule: Callable[[DrawWorld], EvaluationSession] = plain) -> Iterator[Centre]:
    """One that has a session and no application."""
    with prepared(f"sqlite:///{folder / 'expertpool.db'}", folder, EXPERTS) as world:
        for role in (Role.INITIATOR, Role.SUPERVISOR, Role.CENTRE_STAFF):
            world.site.token(role)
        sitting = schedule(world)
        desk, settings = world.desk(), world.site.service.settings.vault
        handlers = Handlers(desk, settings, Courier(desk.parts, Gateways(world.phones)).deliver)
        with Listener(settings.socket, handlers.by_verb()), serving(world.site.app) as base:
            yield Centre(world, world.vault(), sitting, base)
