"""A centre that can draw: a demonstration pool, a project with a session, three key holders, and a vault in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.orm import Session

from expertpool.core.clock import FixedClock
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.keystore import SealBroken
from expertpool.core.ledger_store import SqlLog
from expertpool.core.transaction import Transactions
from expertpool.draws import service
from expertpool.draws.applying import Application
from expertpool.draws.keeping import Occupant, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.parts import Parts
from expertpool.draws.queries import seats_of
from expertpool.experts.demo_filling import enrol_demo_experts
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from expertpool.invitations import answering
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, Gateway, Health, Message
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.parts import Desk
from expertpool.projects import service as projects
from expertpool.projects.facts import ProjectFacts, SessionFacts
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession, Project
from expertpool.protocol import agents, vrf
from expertpool.protocol.envelope import open_with
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.protocol.request import Representative, SeatLine
from expertpool.sealing.models import KeyHolder
from expertpool.vault.process import Vault
from ledger.merkle import leaf_hash
from tests.projects.world import FACTS, SITTING
from tests.sealing.world import Keys, World, credit_code, private_opener
from tests.service import MemoryKeys
from tests.website import Website

ENROLLED = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
TODAY = ENROLLED + timedelta(days=10)
OPENS = TODAY + timedelta(hours=4)
STARTS = TODAY + timedelta(hours=5)
CODE = "A08"
EXPERTS = 1500


class MemoryVaultKeys(MemoryKeys):
    """The vault's keys, forgotten with the test."""

    def __init__(self, box: X25519PrivateKey, secret: bytes | None = None) -> None:
        super().__init__(secret)
        self._box = box

    def public_key(self, name: str) -> bytes:
        assert name == VAULT_BOX
        return self._box.public_key().public_bytes_raw()

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes:
        assert name == VAULT_BOX
        try:
            return open_with(self._box, ciphertext, info)
        except EnvelopeBroken:
            raise SealBroken(name) from None


@dataclass
class Phones:
    """A gateway that takes everything, each message once; what it took, by id."""

    name: str = "first"
    channels: frozenset[Channel] = frozenset({Channel.VOICE, Channel.SMS})
    sent: dict[str, Message] = field(default_factory=dict)

    def send(self, message: Message) -> None:
        self.sent.setdefault(message.id, message)

    def health(self) -> Health:
        return Health(usable=True)


@dataclass
class Agent:
    """A key holder's agent as a test plays it."""

    keys: Keys
    holder: KeyHolder
    silent: bool = False
    refuses: str | None = None


