"""Key holders of a test: their private keys in memory, and what an agent would do with them."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from expertpool.core.clock import FixedClock
from expertpool.core.jobs import Outbox
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.transaction import Transaction
from expertpool.identity.roles import Role
from expertpool.protocol import agents, vrf
from expertpool.protocol.envelope import Open, open_with
from expertpool.sealing import mailbox, service
from expertpool.sealing.models import KeyHolder
from ledger import ed25519
from ledger.note import COSIGNATURE_V1, NoteSigner, VerifierKey
from tests.website import Website

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
T = TypeVar("T")
ANSWERS = "/api/v1/agents/answers"


def credit_code(number: int) -> str:
    """A credit code with a right check digit, of a made-up institution."""
    body = f"1143{number:013d}"
    return body + uscc.calc_check_digit(body)


def private_opener(private: X25519PrivateKey) -> Open:
    return lambda ciphertext, info: open_with(private, ciphertext, info)


@dataclass
class Keys:
    """The four keys of an agent; ``former`` is the transport key that they succeed, and signs so."""

    organisation: str
    vrf: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    cosign: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    transport: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    share: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    name: str = ""
    former: bytes | None = None
    succession: bytes | None = None
    """A signature to be given instead of the former key's."""

    @property
    def cosigner(self) -> NoteSigner:
        name = self.name or f"agent-{self.organisation.lower()}.example/a1"
        key = VerifierKey(name, COSIGNATURE_V1, ed25519.public_key(self.cosign))
        return NoteSigner(key, lambda message: ed25519.sign(self.cosign, message))

    @property
    def registration(self) -> agents.Registration:
        return agents.Registration(
            organisation=self.organisation,
            vrf=vrf.public_key(self.vrf),
            share=self.share.public_key().public_bytes_raw(),
            transport=ed25519.public_key(self.transport),
            cosign=self.cosigner.key,
        )

    def file(self) -> bytes:
        agrees = self.former is not None or self.succession is not None
        return agents.make_registration(
            self.registration,
            cosign=self.cosigner.sign_bytes,
            transport=lambda message: ed25519.sign(self.transport, message),
            prove=lambda message: vrf.prove(self.vrf, message),
            former=self._agree if agrees else None,
        )

    def _agree(self, message: bytes) -> bytes:
        return self.succession or ed25519.sign(self.former or b"", message)

    def header(self, holder: str, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
        sign = lambda message: ed25519.sign(self.transport, message)  # noqa: E731
        seconds = int(now.timestamp())
        return {"Authorization": agents.authorise(holder, sign, method, path, body, seconds=seconds)}


class World:
    """A website with a registered vault, and verbs as their roles."""

    def __init__(self, site: Website, clock: FixedClock) -> None:
        self.site = site
        self.clock = clock
        self.centre = site.centre
        self.vault = X25519PrivateKey.generate()
        self.opener = private_opener(self.vault)
        self.jobs: dict[str, Any] = {
            service.PROVE_SHARE: lambda tx, job: service.prove_share(tx, job, self.opener),
        }
        public = self.vault.public_key().public_bytes_raw()
        self.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: service.register_vault(tx, public=public))

    def as_(self, role: Role, verb: Callable[[Transaction], T]) -> T:
        self.site.token(role)
        with self.site.service.transactions.begin(self.site.actors[role].id) as tx:
            return verb(tx)

    def register(self, keys: Keys, *, outside: bool = True, centre_id: str | None = None) -> KeyHolder:
        return self.as_(
            Role.SECURITY_ADMINISTRATOR,
            lambda tx: service.register_holder(
                tx,
                centre_id=centre_id or self.centre.id,
                name=f"单位{keys.organisation[-3:]}",
                outside=outside,
                registration=keys.file(),
            ),
        )

    def approve(self, holder: KeyHolder) -> KeyHolder:
        return self.as_(Role.SUPERVISOR, lambda tx: service.approve_holder(tx, holder.id))

    def enrol(self, keys: Keys, *, outside: bool = True) -> KeyHolder:
        """Register a holder, have its agent prove its share, approve it."""
        holder = self.register(keys, outside=outside)
        self.prove(holder, keys)
        return self.approve(holder)

    def prove(self, holder: KeyHolder, keys: Keys) -> None:
        for task in self.tasks(holder, keys):
            plain = agents.open_task(private_opener(keys.share), holder.id, task["id"], task["sealed"])
            if plain["kind"] == "prove-share":
                self.answer(holder, keys, task["id"], {"nonce": plain["nonce"]})
        self.work()

    def tasks(self, holder: KeyHolder, keys: Keys) -> list[dict[str, Any]]:
        from base64 import b64decode

        found = self.ask(holder, keys, "GET", "/api/v1/agents/tasks")
        assert found.status_code == 200, found.text
        return [{"id": task["id"], "sealed": b64decode(task["sealed"])} for task in found.get_json()["tasks"]]

    def answer(self, holder: KeyHolder, keys: Keys, task: str, plain: Mapping[str, Any]) -> Any:
        from base64 import b64encode

        sealed = agents.seal_answer(self.vault.public_key().public_bytes_raw(), holder.id, task, plain)
        return self.hand_in(holder, keys, {task: b64encode(sealed).decode()})

    def hand_in(self, holder: KeyHolder, keys: Keys, sealed: Mapping[str, str]) -> Any:
        """Send what is sealed (base64) as the answers to tasks."""
        answers = [{"task": task, "sealed": each} for task, each in sealed.items()]
        return self.ask(holder, keys, "POST", ANSWERS, {"answers": answers})

    def ask(self, holder: KeyHolder, keys: Keys, method: str, path: str, value: object = None) -> Any:
        body = b"" if value is None else json.dumps(value).encode()
        headers = keys.header(holder.id, method, path, body, self.clock.now())
        kind = None if value is None else "application/json"
        return self.site.client.open(path, method=method, headers=headers, data=body, content_type=kind)

    def work(self) -> None:
        """Run the vault's jobs."""
        from datetime import timedelta

        handlers = {mailbox.ANSWERED: mailbox.continuing(self.jobs, self.opener)}
        outbox = Outbox(self.site.service.transactions, handlers, timedelta(minutes=1))
        while outbox.run_one():
            pass

    def session(self) -> Session:
        return Session(self.site.service.engine)

    def entries(self) -> list[dict[str, Any]]:
        with self.session() as session:
            return [json.loads(data) for data in session.scalars(select(LedgerEntry.data).order_by(LedgerEntry.index))]

    def entry_hash(self, index: int) -> bytes:
        with self.session() as session:
            return session.scalars(select(LedgerEntry.hash).where(LedgerEntry.index == index)).one()
