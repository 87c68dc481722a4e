"""A centre with a web server on loopback and key holders with agents of their own, each in its own directory."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from expertpool.core.clock import Clock, FixedClock
from expertpool.core.events import EVENT_KINDS, Event
from expertpool.custodian import running
from expertpool.custodian.agent import Agent, Round
from expertpool.custodian.directory import Config, Directory, set_up
from expertpool.identity.roles import Role
from expertpool.protocol.commitments import lot_code
from expertpool.protocol.envelope import Holders
from expertpool.protocol.intent import Beacon, Constraint, Contributor, Intent
from expertpool.sealing import mailbox, queries, service
from expertpool.sealing.models import KeyHolder
from expertpool.sealing.queries import HolderInForce
from ledger.entry import format_time
from tests.ledger.signers import signer
from tests.sealing.world import World, credit_code
from tests.service import ORIGIN

PASSPHRASE = b"a test's"
DAY = timedelta(days=1)
STEP = timedelta(seconds=10)
PROJECT, LOTS, LOT_KEY = "A4301000001", ("A4301000001001",), bytes(range(32))
TAKE = "test.take"


@dataclass
class Neighbour:
    """A key holder: its agent's directory and, while it runs, its agent."""

    directory: Directory
    organisation: str
    outside: bool
    clock: Clock
    holder: KeyHolder = field(init=False)
    agent: Agent = field(init=False)
    held: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.agent = self.held.enter_context(running.opened(self.directory, PASSPHRASE, self.clock))

    def stop(self) -> None:
        self.held.close()


class Village:
    """``world`` is the centre; its agents' clocks are its own unless a test says otherwise."""

    def __init__(self, world: World, url: str, path: Path, outside: Sequence[bool] = (False, True, True)) -> None:
        self.world = world
        self.url = url
        self.path = path
        self.answers: dict[str, dict[str, Any]] = {}
        world.jobs[TAKE] = self._take
        self.neighbours = [self._settle(number, out) for number, out in enumerate(outside)]
        names = [neighbour.agent.sets[0].signer.key for neighbour in self.neighbours]
        lines = [f"log {signer(ORIGIN).key}"]
        lines += [f"witness w{number} {key}" for number, key in enumerate(names)]
        outsiders = " ".join(f"w{number}" for number, out in enumerate(outside) if out)
        lines += [f"group outsiders all {outsiders}", "quorum outsiders"]
        self.policy_text = "\n".join(lines) + "\n"
        for neighbour in self.neighbours:
            neighbour.stop()
            (neighbour.directory.path / "policy").write_text(self.policy_text)
            neighbour.start()
        policy = world.site.service.settings.ledger.witness_policy
        assert policy is not None
        policy.parent.mkdir(parents=True, exist_ok=True)
        policy.write_text(self.policy_text)

    def _settle(self, number: int, outside: bool) -> Neighbour:  # noqa: FBT001 -- told by its name
        organisation = credit_code(number)
        directory = self.set_up(f"agent{number}", organisation)
        neighbour = Neighbour(directory, organisation, outside, self.world.clock)
        neighbour.start()
        return neighbour

    def set_up(self, name: str, organisation: str) -> Directory:
        """A new agent's directory; it believes the policy of the village where there is one yet."""
        key = signer(ORIGIN).key
        config = Config(f"{name}.example/a", organisation, ORIGIN, str(key), self.url)
        policy = getattr(self, "policy_text", f"log {key}\nquorum none\n")
        return set_up(self.path / name, config, policy.encode(), PASSPHRASE)

    def register(self, neighbour: Neighbour) -> None:
        """Have the centre register the file that the agent wrote."""
        file = neighbour.directory.registration.read_bytes()
        neighbour.holder = self.world.as_(
            Role.SECURITY_ADMINISTRATOR,
            lambda tx: service.register_holder(
                tx,
                centre_id=self.world.centre.id,
                name=f"单位{neighbour.organisation}",
                outside=neighbour.outside,
                registration=file,
            ),
        )

    def approve_all(self) -> None:
        """All the way to approved holders: three parties' acts each."""
        for neighbour in self.neighbours:
            self.register(neighbour)
        self.sign()
        for neighbour in self.neighbours:
            assert neighbour.agent.round().answered == 1
        self.world.work()
        for neighbour in self.neighbours:
            self.world.approve(neighbour.holder)
            self.world.clock.advance(STEP)  # who was approved first comes first
        self.sign()

    def sign(self) -> None:
        while self.world.site.service.signer.step():
            pass

    def round(self) -> list[Round]:
        """Sign what there is, then let each agent do a round, ten seconds later."""
        self.sign()
        self.world.clock.advance(STEP)
        done = [neighbour.agent.round() for neighbour in self.neighbours]
        self.world.work()
        return done

    def record(self, kind: str, **shown: Any) -> int:
        """Put an entry of this kind into the ledger; what the event hides is empty."""
        event = EVENT_KINDS[kind]
        hidden = dict.fromkeys(event.field_names(shown=False))
        happened: Event = event(**{**hidden, **shown})
        with self.world.site.service.transactions.begin("svc:vault") as tx:
            tx.record(happened)
        return tx.entries[0].index

    def request(self, draw: str) -> int:
        return self.record("draw.requested", draw=draw, centre=self.world.centre.id)

    def intend(self, draw: str, **changes: Any) -> int:
        """Request a draw and log its intent, of all holders in force unless ``changes`` say otherwise."""
        with self.world.session() as session:
            holders = queries.holders_in_force(session, self.world.centre.id)
            vault = queries.vault_key(session)
        assert vault is not None
        self.request(draw)
        intent = make_intent(draw, self.world.centre.id, holders, vault, self.world.clock.now(), **changes)
        return self.record("draw.intended", **intent.shown())

    def ask(self, neighbour: Neighbour, draw: str, intent: int, **changes: Any) -> str:
        """Leave a task to contribute."""
        plain = {
            "kind": "contribute",
            "draw": draw,
            "intent": intent,
            "lot_key": LOT_KEY.hex(),
            "lots": list(LOTS),
            "project": PROJECT,
            "approval": None,
            **changes,
        }
        with self.world.site.service.transactions.begin("svc:vault") as tx:
            return mailbox.post_task(tx, neighbour.holder, plain, then=TAKE, args={"draw": draw})

    def contributed(self, neighbour: Neighbour, draw: str, intent: int) -> int:
        """Log a holder's contribution, and have its agent know that it gave one."""
        memory = neighbour.agent._memory
        if not memory.has_contributed(intent):
            memory.decide(f"tsk_of_{intent}", {"pi": ""}, intent=intent, project=PROJECT, lots=LOTS)
        return self.record(
            "draw.contributed",
            draw=draw,
            intent=intent,
            organisation=neighbour.holder.id,
            digest="0" * 64,
            escrow=None,
        )

    def _take(self, tx: Any, job: Any) -> None:
        answer = mailbox.opened_answer(tx.session, job.args["task"], self.world.opener)
        assert answer is not None
        self.answers[job.args["task"]] = answer


