"""The evening before a session: a centre with three key holders whose agents run, a quorum's cosignature, gateways."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from expertpool.core.clock import FixedClock
from expertpool.core.settings import Settings
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.preflight import Patient, examine
from expertpool.projects.models import EvaluationSession
from expertpool.sealing.models import KeyHolder
from tests.projects.world import SITTING
from tests.projects.world import World as Projects
from tests.sealing.world import Keys, World, credit_code
from tests.website import opened

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)  # 20:30 in China
TOMORROW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@dataclass
class Stub:
    """A gateway of a test: what it says of itself, and what it was given."""

    name: str
    channels: frozenset[Channel]
    says: Health | None = field(default_factory=lambda: Health(usable=True))
    refuses: bool = False
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.says is None:
            raise GatewayFailed(self.name)
        if self.refuses:
            raise GatewayRefused(self.name)
        self.sent.append(message)

    def health(self) -> Health:
        if self.says is None:
            raise GatewayFailed(self.name)
        return self.says


@dataclass
class Eve:
    """``agents`` are the centre's own, and two from outside."""

    world: World
    clock: FixedClock
    agents: list[tuple[KeyHolder, Keys]]
    first: Stub
    second: Stub
    mail: Stub
    settings: Settings

    def patient(self, settings: Settings | None = None) -> Patient:
        gateways = Gateways([self.first, self.second, self.mail])
        service = self.world.site.service
        return Patient(settings or self.settings, service.engine, service.policy, gateways, self.clock)

    def amiss(self, settings: Settings | None = None) -> list[str]:
        """The codes of what is found."""
        return [finding.code.removeprefix("preflight.") for finding in examine(self.patient(settings))]

    def poll(self, *numbers: int) -> None:
        """Have agents ask, all of them by default."""
        for number in numbers or range(len(self.agents)):
            self.world.tasks(*self.agents[number])

    def cosign(self) -> None:
        """Have all entries signed and cosigned."""
        self.world.site.service.signer.step()
        self.world.site.service.cosign()

    def advance(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))

    def schedule(self, starts: datetime = TOMORROW) -> EvaluationSession:
        """Plan a session of a project of its own."""
        projects = Projects(self.world.site, self.clock)
        facts = replace(SITTING, starts=starts, opens_at=starts - timedelta(hours=1))
        return projects.schedule(projects.register(), facts)


@contextmanager
def evening(database_url: str, folder: Path, **environ: str) -> Iterator[Eve]:
    """An evening on which nothing is amiss; nothing is planned yet."""
    clock = FixedClock(NOW - timedelta(hours=2))
    officer = {"PREFLIGHT__OFFICER_PHONE": "13900000009", "PREFLIGHT__OFFICER_EMAIL": "duty@example.cn"}
    given = {"DRAWS__SETTLING_HOURS": "1", "PREFLIGHT__DISK_LOW_MIB": "1", **officer, **environ}
    with opened(database_url, folder, clock=clock, **given) as site:
        world = World(site, clock)
        keys = [Keys(credit_code(number)) for number in range(3)]
        agents = [(world.enrol(each, outside=number > 0), each) for number, each in enumerate(keys)]
        settings = site.service.settings
        settings.keystore.vault_keys.parent.mkdir(parents=True)
        first = Stub("first", frozenset({Channel.VOICE, Channel.SMS}), Health(usable=True, balance=10_000))
        second = Stub("second", frozenset({Channel.SMS}))
        mail = Stub("smtp", frozenset({Channel.EMAIL}))
        found = Eve(world, clock, agents, first, second, mail, settings)
        found.advance(hours=2)
        found.poll()
        found.cosign()
        yield found
