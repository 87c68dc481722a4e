"""A committee in its room: everybody has accepted, an hour before the assembly, and the room's terminal is open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from expertpool.core.transaction import Transaction
from expertpool.core.vault_line import Verb
from expertpool.draws.events import DrawFilled
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.parts import VAULT
from expertpool.identity.roles import Role
from expertpool.sessions import acts, membership, terminals, verbs
from expertpool.sessions.models import DayStep, Key, Member
from expertpool.sessions.queries import standing_of, steps_of
from expertpool.sessions.standing import Standing
from expertpool.sessions.steps import StepKind
from tests.browser import Browser, entered
from tests.draws.prepared import prepared
from tests.draws.world import EXPERTS, DrawWorld

COOKIE = "expertpool-terminal-demo"
SEATS = ("2KQM", "5XTD", "7RWA", "8PEJ")
LOTS: list[dict[str, Any]] = [
    {"lot": "L1", "title": "一标段", "bidders": [{"name": "甲公司", "code": "91430100MA4L000011", "principals": []}]}
]


@dataclass
class Line:
    """The vault's side of the terminal, without a vault: it shows the bidders and puts that on record."""

    room: "Room"
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    parts: list[list[dict[str, Any]]] = field(default_factory=lambda: [LOTS])
    """The list as it comes in; none where no list was delivered."""

    def ask(self, verb: Verb, **given: Any) -> dict[str, Any]:
        self.asked.append((verb.name, verb.check(given)))
        if verb is verbs.BIDDERS:
            with self.room.transactions.begin(VAULT) as tx:
                member = membership.member_by_code(tx.session, self.room.keys, given["session"], given["code"])
                assert member is not None
                acts.show_bidders(tx, given["session"], member.key)
            parts = self.parts or [[]]
            after = given["after"]
            return {"known": bool(self.parts), "lots": parts[after], "next": after + 1 if parts[after + 1 :] else None}
        return {}


@dataclass
class Room:
    """What a test of the terminal has. ``codes`` are the short codes by seat, random as the vault's are not here."""

    world: DrawWorld
    draw: Draw
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        return self.draw.session_id

    @property
    def keys(self) -> Any:
        return self.world.site.service.keys

    @property
    def transactions(self) -> Any:
        return self.world.site.service.transactions

    def come(self, seat: str, *, site: int = 0, code: str | None = None) -> str:
        """Let whoever has a seat in, and give the short code."""
        self.codes[seat] = code or f"{len(self.codes) * 111_111 + 123_456:06d}"
        with self.transactions.begin(VAULT) as tx:
            who = self.key(seat)
            membership.sign_in(tx, self.keys, self.session_id, who, site=site, places=5, short_code=self.codes[seat])
        return self.codes[seat]

    def key(self, seat: str) -> Key:
        return Key(self.draw.id, seat, 0)

    @property
    def steps(self) -> Sequence[DayStep]:
        with self.world.session() as session:
            return steps_of(session, self.session_id)

    @property
    def kinds(self) -> list[StepKind]:
        return [step.kind for step in self.steps]

    @property
    def standing(self) -> Standing:
        with self.world.session() as session:
            return standing_of(session, self.session_id)

    @property
    def members(self) -> Sequence[Member]:
        with self.world.session() as session:
            return session.scalars(select(Member).where(Member.session_id == self.session_id)).all()

    def clerk(self) -> Browser:
        return entered(self.world.site, Role.CENTRE_STAFF)

    def terminal(self, site: int = 0) -> "Terminal":
        """A browser that is the room's terminal."""
        browser = Browser(self.world.site)
        terminal_id, token = self.opened(site)
        browser.client.set_cookie(COOKIE, token)
        return Terminal(browser, terminal_id)

    def opened(self, site: int = 0) -> tuple[str, str]:
        """A terminal by its identifier, and the token that its browser keeps."""
        self.world.site.token(Role.CENTRE_STAFF)
        actor = self.world.site.actors[Role.CENTRE_STAFF].id
        with self.transactions.begin(actor) as tx:
            terminal, token = terminals.open_terminal(tx, self.session_id, site)
        return terminal.id, token


@dataclass
class Terminal:
    """The terminal as members use it."""

    browser: Browser
    id: str

    def enter(self, code: str, act: str = "", **fields: str) -> TestResponse:
        """Type a code, and do something under it."""
        return self.browser.send("/terminal", {"code": code, **({"act": act} if act else {}), **fields})


@contextmanager
def filled_room(database_url: str, folder: Path, *, served: bool = True, experts: int = EXPERTS) -> Iterator[Room]:
    """A room with nobody in it yet."""
    with prepared(database_url, folder, experts, served=served) as world:
        draw = world.applied()
        with world.site.service.transactions.begin(VAULT) as tx:
            seat_everybody(tx, draw.id)
        yield Room(world, draw)


def seat_everybody(tx: Transaction, draw_id: str) -> None:
    """The seats as everybody's yes leaves them, without a draw: the day knows of no more than their codes."""
    draw = tx.session.get_one(Draw, draw_id)
    draw.state = DrawState.FILLED
    nothing = dict.fromkeys(("member", "record", "answer"), "0" * 64)
    for code in SEATS:
        seat = Seat(draw_id=draw_id, code=code, line=0, state=SeatState.ACCEPTED, vacancy=0, **nothing)
        tx.session.add(seat)
    tx.record(DrawFilled(draw=draw_id, intent=0, seat=SEATS[-1]))
