"""A centre with its people, a project, and systems that send messages through the door."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from expertpool.core.clock import FixedClock
from expertpool.core.ledger_store import SqlLog
from expertpool.core.transaction import Transaction
from expertpool.identity import senders
from expertpool.identity import service as identity
from expertpool.identity.models import Actor, Centre, CentreKind, SenderKey, SenderKind
from expertpool.identity.roles import Role
from expertpool.identity.senders import registration
from expertpool.projects import reception, service
from expertpool.projects.envelope import DOMAIN, PLAINTEXT_LENGTHS, Envelope, sealed_info
from expertpool.projects.facts import LotFacts, PartyFacts, ProjectFacts, SessionFacts, SiteFacts
from expertpool.projects.models import DoorMessage, EvaluationSession, Project
from expertpool.projects.terms import PartyRole, Regime, SealedKind
from ledger import ed25519
from ledger.canonical import canonical, parse
from policies.facts import Method
from tests.website import Website

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
STARTS = NOW + timedelta(days=2)
OPENS = STARTS - timedelta(hours=1)
CODE = "E4301000001000001"
OWNER, AGENCY, SUPERVISOR, UNIT = (
    "124300004448800001",
    "91430100MA4L1ABC1D",
    "11430100006123456K",
    "91430100700000000F",
)
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
T = TypeVar("T")

FACTS = ProjectFacts(
    code=CODE,
    regime=Regime.TENDER,
    method=Method.OPEN_TENDER,
    title="湘江大道改造工程",
    lots=(LotFacts(f"{CODE}001", "一标段", 10_000_000_000), LotFacts(f"{CODE}002", "二标段", 1)),
    parties=(
        PartyFacts(PartyRole.AGENCY, AGENCY, "某招标代理有限公司"),
        PartyFacts(PartyRole.OWNER, OWNER, "市城投"),
        PartyFacts(PartyRole.SUPERVISOR, SUPERVISOR, "市住建局"),
    ),
)
SITTING = SessionFacts(
    code="S1",
    lots=(f"{CODE}001",),
    starts=STARTS,
    opens_at=OPENS,
    expected_minutes=240,
    overnight=False,
    sites=(SiteFacts("430102", "第三评标室", "csggzy"), SiteFacts("430200", "株洲副场")),
)
PROJECT_BODY: dict[str, Any] = {
    "code": CODE,
    "regime": "tender",
    "method": "open_tender",
    "title": FACTS.title,
    "lots": [{"code": lot.code, "title": lot.title, "budget": lot.budget} for lot in FACTS.lots],
    "parties": [{"role": party.role.value, "code": party.code, "name": party.name} for party in FACTS.parties],
}
SESSION_BODY: dict[str, Any] = {
    "code": "S1",
    "lots": [f"{CODE}001"],
    "starts": STARTS.isoformat(),
    "opens_at": OPENS.isoformat(),
    "expected_minutes": 240,
    "overnight": False,
    "sites": [{"area": "430102", "place": "第三评标室", "centre": "csggzy"}, {"area": "430200", "place": "株洲副场"}],
}


@dataclass
class System:
    """A sender as its operator has it: the seed of its key, and the next number."""

    id: str
    key: str
    seed: bytes
    centre: str
    sequence: int = 1

    def message(self, kind: str, body: dict[str, Any], **changed: Any) -> dict[str, Any]:
        stated = {
            "body": body,
            "centre": self.centre,
            "kind": kind,
            "sequence": self.sequence,
            "time": int(NOW.timestamp()),
        }
        return {**stated, **changed}

    def sign(self, message: dict[str, Any], sealed: bytes | None = None) -> Envelope:
        text = canonical(message).decode()
        return Envelope(self.key, text, ed25519.sign(self.seed, DOMAIN + text.encode()), sealed)


@dataclass
class World:
    """Everything that a test of projects has. Acts are done as the role that may do them."""

    site: Website
    clock: FixedClock
    seeds: int = field(default=0)

    @property
    def centre(self) -> Centre:
        return self.site.centre

    def actor(self, role: Role) -> Actor:
        self.site.token(role)
        return self.site.actors[role]

    def act(self, actor: str, verb: Callable[[Transaction], T]) -> T:
        with self.site.service.transactions.begin(actor) as tx:
            return verb(tx)

    def as_(self, role: Role, verb: Callable[[Transaction], T]) -> T:
        return self.act(self.actor(role).id, verb)

    def session(self) -> Session:
        return Session(self.site.service.engine)

    def entries(self) -> list[Any]:
        return [parse(data) for data in SqlLog(self.site.service.engine).entries(0, 10_000)]

    def branch(self, code: str = "yuelu") -> Centre:
        names = {"name_zh": "岳麓分中心", "name_en": "Yuelu branch", "kind": CentreKind.COUNTY_BRANCH}
        return self.as_(
            Role.SYSTEM_ADMINISTRATOR,
            lambda tx: identity.open_centre(tx, code=code, parent_id=self.centre.id, **names),  # type: ignore[arg-type]
        )

    def register(self, facts: ProjectFacts = FACTS, role: Role = Role.INITIATOR) -> Project:
        return self.as_(role, lambda tx: service.register_project(tx, centre_id=self.centre.id, facts=facts))

    def schedule(self, project: Project, facts: SessionFacts = SITTING) -> EvaluationSession:
        return self.as_(Role.INITIATOR, lambda tx: service.schedule_session(tx, project.id, facts=facts))

    def system(
        self, kind: SenderKind = SenderKind.TRADING_SYSTEM, *, centre: Centre | None = None, approve: bool = True
    ) -> System:
        self.seeds += 1
        at, code = centre or self.centre, f"sender-{self.seeds}"
        sender = self.as_(
            Role.SECURITY_ADMINISTRATOR,
            lambda tx: senders.register_sender(tx, centre_id=at.id, kind=kind, code=code, name="电子交易系统"),
        )
        system = System(sender.id, "", bytes([self.seeds]) * 32, at.code)
        self.new_key(system, approve=approve)
        return system

    def new_key(self, system: System, *, approve: bool = True, **validity: datetime) -> SenderKey:
        key = self.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: self.register_key(tx, system, **validity))
        if approve:
            self.as_(Role.SUPERVISOR, lambda tx: senders.approve_key(tx, key.id))
        system.key = key.id
        return key

    def register_key(self, tx: Transaction, system: System, **validity: datetime) -> SenderKey:
        dates = {"not_before": NOW - timedelta(days=1), "not_after": NOW + timedelta(days=365), **validity}
        public = ed25519.public_key(system.seed).hex()
        signed = registration(sender=system.id, public=public, **dates)
        proof = ed25519.sign(system.seed, signed).hex()
        return senders.register_key(tx, system.id, public=public, proof=proof, **dates)

    def receive(self, system: System, envelope: Envelope, oldest: timedelta = reception.OLDEST_ONLINE) -> DoorMessage:
        return self.act(system.id, lambda tx: reception.receive(tx, envelope, oldest=oldest))

    def send(
        self, system: System, kind: str, body: dict[str, Any], sealed: bytes | None = None, **changed: Any
    ) -> DoorMessage:
        """Sign and take in the system's next message; what is refused uses no number up."""
        changed.setdefault("time", int(self.clock.now().timestamp()))
        accepted = self.receive(system, system.sign(system.message(kind, body, **changed), sealed))
        system.sequence += 1
        return accepted

    def post(self, envelope: Envelope, **changed: Any) -> TestResponse:
        return self.site.client.post("/api/v1/door/messages", json={**as_json(envelope), **changed})


