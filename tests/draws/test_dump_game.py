"""A player with the full dump, the pool in the clear and the code guesses who was drawn no better than by chance.

For each seat the player names an expert, by every strategy that `dump` finds. Two things are counted: whether the
expert is on the committee (by chance k/n) and whether they hold that seat (by chance 1/n). The interval is that of the
binomial distribution, corrected for the number of strategies (Bonferroni): all of them must lie in the one of 99.9 %,
so that a build that leaks nothing fails once in a thousand runs; the one of 95 % is printed beside them.
In every draw some are called back, and some sign in over the web and answer there, beside as many who were not drawn;
of every few draws the day comes, and some are let in at the desk. No access log of a proxy and no list of the gateway's
is in the player's hands.
Then the same player plays against builds with a leak each, and wins, so that the game can be believed.
"""

import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from expertpool.core.clock import FixedClock
from expertpool.draws import drawing, service, stored_table
from expertpool.draws.contacts import contacts
from expertpool.draws.drawing import Taken
from expertpool.draws.keeping import occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.experts.bulk import BulkEnrolment
from expertpool.experts.demo_pool import demo_employers, demo_experts
from expertpool.experts.enrolling import Row, enrol_rows
from expertpool.experts.models import Expert
from expertpool.experts.protection import Identity, Protector
from expertpool.identity.roles import Role
from expertpool.invitations import gateway_reports
from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, Outcome, Report
from expertpool.invitations.signing import Claim
from expertpool.protocol import envelope
from expertpool.protocol.envelope import About, Envelope, Holders
from expertpool.protocol.request import SeatLine
from expertpool.vault.process import Vault
from policies import facts as known
from policies.facts import Employment, Title
from tests.draws.chance import GATE, TOLD, interval
from tests.draws.dump import Dump, Tables, Target, read_tables, strategies
from tests.draws.dump_times import by_times
from tests.draws.scenes import another_project
from tests.draws.visits import Visits
from tests.draws.world import ENROLLED, STARTS, TODAY, Agent, DrawWorld, Phones
from tests.sealing.world import Keys, World, credit_code
from tests.website import opened

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

POOL, SEATS = 84, 40
AGAIN = 4
"""How many seats are drawn again."""
DAYS = 2
"""Of every how manieth draw the day comes; the others are given up before."""
ANSWER_IN = timedelta(seconds=125)
DOOR = timedelta(minutes=60)
SPECIALTY = "A010103"


def the_pool() -> Iterator[Row]:
    """Experts who are all eligible, of one employer each and with names of many lengths."""
    employers = demo_employers("dump")
    for number, (identity, facts) in enumerate(demo_experts("dump", POOL)):
        name = identity.name.replace("·", "岚" * (number % 10) + "·")
        yield (
            f"exp_{sha256(str(number).encode()).hexdigest()[:26]}",
            Identity(name, *identity[1:]),
            facts._replace(
                title=Title.SENIOR,
                practice_since=date(2000, 1, 1),
                area="430102",
                claims=(known.Claim(SPECIALTY),),
                employments=(Employment(employers[number], facts.employments[0].start if facts.employments else None),),
                penalties=(),
                shareholdings=(),
                kinships=(),
            ),
        )


@dataclass
class Score:
    """Hits by strategy, over how many seats."""

    seats: int = 0
    on_committee: Counter[str] = field(default_factory=Counter)
    on_seat: Counter[str] = field(default_factory=Counter)
    played: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, guess: list[str], truth: list[str]) -> None:
        assert len(guess) == len(set(guess)) == len(truth), name
        self.played[name] += len(truth)
        self.on_committee[name] += len(set(guess) & set(truth))
        self.on_seat[name] += sum(one == other for one, other in zip(guess, truth, strict=True))


