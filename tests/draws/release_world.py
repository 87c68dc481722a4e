"""A centre whose names are released: recipients of every audience, and key holders that judge as their agents do."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.core.ledger_store import SqlLog
from expertpool.custodian import opening
from expertpool.custodian.consenting import consent_of
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.directory import SETTLING_S
from expertpool.custodian.errors import Refusal
from expertpool.custodian.following import Follower
from expertpool.custodian.me import Me
from expertpool.custodian.memory import Memory
from expertpool.draws import releasing, service
from expertpool.draws.models import Draw, Release, ReleaseState
from expertpool.identity.permissions import Caller
from expertpool.identity.roles import Role
from expertpool.projects.facts import ProjectFacts
from expertpool.projects.handover import note_outcome, note_report
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.terms import MilestoneKind
from expertpool.protocol import agents
from expertpool.protocol.release import open_package
from expertpool.sealing.models import RecipientKey
from expertpool.sealing.recipients import approve_recipient, register_recipient
from expertpool.vault.process import Vault
from ledger import ed25519
from ledger.checkpoint import parse_signed_checkpoint
from policies.facts import Audience
from tests.draws.world import STARTS, Agent, DrawWorld
from tests.ledger.signers import signer
from tests.projects.world import FACTS, SITTING
from tests.sealing.world import World, private_opener
from tests.service import ORIGIN

ASKS = {
    Audience.INITIATOR: Role.INITIATOR,
    Audience.SUPERVISOR: Role.SUPERVISOR,
    Audience.PAYER: Role.FINANCE,
    Audience.PUBLIC: Role.CENTRE_STAFF,
    Audience.INSPECTION: Role.AUDITOR,
}
SETTLING = timedelta(seconds=SETTLING_S)


@dataclass
class Holder:
    """A key holder that follows the log and opens by the rules of its agent."""

    agent: Agent
    memory: Memory
    follower: Follower
    refused: list[Refusal] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    given: list[dict[str, str]] = field(default_factory=list)
    ahead: timedelta = timedelta(0)

    def answer(self, plain: dict[str, Any], world: DrawWorld) -> dict[str, Any] | None:
        """What the agent answers to an `open` or `consent` task; None while it waits for something."""
        me = Me(self.agent.holder.id, self.agent.keys.registration.vrf, self.agent.holder.outside)
        now = world.clock.now() + self.ahead
        try:
            if plain["kind"] == "consent":
                given = consent_of(plain, me, self.memory, now, settling=SETTLING, sign=self.sign)
            else:
                opener = private_opener(self.agent.keys.share)
                given = opening.share_of(plain, me, self.memory, now, settling=SETTLING, opener=opener)
        except NotYet as reason:
            self.waits.append(reason.code)
            return None
        except Refusal as refusal:
            self.refused.append(refusal)
            return {"refused": refusal.code, "entry": refusal.entry}
        self.given.append(given)
        return given

    def sign(self, message: bytes) -> bytes:
        return ed25519.sign(self.agent.keys.transport, message)


class ReleaseWorld:
    """A draw that is filled, and everybody who will want to know who sits there."""

    def __init__(
        self,
        sealing: World,
        path: Path,
        facts: ProjectFacts = FACTS,
        lots: int = 1,
        *,
        special: Iterable[str] = (),
        holders: int = 3,
    ) -> None:
        self.world = DrawWorld(sealing)
        self.private: dict[str, X25519PrivateKey] = {
            audience: X25519PrivateKey.generate() for audience in (*Audience, *special)
        }
        self.keys = {audience: self.enrol(audience, self.private[audience]) for audience in self.private}
        self.world.prepare(experts=300, holders=holders)
        self.holders = [self.follow_with(agent, path / f"memory{n}.db") for n, agent in enumerate(self.world.agents)]
        self.vault: Vault = self.world.vault()
        sitting = replace(SITTING, lots=tuple(lot.code for lot in facts.lots[:lots]))
        self.project = self.world.project(facts)
        self.draw: Draw = self.world.apply(self.world.sitting(self.project, sitting))
        self.world.go_on(self.vault)
        self.world.filled(self.vault, self.draw, declines=1)

    def enrol(self, audience: str, private: X25519PrivateKey) -> RecipientKey:
        public = private.public_key().public_bytes_raw()
        centre = self.world.site.centre.id
        key = self.world.sealing.as_(
            Role.SECURITY_ADMINISTRATOR,
            lambda tx: register_recipient(tx, centre_id=centre, audience=audience, name="窗口", public=public),
        )
        return self.world.sealing.as_(Role.SUPERVISOR, lambda tx: approve_recipient(tx, key.id))

    def follow_with(self, agent: Agent, path: Path) -> Holder:
        memory = Memory.create(path)
        log = SqlLog(self.world.site.service.engine)
        follower = Follower(memory, log, signer(ORIGIN).key, path.parent / "evidence", self.world.clock)
        return Holder(agent, memory, follower)

    def ask(self, audience: str, role: Role | None = None, reason: str = "依规查阅") -> Release:
        settings = self.world.site.service.settings.draws
        return self.world.sealing.as_(
            role or ASKS[Audience(audience)],
            lambda tx: service.release(tx, settings, self.draw.id, recipient=self.keys[audience].id, reason=reason),
        )

    def report(self) -> None:
        """The trading system states that the report is signed."""
        over = STARTS + timedelta(hours=4)
        self.world.clock.advance(max(over - self.world.clock.now(), timedelta(0)))
        with self.world.site.service.transactions.begin("svc:test") as tx:
            sitting = tx.session.get_one(EvaluationSession, self.draw.session_id)
            note_report(tx, sitting, at=tx.now, said=tx.now, document="0" * 64)

    def close(self) -> None:
        """The report is signed, and the vault has closed the draw."""
        self.report()
        self.world.go_on(self.vault, rounds=2)

    def outcome(self, kind: MilestoneKind, lots: slice = slice(None)) -> None:
        """The trading system states the outcome of the session's lots, or of some of them."""
        self.world.clock.advance(timedelta(days=1))
        with self.world.site.service.transactions.begin("svc:test") as tx:
            project = tx.session.get_one(Project, self.project.id)
            sitting = tx.session.get_one(EvaluationSession, self.draw.session_id)
            for each in sitting.session_lots[lots]:
                note_outcome(tx, project, each.lot, kind, at=tx.now, said=tx.now, document="0" * 64)

    def open(self, rounds: int = 4, *, sign: bool = True) -> None:
        """Rounds of vault, signer and those holders that are not silent."""
        for _ in range(rounds):
            while self.vault.step():
                pass
            if sign:
                self.world.sign()
            for holder in self.holders:
                if not holder.agent.silent:
                    self.attend(holder)

    def attend(self, holder: Holder) -> None:
        """One round of a holder's agent, as far as releases go."""
        signed = parse_signed_checkpoint(SqlLog(self.world.site.service.engine).checkpoint())
        holder.follower.follow(signed)
        if self.world.site.service.policy.judge(signed).quorum:
            holder.memory.note_quorum(signed.size)
        for task, plain in self.tasks(holder):
            answer = holder.answer(plain, self.world)
            if answer is not None:
                self.world.sealing.answer(holder.agent.holder, holder.agent.keys, task, answer)

    def tasks(self, holder: Holder) -> Iterable[tuple[str, dict[str, Any]]]:
        """The tasks to open and to consent that wait in a holder's mailbox."""
        keys, holder_id = holder.agent.keys, holder.agent.holder.id
        for task in self.world.sealing.tasks(holder.agent.holder, keys):
            plain = agents.open_task(private_opener(keys.share), holder_id, task["id"], task["sealed"])
            if plain["kind"] in ("open", "consent"):
                yield task["id"], plain

    def state(self, release: Release) -> ReleaseState:
        with self.world.session() as session:
            return session.get_one(Release, (self.draw.id, release.number)).state

    def package(self, release: Release, role: Role) -> bytes:
        site = self.world.site
        site.token(role)
        caller = Caller(site.actors[role].id, role, site.centre.id)
        with self.world.session() as session:
            return releasing.package(session, caller, self.draw.id, release.number)

    def names(self, release: Release, audience: str, role: Role | None = None) -> dict[str, str]:
        """By seat, as the recipient reads them: which experts."""
        package = self.package(release, role or ASKS[Audience(audience)])
        return {each["seat"]: each["expert"] for each in open_package(package, private_opener(self.private[audience]))}