@dataclass
class DrawWorld:
    """Everything that a test of draws has."""

    sealing: World
    agents: list[Agent] = field(default_factory=list)
    phones: list[Gateway] = field(default_factory=lambda: [Phones()])
    changed: dict[str, Any] = field(default_factory=dict)
    days: int = 0
    """How many days later than at first sessions begin."""

    @property
    def site(self) -> Website:
        return self.sealing.site

    @property
    def clock(self) -> FixedClock:
        return self.sealing.clock

    def prepare(self, experts: int = EXPERTS, holders: int = 3) -> "DrawWorld":
        """Enrol a pool and key holders, and let their settling times pass."""
        self.fill(experts)
        for number in range(holders):
            keys = Keys(credit_code(number + 1))
            self.agents.append(Agent(keys, self.sealing.enrol(keys, outside=number > 0)))
            self.clock.advance(timedelta(minutes=1))  # the older holder contributes, the younger is the alternate
        self.clock.advance(TODAY - self.clock.now())
        return self

    def fill(self, experts: int, seed: str = "test") -> None:
        self.site.token(Role.POOL_MANAGER)
        actor = self.site.actors[Role.POOL_MANAGER].id
        enrol_demo_experts(
            self.site.service.transactions,
            Protector(self.site.service.keys),
            self.pool,
            actor,
            seed=seed,
            count=experts,
        )

    @property
    def pool(self) -> Pool:
        return Pool(self.site.centre.id, Origin.OWN)

    def vault(self, **exchanged: Any) -> Vault:
        """The vault, as a new process of it would be put together, with some of its parts exchanged."""
        return Vault(self.desk(**exchanged), timedelta(minutes=1))

    def desk(self, **exchanged: Any) -> Desk:
        """A desk that remembers nothing yet."""
        parts = replace(self.parts(), **exchanged)
        settings = self.site.service.settings
        return Desk.open(parts, Gateways(self.phones), settings.invitations, settings.service.base_url)

    @property
    def told(self) -> list[Message]:
        """The texts that ask for an answer, as they came to the first gateway."""
        first = self.phones[0]
        assert isinstance(first, Phones)
        return [each for each in first.sent.values() if each.channel is Channel.SMS and each.code is not None]

    def parts(self) -> Parts:
        keys = self._vault_keys
        service_ = self.site.service
        return Parts(
            engine=service_.engine,
            transactions=Transactions(service_.engine, self.clock, keys),
            keys=keys,
            service_keys=service_.keys,
            settings=replace(service_.settings.draws, **self.changed),
            policy=service_.policy,
            beacon=lambda _: None,
        )

    @property
    def _vault_keys(self) -> MemoryVaultKeys:
        if not hasattr(self, "_kept_keys"):
            self._kept_keys = MemoryVaultKeys(self.sealing.vault)
        return self._kept_keys

    def project(self, facts: ProjectFacts = FACTS) -> Project:
        return self.sealing.as_(
            Role.INITIATOR, lambda tx: projects.register_project(tx, centre_id=self.site.centre.id, facts=facts)
        )

    def sitting(self, project: Project, facts: SessionFacts = SITTING) -> EvaluationSession:
        later = timedelta(days=self.days)
        timed = replace(facts, starts=STARTS + later, opens_at=OPENS + later)
        return self.sealing.as_(Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=timed))

    def application(self, **changed: Any) -> Application:
        given = Application(
            draw_at=self.clock.now(),
            lines=(SeatLine((CODE,), 4, 0),),
            owner_representatives=(Representative(date(2026, 11, 30), in_writing=True),),
        )
        return replace(given, **changed)

    def apply(self, sitting: EvaluationSession, **changed: Any) -> Draw:
        given, settings = self.application(**changed), replace(self.site.service.settings.draws, **self.changed)
        return self.sealing.as_(Role.INITIATOR, lambda tx: service.apply(tx, settings, sitting.id, given=given))

    def applied(self, **changed: Any) -> Draw:
        return self.apply(self.sitting(self.project()), **changed)

    def state(self, draw: Draw) -> DrawState:
        with self.session() as session:
            return session.get_one(Draw, draw.id).state

    def session(self) -> Session:
        return Session(self.site.service.engine)

    def sign(self) -> None:
        """Sign what was committed, and have the witness cosign it."""
        self.site.service.signer.step()
        self.site.service.cosign()

    def attend(self) -> None:
        """Every agent that is not silent answers what it is asked."""
        for agent in self.agents:
            if agent.silent:
                continue
            for task in self.sealing.tasks(agent.holder, agent.keys):
                plain = agents.open_task(private_opener(agent.keys.share), agent.holder.id, task["id"], task["sealed"])
                answer: dict[str, Any] = {"refused": agent.refuses, "entry": None}
                if plain["kind"] == "keep":
                    answer = {"kept": True}
                elif plain["kind"] != "contribute":
                    continue  # what only tests of releases answer
                elif agent.refuses is None:
                    alpha = self.entry_hash(plain["intent"])
                    answer = {"pi": vrf.prove(agent.keys.vrf, alpha).hex()}
                self.sealing.answer(agent.holder, agent.keys, task["id"], answer)

    def entry_hash(self, index: int) -> bytes:
        return leaf_hash(SqlLog(self.site.service.engine).entries(index, index + 1)[0])

    def go_on(self, vault: Vault, rounds: int = 12) -> None:
        """Rounds of vault, signer and agents, until nothing moves."""
        for _ in range(rounds):
            while vault.step():
                pass
            self.sign()
            self.attend()

    def seated(self, draw: Draw) -> dict[str, Occupant]:
        """Who sits where, as only the vault knows."""
        with self.session() as session:
            everyone = occupants(session, self._vault_keys, draw.id)
            return {seat.code: everyone[seat.code, seat.vacancy] for seat in seats_of(session, draw.id)}

    def answer(self, code: str, word: Word) -> None:
        with self.site.service.transactions.begin("svc:web") as tx:
            answering.hand_in(tx, code=code, word=word)

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        return [entry["body"] for entry in self.sealing.entries() if entry["kind"] == kind]

    def filled(self, vault: Vault, draw: Draw, declines: int = 0) -> None:
        """Have everyone accept, after the first few have declined."""
        for _ in range(declines):
            self.answer(next(iter(self.seated(draw).values())).answer_code, Word.DECLINE)
            self.go_on(vault, rounds=2)
        for occupant in self.seated(draw).values():
            self.answer(occupant.answer_code, Word.ACCEPT)
        self.go_on(vault, rounds=2)

    def close(self, vault: Vault, draw: Draw) -> None:
        """Have the trading system state that the report is signed."""
        self.clock.advance(STARTS + timedelta(hours=4) - self.clock.now())
        with self.site.service.transactions.begin("svc:test") as tx:
            sitting = tx.session.get_one(EvaluationSession, draw.session_id)
            note_report(tx, sitting, at=tx.now, said=tx.now, document="0" * 64)
        self.go_on(vault, rounds=2)