class Table:
    """Where the game is played: a centre with a small pool, and an administrator who sees everything."""

    def __init__(
        self, world: DrawWorld, var: Path, log_file: Callable[[], str], read: Callable[[], Tables] | None = None
    ) -> None:
        self.world = world
        self.var = var
        self.read = read or (lambda: read_tables(var / "expertpool.db"))
        self.log_file = log_file
        self.statements: list[tuple[str, Any]] = []
        self.rows = {expert: (identity, facts) for expert, identity, facts in the_pool()}
        self.number = 1
        self.visits = Visits(world, {expert: identity for expert, (identity, _) in self.rows.items()}, random.Random(1))
        event.listen(world.site.service.engine, "before_cursor_execute", self._seen)

    def _seen(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.statements.append((statement, parameters))

    def play(self) -> tuple[Dump, list[str]]:
        """One draw, from application to calls, call-backs and visits: what is seen of it, and who was drawn."""
        world, self.number = self.world, self.number + 1
        if world.clock.now() > TODAY + timedelta(days=world.days, hours=3):  # the opening of the day comes near
            world.days += 1
            world.clock.advance(TODAY + timedelta(days=world.days) - world.clock.now())
        vault = world.vault()
        before, logged, written = self.read(), len(self.log_file()), len(self._bytes("expertpool.db-wal"))
        self.statements.clear()
        draw = another_project(world, self.number, lines=(SeatLine((SPECIALTY,), SEATS, 0),))
        world.go_on(vault, rounds=6)
        assert world.state(draw) is DrawState.FILLING
        self._call_back(vault, draw)
        self.visits.play(draw, {*self._truth(draw).values()})
        if self.number % DAYS == 0:
            self.visits.let_in(draw, STARTS + timedelta(days=world.days) - DOOR)
        after, seen, wal = self.read(), list(self.statements), self._bytes("expertpool.db-wal")
        files = {
            "database": self._bytes("expertpool.db"),
            "write-ahead log": wal[written:] if len(wal) > written else wal,  # it may begin anew
            "log": self.log_file()[logged:].encode(),
        }
        truth = self._truth(draw)
        (intent,) = (body for body in world.bodies("draw.intended") if body["draw"] == draw.id)
        public = {
            "draw": draw.id.encode(),
            "project": draw.project_id.encode(),
            "session": draw.session_id.encode(),
            "request": bytes.fromhex(intent["request"]),
            "table": bytes.fromhex(intent["table"]),
        }
        dump = Dump(before, after, seen, files, self._people(before), [*truth], public)
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.cancel(tx, draw.id, reason="演示"))
        return dump, [*truth.values()]

    def _call_back(self, vault: Vault, draw: Draw) -> None:
        """One declines in the queue, one by a key, one accepts by a key and takes leave, one is never reached."""
        world, codes = self.world, {seat: each.answer_code for seat, each in self.world.seated(draw).items()}
        declines, refuses, leaves, silent = sorted(codes)[:AGAIN]
        world.answer(codes[declines], Word.DECLINE)
        self._report(codes[refuses], {Channel.VOICE: Word.DECLINE})
        self._report(codes[leaves], {Channel.VOICE: Word.ACCEPT})
        self._report(codes[silent], {Channel.VOICE: None, Channel.SMS: None})
        while vault.step():
            pass
        world.answer(codes[leaves], Word.LEAVE)
        world.clock.advance(ANSWER_IN)
        while vault.step():
            pass

    def _report(self, code: str, said: dict[Channel, Word | None]) -> None:
        """What the gateway reports, as the web process takes it: a key that was pressed, or that nobody answered."""
        [phones], now = self.world.phones, self.world.clock.now()
        assert isinstance(phones, Phones)
        for message in [each for each in phones.sent.values() if each.code == code and each.channel in said]:
            word = said[message.channel]
            report = Report(
                phones.name,
                f"evt-{message.id}",
                message.id,
                Outcome.UNANSWERED if word is None else Outcome.ANSWERED,
                now,
                answer=word,
                code=None if word is None else code,
            )
            with self.world.site.service.transactions.begin("svc:web") as tx:
                gateway_reports.take(tx, report, Claim(int(now.timestamp()), secrets.token_hex(16), ""))

    def _bytes(self, name: str) -> bytes:
        path = self.var / name
        return path.read_bytes() if path.exists() else b""

    def _truth(self, draw: Draw) -> dict[Target, str]:
        with self.world.session() as session:
            taken = occupants(session, self.world.parts().keys, draw.id)
            lines = stored_table.stored_table(session, self.world.parts().keys, draw.id).table.lines
        assert [*lines] == [1] * POOL, "all may be drawn, so chance is k/n"
        return {Target(seat, vacancy): each.expert for (seat, vacancy), each in sorted(taken.items())}

    def _people(self, tables: Any) -> dict[str, dict[str, Any]]:
        """The pool in the clear beside its rows."""
        rows: dict[str, dict[str, Any]] = {
            expert: {**identity._asdict(), "identifier": expert, "employer": (facts.employments or ())[0].unit.code}
            for expert, (identity, facts) in self.rows.items()
        }
        for table, key in (("experts", "id"), ("roster_lines", "expert_id"), ("expert_keys", "expert_id")):
            for row in tables[table]:
                rows[row[key]] |= {f"{table}.{column}": value for column, value in row.items()}
        return rows