def make_intent(
    draw: str,
    centre: str,
    holders: Sequence[HolderInForce],
    vault: bytes,
    now: datetime,
    *,
    project: str = PROJECT,
    lots: Sequence[str] = LOTS,
    lot_key: bytes = LOT_KEY,
    sealed_to: Holders | None = None,
    **changes: Any,
) -> Intent:
    """A well-formed intent; only what agents look at means anything."""
    named = tuple(Contributor(holder.id, holder.registered, holder.vrf) for holder in holders)
    stated: dict[str, Any] = {
        "draw": draw,
        "centre": centre,
        "request": bytes(32),
        "lots": tuple(sorted(lot_code(lot_key, project, lot) for lot in lots)),
        "first": None,
        "rulebook": bytes(32),
        "roster_centre": centre,
        "roster_origin": "own",
        "roster_size": 0,
        "table": bytes(32),
        "seats": (5,),
        "constraints": (Constraint(1, 1),),
        "retained": (),
        "contributors": named[:2],
        "alternates": named[2:],
        "required": 2,
        "step_seconds": 600,
        "deadline": now + DAY,
        "max_attempts": 100,
        "vacancies": 20,
        "vault": vault,
        "holders": sealed_to
        or Holders(
            {holder.id: holder.share for holder in holders},
            (tuple(sorted(holder.id for holder in holders[:2])),),
        ),
        "not_before": now + 2 * DAY,
        "beacon": None,
        **changes,
    }
    return Intent(**stated)


@contextmanager
def served(world: World) -> Iterator[str]:
    """The centre's web server in a thread; gives its address."""
    server = make_server("127.0.0.1", 0, world.site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="web")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def founded(world: World, path: Path, outside: Sequence[bool] = (False, True, True)) -> Iterator[Village]:
    """A village whose holders are not registered yet."""
    with served(world) as url:
        village = Village(world, url, path, outside)
        try:
            yield village
        finally:
            for neighbour in village.neighbours:
                neighbour.stop()


__all__ = ["DAY", "LOTS", "LOT_KEY", "PROJECT", "Beacon", "FixedClock", "Village", "format_time", "founded", "served"]
