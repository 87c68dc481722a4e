"""Everything before a simulated draw: a log, key holders with their keys, a roster and a request."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from expertpool.protocol import facts, roster
from expertpool.protocol.beacon import CHAINS, Round, round_due
from expertpool.protocol.bidders import Bidders
from expertpool.protocol.decisions import NOTHING, Decided, Extra
from expertpool.protocol.openings import (
    AnswerOpened,
    StruckOpened,
)
from expertpool.protocol.request import DrawRequest, SeatLine, Site
from expertpool.protocol.vrf import public_key
from ledger.entry import Draft, Entry
from ledger.memory import MemoryLog
from policies.facts import Claim, Degree, Employment, Expert, PoolKind, Status, Suspension, Title, Unit
from policies.library import shipped
from policies.rulebook import Rulebook
from tests.ledger.signers import cosigner, seed_of, signer

if TYPE_CHECKING:
    from tests.protocol.simulation import Simulation

CENTRE, ORIGIN = "ctr_changsha", "own"
LOG = signer("example.org/log")
WITNESSES = {"one": cosigner("one.example"), "two": cosigner("two.example"), "three": cosigner("three.example")}
HOLDERS = ("khd_centre", "khd_bureau", "khd_province", "khd_notary")
"""The centre, another contributor, and alternates."""
REGIME = "tender"


@dataclass(frozen=True)
class Setup:
    """What kind of draw. ``vacancies``: for each the cause; the seats are vacated in turn, or as ``vacated`` says."""

    seed: int = 1
    experts: int = 60
    employers: int = 25
    lines: tuple[SeatLine, ...] = (SeatLine(("A010101",), 3, 0), SeatLine(("A010102",), 2, 0))
    vacancies: tuple[str, ...] = ()
    vacated: tuple[int, ...] = ()
    cap: int = 20
    max_attempts: int = 200
    silent: tuple[str, ...] = ()
    """Who does not answer, and is replaced by the next alternate."""
    beacon: Round | None = None
    retained: int = 0
    """How many members of a first draw keep their seats."""
    bidders: tuple[int, ...] = ()
    """Which employers bid: known at the draw, or from a list that is opened after so many vacancies."""
    opened_after: int | None = None
    lost: int = 0
    """How many seats are lost in the end, and not drawn anew: honest where the cap is as many as the vacancies."""


class Member(NamedTuple):
    """Who is on the roster, by their last line."""

    line: roster.Line
    facts: Expert


class Candidate(NamedTuple):
    """A row of the table before it is one."""

    member: Member
    decided: Decided
    extra: Extra = NOTHING


@dataclass
class Seat:
    """A seat as it stands."""

    code: str
    line: int
    row: int
    answer: bytes
    answer_code: str
    member: str


@cache
def rulebook() -> Rulebook:
    return shipped().rulebook("demo-centre", date(2026, 11, 2))


@dataclass
class BeforeTheDraw:
    """Registrations, the roster and the request. With ``first`` it goes on in the log of an earlier draw."""

    setup: Setup = field(default_factory=Setup)
    first: "Simulation | None" = None

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.setup.seed}/{self.first is not None}")
        self.log: MemoryLog = MemoryLog() if self.first is None else self.first.log
        self.now: datetime = self._beginning() if self.first is None else self.first.now
        self.draw_id = f"drw_{self.setup.seed}{'b' if self.first else 'a'}"
        self.lot_key: bytes = self.fresh(32) if self.first is None else self.first.lot_key
        self.table_key, self.request_salt = self.fresh(32), self.fresh(16)
        self.registered: dict[str, Entry] = {}
        self.roster_entries: list[tuple[Entry, list[bytes]]] = []
        self.members: dict[str, Member] = {}
        self.entries: list[Entry] = []
        self.proofs: dict[str, bytes] = {}
        self.answers: list[AnswerOpened] = []
        self.evidence: list[str] = []
        self.selected: set[int] = set()
        self.seats: list[Seat] = []
        self.sat: set[int] = set()
        self.struck: set[int] = set()
        self.vacancies = 0
        self.opened: StruckOpened | None = None

    def fresh(self, length: int) -> bytes:
        return self.random.randbytes(length)

    def _beginning(self) -> datetime:
        """Early enough for a given beacon round to fall due between the contributions and the result."""
        real = self.setup.beacon
        if real is None:
            return datetime(2026, 11, 2, 1, tzinfo=UTC)
        return round_due(CHAINS[real.chain_hash], real.round) - timedelta(minutes=45)

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        self.now += timedelta(minutes=minutes)
        [entry] = self.log.append([Draft(kind, "svc:vault", self.now, body)])
        if kind.startswith("draw."):
            self.entries.append(entry)
        return entry

    def register(self) -> None:
        """The supervisor approves each holder's keys."""
        if self.first is not None:
            self.registered = self.first.registered
            return
        for number, name in enumerate(HOLDERS):
            body = {
                "holder": name,
                "organisation": f"91430000SIM00000{number}X",
                "outside": number > 0,
                "vrf": public_key(seed_of(name)).hex(),
            }
            self.registered[name] = self.record("holder.approved", body)

    def enrol(self) -> None:
        """Two entries make the roster: an import, and later changes of some, one of whom leaves."""
        if self.first is not None:
            self.roster_entries, self.members = self.first.roster_entries, self.first.members
            return
        people = {f"exp_{number:026}": self.person(number) for number in range(self.setup.experts)}
        self.write_roster(people)
        changed = dict(list(people.items())[:3])
        self.write_roster({name: person._replace(degree=Degree.DOCTOR) for name, person in changed.items()})
        self.write_roster(dict.fromkeys(list(people)[1:2]))

    def person(self, number: int) -> Expert:
        """Somebody who may sit, or one of some who may not."""
        known = (self.now - timedelta(days=200)).date()
        employer = number % self.setup.employers
        claims = [("A010101", "A010102"), ("A010101",), ("A010102",)][number % 3]
        return Expert(
            status=Status.ACTIVE,
            recorded=known,
            pool=PoolKind.CENTRE,
            birth_date=date(1970, 1, 1),
            practice_since=date(2000, 1, 1),
            title=Title.SENIOR,
            degree=Degree.MASTER,
            area="430100" if number % 7 else "110101",
            claims=tuple(Claim(code, known) for code in claims) if number % 13 else (Claim("B010101", known),),
            suspensions=() if number % 9 else (Suspension(known),),
            penalties=(),
            employments=(Employment(Unit(f"设计院{employer}", employer_code(employer)), date(2001, 1, 1)),),
            directorships=(),
            shareholdings=(),
            kinships=(),
            interests=(),
        )

    def write_roster(self, people: Mapping[str, Expert | None]) -> None:
        """Write new lines of some experts, and the entry that commits to them."""
        written = []
        for expert, person in people.items():
            before = self.members.get(expert)
            version = 1 if before is None else before.line.version + 1
            text = None if person is None else facts.write(facts.Record(person))
            line = roster.Line(self.fresh(16), expert, version, sha256(expert.encode()).digest(), text)
            written.append(line)
            if person is None:
                del self.members[expert]
            else:
                self.members[expert] = Member(line, person)
        committed = roster.commitment([line.leaf for line in written])
        body = {"centre": CENTRE, "origin": ORIGIN, "roster": committed}
        entry = self.record("expert.bulk-enrolled", body)
        self.roster_entries.append((entry, [line.data for line in written]))

    def ask(self) -> None:
        """The request is submitted and accepted."""
        self.record("draw.requested", {"draw": self.draw_id, "centre": CENTRE})
        self.record("draw.accepted", {"draw": self.draw_id, "centre": CENTRE})
        starts = self.now + timedelta(days=2)
        known = bool(self.setup.bidders) and self.setup.opened_after is None
        self.request = DrawRequest(
            draw=self.draw_id,
            centre=CENTRE,
            session="ses_1",
            regime=REGIME,
            project="E4301000001",
            lots=("E4301000001001", "E4301000001002"),
            method="open_tender",
            budget=100_000_000_00,
            owners=(Unit("业主", "91430000000009001X"),),
            agencies=(Unit("代理", "91430000000009002X"),),
            supervising=(),
            recused=(Unit("设计院4", employer_code(4)),),
            recused_persons=0,
            draw_at=self.now,
            opens_at=self.now if known else starts,
            starts=starts,
            expected_minutes=240,
            overnight=False,
            sites=(Site("430100", "长沙 3 号评标室"),),
            lines=self.setup.lines,
            retained=self.setup.retained if self.first else 0,
            owner_representatives=(),
            complex=False,
            high_impact=False,
            rulebook="demo-centre",
            bidders=self.bidders().digest(self.table_key).hex() if known else None,
        ).decided(self.now, "home")

    def bidders(self) -> Bidders:
        """Some employers, and where the list is opened later somebody who bids in person."""
        persons = [member.line.leaf for name, member in self.members.items() if name.endswith("31")]
        return Bidders(
            tuple(Unit(f"设计院{number}", employer_code(number)) for number in self.setup.bidders),
            () if self.setup.opened_after is None else tuple(persons),
        )


def employer_code(number: int) -> str:
    return f"9143000000000{number:05}"