@pytest.fixture(autouse=True)
def nothing_breaks() -> None:
    """Here the log goes where an administrator reads it; a draw that breaks never gets to its calls."""


@pytest.fixture
def table(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Table]:
    """Parts of 64 KiB instead of 4 MiB: sealed at one size all the same, and thousands of draws fit on a disk."""
    yield from set_table(sqlite_url, tmp_path, monkeypatch, capfd)


def set_table(
    url: str,
    var: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    read: Callable[[], Tables] | None = None,
) -> Iterator[Table]:
    monkeypatch.setattr(stored_table, "PART", 64 * 1024)
    monkeypatch.setenv("EXPERTPOOL_GATEWAY_FIRST_REPORTS_SECRET", "the-reports-secret-of-a-test-gateway")
    clock, said = FixedClock(ENROLLED), [""]

    def logged() -> str:
        said[0] += "".join(capfd.readouterr())
        return said[0]

    # An hour of the game has dozens of draws, so one person signs in more often than people do.
    often = {"VAULT__ONE_TIME_CODES_PER_HOUR": "100"}
    with opened(url, var, clock=clock, LEDGER__ACK_TIMEOUT_S="1", **often) as site:
        world = DrawWorld(World(site, clock))
        for number in range(2):
            keys = Keys(credit_code(number + 1))
            world.agents.append(Agent(keys, world.sealing.enrol(keys, outside=number > 0)))
        enrol(world)
        clock.advance(TODAY - clock.now())
        yield Table(world, var, logged, read)


def enrol(world: DrawWorld) -> None:
    world.site.token(Role.POOL_MANAGER)
    service_, actor = world.site.service, world.site.actors[Role.POOL_MANAGER].id
    protector = Protector(service_.keys)
    bulk = BulkEnrolment(service_.engine, protector, world.pool, world.clock.now(), resolve=lambda _: None)
    enrol_rows(service_.transactions, bulk, actor, the_pool(), ground="湘专库〔2026〕1号", progress=lambda _: None)


def play(table: Table, seats: int) -> Score:
    """Play until so many seats are guessed."""
    score, chance = Score(), random.Random(20261121)
    while score.seats < seats:
        dump, truth = table.play()
        score.seats += len(truth)
        for name, guess in chain(strategies(dump, chance), by_times(dump, chance)):
            score.add(name, guess, truth)
    return score


def outside(score: Score, hits: Counter[str], chance: float) -> dict[str, str]:
    """The strategies that do better or worse than chance at the gate, with their hits and the interval."""
    found = {}
    for name, played in score.played.items():
        least, most = interval(chance, played, 2 * len(score.played), GATE)
        if not least <= hits[name] <= most:
            found[name] = f"{hits[name]} of {played}, outside {least} to {most}"
    return found


