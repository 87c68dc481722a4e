"""A committee's day in a demonstration, from the first sign-in to the confirmed timeline, by the clock of its session.

Nobody stands in the room, so what members do at terminal and desk is done here, at the time at which they would.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.cli.demo_acts import REVIEW, TRADING_SYSTEM, sign_report
from expertpool.cli.demo_setting import Setting
from expertpool.core.clock import FixedClock
from expertpool.core.transaction import Transaction
from expertpool.core.vault_line import VaultLine
from expertpool.draws.parts import VAULT
from expertpool.draws.queries import seats_of
from expertpool.identity.roles import Role
from expertpool.invitations.desk_errors import CodeRefused
from expertpool.payouts import verbs
from expertpool.payouts.queries import order_of
from expertpool.projects.models import EvaluationSession
from expertpool.sessions import acts, following, membership, service
from expertpool.sessions.models import Key
from expertpool.sessions.queries import draws_seating

FIRST: Final = -25
"""When the first signs in, in minutes after the assembly; the others each some minutes later."""
APART: Final = 6
READ, SHOWN, DECLARED, CHOSEN, LUNCH, EATEN = 4, 8, 12, 18, 95, 125
"""When members read, see, declare and vote, and when they pause, in minutes after the assembly."""
PHONE: Final = "127.0.0.1"
CONFIRMED: Final = REVIEW + timedelta(minutes=12)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session, and the seats of its committee."""

    setting: Setting
    session_id: str
    starts: datetime
    seats: tuple[Key, ...]

    @classmethod
    def of(cls, setting: Setting, session_id: str) -> "Sitting":
        """A session whose committee is complete."""
        with setting.reading() as session:
            seats = [seat for draw in draws_seating(session, session_id) for seat in seats_of(session, draw.id)]
            starts = session.get_one(EvaluationSession, session_id).starts
        return cls(setting, session_id, starts, tuple(Key(each.draw_id, each.code, each.vacancy) for each in seats))

    def play(self) -> None:
        """Bring the day to its confirmed timeline."""
        self._come()
        for minutes, act in ((READ, acts.read_discipline), (SHOWN, acts.show_bidders), (DECLARED, acts.declare)):
            self._each(minutes, act)
        self._elect()
        self._clerk(LUNCH, lambda tx: service.take_break(tx, self.session_id, meal=True))
        self._clerk(EATEN, lambda tx: service.end_break(tx, self.session_id))
        self._each(REVIEW / timedelta(minutes=1), acts.sign_report)
        sign_report(self.setting, self.session_id)
        at_end = FixedClock(self.starts + REVIEW)
        self.setting.act(TRADING_SYSTEM, at_end, lambda tx: following.report_stated(tx, self.session_id))
        self._clerk(CONFIRMED / timedelta(minutes=1), lambda tx: service.close(tx, self.session_id))

    def is_computed(self) -> bool:
        """Whether the vault has computed what the members are due."""
        with self.setting.reading() as session:
            return order_of(session, self.session_id) is not None

    def agree(self, codes: Sequence[str], *, but: int) -> None:
        """Whoever has these answer codes agrees to the own fee, but so many; who declined has none, and is refused."""
        line = VaultLine(self.setting.settings.vault.socket, self.setting.settings.vault.timeout_s)
        seated = []
        for code in codes:
            with suppress(CodeRefused):
                found = line.ask(verbs.LOOK, proof=code, source=PHONE)["payouts"]
                seated += [(code, fee["payout"]) for fee in found]
        for code, payout in seated[but:]:
            line.ask(verbs.AGREE, proof=code, payout=payout, elsewhere=0, withheld=0, source=PHONE)

    def _come(self) -> None:
        for number, key in enumerate(self.seats):
            code = f"{secrets.randbelow(10**6):06d}"
            given: dict[str, Any] = {"site": 0, "places": len(self.seats), "short_code": code}
            self._at(VAULT, FIRST + number * APART, self._signing_in(key, given))

    def _signing_in(self, key: Key, given: dict[str, Any]) -> Callable[[Transaction], object]:
        return lambda tx: membership.sign_in(tx, self.setting.keys, self.session_id, key, **given)

    def _each(self, minutes: float, act: Callable[..., object]) -> None:
        """Have every member do something."""
        for key in self.seats:
            self._member(minutes, key, act)

    def _elect(self) -> None:
        """More than half choose the first; then the review begins by rule."""
        for key in self.seats[: len(self.seats) // 2 + 1]:
            self._member(CHOSEN, key, acts.vote_chair, self.seats[0].seat)

    def _member(self, minutes: float, key: Key, act: Callable[..., object], *more: str) -> None:
        self._at(VAULT, minutes, lambda tx: act(tx, self.session_id, key, *more))

    def _clerk(self, minutes: float, act: Callable[[Transaction], object]) -> None:
        self._at(self.setting.actors[Role.CENTRE_STAFF], minutes, act)

    def _at(self, actor: str, minutes: float, act: Callable[[Transaction], object]) -> None:
        self.setting.act(actor, FixedClock(self.starts + timedelta(minutes=minutes)), act)
