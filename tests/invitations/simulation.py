"""A centre's days by a simulated clock: projects are drawn for, experts are called, most of them do not come.

The vault is the product's own, with every job, message and entry; agents answer in this process. Only what stands
outside is played: gateways that fail, send and say that they failed, refuse, and report twice; people who accept,
decline, answer too late or twice or not at all, and some who take leave.
"""

import heapq
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from threading import Lock
from typing import Any, Final

from sqlalchemy import func, select

from expertpool.core import faults
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_store import SqlLog
from expertpool.draws import service
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.queries import seats_of
from expertpool.identity.roles import Role
from expertpool.invitations import answering, gateway_reports
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message, Outcome, Report
from expertpool.invitations.models import Invitation, OutgoingMessage
from expertpool.invitations.seated import At
from expertpool.invitations.signing import Claim
from expertpool.invitations.stored import errands_of, invitations_of, open_invited
from expertpool.projects import service as projects
from expertpool.projects.facts import LotFacts
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession
from expertpool.protocol import agents, vrf
from expertpool.protocol.request import SeatLine
from expertpool.sealing import mailbox
from expertpool.vault.process import collect_handlers
from ledger.entry import Entry, parse_entry
from tests.draws.world import CODE, Agent, DrawWorld
from tests.projects.world import FACTS, SITTING
from tests.sealing.world import private_opener

SEATS: Final = 5
OPENING, REVIEW, REPORTED = timedelta(hours=4), timedelta(hours=5), timedelta(hours=9)
DAY: Final = timedelta(days=1)
BEAT: Final = timedelta(seconds=2)
ACCEPTING, DECLINING = 0.4, 0.3
"""Which part of those who are called accept, and decline; nobody else answers in time."""
LATE: Final = 0.1
"""Which part of those who do not answer in time answer when it is too late."""
LEAVING: Final = 0.04
TWICE: Final = 0.2
UNREPORTED: Final = 0.05
"""Which part of texts the first gateway never reports."""
REFUSING, DOWN, FAILING, SENT_AND_FAILING = 0.01, 0.03, 0.13, 0.05
"""What a gateway refuses, takes at the sixth trial only, fails at first, and says that it failed though it sent."""