def told(score: Score) -> str:
    """What a reader of the test's output wants to know."""
    per_draw = SEATS + AGAIN
    lines = [f"{score.seats} seats, {len(score.played)} strategies, a pool of {POOL}"]
    for name, hits, chance in (
        ("on the committee", score.on_committee, per_draw / POOL),
        ("on the very seat", score.on_seat, 1 / POOL),
    ):
        whole = {each: hits[each] for each, played in score.played.items() if played == score.seats}
        least, most = interval(chance, score.seats, 2 * len(score.played), TOLD)
        low, high = min(whole.values()) / score.seats, max(whole.values()) / score.seats
        lines.append(
            f"{name}: chance {chance:.4f}, 95 % interval {least / score.seats:.4f} to {most / score.seats:.4f}; "
            f"worst strategy {low:.4f}, best {high:.4f}"
        )
    return "\n".join(lines)


def knows_nothing(table: Table, seats: int) -> str:
    score = play(table, seats)
    assert len(score.played) > 1000, "the player has hardly tried anything"
    for table_ in ("vault_one_time_codes", "vault_sign_ins", "vault_attempts"):
        assert any(name.startswith(f"{table_} by ") for name in score.played), "it was not joined by its times"
    assert any(" draw.signed-in:" in name for name in score.played), "nobody was let in"
    assert outside(score, score.on_committee, (SEATS + AGAIN) / POOL) == {}
    assert outside(score, score.on_seat, 1 / POOL) == {}
    return told(score)


@pytest.mark.timeout(900)
def test_the_dump_tells_nothing_of_a_thousand_seats(table: Table, capfd: pytest.CaptureFixture[str]) -> None:
    said = knows_nothing(table, 1_000)
    with capfd.disabled():
        print(f"\n{said}")  # noqa: T201 -- the figures are what is wanted


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_the_dump_tells_nothing_of_ten_thousand_seats(table: Table, capfd: pytest.CaptureFixture[str]) -> None:
    said = knows_nothing(table, 10_000)
    with capfd.disabled():
        print(f"\n{said}")  # noqa: T201 -- the figures are what is wanted


# ---------------------------------------------------------------- builds that leak, so that the game can be believed


def member_as_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seat commits to its member without a salt."""
    real = drawing.take

    def take(*args: Any, **more: Any) -> Taken:
        taken = real(*args, **more)
        return taken._replace(member=sha256(taken.occupant.expert.encode()).hexdigest())

    monkeypatch.setattr(drawing, "take", take)


def records_without_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Envelopes are as long as what is in them."""
    real = envelope.seal_to_holders

    def seal(content: bytes, about: About, holders: Holders) -> Envelope:
        with monkeypatch.context() as patched:
            patched.setattr(envelope, "PLAINTEXT_BYTES", len(content) + 4)
            return real(content, about, holders)

    monkeypatch.setattr(drawing, "seal_to_holders", seal)


def reading_only_the_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of those who were drawn are read, and of nobody else."""
    monkeypatch.setattr(
        drawing,
        "contacts",
        lambda session, protector, everyone, wanted, asked: contacts(session, protector, [*wanted], wanted, asked),
    )


def marking_the_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is drawn has one more change noted in the pool."""
    real = drawing.keep_taken

    def keep(tx: Any, parts: Any, draw_id: str, vacancy: int, taken: Taken) -> None:
        tx.session.get_one(Expert, taken.occupant.expert).revision += 1
        real(tx, parts, draw_id, vacancy, taken)

    monkeypatch.setattr(drawing, "keep_taken", keep)


@pytest.mark.parametrize("leak", [member_as_a_hash, reading_only_the_drawn, marking_the_drawn])
def test_a_build_that_leaks_loses(
    table: Table, monkeypatch: pytest.MonkeyPatch, leak: Callable[[pytest.MonkeyPatch], None]
) -> None:
    leak(monkeypatch)
    score = play(table, 100)
    found = outside(score, score.on_committee, (SEATS + AGAIN) / POOL)
    assert max(score.on_committee[name] / score.played[name] for name in found) > 0.9


def test_a_build_whose_records_have_lengths_loses(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """A length narrows a seat down to those whose names are as long."""
    records_without_padding(monkeypatch)
    score = play(table, 250)
    found = outside(score, score.on_seat, 1 / POOL)
    assert any("length" in name for name in found)
    assert max(score.on_seat[name] / score.played[name] for name in found) > 4 / POOL
