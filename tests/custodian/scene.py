"""A log in memory, an agent's memory that follows it, and nothing else: for rules, which ask no network."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.core.clock import FixedClock
from expertpool.custodian import contributing
from expertpool.custodian.contributing import Case, NotYet
from expertpool.custodian.directory import SETTLING_S
from expertpool.custodian.errors import Refusal
from expertpool.custodian.following import Follower
from expertpool.custodian.me import Me
from expertpool.custodian.memory import Memory
from expertpool.protocol import vrf
from expertpool.sealing.queries import HolderInForce
from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.entry import Draft
from ledger.memory import MemoryLog
from tests.custodian.village import DAY, LOT_KEY, LOTS, PROJECT, make_intent
from tests.ledger.signers import signer
from tests.sealing.world import NOW, credit_code
from tests.service import ORIGIN

SETTLING = timedelta(seconds=SETTLING_S)
CENTRE = "ctr_one"


class Scene:
    """Four holders: `centre`, `first` and `second` outside it, and `third`, outside as well."""

    def __init__(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.clock = FixedClock(NOW)
        self.log = MemoryLog()
        self.memory = Memory.create(path / "memory.db")
        self.evidence = path / "evidence"
        self.follower = Follower(self.memory, self.log, signer(ORIGIN).key, self.evidence, self.clock)
        self.vault = X25519PrivateKey.generate().public_key().public_bytes_raw()
        self.add("vault.registered", public=self.vault.hex())
        self.centre = self.approve(0, outside=False)
        self.first, self.second, self.third = (self.approve(number) for number in (1, 2, 3))
        self.follow()
        self.clock.advance(SETTLING + DAY)

    @property
    def holders(self) -> list[HolderInForce]:
        return [self.centre, self.first, self.second, self.third]

    def add(self, kind: str, *, at: datetime | None = None, **body: Any) -> int:
        """Append an entry; ``at`` is the time that it claims."""
        [entry] = self.log.append([Draft(kind, "svc:test", at or self.clock.now(), body)])
        return entry.index

    def approve(self, number: int, *, outside: bool = True, at: datetime | None = None) -> HolderInForce:
        """Put an approved holder with keys of its own into the log."""
        holder = HolderInForce(
            id=f"khd_{number:026d}",
            credit_code=credit_code(number),
            name="n",
            outside=outside,
            vrf=vrf.public_key(secrets.token_bytes(32)),
            share=X25519PrivateKey.generate().public_key().public_bytes_raw(),
            transport=bytes(32),
            approved_at=self.clock.now(),
            registered=0,
        )
        return self.approve_as(holder, at=at)

    def approve_as(self, holder: HolderInForce, *, at: datetime | None = None) -> HolderInForce:
        index = self.add("holder.approved", at=at, **self.shown(holder))
        return replace(holder, registered=index)

    def retire(self, holder: HolderInForce) -> int:
        return self.add("holder.retired", **self.shown(holder))

    @staticmethod
    def shown(holder: HolderInForce) -> dict[str, Any]:
        return {
            "holder": holder.id,
            "organisation": holder.credit_code,
            "outside": holder.outside,
            "share": holder.share.hex(),
            "vrf": holder.vrf.hex(),
        }

    def request(self, draw: str = "drw_1", *, at: datetime | None = None) -> int:
        return self.add("draw.requested", at=at, draw=draw, centre=CENTRE)

    def intend(self, draw: str = "drw_1", *, requested: bool = True, body: Any = None, **changes: Any) -> int:
        """Log an intent, after its request; ``body`` are members to be written over."""
        if requested:
            self.request(draw)
        holders = changes.pop("named", self.holders)
        intent = make_intent(draw, CENTRE, holders, changes.pop("vault", self.vault), self.clock.now(), **changes)
        return self.add("draw.intended", **{**intent.shown(), **(body or {})})

    def contributed(self, intent: int, holder: HolderInForce | None = None, draw: str = "drw_1") -> int:
        by = (holder or self.centre).id
        return self.add("draw.contributed", draw=draw, intent=intent, organisation=by, digest="", escrow=None)

    def checkpoint(self) -> SignedCheckpoint:
        tree = self.log.tree
        return sign_checkpoint(Checkpoint(ORIGIN, tree.size, tree.root()), signer(ORIGIN))

    def follow(self, *, quorum: bool = False) -> None:
        """Show the log as it is to the agent; ``quorum``: cosigned by enough."""
        self.follower.follow(self.checkpoint())
        self.memory.note_current(self.clock.now())
        if quorum:
            self.memory.note_quorum(self.log.tree.size)

    def ready(self, draw: str = "drw_1", **changes: Any) -> int:
        """An intent to which the centre has contributed, and a quorum cosigned that."""
        intent = self.intend(draw, **changes)
        self.contributed(intent, draw=draw)
        self.follow(quorum=True)
        return intent

    def task(self, intent: int, draw: str = "drw_1", **changes: Any) -> dict[str, Any]:
        return {
            "kind": "contribute",
            "task": "tsk_1",
            "draw": draw,
            "intent": intent,
            "lot_key": LOT_KEY.hex(),
            "lots": list(LOTS),
            "project": PROJECT,
            "approval": None,
            **changes,
        }

    def judge(self, intent: int, me: HolderInForce | None = None, draw: str = "drw_1", **changes: Any) -> Case:
        """Decide as the agent of a holder, by default the first outside one. Raises as the rules do."""
        holder = me or self.first
        mine = Me(holder.id, holder.vrf, holder.outside)
        task = self.task(intent, draw, **changes)
        case = contributing.make_case(task, mine, self.memory, self.clock.now(), SETTLING)
        contributing.judge(case)
        return case

    def answer(self, intent: int, draw: str = "drw_1", **changes: Any) -> None:
        """Contribute, as the first outside holder's agent does."""
        case = self.judge(intent, draw=draw, **changes)
        asked = case.asked
        self.memory.decide(f"tsk_{draw}", {"pi": ""}, intent=intent, project=asked.project, lots=asked.lots)


def waits_for(scene: Scene, intent: int, code: str, **more: Any) -> None:
    with pytest.raises(NotYet) as reason:
        scene.judge(intent, **more)
    assert reason.value.code == code


def refused(scene: Scene, why: type[Refusal], intent: int, entry: int | None = None, **more: Any) -> None:
    with pytest.raises(why) as refusal:
        scene.judge(intent, **more)
    assert type(refusal.value) is why
    assert refusal.value.entry == (intent if entry is None else entry)
    assert refusal.value.message("zh") != refusal.value.message("en")