def _beat(moment: datetime) -> datetime:
    """The next beat of the simulated clock: what happens between two happens together, a little late."""
    return datetime.fromtimestamp(-(-moment.timestamp() // BEAT.total_seconds()) * BEAT.total_seconds(), UTC)


class Died(BaseException):
    """The vault dies here, as by kill -9: nothing that would catch an error catches this."""


@dataclass
class FlakyGateway:
    """A provider. What becomes of a message follows from its id, so repeating it is the same message."""

    name: str
    delivered: Callable[[str, Message], None]
    channels: frozenset[Channel] = frozenset({Channel.VOICE, Channel.SMS})
    tried: Counter[str] = field(default_factory=Counter)
    sent: dict[str, Message] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def send(self, message: Message) -> None:
        with self.lock:
            self.tried[message.id] += 1
            fate, tried = Random(f"{self.name}/{message.id}").random(), self.tried[message.id]
            if fate < REFUSING and self.name == "first":
                raise GatewayRefused(self.name)
            if fate < FAILING and tried <= (5 if fate < DOWN else 1):
                raise GatewayFailed(self.name)
            new = message.id not in self.sent
            self.sent.setdefault(message.id, message)
        if new:
            self.delivered(self.name, message)
        if fate > 1 - SENT_AND_FAILING and tried == 1:
            raise GatewayFailed(self.name)

    def health(self) -> Health:
        return Health(usable=True)


@dataclass(frozen=True)
class Mind:
    """What somebody answers, after how many seconds, by a key or by the link; it follows from the code."""

    word: Word | None
    after: float
    by_key: bool
    twice: bool
    leaves: float | None

    @classmethod
    def of(cls, code: str) -> "Mind":
        chance = Random(code)
        drawn, after = chance.random(), chance.uniform(5, 110)
        word = Word.ACCEPT if drawn < ACCEPTING else Word.DECLINE if drawn < ACCEPTING + DECLINING else None
        if word is None and chance.random() < LATE:
            word, after = Word.ACCEPT, chance.uniform(180, 300)
        leaves = chance.uniform(1200, 6000) if word is Word.ACCEPT and chance.random() < LEAVING else None
        return cls(word, after, chance.random() < 0.5, chance.random() < TWICE, leaves)


@dataclass(frozen=True)
class Project:
    """What became of one: the state in which it was reviewed, its vacancies, and how long it took to five seats."""

    draw: str
    state: DrawState
    vacancies: int
    seconds: float | None


@dataclass
class Simulation:
    """Days of a centre. With ``dying`` the vault dies at that part of the crash points that it reaches."""

    world: DrawWorld
    chance: Random
    dying: float = 0.0
    deaths: Counter[str] = field(default_factory=Counter)
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._happening: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order, self._number, self._read = count(), 0, 0
        self._asked, self._lock, self._signed = set[str](), Lock(), 0
        self._rung: Counter[tuple[str, Channel]] = Counter()
        self.gateways = [FlakyGateway(name, self._delivered) for name in ("first", "second")]
        self.world.phones = [*self.gateways]
        self._keys = self.world.parts().keys
        self._vault = self.world.vault()
        self._ours = OutboxJob.kind.in_(collect_handlers(self.world.desk()))  # nobody does the worker's here

    # ------------------------------------------------------------ a day

    def day(self, number: int) -> list[Project]:
        """Draw for so many projects on one morning, let the day go by, and close what sat."""
        morning = self.world.clock.now()
        draws = [self._apply() for _ in range(number)]
        self._until(morning + REVIEW)
        found = [self._judged(draw) for draw in draws]
        self._advance(morning + REPORTED)
        for draw in draws:
            self._report(draw)
        self._until(self.world.clock.now())
        self._advance(morning + DAY)
        return found

    def _apply(self) -> Draw:
        self._number += 1
        code, now = f"E430100{self._number:010}", self.world.clock.now()
        lots = (LotFacts(f"{code}001", "一标段", 10_000_000),)
        project = self.world.project(replace(FACTS, code=code, lots=lots))
        facts = replace(SITTING, lots=(lots[0].code,), starts=now + REVIEW, opens_at=now + OPENING)
        sitting = self.world.sealing.as_(
            Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=facts)
        )
        given = self.world.application(lines=(SeatLine((CODE,), SEATS, 0),), owner_representatives=())
        settings = self.world.site.service.settings.draws
        return self.world.sealing.as_(Role.INITIATOR, lambda tx: service.apply(tx, settings, sitting.id, given=given))

    def _report(self, draw: Draw) -> None:
        with self.world.site.service.transactions.begin("svc:test") as tx:
            sitting = tx.session.get_one(EvaluationSession, draw.session_id)
            note_report(tx, sitting, at=tx.now, said=tx.now, document="0" * 64)

    # ------------------------------------------------------------ time

    def _until(self, end: datetime) -> None:
        """Let everything happen that is to happen up to a moment, each thing at its own."""
        self._settle()
        while (moment := self._next()) is not None and moment <= end:
            self._advance(moment)
            while self._happening and self._happening[0][0] <= self.world.clock.now():
                heapq.heappop(self._happening)[2]()
            self._settle()

    def _next(self) -> datetime | None:
        """When something happens next: an answer or a report, a job, a message, somebody who is to be struck."""
        now = self.world.clock.now()
        free, waits = func.coalesce(OutboxJob.leased_until, OutboxJob.due), (OutboxJob.done_at.is_(None), self._ours)
        sent = func.coalesce(OutgoingMessage.leased_until, OutgoingMessage.due)
        with self.world.session() as session:
            moments = [
                session.scalar(select(func.min(free)).where(*waits, OutboxJob.due <= now)),
                session.scalar(select(func.min(OutboxJob.due)).where(*waits, OutboxJob.due > now)),
                session.scalar(select(func.min(sent)).where(OutgoingMessage.due.is_not(None))),
                session.scalar(select(func.min(OutgoingMessage.due)).where(OutgoingMessage.due > now)),
            ]
            called = select(Invitation).join(
                Seat, (Seat.draw_id == Invitation.draw_id) & (Seat.code == Invitation.seat)
            )
            called = called.where(Seat.vacancy == Invitation.vacancy, Seat.state == SeatState.CALLED)
            ends = (open_invited(self._keys, row).ends for row in session.scalars(called))
            moments += [datetime.fromisoformat(each) for each in ends if each]
        if self._happening:
            moments.append(self._happening[0][0])
        later = [each for each in moments if each is not None]
        return max(_beat(min(later)), now + BEAT) if later else None

    def _advance(self, moment: datetime) -> None:
        self.world.clock.advance(max(timedelta(), moment - self.world.clock.now()))

    def _settle(self) -> None:
        """Rounds of vault, signer and agents until nothing moves at this moment."""
        moved = True
        while moved:
            while self._step():
                pass
            moved = self._attend()

    def _step(self) -> bool:
        if not self.dying:
            return self._vault.step()
        faults.arm(self._maybe_die)
        try:
            return self._vault.step()
        except Died:
            self._vault = self.world.vault()
            return True
        finally:
            faults.disarm()

    def _maybe_die(self, point: str) -> None:
        if self.chance.random() < self.dying:
            self.deaths[point] += 1
            raise Died(point)

    def _attend(self) -> bool:
        """Sign and cosign while a draw waits for that, and have the agents answer; returns whether anything moved."""
        engine = self.world.site.service.engine
        with self.world.session() as session:
            waiting = session.scalar(select(func.count()).where(Draw.state == DrawState.INTENT))
        answered = [self._answer_tasks(agent) for agent in self.world.agents]
        size = SqlLog(engine).head().size
        if waiting and size > self._signed:
            self.world.sign()
            self._signed = size
            return True
        return any(answered)

    def _answer_tasks(self, agent: Agent) -> bool:
        service_ = self.world.site.service
        with self.world.session() as session:
            tasks = mailbox.tasks_for(session, agent.holder.id, self.world.clock.now())
        opener, vault = private_opener(agent.keys.share), self.world.sealing.vault.public_key().public_bytes_raw()
        if not tasks:
            return False
        sealed = {}
        for task in tasks:
            plain = agents.open_task(opener, agent.holder.id, task.id, task.sealed)
            answer: dict[str, Any] = {"kept": True}
            if plain["kind"] == "contribute":
                answer = {"pi": vrf.prove(agent.keys.vrf, self.world.entry_hash(plain["intent"])).hex()}
            sealed[task.id] = agents.seal_answer(vault, agent.holder.id, task.id, answer)
        with service_.transactions.begin(agent.holder.id) as tx:
            mailbox.take_answers(tx, agent.holder.id, sealed)
        return True

    # ------------------------------------------------------------ people and gateways

    def _delivered(self, gateway: str, message: Message) -> None:
        """A phone rings or a text arrives. The gateway reports; whoever is asked makes up their mind once."""
        chance = Random(f"{gateway}/{message.id}")
        report = Report(gateway, f"evt-{message.id}", message.id, Outcome.DELIVERED, self.world.clock.now())
        voice, answered = message.channel is Channel.VOICE, None
        with self._lock:
            if message.code is not None:
                self._rung[message.code, message.channel] += 1
                mind = Mind.of(message.code)
                if message.code not in self._asked and not mind.by_key:
                    self._answers(mind, message.code)
                self._asked.add(message.code)
                answered = mind.word if voice and mind.by_key else None
            if answered is not None:
                report = replace(report, outcome=Outcome.ANSWERED, answer=answered.value, code=message.code)
                self._reports(report, Mind.of(message.code or "").after, chance)
            elif voice:
                self._reports(replace(report, outcome=Outcome.UNANSWERED), chance.uniform(20, 40), chance)
            elif gateway == "second" or chance.random() > UNREPORTED:
                self._reports(report, chance.uniform(1, 10), chance)

    def _answers(self, mind: "Mind", code: str) -> None:
        """By the link in the text, some twice."""
        if mind.word is not None:
            for again in range(1 + mind.twice):
                self._later(mind.after + again, lambda: self._hand_in(code, mind.word))
        if mind.leaves is not None:
            self._later(mind.after + mind.leaves, lambda: self._hand_in(code, Word.LEAVE))

    def _reports(self, report: Report, after: float, chance: Random) -> None:
        """Some come twice; whoever accepts by a key may take leave later."""
        for again in range(1 + (chance.random() < TWICE)):
            self._later(after + again, lambda: self._take(report))
        leaves = None if report.code is None else Mind.of(report.code).leaves
        if leaves is not None:
            self._later(after + leaves, lambda: self._hand_in(report.code, Word.LEAVE))

    def _later(self, seconds: float, happens: Callable[[], None]) -> None:
        moment = self.world.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._happening, (moment, next(self._order), happens))

    def _hand_in(self, code: str | None, word: Word | None) -> None:
        with self.world.site.service.transactions.begin("svc:web") as tx:
            answering.hand_in(tx, code=code or "", word=word or Word.DECLINE)

    def _take(self, report: Report) -> None:
        claim = Claim(int(self.world.clock.now().timestamp()), secrets.token_hex(16), "")
        with self.world.site.service.transactions.begin("svc:web") as tx:
            gateway_reports.take(tx, report, claim)

    # ------------------------------------------------------------ what became of it

    def _judged(self, draw: Draw) -> Project:
        """Hold a project against the promises, by ledger, rows and gateways."""
        own = self._entries_of(draw.id)
        kinds = Counter(entry.kind for entry in own)
        state = self.world.state(draw)
        assert state in (DrawState.FILLED, DrawState.EXHAUSTED), self._stands(draw, state)
        assert kinds["draw.intended"] == kinds["draw.completed"] == 1
        vacated = [entry.body["vacancy"] for entry in own if entry.kind == "draw.vacated"]
        drawn = [entry.body["vacancy"] for entry in own if entry.kind in ("draw.refilled", "draw.vacancy-exhausted")]
        assert vacated == drawn == list(range(1, len(vacated) + 1)), "a vacancy was drawn twice, or never"
        self._check_calls(draw)
        times = {entry.kind: datetime.fromisoformat(entry.time) for entry in reversed(own)}  # the first of each kind
        filled = times.get("draw.filled")
        seconds = None if filled is None else (filled - times["draw.requested"]).total_seconds()
        return Project(draw.id, state, len(vacated), seconds)

    def _stands(self, draw: Draw, state: DrawState) -> str:
        """What there is of a draw that was forgotten."""
        with self.world.session() as session:
            seats = [(each.code, each.vacancy, each.state.value) for each in seats_of(session, draw.id)]
            now = {(code, vacancy) for code, vacancy, _ in seats}
            known = [
                (at.seat, each.state.value, each.called, each.ends, each.unreached)
                for at, each in invitations_of(session, self._keys, draw.id).items()
                if (at.seat, at.vacancy) in now
            ]
            sent = [
                (each.errand.seat, each.errand.channel.value, each.errand.gateway, each.row.due, each.errand.taken)
                for each in errands_of(session, self._keys, draw.id)
                if (each.errand.seat, each.errand.vacancy) in now
            ]
        return f"forgotten: {state.value} {seats} {known} {sent}"

    def _check_calls(self, draw: Draw) -> None:
        """Whoever took a seat was reached, and called once at most; and nobody for the same seat again."""
        with self.world.session() as session:
            taken = occupants(session, self._keys, draw.id)
            seats = {seat.code: seat for seat in seats_of(session, draw.id)}
            invitations = invitations_of(session, self._keys, draw.id)
        for (seat, vacancy), occupant in taken.items():
            if invitations[At(draw.id, seat, vacancy)].finding is not None:
                continue  # sits elsewhere that day: whoever is struck for it is not called, and nobody can tell
            calls, texts = (self._rung[occupant.answer_code, each] for each in (Channel.VOICE, Channel.SMS))
            assert calls <= 1, "called twice"
            assert calls + texts >= 1, "forgotten"  # who answers one at once may never get the other, if it fails
        people = Counter((seat, occupant.expert) for (seat, _), occupant in taken.items())
        assert set(people.values()) == {1}, "the same person twice on a seat"
        assert {each.state for each in seats.values()} <= {SeatState.ACCEPTED, SeatState.UNFILLABLE, SeatState.CALLED}

    def _entries_of(self, draw: str) -> list[Entry]:
        log = SqlLog(self.world.site.service.engine)
        size = log.head().size
        for data in log.entries(self._read, size):
            entry = parse_entry(data)
            if isinstance(entry.body.get("draw"), str):
                self.entries[entry.body["draw"]].append(entry)
        self._read = size
        return self.entries[draw]
