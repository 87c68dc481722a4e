"""A committee's day as its verbs make it: who comes, declares, chooses a chair, signs; no page and no vault."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from expertpool.core.transaction import Transaction
from expertpool.draws.models import Seat, SeatState
from expertpool.draws.parts import VAULT
from expertpool.identity.roles import Role
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, membership
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, SessionDay
from expertpool.sessions.steps import Cause
from tests.draws.world import EXPERTS
from tests.sessions.room import SEATS, Room, filled_room

FIRST, SECOND, THIRD, FOURTH = SEATS
DOCUMENT = "ab" * 32
T = TypeVar("T")


@dataclass
class Day(Room):
    """A room with what tests of the day do in it."""

    def as_(self, role: Role, verb: Callable[[Transaction], T]) -> T:
        """Have the account of a role do something."""
        self.world.site.token(role)
        with self.transactions.begin(self.world.site.actors[role].id) as tx:
            return verb(tx)

    def rule(self, verb: Callable[[Transaction], T]) -> T:
        """Have something happen at the terminal, in the vault, or by rule."""
        with self.transactions.begin(VAULT) as tx:
            return verb(tx)

    def member(self, act: Callable[..., T], seat: str, *more: Any, **given: Any) -> T:
        """Have the member of a seat do something at the terminal."""
        return self.rule(lambda tx: act(tx, self.session_id, self.key(seat), *more, **given))

    def key(self, seat: str) -> Key:
        with self.world.session() as session:
            return Key(self.draw.id, seat, session.get_one(Seat, (self.draw.id, seat)).vacancy)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def wait(self, **time: float) -> datetime:
        return self.world.clock.advance(timedelta(**time))

    @property
    def row(self) -> SessionDay:
        with self.world.session() as session:
            return session.get_one(SessionDay, self.session_id)

    def state(self) -> DayState:
        return self.row.state

    def come(self, seat: str, *, site: int = 0, code: str | None = None) -> str:
        """Let whoever has a seat in; the seat is as the vault leaves it."""
        given = super().come(seat, site=site, code=code)
        with self.world.session() as session, session.begin():
            session.get_one(Seat, (self.draw.id, seat)).state = SeatState.SIGNED_IN
        return given

    def declare(self, seat: str) -> None:
        """Read, see, sign the declaration."""
        self.member(acts.read_discipline, seat)
        self.member(acts.show_bidders, seat)
        self.member(acts.declare, seat)

    def assemble(self, seats: Sequence[str] = SEATS) -> "Day":
        """Have these come and declare."""
        for seat in seats:
            self.come(seat)
            self.declare(seat)
        return self

    def begin(self) -> "Day":
        """Have everybody come and choose the first seat to chair: the review begins by rule."""
        self.assemble()
        for seat in SEATS[:3]:
            self.member(acts.vote_chair, seat, FIRST)
        assert self.state() is DayState.REVIEWING
        return self

    def replace(self, seat: str, cause: Cause = Cause.HEALTH) -> None:
        """Lose a member, and have somebody else accept the seat, as the vault does."""
        self.rule(lambda tx: membership.lose(tx, self.session_id, self.key(seat), cause=cause))
        with self.world.session() as session, session.begin():
            row = session.get_one(Seat, (self.draw.id, seat))
            row.vacancy, row.state = row.vacancy + 1, SeatState.ACCEPTED

    def sign(self, seats: Sequence[str] = SEATS) -> None:
        """Have these sign the report."""
        for seat in seats:
            self.member(acts.sign_report, seat)

    def state_report(self) -> None:
        """Have the trading system state that the report is signed, and the day learn of it."""

        def stated(tx: Transaction) -> None:
            sitting = tx.session.get_one(EvaluationSession, self.session_id)
            note_report(tx, sitting, at=tx.now, said=tx.now, document=DOCUMENT)

        self.rule(stated)

    def report(self) -> "Day":
        """Bring a day on which the review goes on to its signed report."""
        self.wait(hours=3)
        self.state_report()
        self.sign()
        assert self.state() is DayState.REPORT_SIGNED
        return self


@contextmanager
def opened_day(database_url: str, folder: Path, *, served: bool = False, experts: int = EXPERTS) -> Iterator[Day]:
    """The morning of a session, half an hour before its assembly; nobody is there yet."""
    with filled_room(database_url, folder, served=served, experts=experts) as room:
        day = Day(room.world, room.draw)
        with room.world.session() as session:
            starts = session.get_one(EvaluationSession, room.session_id).starts
        day.wait(seconds=(starts - day.now).total_seconds() - 1800)
        yield day