def as_json(envelope: Envelope) -> dict[str, Any]:
    """An envelope as it goes over the network or into a file."""
    sent = {"key": envelope.key, "message": envelope.text, "signature": envelope.signature.hex()}
    return sent if envelope.sealed is None else {**sent, "sealed": base64.b64encode(envelope.sealed).decode()}


VAULT = X25519PrivateKey.from_private_bytes(bytes(32))
VAULT_KEY = hashlib.sha256(VAULT.public_key().public_bytes_raw()).hexdigest()


def seal(kind: SealedKind, plaintext: bytes = b"{}", session: str = "S1", project: str = CODE) -> bytes:
    """Encrypt as a sender does, padded to the shortest length that there is."""
    length = next(length for length in PLAINTEXT_LENGTHS[kind] if length >= len(plaintext))
    info = sealed_info(kind, centre="csggzy", project=project, session=session)
    return SUITE.encrypt(plaintext.ljust(length), VAULT.public_key(), info)


def sealed_body(sealed: bytes, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(sealed).hexdigest()
    return {"project": CODE, "session": "S1", "vault_key": VAULT_KEY, "sha256": digest, **more}


def without(facts: ProjectFacts, role: PartyRole) -> ProjectFacts:
    return replace(facts, parties=tuple(party for party in facts.parties if party.role is not role))
