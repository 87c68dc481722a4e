"""A Monday: a committee of five on two sites, with everybody who has a part in it, and a tally of what people did."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from expertpool.draws.keeping import Occupant
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.projects import service as projects
from expertpool.projects.models import EvaluationSession
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import DayStep, SessionDay
from expertpool.sessions.queries import steps_of
from tests.chromium.centre import Centre, centre
from tests.chromium.live import Reader
from tests.draws.world import DrawWorld
from tests.invitations.calls import ANSWER_IN, Called
from tests.projects.world import SITTING

MIDNIGHT = datetime(2026, 12, 7, tzinfo=UTC) - timedelta(hours=8)
"""When that Monday begins in China."""
OPENS, STARTS = MIDNIGHT + timedelta(hours=9), MIDNIGHT + timedelta(hours=9, minutes=30)
MAIN, REMOTE = 0, 1


@dataclass
class Monday:
    """The stage, and who has which short code; ``acts`` counts what people did, by who they are."""

    stage: Centre
    browser: Browser
    acts: Counter[str] = field(default_factory=Counter)
    codes: dict[str, str] = field(default_factory=dict)
    rooms: dict[int, Reader] = field(default_factory=dict)

    def at(self, hour: int, minute: int = 0, *, day: int = 0) -> None:
        """Let it be this time of Monday, or so many days later; the vault does what is due, and the log is signed."""
        moment = MIDNIGHT + timedelta(days=day, hours=hour, minutes=minute)
        self.stage.world.clock.advance(moment - self.stage.world.clock.now())
        self.go_on()

    def go_on(self) -> None:
        """Vault, signer and agents do what there is to do."""
        self.stage.world.go_on(self.stage.vault, rounds=2)

    def nobody_answers(self, called: Called, *seats: str) -> None:
        """Both channels report that they tried, and the time to answer passes."""
        for seat in seats:
            at = next(each for place in range(len(self.seats(*SeatState))) if (each := called.seat(place)).seat == seat)
            called.tried(at)
        called.wait(ANSWER_IN)
        self.go_on()

    @property
    def address(self) -> str:
        return f"/sessions/{self.stage.sitting.id}"

    def enter(self, role: Role) -> Reader:
        """Somebody signs in at a desk."""
        reader = Reader(self.browser, self.stage.base)
        reader.enter(role.value)
        return reader

    def press(self, who: str, button: Locator) -> None:
        """A human act."""
        button.click()
        self.acts[who] += 1

    def state(self) -> DayState:
        with self.stage.world.session() as session:
            return session.get_one(SessionDay, self.stage.sitting.id).state

    def steps(self) -> list[DayStep]:
        with self.stage.world.session() as session:
            return list(steps_of(session, self.stage.sitting.id))

    def seats(self, *states: SeatState) -> dict[str, int]:
        """The seats in these states, with the site of each."""
        with self.stage.world.session() as session:
            found = session.query(Seat).join(Draw, Draw.id == Seat.draw_id).filter(Seat.state.in_(states))
            return {seat.code: seat.line for seat in found.order_by(Seat.code)}

    def occupant(self, seat: str) -> Occupant:
        return self.stage.world.seated(self.stage.draw())[seat]

    def answer(self, *seats: str) -> None:
        """Experts accept by a key of the telephone."""
        for seat in seats:
            self.stage.world.answer(self.occupant(seat).answer_code, Word.ACCEPT)
            self.acts["expert: answer"] += 1
        self.go_on()

    def sign_in(self, clerk: Reader, seat: str, site: int) -> None:
        """At a site's desk somebody shows document and arrival code; the slip has seat, place and short code."""
        who = self.occupant(seat)
        clerk.page.goto(f"/arrivals/{self.stage.sitting.id}/{site}")
        clerk.page.locator("#id_number").fill(who.id_number)
        clerk.page.locator("#code").fill(who.arrival_code)
        self.press("clerk: sign-in desk", clerk.page.get_by_role("button", name="核对"))
        slip = clerk.page.locator(".verdict-yes strong")
        expect(slip.first).to_have_text(seat)
        self.codes[seat] = slip.last.inner_text()

    def open_room(self, site: int) -> None:
        """A clerk makes the room's machine the terminal of a site."""
        room = self.enter(Role.CENTRE_STAFF)
        room.page.goto(self.address)
        self.press("clerk: open a terminal", room.page.locator(f"form[action$='/terminal/{site}'] button"))
        expect(room.page.locator("#code")).to_be_visible()
        self.rooms[site] = room

    def come_to_terminal(self, seat: str, site: int) -> Reader:
        """A member types the short code."""
        room = self.rooms[site]
        room.page.goto("/terminal")
        room.page.locator("#code").fill(self.codes[seat])  # the sixth digit sends it
        expect(room.page.locator(".terminal-seat-large strong")).to_have_text(seat)
        return room

    def declare(self, seat: str, site: int) -> None:
        """Read the discipline, see the bidders, sign the declaration."""
        room = self.come_to_terminal(seat, site)
        self.press("member: terminal", room.page.get_by_role("button", name="我已阅读并遵守"))
        expect(room.page.locator(".terminal-bidders li").first).to_be_visible()
        self.press("member: terminal", room.page.get_by_role("button", name="签署声明与承诺"))
        expect(room.page.get_by_text("签署声明与承诺")).to_have_count(0)

    def tap(self, seat: str, site: int, name: str) -> None:
        """One act of a member."""
        room = self.come_to_terminal(seat, site)
        self.press("member: terminal", room.page.get_by_role("button", name=name, exact=True))
        room.page.wait_for_load_state()


def schedule(world: DrawWorld) -> EvaluationSession:
    """On Sunday, at three in the afternoon, a session of Monday is there and nobody has applied."""
    world.clock.advance(MIDNIGHT - timedelta(hours=9) - world.clock.now())
    facts = replace(SITTING, starts=STARTS, opens_at=OPENS, expected_minutes=480, overnight=True)
    project = world.project()
    return world.sealing.as_(Role.INITIATOR, lambda tx: projects.schedule_session(tx, project.id, facts=facts))


@contextmanager
def monday(browser: Browser, folder: Path) -> Iterator[Monday]:
    """One for which nobody has applied."""
    with centre(folder, schedule) as stage:
        day = Monday(stage, browser)
        yield day
        for room in day.rooms.values():
            room.close()
